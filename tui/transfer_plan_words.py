"""What a plan says before a transfer starts: how much, what happens to what is there, how each column fares."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from services.stores.bulk import WriteMode
from services.stores.features import Guarantee
from services.transfers.preview import Preview
from tui.amounts import count_words, countdown, size_words
from tui.widgets.lines import Line, Piece

_WEIGHTY: Final = {
    WriteMode.OVERWRITE: "overwrite: what the target holds now is gone once this is done",
    WriteMode.UPSERT: "upsert: rows with the same key are replaced",
}
_EMPTIED: Final = "overwrite: what the target holds now is gone as soon as this begins, also if it fails later"
_AS_IT_GOES: Final = "rows are written as they come: those of acknowledged parts stay if it ends early"
_MODES: Final[Mapping[str, str]] = {
    WriteMode.APPEND: "rows are added",
    WriteMode.OVERWRITE: "only these rows are left",
    WriteMode.UPSERT: "rows are added or replaced by their key",
    WriteMode.SKIP: "rows whose key is taken are left out",
    WriteMode.FAIL: "the target has to be new or empty",
}


def _promise(guarantee: str) -> str:
    return Guarantee(guarantee).promise if guarantee in set(Guarantee) else guarantee


def doubts_of(plan: Mapping[str, Any]) -> list[str]:
    """What one should have read before it starts."""
    mode, is_staged = plan.get("mode", ""), plan.get("is_staged", True)
    doubts: list[str] = []
    if mode in set(_WEIGHTY) and not plan.get("is_new"):
        is_emptied = mode == WriteMode.OVERWRITE and not is_staged
        doubts = [_EMPTIED if is_emptied else _WEIGHTY[WriteMode(mode)]]
        doubts += [] if is_staged or is_emptied else [_AS_IT_GOES]
    checked = [column["source"] for column in plan.get("columns", ()) if column.get("cast") == "checked"]
    if checked:
        doubts.append(f"each value of {', '.join(checked[:5])} is checked, and may be rejected")
    return doubts


def plan_lines(found: Preview) -> list[Line]:
    """The plan in words."""
    if found.error:
        return [Line.of(Piece(found.error, "error")), Line.of(Piece(found.hint, "dim"))]
    plan = found.plan
    rows = "rows unknown" if plan.get("rows") is None else f"{_at_least(plan)}{count_words(plan['rows'])} rows"
    size = f" · {size_words(plan['size_bytes'])}" if plan.get("size_bytes") else ""
    parts = plan.get("parts", 0)
    lines = [Line.of(f"{rows}{size} · {parts:,} part{'s' * (parts != 1)}, {plan.get('parallel')} at once")]
    mode, guarantee = str(plan.get("mode", "")), str(plan.get("guarantee", ""))
    doubts = doubts_of(plan)
    is_said = any(doubt.startswith(f"{mode}: ") for doubt in doubts)
    said = " · ".join(filter(None, ["" if is_said else _MODES.get(mode, ""), _promise(guarantee)]))
    lines.append(Line.of(mode, Piece(f": {said}", "dim")))
    lines += [Line.of(Piece(doubt, "warning")) for doubt in doubts]
    lines += [Line.of(Piece(note, "dim")) for note in plan.get("notes", ())]
    if plan.get("expires_at"):
        lines.append(
            Line.of(Piece(f"the server's session ends in {countdown(plan['expires_at'] - time.time())}", "dim"))
        )
    return lines + [_column_line(column) for column in plan.get("columns", ())]


def _at_least(plan: Mapping[str, Any]) -> str:
    return "≥ " if plan.get("count") == "at least" else ""


def _column_line(column: Mapping[str, str]) -> Line:
    style = {"checked": "warning"}.get(column["cast"], "dim")
    return Line.of(
        f"{column['source']} {column['source_type']}",
        Piece("  →  ", "dim"),
        f"{column['target']} {column['target_type']}",
        Piece(f"  {column['cast']}", style),
        indent=4,
    )
