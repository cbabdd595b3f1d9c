"""The power over files of volumes, by the paths of the catalog: `("#volumes", volume, folder, file)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from services.cancel import NEVER, CancelToken
from services.errors import Conflict, NotFound, UsageError
from services.stores.changes import Path
from services.stores.files import FileEntry, FileKind, KeepsFiles
from services.stores.maxcompute import names
from services.stores.maxcompute.volume_files import VolumeFiles
from services.stores.maxcompute.volumes import GROUP, Volumes

HINT = "Write VOLUME/FOLDER/FILE; `volumes PROFILE list` shows the volumes."


class MaxComputeFiles(KeepsFiles):
    """Files of volumes."""

    _volumes: Volumes
    _volume_files: VolumeFiles

    def file_path(self, text: str) -> Path:
        """See `KeepsFiles.file_path`."""
        parts = text.strip("/").split("/") if text.strip("/") else []
        if any(part in ("", ".", "..") for part in parts):
            raise UsageError(f"{text}: no path of a file", hint=HINT)
        return (GROUP, *parts)

    def list_files(self, path: Path, cancel: CancelToken = NEVER) -> Iterator[FileEntry]:
        """See `KeepsFiles.list_files`."""
        if path == (GROUP,):
            return self._volumes.all(cancel)
        volume, inside = _parted(path)
        return self._listed(volume, inside, cancel)

    def _listed(self, volume: str, inside: str, cancel: CancelToken) -> Iterator[FileEntry]:
        entry = self._volumes.entry(volume, inside, cancel)
        if entry.kind is FileKind.FILE:
            yield entry
        else:
            yield from self._volumes.entries(volume, inside, cancel)

    def file_entry(self, path: Path, cancel: CancelToken = NEVER) -> FileEntry:
        """See `KeepsFiles.file_entry`."""
        return self._volumes.entry(*_parted(path), cancel)

    def get_file(self, path: Path, out: BinaryIO, cancel: CancelToken = NEVER) -> int:
        """See `KeepsFiles.get_file`."""
        return self._volume_files.read(*_named(path), out, cancel)

    def put_file(
        self, path: Path, source: BinaryIO, *, is_replacing: bool = False, cancel: CancelToken = NEVER
    ) -> None:
        """See `KeepsFiles.put_file`."""
        volume, inside = _named(path)
        try:
            entry = self._volumes.entry(volume, inside, cancel)
        except NotFound:
            # A volume that is not there is told by the writing.
            entry = None
        if entry is not None and entry.kind is not FileKind.FILE:
            raise UsageError(f"{volume}/{inside}: is a {entry.kind.value}", hint="Name a file in it.")
        if entry is not None and not is_replacing:
            raise Conflict(f"{volume}/{inside}: is there already", hint="Choose another name, or replace it.")
        self._volume_files.write(volume, inside, source, cancel)

    def remove_file(self, path: Path, *, is_recursive: bool = False, cancel: CancelToken = NEVER) -> None:
        """See `KeepsFiles.remove_file`."""
        volume, inside = _named(path)
        self._volumes.remove(volume, inside, is_recursive=is_recursive, cancel=cancel)

    def make_folder(self, path: Path, cancel: CancelToken = NEVER) -> None:
        """See `KeepsFiles.make_folder`."""
        self._volumes.make_folder(*_named(path), cancel)


def _parted(path: Path) -> tuple[str, str]:
    """The volume of a path, and the rest below it."""
    rest = names.below_schema(path)
    if rest[:1] != (GROUP,) or len(rest) < 2:
        raise UsageError(f"{names.shown(path)}: nothing in a volume", hint=HINT)
    return rest[1], "/".join(rest[2:])


def _named(path: Path) -> tuple[str, str]:
    volume, inside = _parted(path)
    if not inside:
        raise UsageError(f"{volume}: names a whole volume", hint="Name a file or a folder in it.")
    return volume, inside
