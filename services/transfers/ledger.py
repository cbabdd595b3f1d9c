"""What the runner writes down; nothing counts before it is on the disk."""

# ruff: noqa: S608  # names are our own, values are bound

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.transfers.item_rows import COLUMNS, item_of
from services.transfers.model import Failure, Item, ItemState, Phase
from services.transfers.orders import note
from services.transfers.queue_file import open_queue_file
from services.transfers.retrying import MOST_SECONDS
from services.transfers.settings import QueueSettings

_ACTIVE: Final = "state IN ('running', 'planning')"
_DUE: Final = (
    f"state = 'queued' AND is_purged = 0 AND (retry_at IS NULL OR retry_at <= :now OR retry_at > :now + {MOST_SECONDS})"
)
"""A time to retry at that lies further ahead than any wait is that of a clock that was wrong."""

_CLEANING: Final = "is_cleaning = 1 OR is_restarting = 1"


@dataclass(frozen=True, slots=True)
class Held:
    """An item with what only the runner needs to know of it."""

    item: Item
    is_restarting: bool


@dataclass(frozen=True, slots=True)
class PartNote:
    """What is kept of a part that has no receipt yet."""

    index: int
    attempts: int
    first_row: int | None


class Ledger:
    """The runner's own connection to the queue's file."""

    def __init__(self, path: Path) -> None:
        self._file = open_queue_file(path)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """One transaction, on the disk when the block ends."""
        with self._file.write() as connection:
            yield Turn(connection)

    @contextmanager
    def look(self) -> Iterator[Turn]:
        """Reading only."""
        with self._file.read() as connection:
            yield Turn(connection)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Turn:
    """Reads and writes within one transaction."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Undo just what the block wrote when it raises; the rest of the turn stays."""
        self._database.execute("SAVEPOINT alone")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK TO alone")
            raise
        finally:
            self._database.execute("RELEASE alone")

    def version(self) -> int:
        """See `TransferQueue.version`."""
        return int(self._database.execute("SELECT version FROM counter").fetchone()[0])

    def settings(self) -> QueueSettings:
        """What holds for all transfers."""
        return QueueSettings.of_rows(self._database.execute("SELECT name, value FROM settings").fetchall())

    def candidates(self, limit: int, *, started_only: bool) -> list[Held]:
        """Items that run, those to be cleaned, and the first of those that wait, the ones that go first in front."""
        waiting = f"{_DUE} AND started IS NOT NULL" if started_only else _DUE
        columns = f"{COLUMNS}, is_restarting"
        query = (
            f"SELECT {columns} FROM items WHERE {_ACTIVE} UNION SELECT {columns} FROM items WHERE {_CLEANING}"
            f" UNION SELECT * FROM (SELECT {columns} FROM items WHERE {waiting}"
            " ORDER BY priority DESC, place LIMIT :limit)"
        )
        rows = self._database.execute(query, {"now": time.time(), "limit": limit}).fetchall()
        found = [Held(item_of(row[:-1]), bool(row[-1])) for row in rows]
        running = (ItemState.RUNNING, ItemState.PLANNING)
        return sorted(found, key=lambda held: (-held.item.priority, held.item.state not in running, held.item.place))

    def held(self, identifier: int) -> Held | None:
        """One item, None when it is gone."""
        row = self._database.execute(
            f"SELECT {COLUMNS}, is_restarting FROM items WHERE id = ?", (identifier,)
        ).fetchone()
        return None if row is None else Held(item_of(row[:-1]), bool(row[-1]))

    def is_work_left(self) -> bool:
        """Whether any item waits, runs or is to be cleaned."""
        query = f"SELECT 1 FROM items WHERE state IN ('queued', 'planning', 'running') OR {_CLEANING} LIMIT 1"
        return self._database.execute(query).fetchone() is not None

    def seconds_to_retry(self) -> float | None:
        """How long until the next item is to be tried again; None where none waits."""
        row = self._database.execute("SELECT min(retry_at) FROM items WHERE state = 'queued'").fetchone()
        return None if row[0] is None else min(float(row[0]) - time.time(), MOST_SECONDS)

    def plan(self, identifier: int) -> str:
        """The plan as text, empty before there is one."""
        row = self._database.execute("SELECT plan FROM plans WHERE item = ?", (identifier,)).fetchone()
        return str(row[0]) if row else ""

    def shown(self, identifier: int) -> dict[str, Any]:
        """What of the plan is for people; empty before there is one."""
        text = self.plan(identifier)
        found: dict[str, Any] = json.loads(text)["shown"] if text else {}
        return found

    def todo(self, identifier: int) -> list[PartNote]:
        """The parts without a receipt, in order."""
        query = "SELECT part, attempts, first_row FROM parts WHERE item = ? AND state = 'todo' ORDER BY part"
        return [PartNote(*row) for row in self._database.execute(query, (identifier,))]

    def receipts(self, identifier: int) -> tuple[list[Any], int]:
        """All receipts in order, and the checksum over the parts."""
        query = "SELECT receipt FROM parts WHERE item = ? AND state = 'acknowledged' ORDER BY part"
        found = [json.loads(row[0]) for row in self._database.execute(query, (identifier,))]
        checksum = sum(int(one["checksum"]) for one in found) % (1 << 64)
        return [one["receipt"] for one in found], checksum

    def rejects(self, identifier: int) -> Iterator[str]:
        """Rows put aside, as JSON lines."""
        query = "SELECT reject FROM rejects WHERE item = ? ORDER BY part, place"
        for row in self._database.execute(query, (identifier,)):
            yield row[0]

    def recover(self) -> None:
        """After another runner ended somewhere: what it had in its hands is to be done again."""
        self._database.execute("UPDATE parts SET state = 'todo' WHERE state = 'running'")
        self._database.execute(
            "UPDATE items SET parts_running = 0, rate = 0, rate_rows = 0,"
            " state = iif(state IN ('planning', 'running'), 'queued', state)"
            " WHERE state IN ('planning', 'running') OR parts_running != 0"
        )

    def say(self, identifier: int, text: str, level: str = "info") -> None:
        """Add a line to the item's log."""
        note(self._database, identifier, level, text)

    def set(self, identifier: int, **values: object) -> None:
        """Set columns of an item."""
        columns = ", ".join(f"{name} = :{name}" for name in values)
        self._database.execute(
            f"UPDATE items SET {columns} WHERE id = :identifier", {**values, "identifier": identifier}
        )

    def move(self, identifier: int, state: ItemState, *, when: Sequence[ItemState]) -> bool:
        """Set the state if it is one of those now: somebody may have paused or cancelled it meanwhile."""
        marks = ", ".join("?" for _ in when)
        cursor = self._database.execute(
            f"UPDATE items SET state = ?, started = coalesce(started, ?) WHERE id = ? AND state IN ({marks})",
            (state.value, time.time(), identifier, *(one.value for one in when)),
        )
        return cursor.rowcount == 1

    def planned(self, identifier: int, plan: Mapping[str, Any]) -> None:
        """Keep a plan and its parts."""
        self.keep_plan(identifier, plan)
        read, shown = plan["read"], plan["shown"]
        first: int | None = 0
        rows = []
        for index, _, count, _ in read["parts"]:
            rows.append((identifier, index, first))
            first = None if first is None or count is None else first + count
        self._database.executemany("INSERT INTO parts (item, part, state, first_row) VALUES (?, ?, 'todo', ?)", rows)
        kind, count = read["count"]
        self.set(
            identifier,
            phase=Phase.PLANNED.value,
            parts_total=len(rows),
            rows_total=count,
            count_kind=kind,
            fingerprint=read["fingerprint"],
            guarantee=shown["guarantee"],
            notes=json.dumps(shown["notes"]),
        )
        self.say(identifier, f"planned: {len(rows):,} part{'s' * (len(rows) != 1)}, mode {shown['mode']}")

    def keep_plan(self, identifier: int, plan: Mapping[str, Any]) -> None:
        """Keep a plan in place of the last one, and when its sessions end."""
        ends = [at for at in (plan["read"]["expires_at"], plan["write"]["expires_at"]) if at is not None]
        self._database.execute("INSERT OR REPLACE INTO plans VALUES (?, ?)", (identifier, json.dumps(plan)))
        self.set(identifier, expires_at=min(ends, default=None))

    def start_parts(self, identifier: int, parts: Sequence[int]) -> None:
        """Note that parts are in flight."""
        self._database.executemany(
            "UPDATE parts SET state = 'running' WHERE item = ? AND part = ?", [(identifier, part) for part in parts]
        )
        self._bump(identifier, running=len(parts))

    def acknowledge(self, identifier: int, part: int, result: Mapping[str, Any]) -> None:
        """A part is done: its receipt, its rejected rows and the counters, all at once."""
        receipt, rejects = result["receipt"], result["rejects"]
        kept = json.dumps({"receipt": receipt, "checksum": result["checksum"]})
        self._database.execute(
            "UPDATE parts SET state = 'acknowledged', receipt = ?, rows = ?, size_bytes = ?, rejected = ?, error = ''"
            " WHERE item = ? AND part = ?",
            (kept, receipt["rows"], receipt["size_bytes"], len(rejects), identifier, part),
        )
        self.keep_rejects(identifier, part, rejects)
        size, rows = receipt["size_bytes"], receipt["rows"]
        self._bump(identifier, running=-1, done=1, rows=rows, size=size, rejected=len(rejects))

    def keep_rejects(self, identifier: int, part: int, rejects: Sequence[Mapping[str, Any]]) -> None:
        """Keep the rows that a part put aside, in place of those that an earlier attempt did."""
        self._database.execute("DELETE FROM rejects WHERE item = ? AND part = ?", (identifier, part))
        self._database.executemany(
            "INSERT INTO rejects (item, part, place, reject) VALUES (?, ?, ?, ?)",
            [(identifier, part, place, json.dumps(one)) for place, one in enumerate(rejects)],
        )

    def _bump(
        self, identifier: int, *, running: int, done: int = 0, rows: int = 0, size: int = 0, rejected: int = 0
    ) -> None:
        self._database.execute(
            "UPDATE items SET parts_running = parts_running + ?, parts_done = parts_done + ?,"
            " rows_done = rows_done + ?, bytes_done = bytes_done + ?, rejected = rejected + ? WHERE id = ?",
            (running, done, rows, size, rejected, identifier),
        )

    def give_back(self, identifier: int, part: int, error: str, *, is_counted: bool, is_final: bool = False) -> None:
        """A part ended without a receipt."""
        self._database.execute(
            "UPDATE parts SET state = ?, attempts = attempts + ?, error = ? WHERE item = ? AND part = ?",
            ("failed" if is_final else "todo", int(is_counted), error, identifier, part),
        )
        self._bump(identifier, running=-1)

    def unacknowledge(self, identifier: int, held: Sequence[int]) -> int:
        """Give back the parts that have a receipt and that the target does not hold; how many."""
        rows = self._database.execute(
            "SELECT part, rows, size_bytes, rejected FROM parts WHERE item = ? AND state = 'acknowledged'"
            " AND part NOT IN (SELECT value FROM json_each(?))",
            (identifier, json.dumps(list(held))),
        ).fetchall()
        for part, count, size, rejected in rows:
            self._database.execute(
                "UPDATE parts SET state = 'todo', receipt = NULL, rows = 0, size_bytes = 0, rejected = 0"
                " WHERE item = ? AND part = ?",
                (identifier, part),
            )
            self._database.execute("DELETE FROM rejects WHERE item = ? AND part = ?", (identifier, part))
            self._bump(identifier, running=0, done=-1, rows=-count, size=-size, rejected=-rejected)
        return len(rows)

    def start_anew(self, identifier: int, why: str) -> None:
        """Forget plan, parts and counters."""
        for table in ("plans", "parts", "rejects"):
            self._database.execute(f"DELETE FROM {table} WHERE item = ?", (identifier,))
        self._database.execute(
            "UPDATE items SET phase = 'new', rows_done = 0, bytes_done = 0, parts_done = 0, parts_total = 0,"
            " parts_running = 0, rows_total = 0, count_kind = 'unknown', rejected = 0, is_restarting = 0,"
            " is_cleaning = 0, expires_at = NULL, message = '', verified = '', restarts = restarts + 1 WHERE id = ?",
            (identifier,),
        )
        self.say(identifier, why, "warning")

    def waits(self, identifier: int, failure: Failure, seconds: float) -> None:
        """A passing failure: the item is tried again after some seconds."""
        self.set(identifier, failure=json.dumps(failure.data()), retry_at=time.time() + seconds, rate=0, rate_rows=0)
        self._database.execute(
            "UPDATE items SET state = 'queued', attempts = attempts + 1"
            " WHERE id = ? AND state IN ('running', 'planning')",
            (identifier,),
        )
        self.say(identifier, f"{failure.message}; again in {seconds:.1f} s", "warning")

    def ends(self, identifier: int, state: ItemState, failure: Failure | None = None, message: str = "") -> None:
        """The end of an item, or its wait for somebody."""
        ended = time.time() if state.is_ended else None
        data = None if failure is None else json.dumps(failure.data())
        self.set(
            identifier,
            state=state.value,
            failure=data,
            retry_at=None,
            ended=ended,
            rate=0,
            rate_rows=0,
            message=message,
        )
        if failure is not None:
            self.say(identifier, failure.message, "error")
        else:
            self.say(identifier, message or state.value)

    def forget(self, identifier: int) -> None:
        """Delete an item that was purged while something of it was still to be dropped."""
        self._database.execute("DELETE FROM items WHERE id = ? AND is_purged = 1", (identifier,))

    def beat(self, pid: int, host: str, boot: str, engine: str, started: float, code: str = "") -> None:
        """Say that we live."""
        self._database.execute(
            "INSERT OR REPLACE INTO runner (only, pid, host, boot, started, beat, engine, code)"
            " VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
            (pid, host, boot, started, time.time(), engine, code),
        )
