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
| `html` | HTTP: a gateway answers with 502 and a page of HTML |
| `corrupt` | HTTP: a checksum inside the answer's rows is wrong |
| `wrong-md5`, `wrong-signature` | HTTP: that header of the answer is wrong |
| `skew=20m` | HTTP: the answer's date is that much ahead |
| `expired` | HTTP: the security token has expired |
| `cut` | HTTP: the connection is reset in the middle of a body, the request's or the answer's |
| `lost` | HTTP: the request is carried out, then the connection is reset instead of an answer |
| `throttle=10` | HTTP: a body moves at so many MB/s |

| option | which requests match |
| --- | --- |
| `op=2004`, `op=GetRow` | those with this operation code or name; `op=handshake` is the first exchange |
| `after=3` | none of the first three that would match (also `reset=after:3`) |
| `for=5m` | only those within that time from the first that matches |
| `times=2` | only the next two; without it all of them (`node-down`: one) |
| `node=2` | for all actions but `node-down`: those that node 2 gets |

Without `op` every request matches but the handshake. Example: `ignite:delay=200ms,op=2004;ignite:reset=after:3`.
An HTTP server's `error` takes the HTTP status (default 503) and `code=OTSServerBusy`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

HTTP_ACTIONS = frozenset(
    {"html", "corrupt", "wrong-md5", "wrong-signature", "skew", "expired", "cut", "lost", "throttle"}
)
ACTIONS = frozenset({"delay", "reset", "stall", "error", "garbage", "node-down"}) | HTTP_ACTIONS
HANDSHAKE = -1
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)?")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}
_OPERATION_NAME = re.compile(r"[A-Z][A-Za-z]+")


@dataclass(frozen=True)
class Fault:
    """One fault; `times` 0 means without end."""

    kind: str
    action: str
    seconds: float = 0.0
    text: str = "An injected fault."
    status: int = 1
    op: int | str | None = None
    code: str = ""
    after: int = 0
    times: int = 0
    node: int | None = None
    within_seconds: float = 0.0
    megabytes_a_second: float = 0.0


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
    if action in {"delay", "skew"}:
        fields["seconds"] = _seconds(value, part)
    elif action == "error" and value:
        fields["text"] = value
    elif action == "node-down":
        fields["times"] = 1
    elif action == "throttle":
        fields["megabytes_a_second"] = _rate(value, part)
    for option in options:
        name, _, number = option.strip().partition("=")
        if name == "for":
            fields["within_seconds"] = _seconds(number, part)
            continue
        fields[name] = _option(name, number, part)
    return Fault(**fields)  # type: ignore[arg-type]


def _option(name: str, number: str, part: str) -> int | str:
    if name not in {"op", "after", "times", "node", "status", "code"}:
        raise FaultSpecError(f"fault {part!r}: {name!r} is none of op, after, times, for, node, status, code")
    if name == "op" and number == "handshake":
        return HANDSHAKE
    if name == "code" or (name == "op" and _OPERATION_NAME.fullmatch(number)):
        return number
    if not number.isdecimal():
        raise FaultSpecError(f"fault {part!r}: {name} takes a number, not {number!r}")
    return int(number)


def _seconds(value: str, part: str) -> float:
    found = _DURATION.fullmatch(value)
    if found is None:
        raise FaultSpecError(f"fault {part!r}: a time is 200ms, 1.5s or 20m, not {value!r}")
    return float(found[1]) * _UNIT_SECONDS[found[2]]


def _rate(value: str, part: str) -> float:
    try:
        rate = float(value)
    except ValueError:
        rate = 0.0
    if rate <= 0:
        raise FaultSpecError(f"fault {part!r}: a throttle is a number of MB/s, not {value!r}")
    return rate


class FaultPlan:
    """The faults of one server, with how many requests each has seen; safe for threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = Lock()
        self._seen: dict[int, int] = {}
        self._since: dict[int, float] = {}
        self._faults: list[Fault] = list(faults)

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Ends all faults and forgets the counts."""
        with self._lock:
            self._faults.clear()
            self._seen.clear()
            self._since.clear()

    def due(self, op: int | str, node: int) -> list[Fault]:
        """Counts one request and says which faults it meets."""
        if not self._faults:
            return []
        with self._lock:
            return [fault for index, fault in enumerate(self._faults) if self._meets(index, fault, op, node)]

    def _meets(self, index: int, fault: Fault, op: int | str, node: int) -> bool:
        if (fault.op is None and op == HANDSHAKE) or fault.op not in {None, op}:
            return False
        if fault.action != "node-down" and fault.node not in {None, node}:
            return False
        seen = self._seen[index] = self._seen.get(index, 0) + 1
        if seen <= fault.after or (fault.times and seen > fault.after + fault.times):
            return False
        since = self._since.setdefault(index, time.monotonic())
        return not fault.within_seconds or time.monotonic() - since < fault.within_seconds
