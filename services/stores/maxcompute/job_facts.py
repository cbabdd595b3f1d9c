"""What the service tells of a job: its state, stages, source and summary."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree.ElementTree import Element

from services.stores.maxcompute import markup

TERMINATED: Final = "Terminated"
_OUTPUT: Final = re.compile(r"^\s*\S.*:\s*(\d+)\s*\((\d+) bytes\)\s*$")


@dataclass(frozen=True, slots=True)
class JobState:
    """How a job stands.

    Attributes:
        status: Running, Suspended or Terminated.
        started, ended: as the service writes times (RFC 822), or empty.
    """

    id: str
    status: str
    owner: str = ""
    started: str = ""
    ended: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it ended, in whatever way."""
        return self.status == TERMINATED


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a running job."""

    name: str
    running: int
    done: int
    total: int
    percent: int

    @property
    def share(self) -> str:
        """Workers done of all, and the part of the work: `2/4 50%`."""
        return f"{self.done}/{self.total} {self.percent}%"

    @classmethod
    def read(cls, stage: Element) -> Stage:
        """A stage of the service's XML."""
        return cls(
            name=stage.get("ID", ""),
            running=_number(stage, "RunningWorkers"),
            done=_number(stage, "TerminatedWorkers"),
            total=_number(stage, "TotalWorkers"),
            percent=_number(stage, "FinishedPercentage"),
        )


@dataclass(frozen=True, slots=True)
class Source:
    """What was submitted."""

    statement: str
    task: str
    priority: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def source_of(root: Element) -> Source:
    """What was submitted, read off the service's XML."""
    tasks = root.find(".//Tasks")
    task = next(iter(tasks), None) if tasks is not None else None
    settings: dict[str, str] = {}
    for one in () if task is None else task.iter("Property"):
        if markup.text(one, "Name") == "settings":
            settings = _json(markup.text(one, "Value"))
    statement = next((markup.text(task, name) for name in ("Query", "SQL") if markup.text(task, name)), "")
    return Source(statement.rstrip(";"), markup.text(task, "Name"), markup.text(root, ".//Priority"), settings)


def _json(text: str) -> dict[str, str]:
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in data.items()} if isinstance(data, dict) else {}


def _number(stage: Element, name: str) -> int:
    text = markup.text(stage, name)
    return int(text) if text.isdigit() else 0


def outputs(summary: Mapping[str, Any]) -> int | None:
    """Rows written, as the summary tells below `outputs:` of its text, or by itself; None where it does not."""
    found: list[int] = []
    is_output = False
    for line in str(summary.get("text", "")).splitlines():
        match = _OUTPUT.match(line)
        if is_output and match:
            found.append(int(match[1]))
        elif not line[:1].isspace():
            is_output = line.strip().lower().startswith("outputs")
    listed = summary.get("Outputs")
    if not found and isinstance(listed, Mapping):
        # Some services list outputs without counting them, which is no word on the rows.
        found = [pair[0] for pair in listed.values() if isinstance(pair, list) and pair and pair[0]]
    return sum(found) if found else None
