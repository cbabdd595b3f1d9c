"""Files of volumes, with partitions or as a file system: listed, written whole, read on after a cut."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise

import pytest
from maxcompute_bulk import fault
from maxcompute_stores import Warehouse

from services.errors import NotFound, ProtocolError, StoredeckError, UsageError
from services.stores.maxcompute import volumes
from services.stores.maxcompute.tunnel.volume_frames import framed_file, unframed_file

LARGE = bytes(range(256)) * 5000
PLACES = [("reports", "2026/march.bin"), ("files", "notes/deep/march.bin")]


@pytest.fixture
def place(fresh_warehouse: Callable[..., Warehouse]) -> Warehouse:
    """A sandbox of its own with the sample volumes."""
    return fresh_warehouse()


def test_files_are_listed_below_their_volumes(place: Warehouse) -> None:
    """Partitions and directories can have more below."""
    files = place.store.volumes
    assert [("2026", True)] == files.listed("reports")
    assert [("february.bin", False), ("january.txt", False)] == sorted(files.listed("reports", "2026"))
    assert [("notes", True)] == files.listed("files")
    assert [("read.me", False)] == files.listed("files", "notes")
    with pytest.raises(NotFound):
        files.listed("absent")


def test_the_tree_leads_to_files(place: Warehouse) -> None:
    """Below the group of volumes, folder by folder."""
    paths = [("#volumes", "reports"), ("#volumes", "reports", "2026"), ("#volumes", "reports", "2026", "january.txt")]
    for path, child in pairwise(paths):
        assert child in [node.path for node in place.store.list_children(path).nodes]
    assert "reports" == dict(place.store.describe(paths[2]).groups[0].facts)["Name"]
    (volume,) = (node for node in place.store.list_children(("#volumes",)).nodes if node.name == "reports")
    assert volume.has_children


@pytest.mark.parametrize(("volume", "path"), PLACES)
@pytest.mark.parametrize("content", [b"", b"x", LARGE])
def test_what_is_written_is_read(place: Warehouse, volume: str, path: str, content: bytes) -> None:
    """Byte by byte, over a file that was there too."""
    for data in (b"old", content):
        place.store.volumes.write(volume, path, io.BytesIO(data))
    out = io.BytesIO()
    assert len(content) == place.store.volumes.read(volume, path, out)
    assert content == out.getvalue()
    assert (path.rpartition("/")[2], False) in place.store.volumes.listed(volume, path.rpartition("/")[0])


@pytest.mark.parametrize(("volume", "path"), PLACES)
def test_a_read_that_breaks_goes_on_at_its_byte(
    place: Warehouse, volume: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut, damaged and refused; over several ranges."""
    monkeypatch.setattr(volumes, "RANGE_BYTES", 600_000)
    place.store.volumes.write(volume, path, io.BytesIO(LARGE))
    for op in ("DownloadVolumeFile", "ReadVolumeFile"):
        for spec in ("cut,times=1", "corrupt,times=1,after=1", "error,status=429,times=1,after=2"):
            fault(place.sandbox, f"{spec},op={op}")
    out = io.BytesIO()
    place.store.volumes.read(volume, path, out)
    assert LARGE == out.getvalue()


def test_a_file_that_did_not_arrive_is_not_there(place: Warehouse) -> None:
    """A source that fails leaves the volume as it was; a busy service is asked again."""

    class Torn(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            found = super().read(size)
            if not found:
                raise OSError("disk gone")
            return found

    for volume, path in PLACES:
        with pytest.raises(OSError, match="disk gone"):
            place.store.volumes.write(volume, path, Torn(LARGE))
        with pytest.raises(StoredeckError):
            place.store.volumes.read(volume, path, io.BytesIO())
    fault(place.sandbox, "error,status=429,op=UploadVolumeFile,times=2")
    place.store.volumes.write(*PLACES[0], io.BytesIO(b"late"))
    out = io.BytesIO()
    place.store.volumes.read(*PLACES[0], out)
    assert b"late" == out.getvalue()


def test_paths_that_name_no_file_are_refused(place: Warehouse) -> None:
    """Before anything is sent to the tunnel."""
    for path in ("", "alone", "/alone/"):
        with pytest.raises(UsageError):
            place.store.volumes.write("reports", path, io.BytesIO(b"x"))


@pytest.mark.parametrize("length", [2, 4 + 100, -1, -5])
def test_a_damaged_frame_is_told(length: int) -> None:
    """Cut anywhere but behind a chunk."""
    body = b"".join(part for piece in framed_file(io.BytesIO(LARGE)) for part in piece)
    with pytest.raises(ProtocolError):
        list(unframed_file(io.BytesIO(body[:length]).readinto))
