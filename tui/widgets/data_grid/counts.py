"""Honest counts and times of a result, in words."""

from __future__ import annotations

from services.results.types import ResultState
from services.stores.types import CountKind


def counts_text(state: ResultState) -> str:
    """How many rows are here of how many: `4,079 of 4,079`, `500 of at least 500`."""
    if state.affected is not None and not state.columns:
        return f"{state.affected:,} {'row' if state.affected == 1 else 'rows'} changed"
    loaded = f"{state.loaded:,}"
    if state.count.kind is CountKind.EXACT:
        return f"{loaded} of {state.count.rows:,}"
    if state.is_complete and not state.error:
        return f"{loaded} of {loaded}"
    if state.count.kind is CountKind.AT_LEAST:
        return f"{loaded} of at least {max(state.count.rows, state.loaded):,}"
    return f"{loaded} loaded, total unknown"


def seconds_text(seconds: float) -> str:
    """A duration as people say it: `0.8 s`, `4 s`, `2:05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
