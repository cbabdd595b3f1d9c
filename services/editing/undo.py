"""Steps of undo in the journal's file: one staging, however many rows it touched, is one step."""

from __future__ import annotations

import sqlite3
from typing import Final

from services.editing.journal_rows import JournalRows, RowEntry, RowName

STEPS_KEPT: Final = 1000
"""Undo reaches back so many steps."""


def record(connection: sqlite3.Connection, label: str, entries: list[RowEntry]) -> None:
    """Keep a step that was just made; what had been undone before it cannot be redone any more."""
    effective = [entry for entry in entries if entry.old != entry.new]
    if not effective:
        return
    connection.execute("DELETE FROM step WHERE is_undone")
    step = connection.execute("INSERT INTO step (label) VALUES (?)", (label,)).lastrowid
    connection.executemany(
        "INSERT INTO entry (step, place, profile, path, row, old, new) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(step, place, *entry.name.parts, entry.old, entry.new) for place, entry in enumerate(effective)],
    )
    connection.execute("DELETE FROM step WHERE id <= ?", ((step or 0) - STEPS_KEPT,))


def undo(rows: JournalRows) -> str | None:
    """Take the last step back; its label, or None where there is none."""
    query = "SELECT id, label FROM step WHERE NOT is_undone ORDER BY id DESC LIMIT 1"
    return _move(rows, query, is_undo=True)


def redo(rows: JournalRows) -> str | None:
    """Make the step that was undone last again; its label, or None where there is none."""
    query = "SELECT id, label FROM step WHERE is_undone ORDER BY id LIMIT 1"
    return _move(rows, query, is_undo=False)


def _move(rows: JournalRows, query: str, *, is_undo: bool) -> str | None:
    found = rows.connection.execute(query).fetchone()
    if found is None:
        return None
    step, label = found
    order = "DESC" if is_undo else "ASC"
    entries = rows.connection.execute(
        f"SELECT profile, path, row, old, new FROM entry WHERE step = ? ORDER BY place {order}",  # noqa: S608
        (step,),
    ).fetchall()
    for profile, path, row, old, new in entries:
        expected, wanted = (new, old) if is_undo else (old, new)
        rows.restore(RowName(profile, path, row), expected, wanted)
    rows.connection.execute("UPDATE step SET is_undone = ? WHERE id = ?", (is_undo, step))
    return str(label)
