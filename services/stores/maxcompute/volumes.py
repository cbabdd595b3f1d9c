"""Volumes and what lies in them: listed, made and removed by metadata; `volume_files` moves the bytes.

A volume of type `old` has partitions, and a file's path is `partition/name`; one of another type is a file system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, UnsupportedOperation, UsageError
from services.stores.files import FileEntry, FileKind
from services.stores.maxcompute import markup
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.metadata import Metadata
from services.stores.maxcompute.names import GROUP_MARK
from services.text import one_line

FS_PATH: Final = "x-odps-volume-fs-path"
GROUP: Final = GROUP_MARK + "volumes"
_XML: Final = {"Content-Type": "application/xml"}


class Volumes:
    """A project's volumes, by volume and path; of a project with schemas those of the profile's."""

    def __init__(self, link: Link, metadata: Metadata) -> None:
        self._link = link
        self._metadata = metadata

    def all(self, cancel: CancelToken = NEVER) -> Iterator[FileEntry]:
        """The volumes."""
        url = f"{self._link.project_url}/volumes"
        for item in self._items(url, "volumes", {}, {}, "Volume", cancel):
            name, changed = markup.text(item, "Name"), markup.text(item, "LastModifiedTime")
            yield FileEntry((GROUP, name), name, FileKind.VOLUME, _size(item), changed)

    def entries(self, volume: str, path: str = "", cancel: CancelToken = NEVER) -> Iterator[FileEntry]:
        """What is directly below a path."""
        path = path.strip("/")
        above = (GROUP, volume, *path.split("/")) if path else (GROUP, volume)
        if self.is_file_system(volume, cancel):
            items = self._items(self._url(volume), volume, {}, fs_headers(volume, path), "Item", cancel)
            for item in items:
                yield _fs_entry(above, item)
            return
        url = self._url(volume) + (f"/{quote(path, safe='')}" if path else "")
        kind, tag = (FileKind.FILE, "Item") if path else (FileKind.FOLDER, "Partition")
        for item in self._items(url, volume, {"path": ""} if path else {}, {}, tag, cancel):
            name = markup.text(item, "Name")
            size = _size(item) if kind is FileKind.FILE else None
            yield FileEntry((*above, name), name, kind, size, markup.text(item, "LastModifiedTime"))

    def _items(
        self,
        url: str,
        what: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        tag: str,
        cancel: CancelToken,
    ) -> Iterator[Any]:
        marker = ""
        while True:
            asked = {**params, **self._metadata.scope(""), "expectmarker": "true"}
            root = self._asked(url, what, asked | ({"marker": marker} if marker else {}), headers, cancel)
            yield from root.iter(tag)
            marker = next((one.text or "" for one in root.iter("Marker")), "")
            if not marker:
                return

    def _asked(
        self, url: str, what: str, params: Mapping[str, str], headers: Mapping[str, str], cancel: CancelToken
    ) -> Any:
        client = self._link.client
        return self._link.call(
            lambda: markup.root_of(client.get(url, params=dict(params), headers=dict(headers))),
            what=what if what == "volumes" else f"volume {what}",
            cancel=cancel,
        )

    def _url(self, volume: str) -> str:
        return f"{self._link.project_url}/volumes/{quote(volume, safe='')}"

    def is_file_system(self, volume: str, cancel: CancelToken = NEVER) -> bool:
        """Whether a volume has folders in folders, and no partitions."""
        return markup.text(self._facts(volume, {}, cancel), "Type").lower() != "old"

    def _facts(self, volume: str, headers: Mapping[str, str], cancel: CancelToken) -> Any:
        return self._asked(self._url(volume), volume, {"meta": "", **self._metadata.scope("")}, headers, cancel)

    def entry(self, volume: str, path: str, cancel: CancelToken = NEVER) -> FileEntry:
        """One volume, folder or file.

        Raises:
            NotFound: there is none.
        """
        path = path.strip("/")
        if not path:
            facts = self._facts(volume, {}, cancel)
            changed = markup.text(facts, "LastModifiedTime")
            return FileEntry((GROUP, volume), volume, FileKind.VOLUME, _size(facts), changed)
        above, _, name = path.rpartition("/")
        if self.is_file_system(volume, cancel):
            facts = self._facts(volume, fs_headers(volume, path), cancel)
            return _fs_entry((GROUP, volume, *above.split("/")) if above else (GROUP, volume), facts)
        for one in self.entries(volume, above, cancel) if "/" not in above else ():
            if one.name == name:
                return one
        raise NotFound(f"{volume}/{path}: no such file", hint="List what is there.")

    def remove(self, volume: str, path: str, *, is_recursive: bool = False, cancel: CancelToken = NEVER) -> None:
        """Remove a file or folder of a file system, or a partition with its files.

        Raises:
            UnsupportedOperation: a volume with partitions loses no single file.
        """
        path, client = path.strip("/"), self._link.client
        if not path:
            raise UsageError(f"{volume}: names a whole volume", hint="Name a file or a folder in it.")
        what, scope = f"{volume}/{path}", self._metadata.scope("")
        if self.is_file_system(volume, cancel):
            params = {"recursive": "true" if is_recursive else "false", **scope}
            self._done(
                lambda: client.delete(self._url(volume), params=params, headers=fs_headers(volume, path)), what, cancel
            )
            return
        if "/" in path:
            hint = "Remove the partition with all its files, or put another file in its place."
            raise UnsupportedOperation(f"{what}: volumes with partitions lose no single file", hint=hint)
        found = next((one for one in self.entries(volume, "", cancel) if one.name == path), None)
        if found is None:
            raise NotFound(f"{what}: no such partition", hint="List what is there.")
        if not is_recursive and any(True for _ in self.entries(volume, path, cancel)):
            raise UsageError(f"{what}: is a partition with files in it", hint="Ask for all of it by --recursive.")
        self._done(lambda: client.delete(f"{self._url(volume)}/{quote(path, safe='')}", params=scope), what, cancel)

    def make_folder(self, volume: str, path: str, cancel: CancelToken = NEVER) -> None:
        """Make a folder of a file system.

        Raises:
            UnsupportedOperation: partitions come with their first file.
        """
        what, client = f"{volume}/{path.strip('/')}", self._link.client
        if not path.strip("/"):
            raise UsageError(f"{volume}: names a whole volume", hint="Name a folder in it.")
        if not self.is_file_system(volume, cancel):
            hint = "Put a file as partition/name: the partition comes with it."
            raise UnsupportedOperation(f"{what}: volumes with partitions have no other folders", hint=hint)
        place = escape(fs_headers(volume, path)[FS_PATH])
        body = f"<Item><Type>directory</Type><Path>{place}</Path></Item>".encode()
        scope = self._metadata.scope("")
        self._done(lambda: client.post(self._url(volume), data=body, headers=_XML, params=scope), what, cancel)

    def _done(self, ask: Callable[[], Any], what: str, cancel: CancelToken) -> None:
        self._link.call(ask, what=what, cancel=cancel)


def fs_headers(volume: str, path: str) -> dict[str, str]:
    """What names a place in a file system; it stands in a header, which not every character can.

    Raises:
        UsageError: one of the path's cannot.
    """
    try:
        is_possible = path.isprintable() and bool(f"/{path}".encode("latin-1"))
    except UnicodeEncodeError:
        is_possible = False
    if not is_possible:
        hint = "The service takes such names in a header: Latin letters, digits and signs. Rename the file."
        raise UsageError(f"{volume}/{one_line(path)}: cannot be asked for by this name", hint=hint)
    return {FS_PATH: f"/{volume}/{path.strip('/')}"}


def _size(item: Any) -> int | None:
    text = markup.text(item, "Length")
    return int(text) if text.isascii() and text.isdigit() else None


def _fs_entry(above: tuple[str, ...], item: Any) -> FileEntry:
    name = markup.text(item, "Path").rstrip("/").rpartition("/")[2]
    is_folder = markup.text(item, "Isdir").lower() == "true"
    kind = FileKind.FOLDER if is_folder else FileKind.FILE
    size = None if is_folder else _size(item)
    return FileEntry((*above, name), name, kind, size, markup.text(item, "ModificationTime"))
