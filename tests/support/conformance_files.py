"""The contract of files in volumes: whole or not at all, and never over another unasked."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from conformance_harness import Harness, needs

from services.cancel import CancelToken
from services.errors import Cancelled, Conflict, NotFound, UsageError
from services.stores.base import Store
from services.stores.changes import Path
from services.stores.features import Feature
from services.stores.files import FileKind, KeepsFiles

__all__ = [
    "test_a_cancelled_file_is_not_there",
    "test_a_file_is_replaced_only_where_asked",
    "test_a_put_file_is_got_and_listed",
    "test_a_removed_folder_is_gone_with_its_files",
    "test_files_that_are_not_there_are_not_found",
]

CONTENT = bytes(range(256)) * 5000


def place_of(harness: Harness, store: Store, name: str) -> tuple[KeepsFiles, Path]:
    """The store's power and a path for a test's own file."""
    needs(store, Feature.KEEPS_FILES)
    assert isinstance(store, KeepsFiles)
    assert harness.file_folder, "a store that keeps files says where they may lie"
    return store, store.file_path(f"{harness.file_folder}/{name}")


def content_of(store: KeepsFiles, path: Path) -> bytes:
    """A file's bytes."""
    out = io.BytesIO()
    assert store.get_file(path, out) == len(out.getvalue())
    return out.getvalue()


def test_a_put_file_is_got_and_listed(harness: Harness, store: Store) -> None:
    """Byte by byte, an empty one too; its folder lists it by the path that leads there."""
    keeping, path = place_of(harness, store, "whole")
    for content in (CONTENT, b""):
        keeping.put_file(path, io.BytesIO(content), is_replacing=True)
        assert content == content_of(keeping, path)
    (entry,) = (one for one in keeping.list_files(path[:-1]) if one.name == "whole")
    assert (path, FileKind.FILE) == (entry.path, entry.kind)
    assert (path, FileKind.FILE) == (keeping.file_entry(path).path, keeping.file_entry(path).kind)
    volumes = [one for one in keeping.list_files(keeping.file_path("")) if one.path == path[: len(one.path)]]
    assert [FileKind.VOLUME] == [one.kind for one in volumes]


def test_a_file_is_replaced_only_where_asked(harness: Harness, store: Store) -> None:
    """The old one stays where it was not."""
    keeping, path = place_of(harness, store, "kept")
    keeping.put_file(path, io.BytesIO(b"old"))
    with pytest.raises(Conflict):
        keeping.put_file(path, io.BytesIO(CONTENT))
    assert b"old" == content_of(keeping, path)
    keeping.put_file(path, io.BytesIO(b"new"), is_replacing=True)
    assert b"new" == content_of(keeping, path)


def test_files_that_are_not_there_are_not_found(harness: Harness, store: Store) -> None:
    """Neither to get nor to tell of; and what names no file is told so."""
    keeping, path = place_of(harness, store, "absent")
    asks: list[Callable[[], object]] = [lambda: keeping.get_file(path, io.BytesIO()), lambda: keeping.file_entry(path)]
    for ask in asks:
        with pytest.raises(NotFound):
            ask()
    for text in ("a/../b", "a//b", "."):
        with pytest.raises(UsageError):
            keeping.file_path(text)


def test_a_cancelled_file_is_not_there(harness: Harness, store: Store) -> None:
    """Stopped in the middle of it, either way."""
    keeping, path = place_of(harness, store, "stopped")
    cancel = CancelToken()

    class Stopping(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            cancel.cancel()
            return super().read(size)

    with pytest.raises(Cancelled):
        keeping.put_file(path, Stopping(CONTENT), cancel=cancel)
    with pytest.raises(NotFound):
        keeping.file_entry(path)
    keeping.put_file(path, io.BytesIO(CONTENT))
    with pytest.raises(Cancelled):
        keeping.get_file(path, io.BytesIO(), cancel)


def test_a_removed_folder_is_gone_with_its_files(harness: Harness, store: Store) -> None:
    """Only where all of it was asked for."""
    keeping, path = place_of(harness, store, "removed")
    folder = (*path[:-1], "removed-too")
    keeping.make_folder(folder)
    keeping.put_file((*folder, "inside"), io.BytesIO(b"x"))
    keeping.remove_file(folder, is_recursive=True)
    with pytest.raises(NotFound):
        keeping.file_entry((*folder, "inside"))
    assert "removed-too" not in [one.name for one in keeping.list_files(path[:-1])]
