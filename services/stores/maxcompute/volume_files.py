"""Bytes of files in volumes, through the tunnel: read by ranges that are read on after a cut, written whole."""

from __future__ import annotations

from contextlib import closing
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, ProtocolError, SessionLost, Unavailable, UsageError
from services.stores.files import FileKind
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.transport import Watch
from services.stores.maxcompute.tunnel.bodies import KeptBody
from services.stores.maxcompute.tunnel.download import REOPENINGS, body_of
from services.stores.maxcompute.tunnel.upload import CHUNKED, EMPTY, HEADERS, put_body
from services.stores.maxcompute.tunnel.volume_frames import framed_file, unframed_file
from services.stores.maxcompute.volumes import Volumes, fs_headers

SESSION_ID: Final = "x-odps-volume-sessionid"
RANGE_BYTES: Final = 64 << 20
KEPT_BYTES: Final = 16 << 20
"""A larger body is read anew when it has to be sent again."""

RETRY_SECONDS: Final = (0.2, 1.0, 3.0)


class VolumeFiles:
    """Reads and writes the files of a project's volumes."""

    def __init__(self, link: Link, volumes: Volumes) -> None:
        self._link = link
        self._volumes = volumes

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
        if self._volumes.is_file_system(volume, cancel):
            headers, entry = fs_headers(volume, path), self._volumes.entry(volume, path, cancel)
            if entry.kind is not FileKind.FILE:
                raise UsageError(f"{volume}/{path}: is a {entry.kind.value}", hint="Name a file in it.")
            url = f"{self._link.tunnel_project_url}/volumes/{quote(volume, safe='')}"
            return entry.size_bytes or 0, lambda first, count: (
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
        """Put a file in its place, whole or not at all; a source that can be rewound is sent again after a cut."""
        write = self._write_in_two_steps if self._volumes.is_file_system(volume, cancel) else self._write_by_session
        begin = source.tell() if source.seekable() else None
        for delay in RETRY_SECONDS:
            try:
                write(volume, path, source, cancel)
                return
            except (SessionLost, Unavailable) as error:
                cancel.check()
                if begin is None:
                    raise
                cancel.tell(f"{error.message}; sent again in {delay:.1f} s")
                cancel.wait(delay)
                source.seek(begin)
        write(volume, path, source, cancel)

    def _write_in_two_steps(self, volume: str, path: str, source: BinaryIO, cancel: CancelToken) -> None:
        url = f"{self._link.tunnel_project_url}/volumes/{quote(volume, safe='')}"
        what, place = f"{volume}/{path}", fs_headers(volume, path)
        body = KeptBody(framed_file(source), cancel, KEPT_BYTES)
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
        body = KeptBody(framed_file(source), cancel, KEPT_BYTES)
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


def _parted(path: str) -> str:
    """A path of a volume with partitions, checked."""
    partition, _, name = path.strip("/").partition("/")
    if not partition or not name:
        raise UsageError(f"{path!r}: no file of a volume with partitions", hint="Write partition/name.")
    return f"{partition}/{name}"
