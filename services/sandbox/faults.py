"""Faults that a sandbox server can be told to show.

A specification is a list of faults, separated by `;`:

    KIND:ACTION[=VALUE][,OPTION=VALUE ...]

| action | what happens to a request that matches |
| --- | --- |
| `delay=200ms` (or `1.5s`) | it is answered that much later |
| `reset` | the connection is reset instead of an answer |
| `stall` | it is never answered; the connection stays open |
| `error=TEXT` | it is answered with that text (option `status`, default 1) |
| `garbage` | it is answered with bytes that follow no protocol |
| `node-down` | the node that got it is killed (option `node`: that one instead) |

| option | which requests match |
| --- | --- |
| `op=2004` | those with this operation code; `op=handshake` is the first exchange |
| `after=3` | none of the first three that would match (also `reset=after:3`) |
| `times=2` | only the next two; without it all of them (`node-down`: one) |
| `node=2` | for all actions but `node-down`: those that node 2 gets |

Without `op` every request matches but the handshake. Example: `ignite:delay=200ms,op=2004;ignite:reset=after:3`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

ACTIONS = frozenset({"delay", "reset", "stall", "error", "garbage", "node-down"})
HANDSHAKE = -1
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s)?")


@dataclass(frozen=True)
class Fault:
    """One fault; `times` 0 means without end."""

    kind: str
    action: str
    seconds: float = 0.0
    text: str = "An injected fault."
    status: int = 1
    op: int | None = None
    after: int = 0
    times: int = 0
    node: int | None = None


class FaultSpecError(ValueError):
    """A fault specification cannot be read."""


def parse_faults(spec: str) -> list[Fault]:
    """Reads a specification; an empty one is no fault.

    Raises:
        FaultSpecError: says which part is wrong.
    """
    return [_parse_fault(part.strip()) for part in spec.split(";") if part.strip()]


def _parse_fault(part: str) -> Fault:
    kind, colon, rest = part.partition(":")
    if not colon or not kind.isidentifier():
        raise FaultSpecError(f"fault {part!r}: it starts with a server's name, as in ignite:stall")
    head, *options = rest.split(",")
    action, _, value = head.partition("=")
    if action not in ACTIONS:
        raise FaultSpecError(f"fault {part!r}: {action!r} is none of {', '.join(sorted(ACTIONS))}")
    if value.startswith("after:"):
        options.append(value.replace(":", "=", 1))
        value = ""
    fields: dict[str, object] = {"kind": kind, "action": action}
    if action == "delay":
        fields["seconds"] = _seconds(value, part)
    elif action == "error" and value:
        fields["text"] = value
    elif action == "node-down":
        fields["times"] = 1
    for option in options:
        name, _, number = option.strip().partition("=")
        fields[name] = _option(name, number, part)
    return Fault(**fields)  # type: ignore[arg-type]


def _option(name: str, number: str, part: str) -> int:
    if name not in {"op", "after", "times", "node", "status"}:
        raise FaultSpecError(f"fault {part!r}: {name!r} is none of op, after, times, node, status")
    if name == "op" and number == "handshake":
        return HANDSHAKE
    if not number.isdecimal():
        raise FaultSpecError(f"fault {part!r}: {name} takes a number, not {number!r}")
    return int(number)


def _seconds(value: str, part: str) -> float:
    found = _DURATION.fullmatch(value)
    if found is None:
        raise FaultSpecError(f"fault {part!r}: a delay is 200ms or 1.5s, not {value!r}")
    return float(found[1]) / (1000 if found[2] == "ms" else 1)


class FaultPlan:
    """The faults of one server, with how many requests each has seen; safe for threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = Lock()
        self._seen: dict[int, int] = {}
        self._faults: list[Fault] = list(faults)

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Ends all faults and forgets the counts."""
        with self._lock:
            self._faults.clear()
            self._seen.clear()

    def due(self, op: int, node: int) -> list[Fault]:
        """Counts one request and says which faults it meets."""
        if not self._faults:
            return []
        with self._lock:
            return [fault for index, fault in enumerate(self._faults) if self._meets(index, fault, op, node)]

    def _meets(self, index: int, fault: Fault, op: int, node: int) -> bool:
        if (fault.op is None and op == HANDSHAKE) or fault.op not in {None, op}:
            return False
        if fault.action != "node-down" and fault.node not in {None, node}:
            return False
        seen = self._seen[index] = self._seen.get(index, 0) + 1
        return seen > fault.after and (not fault.times or seen <= fault.after + fault.times)
