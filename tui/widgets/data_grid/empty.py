"""What the grid says where it has no rows: what this is, why, and the key that helps."""

from __future__ import annotations

from typing import Final

from services.results.types import ResultState

NOTHING_OPEN: Final = ("Rows", "Nothing is open here yet.")


def empty_words(state: ResultState, nothing_open: tuple[str, ...]) -> tuple[str, ...]:
    """The words for a state without rows; empty while there is still something to wait for."""
    if state.error:
        return tuple(words for words in (state.error, state.hint) if words)
    if state.is_loading:
        return ("Loading…",)
    if not state.columns:
        return _without_columns(state, nothing_open)
    if not state.is_complete:
        return ("Loading…",)
    return ("No rows", state.note) if state.note else ("No rows", "There is nothing in it, or nothing that matches.")


def _without_columns(state: ResultState, nothing_open: tuple[str, ...]) -> tuple[str, ...]:
    if state.affected is not None:
        noun = "row" if state.affected == 1 else "rows"
        return ("Done", f"{state.affected:,} {noun} changed")
    return ("Done", "The statement gives no rows.") if state.is_complete else nothing_open
