"""Compaction: an index without dropped fields, old values and deleted documents."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from services.sandbox.ikv import offset_log
from services.sandbox.ikv.hashing import SEGMENTS
from services.sandbox.ikv.index import OFFSETS_FILE, Index, write_header
from services.sandbox.ikv.schema import SCHEMA_FILE, Schema
from services.sandbox.ikv.segment import DATA_FILE, LOG_FILE, Segment, read_write_offset
from services.sandbox.ikv.values import stored_size


def compact(index: Index) -> Index:
    """Compacts in place: fields are numbered anew, then each segment's directory is replaced by a compacted one.

    The given index is closed; go on with the one returned. Other readers must open the replaced files anew.
    """
    index.close()
    new_ids = index.schema.compact()
    for number in range(SEGMENTS):
        target = index.segment_directory(number, "compacted_")
        _copy(index.segment_directory(number), target, new_ids)
        shutil.rmtree(index.segment_directory(number))
        target.rename(index.segment_directory(number))
    return Index(index.directory, index.schema.primary_key)


def refresh(index: Index) -> Index:
    """Replaces the whole directory, as a reader does whose base index is older than 7 days; the header says when."""
    index.close()
    directory = index.directory
    aside, old = directory.with_name(f"{directory.name}.new"), directory.with_name(f"{directory.name}.old")
    aside.mkdir()
    for name in (SCHEMA_FILE, OFFSETS_FILE):
        shutil.copyfile(directory / name, aside / name)
    new_ids = Schema(aside, index.schema.primary_key).compact()
    for number in range(SEGMENTS):
        source = index.segment_directory(number)
        _copy(source, aside / source.relative_to(directory), new_ids)
    write_header(aside, int(time.time() * 1000))
    directory.rename(old)
    aside.rename(directory)
    shutil.rmtree(old)
    return Index(directory, index.schema.primary_key)


def _copy(source: Path, target: Path, new_ids: dict[int, int]) -> None:
    """Copies the values that are still reachable, the fields of a document side by side."""
    with (source / DATA_FILE).open("rb") as file:
        data = file.read(read_write_offset(source))
    segment = Segment(target)
    for key, offsets in offset_log.replay(offset_log.records(source / LOG_FILE)).items():
        kept = {new_ids[old]: at for old, at in offsets.items() if old in new_ids}
        segment.append(key, list(kept), [data[at : at + stored_size(data, at)] for at in kept.values()])
    segment.close()
