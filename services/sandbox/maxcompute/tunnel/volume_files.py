"""Files of volumes that are file systems: written in two steps, read by ranges of bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.sandbox.http import Answer
from services.sandbox.maxcompute.errors import OdpsError, invalid
from services.sandbox.maxcompute.metadata.volumes import FS_PATH, fs_path
from services.sandbox.maxcompute.objects import Volume
from services.sandbox.maxcompute.routes import Call, Reply, Route
from services.sandbox.maxcompute.tunnel.state import Session
from services.sandbox.maxcompute.tunnel.volume_bodies import file_answer, read_file

SESSION_ID = "x-odps-volume-sessionid"
PATH = "/projects/{project}/volumes/{volume}"
_RANGE = re.compile(r"bytes=(\d+)-(-?\d+)")


@dataclass(kw_only=True)
class FileUpload(Session):
    """A file that has been sent and waits for its commit."""

    volume: Volume
    path: str
    content: bytes


def write(call: Call) -> Reply:
    """Takes a file; it shows when it is committed."""
    state, volume = call.sandbox.tunnel, _volume(call)
    upload = FileUpload(expires=state.expires(), volume=volume, path=_path(call, volume), content=read_file(call))
    return Answer(201, {SESSION_ID: state.add(upload).id}, b"")


def commit(call: Call) -> Reply:
    """Puts the file in its place."""
    state, volume = call.sandbox.tunnel, _volume(call)
    upload = state.find(FileUpload, call.headers[SESSION_ID])
    if upload is None or upload.volume is not volume or upload.path != _path(call, volume) or state.is_expired(upload):
        raise OdpsError(404, "NoSuchUpload", f"There is no upload {call.headers[SESSION_ID]} of this file.")
    volume.write(upload.path, upload.content)
    return Answer(200, {}, b"")


def read(call: Call) -> Reply:
    """A range of a file's bytes."""
    volume = _volume(call)
    content = volume.read(_path(call, volume))
    found = _RANGE.fullmatch(call.headers["range"].replace(" ", ""))
    if found is None or int(found[1]) > len(content):
        raise invalid(f"The range {call.headers['range']!r} of bytes is not valid.")
    return file_answer(call, content[int(found[1]) : int(found[2]) + 1])


def _volume(call: Call) -> Volume:
    return call.project.volumes.get(call.schema, call.values["volume"])


def _path(call: Call, volume: Volume) -> str:
    return fs_path(volume, call.headers.get(FS_PATH, ""))


ROUTES = [
    Route("WriteVolumeFile", "POST", PATH, write, is_tunnel=True, header=FS_PATH),
    Route("CommitVolumeFile", "PUT", PATH, commit, is_tunnel=True, header=SESSION_ID),
    Route("ReadVolumeFile", "GET", PATH, read, is_tunnel=True, header="range"),
]
