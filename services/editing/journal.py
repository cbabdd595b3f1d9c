"""The journal of staged edits: on the disk before it counts, folded row by row, undone and redone in steps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from services.durable_file import DurableFile
from services.editing import undo
from services.editing.cells import Source
from services.editing.folding import after_sending, fold, without_cell
from services.editing.journal_file import open_journal_file
from services.editing.journal_rows import JournalRows, RowName
from services.editing.staged import Staged, StagedSnapshot
from services.errors import NotFound, ReadOnlyRefused
from services.events import EventBus, StagedChanged
from services.stores.changes import Change, Outcome, Result
from services.text import displayable


def _never(profile: str) -> bool:
    return False


class Journal:
    """Staged edits of all profiles in one SQLite file, shared safely by several processes.

    `snapshot` and `count` never touch the disk. All other methods block for a fraction of a millisecond and may be
    called from any thread; on an event loop call them with `asyncio.to_thread`.

    Args:
        path: the file; made when first needed.
        events: told `StagedChanged` after every change, in the caller's thread.
        is_read_only: whether a profile refuses all changes; asked before each staging.
    """

    def __init__(
        self, path: Path, events: EventBus | None = None, is_read_only: Callable[[str], bool] = _never
    ) -> None:
        self._path = path
        self._events = events
        self._is_read_only = is_read_only
        self._lock = threading.RLock()
        self._file: DurableFile | None = None
        self._foreign_version = -1
        self._by_id: dict[int, Staged] = {}
        self._snapshot = StagedSnapshot()

    @property
    def snapshot(self) -> StagedSnapshot:
        """All staged changes as of this process's last call; `load` brings what others did since."""
        return self._snapshot

    def count(self, profile: str | None = None) -> int:
        """How many are staged, in all or for one profile; as fresh as `snapshot`."""
        return self._snapshot.count(profile)

    def load(self) -> StagedSnapshot:
        """Read what is staged, where this process did not yet or another one changed it since."""
        with self._lock:
            is_changed = self._read_changes(None)
        if is_changed:
            self._tell("load", "")
        return self._snapshot

    def stage(self, profile: str, changes: Change | Sequence[Change], label: str = "edit") -> None:
        """Stage changes as one step of undo; each folds into what is staged for its row.

        Raises:
            ReadOnlyRefused: the profile takes no changes.
            ValueRefused: a change does not fit what is staged; nothing of the step is staged then.
        """
        if self._is_read_only(profile):
            raise ReadOnlyRefused(
                f"{displayable(profile)}: this profile is read-only", hint="Turn read-only off in its form first."
            )
        with self._step(label, profile) as rows:
            for change in changes if isinstance(changes, Sequence) else [changes]:
                name = RowName.of(profile, change)
                old = rows.find(name)
                rows.put(name, fold(old.change if old else None, change), _kept_outcome(old))

    def undo(self) -> str | None:
        """Take the last step back; its label, or None where there is none left."""
        return self._moved(undo.undo, "undo")

    def redo(self) -> str | None:
        """Make the step that was undone last again; its label, or None where there is none."""
        return self._moved(undo.redo, "redo")

    def drop(self, ids: Iterable[int], label: str = "drop") -> int:
        """Forget these staged changes, as one step of undo; how many were still there."""
        dropped = 0
        with self._step(label, "") as rows:
            for identifier in ids:
                staged = rows.by_id(identifier)
                if staged is not None:
                    rows.put(RowName.of(staged.profile, staged.change), None, None)
                    dropped += 1
        return dropped

    def revert_cell(self, identifier: int, source: Source) -> None:
        """Take one cell of a staged change back to what was read, as one step of undo.

        Raises:
            NotFound: the change is not staged any more.
        """
        with self._step("revert", "") as rows:
            staged = _existing(rows, identifier)
            rows.put(RowName.of(staged.profile, staged.change), without_cell(staged.change, source), staged.outcome)

    def resolve(self, identifier: int, change: Change | None, label: str = "resolve") -> None:
        """Put a change (None: nothing) in the place of a staged one and forget its outcome, as one step of undo.

        Raises:
            NotFound: the change is not staged any more.
        """
        with self._step(label, "") as rows:
            staged = _existing(rows, identifier)
            rows.put(RowName.of(staged.profile, staged.change), change, None)

    def settle(self, sent: Staged, outcome: Outcome) -> None:
        """Keep what became of a change that was sent: an applied one leaves the journal, and undo forgets it.

        What was staged for the row while it was on its way stays, now on top of what was sent.
        """
        with self._written() as rows:
            name = RowName.of(sent.profile, sent.change)
            staged = rows.find(name)
            if outcome.result is Result.APPLIED:
                rows.put(name, after_sending(sent.change, staged.change) if staged else None, None)
                rows.forget(name)
            elif staged is not None:
                rows.put(name, staged.change, outcome)
        self._tell("settle", sent.profile)

    def rename_profile(self, old: str, new: str) -> None:
        """Let the staged changes of a profile follow it to its new name, steps of undo included."""
        if self._file is None and not self._path.exists():
            return
        with self._written() as rows:
            rows.rename_profile(old, new)
        self._tell("rename", new)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
                self._foreign_version = -1

    def _moved(self, move: Callable[[JournalRows], str | None], verb: str) -> str | None:
        with self._written() as rows:
            label = move(rows)
        self._tell(verb, "")
        return label

    @contextmanager
    def _step(self, label: str, profile: str) -> Iterator[JournalRows]:
        with self._written() as rows:
            yield rows
            undo.record(rows.connection, label, rows.entries)
        self._tell("stage", profile)

    @contextmanager
    def _written(self) -> Iterator[JournalRows]:
        with self._lock:
            with self._opened().write() as connection:
                rows = JournalRows(connection)
                yield rows
            self._read_changes(rows)

    def _read_changes(self, own: JournalRows | None) -> bool:
        """Bring the snapshot up to date: with what this call changed, or with all after another process wrote."""
        file = self._opened()
        version = file.foreign_version()
        if version != self._foreign_version:
            with file.read() as connection:
                self._by_id = {staged.id: staged for staged in JournalRows(connection).all()}
            self._foreign_version = version
        elif own is None:
            return False
        else:
            self._by_id = {**self._by_id, **{key: item for key, item in own.touched.items() if item is not None}}
            for identifier, item in own.touched.items():
                if item is None:
                    self._by_id.pop(identifier, None)
        self._snapshot = StagedSnapshot.of(self._by_id.values())
        return True

    def _opened(self) -> DurableFile:
        if self._file is None:
            self._file = open_journal_file(self._path)
        return self._file

    def _tell(self, what: str, profile: str) -> None:
        if self._events is not None:
            self._events.publish(StagedChanged(what=what, profile=displayable(profile), count=self.count()))


def _kept_outcome(old: Staged | None) -> Outcome | None:
    """A conflict stays until it is resolved; a refusal was of a value that is another now."""
    if old is None or old.outcome is None or old.outcome.result is not Result.CONFLICT:
        return None
    return old.outcome


def _existing(rows: JournalRows, identifier: int) -> Staged:
    staged = rows.by_id(identifier)
    if staged is None:
        raise NotFound("this change is not staged any more", hint="It was dropped or committed elsewhere.")
    return staged
