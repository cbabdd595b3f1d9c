"""What is said of a transfer: its line, the status line, and everything about it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final

from services.stores.features import Guarantee
from services.transfers.model import Item, ItemState, LogLine, Part, PartState, Phase, RejectedRow
from tui.ages import age, clock, duration
from tui.amounts import count_words, countdown, left_words, rate_words, size_words
from tui.widgets.lines import Line, Piece

MARKS: Final = {
    ItemState.QUEUED: ("○", "dim"),
    ItemState.PLANNING: ("◐", "warning"),
    ItemState.RUNNING: ("◐", "accent"),
    ItemState.PAUSED: ("‖", "dim"),
    ItemState.NEEDS_YOU: ("▲", "warning"),
    ItemState.DONE: ("●", "ok"),
    ItemState.FAILED: ("✗", "error"),
    ItemState.CANCELLED: ("·", "dim"),
}
DONE, MOVING, TODO, BROKEN = "▓", "▒", "░", "✗"
_PART_MARKS: Final = {
    PartState.ACKNOWLEDGED: DONE,
    PartState.RUNNING: MOVING,
    PartState.TODO: TODO,
    PartState.FAILED: BROKEN,
}
_LABEL_CELLS: Final = 14
LOG_LINES: Final = 40
REJECTS_SHOWN: Final = 20


def mark_of(item: Item) -> tuple[str, str]:
    """The mark of a state and its style; a finished one with rejected rows needs a look."""
    if item.state is ItemState.DONE and item.rejected:
        return "▲", "warning"
    return MARKS[item.state]


def short_name(address: str, profiles: Sequence[str]) -> tuple[str, str]:
    """The profile of an address, or empty for a file, and the rest as it is shown in a list."""
    head, colon, rest = address.partition(":")
    if colon and head in profiles:
        return head, f"{head} {rest}".strip()
    return "", PurePath(address).name or address


def bar(item: Item, width: int) -> str:
    """The parts as a bar: acknowledged, in flight, to do."""
    total = item.parts_total
    if not total:
        return TODO * width if not item.state.is_ended else ""
    done = width if item.state is ItemState.DONE else int(width * item.parts_done / total)
    moving = min(-(-width * item.parts_running // total) if item.parts_running else 0, width - done)
    broken = int(item.state is ItemState.FAILED and done + moving < width)
    return DONE * done + MOVING * moving + BROKEN * broken + TODO * (width - done - moving - broken)


def rows_words(item: Item) -> str:
    """Rows acknowledged of rows expected, as far as that is known."""
    done = count_words(item.rows_done)
    if item.state is ItemState.DONE or item.count_kind == "unknown" or not item.rows_total:
        return done
    return f"{done} of {'≥ ' if item.count_kind == 'at least' else ''}{count_words(item.rows_total)}"


def state_words(item: Item, now: float) -> str:
    """What stands in place of the numbers while nothing moves; empty while it does."""
    failure = item.failure
    if item.retry_at is not None and not item.state.is_ended and failure is not None:
        return f"again in {countdown(item.retry_at - now)}: {failure.message}"
    match item.state:
        case ItemState.QUEUED:
            return "waits" if not item.parts_done else "waits to go on"
        case ItemState.PLANNING:
            return "is planned"
        case ItemState.PAUSED | ItemState.CANCELLED:
            return item.state.value
        case ItemState.NEEDS_YOU | ItemState.FAILED if failure is not None:
            return failure.message
        case ItemState.DONE if item.rejected:
            return f"{item.rejected:,} rejected, see them: enter"
        case ItemState.RUNNING if item.phase in (Phase.COMMITTING, Phase.VERIFYING):
            return f"is {item.phase.value.replace('ing', 'ed')}"
    return ""


def status_words(item: Item, now: float, problem: str = "") -> str:
    """The status line; a problem of the runner comes first for what it would work on."""
    words = [str(item.id)]
    if problem and item.state.is_active:
        return f"{item.id} · {problem}"
    if item.failure is not None:
        return f"{item.id} · {item.failure.message}"
    if item.parts_total:
        words.append(f"part {item.parts_done:,} of {item.parts_total:,} acknowledged")
    if item.expires_at is not None and not item.state.is_ended:
        words.append(f"session expires in {countdown(item.expires_at - now)}")
    if item.attempts:
        words.append(f"retry {item.attempts}")
    if item.restarts:
        words.append("started anew" if item.restarts == 1 else f"started anew {item.restarts} times")
    if item.rejected:
        words.append(f"{item.rejected:,} rejected")
    if item.options.bandwidth:
        words.append(f"cap {rate_words(item.options.bandwidth)}")
    words.append(item.verified.words if item.verified else f"verify {_on(item.options.is_verified)}")
    return " · ".join(words)


def title_notes(counts: Mapping[str, int], rate: float, spark: str, cap: int) -> list[str]:
    """What the title of the list says."""
    notes = ["  ".join(f"{count:,} {word}" for word, count in counts.items() if count)]
    if rate:
        notes.append(f"{rate_words(rate)} {spark}".strip())
    notes.append(f"cap {rate_words(cap)}" if cap else "cap none")
    return [note for note in notes if note]


def detail_lines(
    item: Item,
    plan: Mapping[str, Any],
    parts: Sequence[Part],
    log: Sequence[LogLine],
    rejects: Sequence[RejectedRow],
    width: int,
) -> list[Line]:
    """Everything about one transfer."""
    lines = [*_fact_lines(item), *_failure_lines(item)]
    lines += _map_lines(parts, max(width - _LABEL_CELLS - 4, 20))
    lines += _plan_lines(plan)
    lines += _reject_lines(item, rejects)
    lines += [_heading("Log"), *map(_log_line, log[-LOG_LINES:])] if log else []
    return lines


def _fact(label: str, value: str, style: str = "text") -> Line:
    return Line.of(Piece(label.ljust(_LABEL_CELLS), "dim"), Piece(value, style), indent=_LABEL_CELLS)


def _heading(words: str) -> Line:
    return Line.of(Piece(words, "bright"))


def _fact_lines(item: Item) -> list[Line]:
    mark, style = mark_of(item)
    options = item.options
    facts = [("from", item.source), ("to", item.target)]
    facts.append(("done", f"{rows_words(item)} rows · {size_words(item.bytes_done)}"))
    if item.state is ItemState.RUNNING:
        left = f"{left_words(item.seconds_left)} at {rate_words(item.rate)}" if item.rate else "not known yet"
        facts.append(("left", left))
    if item.started is not None:
        end = item.ended or time.time()
        facts.append(("time", f"{clock(item.started)}, {duration(max(end - item.started, 0))}"))
    mode = options.mode.value if options.mode else "the target's usual mode"
    cap = f"cap {rate_words(options.bandwidth)}" if options.bandwidth else "no cap"
    facts.append(("how", f"{mode} · {options.parallel} in parallel · {cap} · verify {_on(options.is_verified)}"))
    facts += [("promise", f"{item.guarantee}: {Guarantee(item.guarantee).promise}")] if item.guarantee else []
    facts += [("rejects to", options.rejects)] if options.rejects else []
    facts += [("compared", item.verified.words)] if item.verified else []
    facts += [("said", item.message)] if item.message else []
    first = Line.of(
        Piece("state".ljust(_LABEL_CELLS), "dim"), Piece(f"{mark} {item.state.value}", _LINE_STYLES.get(style, style))
    )
    return [first, *(_fact(label, value) for label, value in facts)]


_LINE_STYLES: Final = {"accent": "bright"}


def _on(flag: bool) -> str:
    return "on" if flag else "off"


def _failure_lines(item: Item) -> list[Line]:
    failure = item.failure
    if failure is None:
        return []
    lines = [_fact("error", failure.message, "error")]
    lines += [_fact("what to do", failure.hint)] if failure.hint else []
    lines += [_fact("request id", failure.request_id)] if failure.request_id else []
    return lines


def _map_lines(parts: Sequence[Part], width: int) -> list[Line]:
    """Every part a cell, or several parts a cell where there are many: the least advanced of them counts."""
    if not parts:
        return []
    each = -(-len(parts) // (width * 4))
    order = (PartState.FAILED, PartState.RUNNING, PartState.TODO, PartState.ACKNOWLEDGED)
    cells = []
    for start in range(0, len(parts), each):
        states = {part.state for part in parts[start : start + each]}
        cells.append(_PART_MARKS[next(state for state in order if state in states)])
    rows = ["".join(cells[start : start + width]) for start in range(0, len(cells), width)]
    note = f"{len(parts):,}, {each:,} a mark" if each > 1 else f"{len(parts):,}"
    failed = next((part for part in parts if part.state is PartState.FAILED and part.error), None)
    lines = [_fact("parts", rows[0]), *(_fact("", row) for row in rows[1:]), _fact("", note, "dim")]
    return [*lines, _fact("", f"part {failed.index}: {failed.error}", "error")] if failed else lines


def _plan_lines(plan: Mapping[str, Any]) -> list[Line]:
    columns = plan.get("columns", ())
    if not columns:
        return []
    lines = [_heading("Columns")]
    for column in columns:
        words = f"{column.get('source', '')} {column.get('source_type', '')}".strip()
        there = f"{column.get('target', '')} {column.get('target_type', '')}".strip()
        lines.append(Line.of(f"  {words}", Piece("  →  ", "dim"), there, Piece(f"  {column.get('cast', '')}", "dim")))
    return [*lines, *(Line.of(Piece(f"  {note}", "dim")) for note in plan.get("notes", ()))]


def _reject_lines(item: Item, rejects: Sequence[RejectedRow]) -> list[Line]:
    if not item.rejected:
        return []
    lines = [_heading(f"Rejected rows: {item.rejected:,}")]
    for reject in rejects[:REJECTS_SHOWN]:
        where = _where(reject)
        column = f"{reject.column}: " if reject.column else ""
        lines.append(Line.of(Piece(f"  {where}  ", "dim"), Piece(f"{column}{reject.reason}", "warning"), indent=4))
    if item.rejected > REJECTS_SHOWN:
        lines.append(Line.of(Piece("  v shows them all", "dim")))
    return lines


def _where(reject: RejectedRow) -> str:
    if reject.line is not None:
        return f"record {reject.line:,}"
    if reject.row is not None:
        return f"row {reject.row:,}"
    return f"part {reject.part}, row {reject.offset + 1:,}"


def reject_lines(rejects: Sequence[RejectedRow]) -> list[Line]:
    """Rejected rows in full: where, why, and the values."""
    lines: list[Line] = []
    for reject in rejects:
        column = f"{reject.column}: " if reject.column else ""
        lines.append(
            Line.of(Piece(f"{_where(reject)}  ", "dim"), Piece(f"{column}{reject.reason}", "warning"), indent=4)
        )
        values = "  ".join(f"{name}={value}" for name, value in reject.values.items())
        lines += [Line.of(Piece(f"    {values}", "text"), indent=4)] if values else []
    return lines


def _log_line(line: LogLine) -> Line:
    style = {"warning": "warning", "error": "error"}.get(line.level, "text")
    return Line.of(Piece(f"  {clock(line.at)}  ", "dim"), Piece(line.text, style), indent=4)


def left_behind(plan: Mapping[str, Any]) -> str:
    """What a transfer that is cancelled leaves at its target."""
    if plan.get("is_staged", True):
        return "What is not committed is dropped from the target."
    return "Rows of acknowledged parts stay in the target."


def ended_words(item: Item) -> str:
    """One sentence for a toast and the window's title."""
    target = short_name(item.target, ())[1]
    took = age((item.ended or 0) - (item.started or item.created)) if item.ended else ""
    match item.state:
        case ItemState.DONE if item.rejected:
            return f"{target}: {item.rows_done:,} rows, {item.rejected:,} rejected, in {took}"
        case ItemState.DONE:
            return f"{target}: {item.rows_done:,} rows in {took}"
        case ItemState.FAILED:
            return f"{target}: {item.failure.message if item.failure else 'failed'}"
    return f"{target}: {item.state.value}"
