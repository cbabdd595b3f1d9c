"""What people ask of items, as changes of the queue's file; each runs inside one transaction of its caller."""

# ruff: noqa: S608  # names are our own, values are bound

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Final

from services.errors import NotFound, Refused
from services.transfers.model import Item, ItemState, TransferOptions
from services.transfers.settings import QueueSettings

Order = Callable[[sqlite3.Connection, Sequence[int] | None], list[int]]
"""Changes named items, or all that can be changed so; the ids of those changed."""

_LEAST_GAP: Final = 1e-6
"""Between two items that others are moved in between again and again."""

RESTARTING: Final = ("SourceChanged", "SessionExpired", "TooManyRejects")
"""Failures after which the source is another, or what was planned on is gone: a retry plans anew."""


def add(database: sqlite3.Connection, source: str, target: str, options: TransferOptions, priority: int) -> int:
    """Add an item behind all others."""
    now = time.time()
    cursor = database.execute(
        "INSERT INTO items (source, target, options, state, priority, place, created)"
        " VALUES (?, ?, ?, 'queued', ?, (SELECT coalesce(max(place), 0) + 1 FROM items), ?)",
        (source, target, json.dumps(options.data()), priority, now),
    )
    assert cursor.lastrowid is not None
    note(database, cursor.lastrowid, "info", "queued")
    return cursor.lastrowid


def note(database: sqlite3.Connection, identifier: int, level: str, text: str) -> None:
    """Add a line to an item's log."""
    database.execute(
        "INSERT INTO log (item, at, level, text) VALUES (?, ?, ?, ?)", (identifier, time.time(), level, text)
    )


def pause(database: sqlite3.Connection, identifiers: Sequence[int] | None) -> list[int]:
    """See `TransferQueue.pause`."""
    where = "state IN ('queued', 'planning', 'running', 'needs you') AND phase NOT IN ('committing', 'verifying')"
    return _change(database, identifiers, where, "state = 'paused', retry_at = NULL, rate = 0, rate_rows = 0", "paused")


def resume(database: sqlite3.Connection, identifiers: Sequence[int] | None) -> list[int]:
    """See `TransferQueue.resume`."""
    change = "state = 'queued', failure = NULL, retry_at = NULL"
    return _change(database, identifiers, "state IN ('paused', 'needs you')", change, "resumed")


def cancel(database: sqlite3.Connection, identifiers: Sequence[int] | None) -> list[int]:
    """See `TransferQueue.cancel`."""
    for identifier in identifiers or ():
        row = database.execute(
            "SELECT 1 FROM items WHERE id = ? AND state = 'running' AND phase = 'committing'", (identifier,)
        ).fetchone()
        if row:
            raise Refused(
                f"transfer {identifier}: is being committed", hint="Wait for its end; it takes a moment, not hours."
            )
    where = "state NOT IN ('done', 'cancelled') AND NOT (state = 'running' AND phase IN ('committing', 'verifying'))"
    change = (
        "state = 'cancelled', ended = :now, retry_at = NULL, rate = 0, rate_rows = 0,"
        " is_cleaning = phase NOT IN ('new', 'ended')"
    )
    return _change(database, identifiers, where, change, "cancelled")


def retry(database: sqlite3.Connection, identifiers: Sequence[int] | None) -> list[int]:
    """See `TransferQueue.retry`."""
    states = "'failed', 'needs you'" if identifiers is None else "'failed', 'needs you', 'cancelled'"
    kinds = ", ".join(f"'{kind}'" for kind in RESTARTING)
    change = (
        "is_restarting = phase != 'new' AND (state = 'cancelled'"
        f" OR coalesce(json_extract(failure, '$.kind'), '') IN ({kinds})),"
        " state = 'queued', failure = NULL, retry_at = NULL, ended = NULL, attempts = 0"
    )
    changed = _change(database, identifiers, f"state IN ({states})", change, "retried")
    for identifier in changed:
        database.execute(
            "UPDATE parts SET state = 'todo', attempts = 0, error = '' WHERE item = ? AND state = 'failed'",
            (identifier,),
        )
    waiting = "state = 'queued' AND retry_at IS NOT NULL"
    return changed + _change(database, identifiers, waiting, "retry_at = NULL", "retried at once")


def purge(database: sqlite3.Connection, identifiers: Sequence[int] | None) -> list[int]:
    """See `TransferQueue.purge`."""
    ended = "state IN ('done', 'failed', 'cancelled') AND is_purged = 0"
    held = f"{ended} AND (is_cleaning = 1 OR (state = 'failed' AND phase NOT IN ('new', 'ended')))"
    changed = _change(database, identifiers, held, "is_purged = 1, state = 'cancelled', is_cleaning = 1", "purged")
    clause, values = _named(identifiers)
    free = [row[0] for row in database.execute(f"SELECT id FROM items WHERE {ended} {clause}", values)]
    database.executemany("DELETE FROM items WHERE id = ?", [(identifier,) for identifier in free])
    return changed + free


def move(database: sqlite3.Connection, item: Item, before: int | None) -> None:
    """See `TransferQueue.move`."""
    if before is None:
        place = database.execute("SELECT max(place) + 1 FROM items").fetchone()[0]
        database.execute("UPDATE items SET place = ? WHERE id = ?", (place, item.id))
        return
    row = database.execute("SELECT place, priority FROM items WHERE id = ?", (before,)).fetchone()
    if row is None:
        raise NotFound(f"transfer {before}: there is none", hint="See `storedeck transfers list`.")
    below = database.execute("SELECT max(place) FROM items WHERE place < ? AND id != ?", (row[0], item.id)).fetchone()[
        0
    ]
    place = row[0] - 1 if below is None else (row[0] + below) / 2
    database.execute("UPDATE items SET place = ?, priority = ? WHERE id = ?", (place, row[1], item.id))
    if below is not None and row[0] - below < _LEAST_GAP:
        _spread(database)


def _spread(database: sqlite3.Connection) -> None:
    """Put the items apart again, in their order."""
    found = [row[0] for row in database.execute("SELECT id FROM items ORDER BY place, id")]
    database.executemany("UPDATE items SET place = ? WHERE id = ?", [(place, one) for place, one in enumerate(found)])


def needs_runner(database: sqlite3.Connection, settings: QueueSettings) -> bool:
    """See `TransferQueue.needs_runner`; while the queue is drained, nothing waits for a start."""
    waiting = "state = 'queued' AND started IS NOT NULL" if settings.is_draining else "state = 'queued'"
    query = (
        f"SELECT 1 FROM items WHERE state IN ('planning', 'running') OR ({waiting} AND is_purged = 0)"
        " OR is_cleaning = 1 OR is_restarting = 1 LIMIT 1"
    )
    return database.execute(query).fetchone() is not None


def _change(
    database: sqlite3.Connection, identifiers: Sequence[int] | None, where: str, change: str, word: str
) -> list[int]:
    clause, values = _named(identifiers)
    query = f"UPDATE items SET {change} WHERE is_purged = 0 AND {where} {clause} RETURNING id"
    changed = sorted(row[0] for row in database.execute(query, {**values, "now": time.time()}).fetchall())
    for identifier in changed:
        note(database, identifier, "info", word)
    return changed


def _named(identifiers: Sequence[int] | None) -> tuple[str, dict[str, str]]:
    if identifiers is None:
        return "", {}
    return "AND id IN (SELECT value FROM json_each(:ids))", {"ids": json.dumps(list(identifiers))}


def states(words: Sequence[ItemState]) -> str:
    """States as a list for SQL."""
    return ", ".join(f"'{word.value}'" for word in words)
