"""Files of volumes: listed by metadata, read and written by tunnels.

A volume of type `old` has partitions, and a file's path is `partition/name`; one of another type is a file system.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, ProtocolError, SessionLost, UsageError
from services.stores.maxcompute import markup
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.metadata import Metadata
from services.stores.maxcompute.transport import Watch
from services.stores.maxcompute.tunnel.bodies import KeptBody
from services.stores.maxcompute.tunnel.download import REOPENINGS, body_of
from services.stores.maxcompute.tunnel.upload import CHUNKED, EMPTY, HEADERS, put_body
from services.stores.maxcompute.tunnel.volume_frames import framed_file, unframed_file

FS_PATH: Final = "x-odps-volume-fs-path"
SESSION_ID: Final = "x-odps-volume-sessionid"
RANGE_BYTES: Final = 64 << 20


class Volumes:
    """The files of a project's volumes, by volume and path."""

    def __init__(self, link: Link, metadata: Metadata) -> None:
        self._link = link
        self._metadata = metadata

    def listed(self, volume: str, path: str = "", cancel: CancelToken = NEVER) -> list[tuple[str, bool]]:
        """What is directly below a path: names, and whether more can be below each."""
        if self._is_file_system(volume, cancel):
            return self._directory(volume, path, cancel)
        url = self._url(volume) + (f"/{quote(path, safe='')}" if path else "")
        params = {"path": ""} if path else {}
        return [(markup.text(item, "Name"), not path) for item in self._items(url, volume, params, {}, cancel)]

    def _directory(self, volume: str, path: str, cancel: CancelToken) -> list[tuple[str, bool]]:
        items = self._items(self._url(volume), volume, {}, _fs_headers(volume, path), cancel)
        return [
            (markup.text(item, "Path").rstrip("/").rpartition("/")[2], markup.text(item, "Isdir").lower() == "true")
            for item in items
        ]

    def _items(
        self, url: str, volume: str, params: Mapping[str, str], headers: Mapping[str, str], cancel: CancelToken
    ) -> list[Any]:
        found: list[Any] = []
        marker = ""
        while True:
            asked = {**params, **self._metadata.scope(""), "expectmarker": "true"} | (
                {"marker": marker} if marker else {}
            )
            root = self._asked(url, volume, asked, headers, cancel)
            found += [item for item in root.iter() if item.tag in ("Partition", "Item")]
            marker = next((one.text or "" for one in root.iter("Marker")), "")
            if not marker:
                return found

    def _asked(
        self, url: str, volume: str, params: Mapping[str, str], headers: Mapping[str, str], cancel: CancelToken
    ) -> Any:
        client = self._link.client
        return self._link.call(
            lambda: markup.root_of(client.get(url, params=dict(params), headers=dict(headers))),
            what=f"volume {volume}",
            cancel=cancel,
        )

    def _url(self, volume: str) -> str:
        return f"{self._link.project_url}/volumes/{quote(volume, safe='')}"

    def _is_file_system(self, volume: str, cancel: CancelToken) -> bool:
        params = {"meta": "", **self._metadata.scope("")}
        return markup.text(self._asked(self._url(volume), volume, params, {}, cancel), "Type").lower() != "old"

    def read(self, volume: str, path: str, out: BinaryIO, cancel: CancelToken = NEVER) -> int:
        """Write a file's bytes to `out`; how many. A cut connection is taken up again at the byte reached.

        Raises:
            NotFound: there is no such file.
        """
        length, ask = self._opened(volume, path, cancel)
        done, left = 0, REOPENINGS
        while done < length:
            try:
                for chunk in self._range(ask, done, min(RANGE_BYTES, length - done), f"{volume}/{path}", cancel):
                    out.write(chunk)
                    done += len(chunk)
                    left = REOPENINGS
            except (SessionLost, ProtocolError):
                cancel.check()
                left -= 1
                if left < 0:
                    raise
        return done

    def _opened(self, volume: str, path: str, cancel: CancelToken) -> tuple[int, Any]:
        """How long a file is, and what gives the arguments of a request for a range of it."""
        if self._is_file_system(volume, cancel):
            headers = _fs_headers(volume, path)
            params = {"meta": "", **self._metadata.scope("")}
            facts = self._asked(self._url(volume), volume, params, headers, cancel)
            url = f"{self._link.tunnel_project_url}/volumes/{quote(volume, safe='')}"
            return int(markup.text(facts, "Length") or 0), lambda first, count: (
                url,
                {},
                headers | {"Range": f"bytes={first}-{first + count - 1}"},
            )
        url = f"{self._link.tunnel_project_url}/tunnel/downloads"
        params = {"type": "volumefile", "target": f"{self._link.options.project}/{volume}/{_parted(path)}"}
        answer = self._link.call(
            lambda: self._link.tunnel.post(url, b"", params=params, headers=dict(EMPTY)).json(),
            what=f"{volume}/{path}",
            cancel=cancel,
            is_repeatable=True,
        )
        session = f"{url}/{answer['DownloadID']}"
        length = int(answer["File"]["FileLength"])
        return length, lambda first, count: (session, {"data": "", "range": f"({first},{count})"}, {})

    def _range(self, ask: Any, first: int, count: int, what: str, cancel: CancelToken) -> Any:
        watch = Watch()
        url, params, more = ask(first, count)
        headers = {**HEADERS, "Accept-Encoding": "identity", **more}
        with cancel.on_cancel(watch.cut):
            answer = self._link.call_here(
                lambda: self._link.tunnel.get(url, stream=True, params=params, headers=headers),
                watch,
                what=what,
                cancel=cancel,
            )
            with closing(answer):
                yield from unframed_file(body_of(answer.raw, cancel))
                answer.raw.read(1)

    def write(self, volume: str, path: str, source: BinaryIO, cancel: CancelToken = NEVER) -> None:
        """Put a file in its place, whole or not at all."""
        if self._is_file_system(volume, cancel):
            self._write_in_two_steps(volume, path, source, cancel)
        else:
            self._write_by_session(volume, path, source, cancel)

    def _write_in_two_steps(self, volume: str, path: str, source: BinaryIO, cancel: CancelToken) -> None:
        url = f"{self._link.tunnel_project_url}/volumes/{quote(volume, safe='')}"
        what, place = f"{volume}/{path}", _fs_headers(volume, path)
        body = KeptBody(framed_file(source), cancel)
        answer = put_body(self._link, url, body, {}, {**CHUNKED, **place}, what, cancel, method="post")
        session = {SESSION_ID: str(answer.headers.get(SESSION_ID, ""))}
        if not session[SESSION_ID]:
            raise ProtocolError(f"{what}: the tunnel's answer names no session", hint="Check the tunnel endpoint.")
        self._link.call(
            lambda: self._link.tunnel.put(url, b"", headers={**EMPTY, **place, **session}), what=what, cancel=cancel
        )

    def _write_by_session(self, volume: str, path: str, source: BinaryIO, cancel: CancelToken) -> None:
        partition, name = _parted(path).split("/", 1)
        url = f"{self._link.tunnel_project_url}/tunnel/uploads"
        params = {"type": "volumefile", "target": f"{self._link.options.project}/{volume}/{partition}/"}
        what = f"{volume}/{path}"
        answer = self._link.call(
            lambda: self._link.tunnel.post(url, b"", params=params, headers=dict(EMPTY)).json(),
            what=what,
            cancel=cancel,
            is_repeatable=True,
        )
        session = f"{url}/{answer['UploadID']}"
        body = KeptBody(framed_file(source), cancel)
        put_body(self._link, session, body, {"blockid": name}, CHUNKED, what, cancel, method="post")
        self._check_files(session, name, what, cancel)
        self._link.call(lambda: self._link.tunnel.put(session, b"", headers=dict(EMPTY)), what=what, cancel=cancel)

    def _check_files(self, session: str, name: str, what: str, cancel: CancelToken) -> None:
        """Nothing is committed that the service does not hold."""
        state = self._link.call(
            lambda: self._link.tunnel.get(session, headers=dict(EMPTY)).json(), what=what, cancel=cancel
        )
        if name not in [str(one.get("FileName", "")).strip("/") for one in state.get("FileList") or ()]:
            raise NotFound(f"{what}: the service does not hold it; nothing was committed", hint="Write it again.")


def _fs_headers(volume: str, path: str) -> dict[str, str]:
    return {FS_PATH: f"/{volume}/{path.strip('/')}"}


def _parted(path: str) -> str:
    """A path of a volume with partitions, checked."""
    partition, _, name = path.strip("/").partition("/")
    if not partition or not name:
        raise UsageError(f"{path!r}: no file of a volume with partitions", hint="Write partition/name.")
    return f"{partition}/{name}"
