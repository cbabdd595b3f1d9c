"""What is said of an instance: its state, its age, its replicas as a picture, everything about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from services.stores.instances import Instance, InstanceDetail, Plan, Quota
from tui.ages import age
from tui.widgets.lines import Line, Piece

_LABEL_CELLS: Final = 19
_CONNECTION_CELLS: Final = 9
_BAR_CELLS: Final = 24
_FAULT_CELLS: Final = 4000

Find = Callable[[str], Instance | None]


def mark_of(one: Instance) -> tuple[str, str]:
    """The mark of its state, and the style."""
    if one.is_failed:
        return "✗", "error"
    if one.is_changing:
        return "◐", "warning"
    return ("●", "ok") if one.is_ready else ("▲", "warning")


def elapsed_words(seconds: float | None) -> str:
    """How long a change has lasted: `0:42`, `1:10:05`."""
    if seconds is None:
        return ""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def volume_words(one: Instance) -> str:
    """Used of size where the use was told, else the size."""
    if one.volume_gb is None:
        return "-"
    used = "" if one.volume_used_gb is None else f"{one.volume_used_gb:.3g}/"
    return f"{used}{one.volume_gb:g} GB"


def age_words(created: str, now: datetime | None = None) -> str:
    """The age of a time in ISO 8601, empty where it is not told."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return age(max(((now or datetime.now(UTC)) - moment).total_seconds(), 0))


def replica_lines(one: Instance, find: Find) -> list[Line]:
    """The primary with its replicas below it, the instance at hand bright."""
    primary = find(one.replica_of) if one.replica_of else one
    if primary is None:
        return [Line.of(Piece("replica of ", "dim"), one.replica_of)]
    if not primary.replicas:
        return []
    lines = [_node("", primary, one)]
    last = len(primary.replicas) - 1
    for place, identifier in enumerate(primary.replicas):
        branch = "  └── " if place == last else "  ├── "
        replica = find(identifier)
        lines.append(_node(branch, replica, one) if replica else Line.of(Piece(branch, "dim"), identifier))
    return lines


def _node(branch: str, shown: Instance, at_hand: Instance) -> Line:
    mark, style = mark_of(shown)
    name = Piece(f"{shown.name} ", "bright" if shown.id == at_hand.id else "text")
    return Line.of(Piece(branch, "dim"), name, Piece(mark, style), Piece("" if branch else "  primary", "dim"))


def instance_lines(detail: InstanceDetail, find: Find) -> list[Line]:
    """Everything about one."""
    one = detail.instance
    lines = replica_lines(one, find)
    lines += [_fact(label, text, cells=_CONNECTION_CELLS) for label, text in detail.connections]
    if detail.fault is not None:
        when = age_words(detail.fault.created)
        head = f"fault {when} ago" if when else "fault"
        lines.append(Line.of(Piece(head, "dim")))
        lines.append(Line.of(Piece(f"  {detail.fault.message}", "error" if one.is_failed else "warning"), indent=2))
    for group in detail.groups:
        lines.append(Line.of(Piece(group.title, "bright")))
        lines += [_fact(f"  {label}", text) for label, text in group.facts]
    if detail.fault is not None and detail.fault.details:
        lines += [Line.of(Piece("Fault in full", "bright"))]
        lines += [Line.of(Piece(f"  {row}", "dim")) for row in detail.fault.details[:_FAULT_CELLS].splitlines()]
    return lines


def _fact(label: str, text: str, style: str = "text", cells: int = _LABEL_CELLS) -> Line:
    return Line.of(Piece(f"{label:<{cells - 1}} ", "dim"), Piece(text, style), indent=cells)


def status_words(one: Instance) -> str:
    """The status line."""
    state = " ".join(filter(None, (one.status, one.operating_status)))
    store = f"{one.datastore} {one.datastore_version}".strip()
    parts = (one.name, state, store, one.flavor, volume_words(one), *one.addresses[:1], one.id)
    return " · ".join(part for part in parts if part and part != "-")


def plan_lines(plan: Plan) -> list[Line]:
    """What an action will send: quotas, warnings, the exact request."""
    lines = [quota_line(quota) for quota in plan.quotas]
    lines += [Line.of(Piece(note, "warning")) for note in plan.notes]
    return [*lines, *(Line.of(Piece(row, "dim"), indent=2) for row in plan.call.splitlines())]


def quota_line(quota: Quota) -> Line:
    """A bar: used, asked, free."""
    if quota.limit is None or quota.limit <= 0:
        return Line.of(Piece(quota.words, "dim"))
    used = round(min(quota.used / quota.limit, 1) * _BAR_CELLS)
    asked = min(round(quota.asked / quota.limit * _BAR_CELLS) or bool(quota.asked), _BAR_CELLS - used)
    style = "error" if quota.is_exceeded else "text"
    bar = "▓" * used + "▒" * asked + "░" * (_BAR_CELLS - used - asked)
    return Line.of(Piece(f"{bar} ", style), Piece(quota.words, style))


def summary_words(shown: int, total: int, changing: int, *, is_complete: bool) -> Sequence[str]:
    """What the title of the list says."""
    count = f"{shown:,} of {total:,}" if is_complete else f"{shown:,} of at least {total:,}"
    return [count, f"{changing:,} changing"] if changing else [count]
