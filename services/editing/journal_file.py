"""The journal's SQLite file: its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.durable_file import DurableFile

VERSION: Final = 1

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS staged (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    profile TEXT NOT NULL,
    path TEXT NOT NULL,
    row TEXT NOT NULL,
    change TEXT NOT NULL,
    outcome TEXT,
    UNIQUE (profile, path, row)
);
CREATE TABLE IF NOT EXISTS step (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    is_undone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS entry (
    step INTEGER NOT NULL REFERENCES step (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    profile TEXT NOT NULL,
    path TEXT NOT NULL,
    row TEXT NOT NULL,
    old TEXT,
    new TEXT,
    PRIMARY KEY (step, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_row ON entry (profile, path, row);
"""


def open_journal_file(path: Path) -> DurableFile:
    """Open the file, made on first use.

    Raises:
        Refused, TimedOut: it cannot be read or written.
    """
    hint = "Use the newer one, or commit or drop the staged edits there."
    return DurableFile(path, "staged edits", VERSION, _SCHEMA, newer_hint=hint)
