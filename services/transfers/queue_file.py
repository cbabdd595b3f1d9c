"""The queue's SQLite file: its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.durable_file import DurableFile

VERSION: Final = 2
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    options TEXT NOT NULL,
    state TEXT NOT NULL,
    phase TEXT NOT NULL DEFAULT 'new',
    priority INTEGER NOT NULL DEFAULT 0,
    place REAL NOT NULL,
    created REAL NOT NULL,
    started REAL,
    ended REAL,
    rows_done INTEGER NOT NULL DEFAULT 0,
    bytes_done INTEGER NOT NULL DEFAULT 0,
    parts_done INTEGER NOT NULL DEFAULT 0,
    parts_total INTEGER NOT NULL DEFAULT 0,
    parts_running INTEGER NOT NULL DEFAULT 0,
    rows_total INTEGER NOT NULL DEFAULT 0,
    count_kind TEXT NOT NULL DEFAULT 'unknown',
    rejected INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    failure TEXT,
    retry_at REAL,
    expires_at REAL,
    rate REAL NOT NULL DEFAULT 0,
    rate_rows REAL NOT NULL DEFAULT 0,
    is_cleaning INTEGER NOT NULL DEFAULT 0,
    is_restarting INTEGER NOT NULL DEFAULT 0,
    guarantee TEXT NOT NULL DEFAULT '',
    fingerprint TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '[]',
    message TEXT NOT NULL DEFAULT '',
    verified TEXT NOT NULL DEFAULT '',
    restarts INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 0,
    is_purged INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS items_order ON items (state, priority DESC, place);
CREATE INDEX IF NOT EXISTS items_version ON items (version);
CREATE INDEX IF NOT EXISTS items_cleaning ON items (id) WHERE is_cleaning = 1 OR is_restarting = 1;
CREATE TABLE IF NOT EXISTS gone (version INTEGER PRIMARY KEY, item INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS plans (
    item INTEGER PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    plan TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS parts (
    item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    part INTEGER NOT NULL,
    state TEXT NOT NULL,
    first_row INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0,
    size_bytes INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    receipt TEXT,
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (item, part)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejects (
    id INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    part INTEGER NOT NULL,
    place INTEGER NOT NULL,
    reject TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS rejects_item ON rejects (item, part, place);
CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    at REAL NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS log_item ON log (item, id);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runner (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    boot TEXT NOT NULL,
    started REAL NOT NULL,
    beat REAL NOT NULL,
    engine TEXT NOT NULL DEFAULT '',
    code TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS counter (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL);
INSERT OR IGNORE INTO counter VALUES (1, 0);
CREATE TRIGGER IF NOT EXISTS item_added AFTER INSERT ON items BEGIN
    UPDATE counter SET version = version + 1;
    UPDATE items SET version = (SELECT version FROM counter) WHERE id = NEW.id;
END;
CREATE TRIGGER IF NOT EXISTS item_changed AFTER UPDATE ON items WHEN NEW.version = OLD.version BEGIN
    UPDATE counter SET version = version + 1;
    UPDATE items SET version = (SELECT version FROM counter) WHERE id = NEW.id;
END;
CREATE TRIGGER IF NOT EXISTS item_gone AFTER DELETE ON items BEGIN
    UPDATE counter SET version = version + 1;
    INSERT INTO gone VALUES ((SELECT version FROM counter), OLD.id);
    DELETE FROM gone WHERE version < (SELECT version FROM counter) - 100000;
END;
"""
_STEPS: Final = {
    1: (
        "ALTER TABLE items ADD COLUMN verified TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runner ADD COLUMN code TEXT NOT NULL DEFAULT ''",
    )
}
"""Columns come last in a file that was made by an older version: they are always named."""


def open_queue_file(path: Path) -> DurableFile:
    """Open the file, made on first use.

    Raises:
        Refused, TimedOut: it cannot be read or written.
    """
    hint = "Use the newer one to run these transfers."
    return DurableFile(path, "transfers", VERSION, _SCHEMA, newer_hint=hint, steps=_STEPS)
