"""Jobs that the service keeps: listed with their statements, shown with all facts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import pyarrow as pa

from services.errors import Refused, StoredeckError
from services.stores.maxcompute import hints, markup
from services.stores.maxcompute.job_facts import JobState, Source, Stage
from services.stores.maxcompute.jobs import Jobs
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.metadata import Metadata
from services.stores.types import KEY_METADATA, TYPE_METADATA, Count, Description, Group, Page

SINCE_SECONDS: Final = 3 * 86_400
"""Unless a span is named the service lists the jobs of today alone."""
ASKING_THREADS: Final = 8
STATES: Final = frozenset({"running", "suspended", "terminated"})
_COLUMNS: Final[tuple[tuple[str, Any, str], ...]] = (
    ("id", pa.string(), "STRING"),
    ("status", pa.string(), "STRING"),
    ("statement", pa.string(), "STRING"),
    ("started", pa.timestamp("s", "UTC"), "DATETIME"),
    ("ended", pa.timestamp("s", "UTC"), "DATETIME"),
    ("seconds", pa.int64(), "BIGINT"),
    ("owner", pa.string(), "STRING"),
    ("priority", pa.string(), "STRING"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A job in the list, with what had to be asked for it alone."""

    state: JobState
    status: str
    source: Source

    def row(self) -> tuple[Any, ...]:
        """Its cells, in the order of the columns."""
        started, ended = moment(self.state.started), moment(self.state.ended)
        return (
            self.state.id,
            self.status,
            self.source.statement,
            started,
            ended,
            _seconds(started, ended),
            self.state.owner,
            self.source.priority or None,
        )


def moment(text: str) -> datetime | None:
    """A time of the service, None where it gives none."""
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def _seconds(started: datetime | None, ended: datetime | None) -> int | None:
    return int((ended - started).total_seconds()) if started is not None and ended is not None else None


class KeptJobs:
    """Lists and shows jobs."""

    def __init__(self, link: Link, metadata: Metadata, jobs: Jobs) -> None:
        self._link = link
        self._metadata = metadata
        self._jobs = jobs

    def listed(self, limit: int, status: str = "") -> list[Listed]:
        """The newest jobs, of one status only where it is given."""
        wanted = status.strip().lower()
        states = self._states(limit, wanted)
        with ThreadPoolExecutor(ASKING_THREADS, thread_name_prefix="jobs") as pool:
            found = list(pool.map(self._asked, states))
        return [one for one in found if not wanted or wanted in (one.status.lower(), one.state.status.lower())]

    def page(self, limit: int, status: str = "") -> Page:
        """The same as a page."""
        rows = [one.row() for one in self.listed(limit, status)]
        fields = [
            pa.field(
                name, kind, metadata={TYPE_METADATA: word.encode()} | ({KEY_METADATA: b"1"} if name == "id" else {})
            )
            for name, kind, word in _COLUMNS
        ]
        arrays = [pa.array([row[place] for row in rows], field.type) for place, field in enumerate(fields)]
        count = Count.exact(len(rows)) if len(rows) < limit else Count.at_least(len(rows))
        return Page(pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields)), count)

    def _states(self, limit: int, wanted: str) -> list[JobState]:
        params = {"onlyowner": "no", "daterange": f"{int(time.time()) - SINCE_SECONDS}:"}
        if wanted in STATES:
            params["status"] = wanted.capitalize()
        url, marker = f"{self._link.project_url}/instances", None
        found: list[JobState] = []
        while True:
            items, marker = self._metadata.listed(url, "jobs", params, marker)
            found += [
                JobState(
                    markup.text(item, "Name"),
                    markup.text(item, "Status"),
                    markup.text(item, "Owner"),
                    markup.text(item, "StartTime"),
                    markup.text(item, "EndTime"),
                )
                for item in items
            ]
            if marker is None or len(found) >= limit:
                break
        found.sort(key=lambda one: (moment(one.started) or datetime.fromtimestamp(0, UTC), one.id), reverse=True)
        return found[:limit]

    def _asked(self, state: JobState) -> Listed:
        """A job with its statement and its end; one that went meanwhile is listed without."""
        try:
            status = self._jobs.task_status(state.id) if state.is_over else state.status
            return Listed(state, status or state.status, self._jobs.source(state.id))
        except Refused:
            return Listed(state, state.status, Source("", ""))

    def show(self, identifier: str) -> Description:
        """Everything about one job.

        Raises:
            NotFound: the service knows no such job.
        """
        state = self._jobs.state(identifier)
        source, status = self._jobs.source(identifier), self._jobs.task_status(identifier)
        groups = [
            Group("Job", _facts(state, source, status or state.status)),
            Group("Statement", (("", source.statement),)),
            Group("Settings", tuple(source.settings.items())),
            Group("Progress", tuple((one.name, one.share) for one in self._stages(state))),
            Group("Error", self._error(identifier, status)),
            Group("Cost", cost_facts(self._jobs.summary(identifier)) if state.is_over else ()),
            Group("Logview", (("", link),) if (link := self._jobs.link(identifier)) else ()),
        ]
        found = tuple(group for group in groups if group.facts)
        return Description((f"job:{identifier}",), identifier, "job", groups=found, locked="a result is not edited")

    def _stages(self, state: JobState) -> tuple[Stage, ...]:
        try:
            return self._jobs.progress(state.id)
        except Refused:
            return ()

    def _error(self, identifier: str, status: str) -> tuple[tuple[str, str], ...]:
        if status != "Failed":
            return ()
        try:
            return (("", self._jobs.failure(identifier).message),)
        except StoredeckError as error:
            return (("", error.message),)


def _facts(state: JobState, source: Source, status: str) -> tuple[tuple[str, str], ...]:
    started, ended = moment(state.started), moment(state.ended)
    seconds = _seconds(started, ended)
    facts = (
        ("Id", state.id),
        ("Status", status),
        ("Owner", state.owner),
        ("Started", _text(started)),
        ("Ended", _text(ended)),
        ("Took", "" if seconds is None else f"{seconds:,} s"),
        ("Priority", source.priority),
        ("Quota", source.settings.get(hints.QUOTA, "")),
    )
    return tuple((label, text) for label, text in facts if text)


def _text(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cost_facts(summary: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a job cost, as far as its summary tells."""
    cost = summary.get("Cost")
    found = [(str(name), _shown(value)) for name, value in cost.items()] if isinstance(cost, Mapping) else []
    text = str(summary.get("text", "")).strip()
    return (*found, *((("Summary", text),) if text else ()))


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)
