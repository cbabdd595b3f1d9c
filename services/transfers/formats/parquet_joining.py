"""Several Parquet files of one schema as one, without decoding: row groups are copied, their offsets moved.

Field numbers are those of parquet.thrift: FileMetaData 3 num_rows, 4 row_groups; RowGroup 1 columns, 5 file_offset,
7 ordinal; ColumnChunk 2 file_offset, 3 meta_data, 4/6 offset_index and column_index offsets; ColumnMetaData 9
data_page_offset, 10 index_page_offset, 11 dictionary_page_offset, 14 bloom_filter_offset.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from services.errors import Refused
from services.transfers.formats.thrift import I16, CompactReader, Items, Struct, written

MAGIC: Final = b"PAR1"
_TAIL: Final = 8
_COPY_BYTES: Final = 1 << 22
_MOST_GROUPS: Final = 32767
"""The ordinal of a row group is 16 bits wide."""


def join_parquet(parts: Sequence[Path], out: IO[bytes]) -> int:
    """Write one file of all parts; the number of its rows.

    Raises:
        Refused: a part is no whole Parquet file.
    """
    out.write(MAGIC)
    joined: Struct | None = None
    groups: list[Struct] = []
    rows = 0
    for path in parts:
        footer, end = _footer(path)
        shift = out.tell() - len(MAGIC)
        with path.open("rb") as file:
            file.seek(len(MAGIC))
            _copy(file, out, end - len(MAGIC))
        for group in footer.get(4).values:
            _move(group, shift, len(groups))
            groups.append(group)
        rows += footer.get(3)
        joined = joined or footer
    if joined is None:
        raise Refused("nothing to join: no part was written")
    joined.values[3] = rows
    joined.values[4] = Items(joined.get(4).kind, list(groups))
    data = written(joined)
    out.write(data + len(data).to_bytes(4, "little") + MAGIC)
    return rows


def _footer(path: Path) -> tuple[Struct, int]:
    """The footer, and where the data before it ends."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        length = int.from_bytes(tail[:4], "little")
        if len(tail) < _TAIL or tail[4:] != MAGIC or length > size - _TAIL - len(MAGIC):
            raise Refused(f"{path}: is no whole Parquet file")
        file.seek(size - _TAIL - length)
        data = file.read(length)
    try:
        return CompactReader(data).struct(), size - _TAIL - length
    except ValueError as error:
        raise Refused(f"{path}: its footer cannot be read: {error}") from error


def _copy(file: IO[bytes], out: IO[bytes], count: int) -> None:
    out.flush()
    while count:
        done = _copied_by_system(file, out, min(count, 1 << 30))
        if not done:
            break
        count -= done
    while count:
        data = file.read(min(count, _COPY_BYTES))
        if not data:
            raise Refused("a part ended too early while it was joined")
        out.write(data)
        count -= len(data)


def _copied_by_system(file: IO[bytes], out: IO[bytes], count: int) -> int:
    """Bytes copied without passing through this process; 0 where the system cannot."""
    if not hasattr(os, "copy_file_range"):
        return 0
    try:
        done = os.copy_file_range(file.fileno(), out.fileno(), count, file.tell(), out.tell())
    except OSError:
        return 0
    file.seek(done, os.SEEK_CUR)
    out.seek(done, os.SEEK_CUR)
    return done


def _move(group: Struct, shift: int, ordinal: int) -> None:
    """Let a row group's offsets count in the joined file."""
    for chunk in group.get(1).values:
        _shift(chunk, (4, 6), shift)
        if chunk.get(2):
            _shift(chunk, (2,), shift)
        _shift(chunk.get(3, Struct()), (9, 10, 11, 14), shift)
    _shift(group, (5,), shift)
    if 7 in group.values:
        if ordinal > _MOST_GROUPS:
            del group.values[7], group.types[7]
        else:
            group.put(7, I16, ordinal)


def _shift(struct: Struct, numbers: Sequence[int], shift: int) -> None:
    for number in numbers:
        if number in struct.values:
            struct.values[number] += shift


def copy_whole(path: Path, out: IO[bytes]) -> None:
    """Append a file's bytes."""
    with path.open("rb") as file:
        _copy(file, out, path.stat().st_size)
