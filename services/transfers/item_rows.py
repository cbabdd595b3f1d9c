"""Items as rows of the queue's file and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from services.transfers.model import Failure, Item, ItemState, Phase, TransferOptions, Verified

_PLAIN: Final = (
    *("id", "source", "target", "priority", "place", "created", "started", "ended", "rows_done", "bytes_done"),
    *("parts_done", "parts_total", "parts_running", "rows_total", "count_kind", "rejected", "attempts", "retry_at"),
    *("expires_at", "rate", "rate_rows", "guarantee", "fingerprint", "message", "restarts", "version"),
)
_CODED: Final = ("options", "state", "phase", "failure", "is_cleaning", "notes", "verified")
COLUMNS: Final = ", ".join((*_PLAIN, *_CODED))
"""What to select for `item_of`."""


def item_of(row: tuple[Any, ...]) -> Item:
    """The item that a row of `COLUMNS` holds."""
    options, state, phase, failure, is_cleaning, notes, verified = row[len(_PLAIN) :]
    return Item(
        **dict(zip(_PLAIN, row, strict=False)),
        options=_options(options),
        state=ItemState(state),
        phase=Phase(phase),
        failure=None if failure is None else Failure(**json.loads(failure)),
        is_cleaning=bool(is_cleaning),
        notes=() if notes == "[]" else tuple(json.loads(notes)),
        verified=Verified(verified),
    )


@lru_cache(maxsize=1024)
def _options(text: str) -> TransferOptions:
    """Options are the same for many items of a long queue, and never changed in place."""
    return TransferOptions.of_data(json.loads(text))


def item_data(item: Item) -> dict[str, Any]:
    """An item as JSON data for scripts and hooks; `state` is one of the six words they know, `phase` tells more."""
    failure = item.failure
    return {
        "id": item.id,
        "source": item.source,
        "target": item.target,
        "state": item.state.word,
        "phase": item.state.value if item.state.word != item.state.value else item.phase.value,
        "rows_done": item.rows_done,
        "rows_total": item.rows_total if item.count_kind != "unknown" else None,
        "count": item.count_kind,
        "bytes_done": item.bytes_done,
        "parts_done": item.parts_done,
        "parts_total": item.parts_total,
        "rejected": item.rejected,
        "rate_bytes": round(item.rate, 1),
        "seconds_left": None if item.seconds_left is None else round(item.seconds_left, 1),
        "priority": item.priority,
        "attempts": item.attempts,
        "retry_at": _moment(item.retry_at),
        "expires_at": _moment(item.expires_at),
        "created": _moment(item.created),
        "started": _moment(item.started),
        "ended": _moment(item.ended),
        "restarts": item.restarts,
        "guarantee": item.guarantee or None,
        "message": item.message or None,
        "verified": item.verified.value or None,
        "error": failure.message if failure else None,
        "hint": (failure.hint or None) if failure else None,
        "request_id": (failure.request_id or None) if failure else None,
        "options": item.options.data(),
        "notes": list(item.notes),
    }


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
