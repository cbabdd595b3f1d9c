"""Files of volumes, with partitions or as a file system: listed, written whole, read on after a cut."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise

import pytest
from maxcompute_bulk import fault
from maxcompute_stores import Warehouse
from maxcompute_tunnels import entry

from services.errors import Conflict, NotFound, ProtocolError, Refused, StoredeckError, UnsupportedOperation, UsageError
from services.stores.maxcompute import volume_files
from services.stores.maxcompute.tunnel.volume_frames import framed_file, unframed_file

LARGE = bytes(range(256)) * 5000
PLACES = [("reports", "2026/march.bin"), ("files", "notes/deep/march.bin")]


@pytest.fixture
def place(fresh_warehouse: Callable[..., Warehouse]) -> Warehouse:
    """A sandbox of its own with the sample volumes."""
    return fresh_warehouse()


def names_below(place: Warehouse, text: str) -> list[tuple[str, str, int | None]]:
    """Name, kind and size of what is directly below a path."""
    store = place.store
    return [(one.name, one.kind.value, one.size_bytes) for one in store.list_files(store.file_path(text))]


def put(place: Warehouse, volume: str, path: str, data: bytes) -> None:
    """Write a file, over another if need be."""
    place.store.put_file(place.store.file_path(f"{volume}/{path}"), io.BytesIO(data), is_replacing=True)


def got(place: Warehouse, volume: str, path: str) -> bytes:
    """Read a file."""
    out = io.BytesIO()
    assert place.store.get_file(place.store.file_path(f"{volume}/{path}"), out) == len(out.getvalue())
    return out.getvalue()


def test_files_are_listed_below_their_volumes(place: Warehouse) -> None:
    """Volumes, partitions, folders and files, with what the service tells of each; a file is listed as itself."""
    assert {("files", "volume"), ("reports", "volume")} <= {one[:2] for one in names_below(place, "")}
    assert [("2026", "folder", None)] == names_below(place, "reports")
    assert ["february.bin", "january.txt"] == sorted(one[0] for one in names_below(place, "reports/2026"))
    assert [("notes", "folder", None)] == names_below(place, "files")
    size = len(got(place, "files", "notes/read.me"))
    assert [("read.me", "file", size)] == names_below(place, "files/notes") == names_below(place, "files/notes/read.me")
    for absent in ("absent", "reports/2026/absent", "files/notes/absent", "reports/absent/deep/er"):
        with pytest.raises(NotFound):
            names_below(place, absent)


def test_the_tree_leads_to_files(place: Warehouse) -> None:
    """Below the group of volumes, folder by folder."""
    paths = [("#volumes", "reports"), ("#volumes", "reports", "2026"), ("#volumes", "reports", "2026", "january.txt")]
    for path, child in pairwise(paths):
        assert child in [node.path for node in place.store.list_children(path).nodes]
    assert "reports" == dict(place.store.describe(paths[2]).groups[0].facts)["Volume"]
    (volume,) = (node for node in place.store.list_children(("#volumes",)).nodes if node.name == "reports")
    assert volume.has_children


@pytest.mark.parametrize(("volume", "path"), PLACES)
@pytest.mark.parametrize("content", [b"", b"x", LARGE])
def test_what_is_written_is_read(place: Warehouse, volume: str, path: str, content: bytes) -> None:
    """Byte by byte, over a file that was there too."""
    for data in (b"old", content):
        put(place, volume, path, data)
    assert content == got(place, volume, path)
    assert path.rpartition("/")[2] in [one[0] for one in names_below(place, f"{volume}/{path.rpartition('/')[0]}")]


@pytest.mark.parametrize(("volume", "path"), PLACES)
def test_a_read_that_breaks_goes_on_at_its_byte(
    place: Warehouse, volume: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut, damaged and refused; over several ranges."""
    monkeypatch.setattr(volume_files, "RANGE_BYTES", 600_000)
    put(place, volume, path, LARGE)
    for op in ("DownloadVolumeFile", "ReadVolumeFile"):
        for spec in ("cut,times=1", "corrupt,times=1,after=1", "error,status=429,times=1,after=2"):
            fault(place.sandbox, f"{spec},op={op}")
    assert LARGE == got(place, volume, path)


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
            place.store.put_file(place.store.file_path(f"{volume}/{path}"), Torn(LARGE))
        with pytest.raises(StoredeckError):
            got(place, volume, path)
    fault(place.sandbox, "error,status=429,op=UploadVolumeFile,times=2")
    put(place, *PLACES[0], b"late")
    assert b"late" == got(place, *PLACES[0])


@pytest.mark.parametrize(("volume", "path"), PLACES)
def test_a_file_too_large_to_be_kept_is_read_again(
    place: Warehouse, volume: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is cut in the middle of it, and the service is busy after it."""
    monkeypatch.setattr(volume_files, "KEPT_BYTES", 100_000)
    monkeypatch.setattr(volume_files, "RETRY_SECONDS", (0.01, 0.01, 0.01))
    for op in ("UploadVolumeFile", "WriteVolumeFile"):
        fault(place.sandbox, f"reset,op={op},times=1")
        fault(place.sandbox, f"error,status=503,op={op},times=1,after=1")
    put(place, volume, path, LARGE)
    assert LARGE == got(place, volume, path)


@pytest.mark.parametrize(("volume", "path"), PLACES)
def test_a_file_that_is_there_is_replaced_only_where_asked(place: Warehouse, volume: str, path: str) -> None:
    """The old one stays, and nothing is sent."""
    put(place, volume, path, b"old")
    with pytest.raises(Conflict, match="is there already"):
        place.store.put_file(place.store.file_path(f"{volume}/{path}"), io.BytesIO(b"new"))
    assert b"old" == got(place, volume, path)


def test_folders_are_made_and_removed(place: Warehouse) -> None:
    """In a file system; one that holds something goes only with all of it."""
    store = place.store
    made = store.file_path("files/made & <kept>/deep")
    store.make_folder(made)
    put(place, "files", "made & <kept>/deep/x", b"x")
    assert [("x", "file", 1)] == names_below(place, "files/made & <kept>/deep")
    with pytest.raises(Refused, match="not empty"):
        store.remove_file(made)
    with pytest.raises(UsageError, match="folder"):
        store.get_file(made, io.BytesIO())
    with pytest.raises(UsageError, match="folder"):
        store.put_file(made, io.BytesIO(), is_replacing=True)
    store.remove_file(store.file_path("files/made & <kept>/deep/x"))
    store.remove_file(store.file_path("files/made & <kept>"), is_recursive=True)
    assert [("notes", "folder", None)] == names_below(place, "files")


def test_partitions_go_with_their_files_alone(place: Warehouse) -> None:
    """They come with their first file, and lose no single one."""
    store = place.store
    put(place, "reports", "2027/x", b"x")
    for text in ("reports/2027/x", "reports/2027"):
        with pytest.raises(StoredeckError):
            store.remove_file(store.file_path(text))
    with pytest.raises(UnsupportedOperation):
        store.make_folder(store.file_path("reports/2028"))
    store.remove_file(store.file_path("reports/2027"), is_recursive=True)
    with pytest.raises(NotFound):
        store.remove_file(store.file_path("reports/2027"), is_recursive=True)
    assert [("2026", "folder", None)] == names_below(place, "reports")


@pytest.mark.filterwarnings("ignore:Call to experimental function:FutureWarning")
@pytest.mark.parametrize(("volume", "path"), PLACES)
def test_the_sdk_reads_what_was_put_and_the_other_way_round(place: Warehouse, volume: str, path: str) -> None:
    """The vendor's own, unmodified, over the same service."""
    folder, _, name = path.rpartition("/")
    theirs = entry(place.sandbox).get_volume(volume)
    put(place, volume, path, LARGE)
    if volume == "files":
        with theirs.open_reader(path) as reader, theirs.open_writer(f"{folder}/theirs") as writer:
            assert LARGE == reader.read()
            writer.write(LARGE)
    else:
        with theirs.open_reader(folder, name) as reader, theirs.open_writer(folder) as writer:
            assert LARGE == reader.read()
            writer.write("theirs", LARGE)
    assert LARGE == got(place, volume, f"{folder}/theirs")


def test_paths_that_name_no_file_are_refused(place: Warehouse) -> None:
    """Before anything is sent to the tunnel."""
    for text in ("reports", "reports/alone", "reports/alone/", "reports/a/../b", "files//x", ""):
        with pytest.raises(UsageError):
            place.store.put_file(place.store.file_path(text), io.BytesIO(b"x"))
    for text in ("files/数据", "files/a\nb", "files/\x1b[2J"):
        with pytest.raises(UsageError, match="this name"):
            place.store.get_file(place.store.file_path(text), io.BytesIO())
    with pytest.raises(UsageError):
        place.store.get_file(("orders",), io.BytesIO())


@pytest.mark.parametrize("length", [2, 4 + 100, -1, -5])
def test_a_damaged_frame_is_told(length: int) -> None:
    """Cut anywhere but behind a chunk."""
    body = b"".join(part for piece in framed_file(io.BytesIO(LARGE)) for part in piece)
    with pytest.raises(ProtocolError):
        list(unframed_file(io.BytesIO(body[:length]).readinto))
