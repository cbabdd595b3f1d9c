"""A file, or a folder of files, as the target of a transfer.

Parts are written to a hidden folder beside the target, each under a temporary name, synced, then named. Committing
joins them under another temporary name, checks sizes and checksums, and renames; so at no moment is there a file under
the final name that is not whole.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.errors import Refused, StoredeckError, UsageError
from services.files import aside, write_whole
from services.stores.bulk import (
    BulkWrites,
    Committed,
    Receipt,
    Reject,
    WriteMode,
    WritePlan,
    WriteWish,
)
from services.stores.changes import Path as StorePath
from services.stores.features import Guarantee
from services.transfers.formats.joining import is_same_shape, join_parts
from services.transfers.formats.options import FileFormat, FileOptions, file_options
from services.transfers.formats.part_writers import open_part, portable, portable_schema

_MARK: Final = "committed"
_CHECK_BYTES: Final = 1 << 20
_MODES: Final = frozenset({WriteMode.FAIL, WriteMode.OVERWRITE, WriteMode.APPEND})


class FileTarget(BulkWrites):
    """Writes files; the plan's path is `(text of the address,)`. A text that ends with `/` is a folder."""

    def __init__(self, text: str, options: Mapping[str, str]) -> None:
        self._text = text
        self._given = dict(options)

    def write_modes(self, path: StorePath) -> frozenset[WriteMode]:
        """See `BulkWrites.write_modes`."""
        return _MODES

    def _options(self, target: Path) -> FileOptions:
        return file_options(target.name, self._given)

    def plan_write(self, path: StorePath, schema: pa.Schema, wish: WriteWish, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        target = Path(self._text).expanduser().absolute()
        is_folder = self._text.endswith("/") or target.is_dir()
        options = self._options(target)
        if wish.mode not in _MODES:
            raise UsageError(
                f"{self._text}: a file cannot be written by {wish.mode}", hint=f"Use {', '.join(sorted(_MODES))}."
            )
        if options.encoding.startswith(("utf-16", "utf-32")):
            raise UsageError(f"encoding {options.encoding}: is read but not written", hint="Write utf-8.")
        _check_place(target, is_folder)
        old = _there(target, is_folder, options)
        if old and wish.mode is WriteMode.FAIL:
            raise Refused(f"{self._text}: is there already", hint="Choose overwrite or append, or another name.")
        if wish.mode is WriteMode.APPEND and old and not is_folder:
            is_same_shape(target, schema, options)
        work = target / f".storedeck-{token_hex(6)}.parts" if is_folder else _beside(target)
        state = {"target": str(target), "work": str(work), "is_folder": is_folder, "old": [str(path) for path in old]}
        return WritePlan((self._text,), schema, wish, Guarantee.TRANSACTION, state)

    def begin_write(self, plan: WritePlan, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.begin_write`."""
        with _told(plan):
            if plan.state["is_folder"]:
                Path(plan.state["target"]).mkdir(exist_ok=True)
            Path(plan.state["work"]).mkdir(mode=0o700, exist_ok=True)
        return plan

    def write_part(
        self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken = NEVER
    ) -> Receipt:
        """See `BulkWrites.write_part`."""
        work = Path(plan.state["work"])
        options = self._options(Path(plan.state["target"]))
        name = work / _part_name(part)
        aside_name = work / f"{name.name}.{os.getpid()}.tmp"
        try:
            with _told(plan), aside_name.open("wb") as file:
                counted = _Counted(file)
                rows, rejects = _write(counted, batches, plan.schema, options, cancel)
                file.flush()
                os.fsync(file.fileno())
            with _told(plan):
                os.replace(aside_name, name)
        finally:
            aside_name.unlink(missing_ok=True)
        return Receipt(part, rows, counted.size, tuple(rejects), {"crc": counted.crc})

    def acknowledged(self, plan: WritePlan) -> frozenset[int] | None:
        """See `BulkWrites.acknowledged`."""
        found = Path(plan.state["work"]).glob("part-*")
        return frozenset(int(path.name.removeprefix("part-")) for path in found if not path.name.endswith(".tmp"))

    def commit_write(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken = NEVER) -> Committed:
        """See `BulkWrites.commit_write`."""
        work, target = Path(plan.state["work"]), Path(plan.state["target"])
        ordered = sorted(receipts, key=lambda receipt: receipt.part)
        rows = sum(receipt.rows for receipt in ordered)
        with _told(plan):
            if work.is_dir() and not _is_committed(work, target):
                _check_parts(work, ordered, cancel)
                if plan.state["is_folder"]:
                    self._move_in(plan, ordered)
                else:
                    self._join(plan, ordered)
            _remove(work)
        return Committed(rows, f"{target}: {rows:,} rows")

    def _join(self, plan: WritePlan, receipts: Sequence[Receipt]) -> None:
        work, target = Path(plan.state["work"]), Path(plan.state["target"])
        parts = [work / _part_name(receipt.part) for receipt in receipts]
        is_appended = plan.wish.mode is WriteMode.APPEND and target.exists()
        if plan.wish.mode is WriteMode.FAIL and target.exists():
            raise Refused(f"{target}: appeared while the transfer ran", hint="Move it away, then retry.")
        with aside(target, work) as out:
            join_parts(parts, out, plan.schema, self._options(target), target if is_appended else None)
            out.flush()
            facts = os.fstat(out.fileno())
            write_whole(work / _MARK, json.dumps([facts.st_ino, facts.st_size]).encode())

    def _move_in(self, plan: WritePlan, receipts: Sequence[Receipt]) -> None:
        """Each file of a folder is whole by itself; moving again what was moved does nothing."""
        work, target = Path(plan.state["work"]), Path(plan.state["target"])
        options = self._options(target)
        suffix = "".join(target.suffixes) or f".{options.format}"
        stem = work.name.removeprefix(".storedeck-").removesuffix(".parts")
        for receipt in receipts:
            part = work / _part_name(receipt.part)
            if part.exists():
                with aside(target / f"{stem}-{receipt.part:05d}{suffix}", work) as out:
                    join_parts([part], out, plan.schema, options, None)
        if plan.wish.mode is WriteMode.OVERWRITE:
            for name in plan.state["old"]:
                Path(name).unlink(missing_ok=True)
        write_whole(work / _MARK, b"[]")

    def abort_write(self, plan: WritePlan) -> None:
        """See `BulkWrites.abort_write`."""
        shutil.rmtree(plan.state["work"], ignore_errors=True)


def _remove(work: Path) -> None:
    """Take the folder of the parts away at once, then empty it: half of it would look like parts that are missing."""
    leaving = work.with_name(f"{work.name}.done")
    if work.is_dir():
        os.replace(work, leaving)
    shutil.rmtree(leaving, ignore_errors=True)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{token_hex(6)}.parts")


def _part_name(part: int) -> str:
    return f"part-{part:05d}"


def _check_place(target: Path, is_folder: bool) -> None:
    if target.is_symlink() and not target.exists():
        raise UsageError(f"{target}: is a link to nowhere", hint="Name the file itself.")
    if not is_folder and target.exists() and not target.is_file():
        raise UsageError(f"{target}: is no plain file", hint="Name a file, or a folder with / at the end.")
    if not target.parent.is_dir():
        raise UsageError(f"{target}: its folder is not there", hint=f"Make {target.parent} first.")
    if not os.access(target if target.is_dir() else target.parent, os.W_OK):
        raise UsageError(f"{target}: its folder cannot be written", hint="Choose a folder of yours.")


def _there(target: Path, is_folder: bool, options: FileOptions) -> list[Path]:
    if not is_folder:
        return [target] if target.exists() else []
    if not target.is_dir():
        return []
    return sorted(path for path in target.iterdir() if path.is_file() and not path.name.startswith("."))


@contextmanager
def _told(plan: WritePlan) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _disk_error(plan, error) from error


def _disk_error(plan: WritePlan, error: OSError) -> StoredeckError:
    return Refused(
        f"{plan.path[0]}: cannot be written: {error.strerror or error}",
        hint="Free some space or choose another place, then retry; what was written so far is kept.",
    )


def _write(
    file: _Counted, batches: Iterator[pa.RecordBatch], schema: pa.Schema, options: FileOptions, cancel: CancelToken
) -> tuple[int, list[Reject]]:
    is_columnar = options.format in (FileFormat.PARQUET, FileFormat.ARROW)
    opened: Any = file
    writer = open_part(opened, portable_schema(schema) if is_columnar else schema, options)
    rows = seen = 0
    rejects: list[Reject] = []
    for batch in batches:
        cancel.check()
        try:
            writer.write(portable(batch) if is_columnar else batch)
            rows += batch.num_rows
        except UnicodeEncodeError:
            for row in range(batch.num_rows):
                reason = _written_alone(writer, batch.slice(row, 1), options)
                rows += not reason
                if reason:
                    rejects.append(Reject(seen + row, reason))
        seen += batch.num_rows
    writer.close()
    return rows, rejects


def _written_alone(writer: Any, row: pa.RecordBatch, options: FileOptions) -> str:
    try:
        writer.write(row)
    except UnicodeEncodeError as error:
        return f"{error.object[error.start]!r} is not in the encoding {options.encoding}"
    return ""


class _Counted:
    """A file that counts and checks what is written."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0
        self.crc = 0

    def write(self, data: Any) -> int:
        """Write."""
        self.crc = zlib.crc32(data, self.crc)
        count = self._file.write(data)
        self.size += count
        return count

    def tell(self) -> int:
        """Bytes so far."""
        return self.size

    def flush(self) -> None:
        """Hand on what is buffered."""
        self._file.flush()

    def writable(self) -> bool:
        """True; Arrow asks."""
        return True

    def readable(self) -> bool:
        """False; Arrow asks."""
        return False

    def seekable(self) -> bool:
        """False; Arrow asks."""
        return False

    def close(self) -> None:
        """Leave the file to its owner."""


def _is_committed(work: Path, target: Path) -> bool:
    """Whether the joined file took its name already, and only the answer was lost."""
    try:
        mark = json.loads((work / _MARK).read_bytes())
        facts = target.stat()
    except (OSError, ValueError):
        return False
    return not mark or [facts.st_ino, facts.st_size] == mark


def _check_parts(work: Path, receipts: Sequence[Receipt], cancel: CancelToken) -> None:
    """Nothing is joined that is not byte by byte what was acknowledged."""
    for receipt in receipts:
        cancel.check()
        path = work / _part_name(receipt.part)
        if not path.exists() and (work / _MARK).exists():
            continue
        if not path.exists() or path.stat().st_size != receipt.size_bytes or _crc(path) != receipt.state["crc"]:
            raise Refused(
                f"{path}: is not what was written there", hint="Retry the transfer; nothing was put in its place."
            )


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while data := file.read(_CHECK_BYTES):
            crc = zlib.crc32(data, crc)
    return crc
