"""The damages that tests do to copies of a mount directory are what they say they are."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.message import DecodeError
from ikv_index_reading import documents, message
from ikv_sandbox import (
    DAMAGES,
    copy_mount,
    cut_data,
    cut_in_record,
    cut_in_size,
    foreign_index,
    segments,
    spoil_record,
    spoil_schema,
)

from services.sandbox.ikv import offset_log
from services.sandbox.ikv.offset_log import replay
from services.sandbox.ikv.server import IkvSandbox


@pytest.fixture
def mount(ikv_sandbox: IkvSandbox, tmp_path: Path) -> Path:
    """A copy of the sample stores."""
    return copy_mount(ikv_sandbox, tmp_path / "mount")


def kept_keys(mount: Path) -> set[bytes]:
    """The keys of whole records."""
    return {key for path in segments(mount) for key in replay(offset_log.records(path / "offset_table"))}


def test_a_copy_is_whole(ikv_sandbox: IkvSandbox, mount: Path) -> None:
    """The same documents and sizes of files in another directory."""
    assert documents(mount / "user_profiles" / "0") == documents(ikv_sandbox.store.directory)
    sizes = {str(p.relative_to(mount)): p.stat().st_size for p in mount.rglob("*") if p.is_file()}
    origin = ikv_sandbox.mount_directory
    assert sizes == {str(p.relative_to(origin)): p.stat().st_size for p in origin.rglob("*") if p.is_file()}


@pytest.mark.parametrize("cut", [cut_in_record, cut_in_size])
def test_a_cut_log_loses_its_last_record(mount: Path, cut: Callable[[Path], bytes]) -> None:
    """The document of that record is gone, all others are there; the log does not end with a whole record."""
    before, log = kept_keys(mount), segments(mount)[0] / "offset_table"
    lost = cut(mount)
    *_, last = offset_log.records(log)
    assert (kept_keys(mount), last.end < log.stat().st_size) == (before - {lost}, True)


def test_cut_data_ends_before_values(mount: Path) -> None:
    """Some offsets lie behind the end of the file."""
    segment = segments(mount)[0]
    cut_data(mount)
    offsets = [at for entry in offset_log.records(segment / "offset_table") for at in entry.offsets]
    assert max(offsets) >= (segment / "mmap").stat().st_size


def test_a_spoiled_record_keeps_its_size(mount: Path) -> None:
    """The records around it can be found, it cannot be read."""
    segment = segments(mount)[0]
    size = (segment / "offset_table").stat().st_size
    spoil_record(mount)
    assert (segment / "offset_table").stat().st_size == size
    with pytest.raises(DecodeError):
        documents(mount / "user_profiles" / "0")


def test_a_spoiled_schema_cannot_be_read(mount: Path) -> None:
    """It ends in the middle."""
    spoil_schema(mount)
    with pytest.raises(DecodeError):
        message(mount / "user_profiles" / "0" / "schema", "Schema")


def test_a_foreign_index_has_another_key(mount: Path) -> None:
    """Under the store's name lies an index whose schema names another primary key."""
    foreign_index(mount)
    assert message(mount / "user_profiles" / "0" / "schema", "Schema").primary_key_field_name == "name"


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_changes_something(mount: Path, damage: str) -> None:
    """None leaves the directory as it was, in size or in content."""

    def state() -> dict[str, tuple[int, bytes]]:
        files = [path for path in (mount / "user_profiles").rglob("*") if path.is_file()]
        return {str(p.relative_to(mount)): (p.stat().st_size, p.read_bytes()[: 1 << 16]) for p in files}

    before = state()
    DAMAGES[damage](mount, "user_profiles")
    assert state() != before


def test_a_negative_size_is_what_it_says(mount: Path) -> None:
    """The first four bytes of the longest log are minus one."""
    DAMAGES["spoil_size"](mount, "user_profiles")
    sizes = [struct.unpack("<i", (path / "offset_table").read_bytes()[:4])[0] for path in segments(mount)[:1]]
    assert sizes == [-1]
