"""Upload and download sessions of volumes with partitions; an upload's files show when it is committed."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field

from services.sandbox.http import Answer
from services.sandbox.maxcompute.errors import OdpsError, invalid
from services.sandbox.maxcompute.objects import Volume
from services.sandbox.maxcompute.routes import Call, Reply, Route
from services.sandbox.maxcompute.tunnel.state import Session, status_conflict
from services.sandbox.maxcompute.tunnel.tables import json_answer
from services.sandbox.maxcompute.tunnel.volume_bodies import file_answer, read_file

UPLOADS = "/projects/{project}/tunnel/uploads"
DOWNLOADS = "/projects/{project}/tunnel/downloads"
_RANGE = re.compile(r"\((\d+),(\d+)\)")


@dataclass(kw_only=True)
class VolumeUpload(Session):
    """Files on their way into a partition of a volume; `status` is `normal` or `closed`."""

    volume: Volume
    partition: str
    status: str = "normal"
    files: dict[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(kw_only=True)
class VolumeDownload(Session):
    """A file as it was when the session began."""

    volume: Volume
    partition: str
    file: str
    content: bytes = field(repr=False)


def _target(call: Call, *, has_file: bool) -> tuple[Volume, str, str]:
    """Volume, partition and file of a request's target."""
    if call.query.get("type", "").lower() != "volumefile":
        raise invalid(f"Tunnels of type {call.query.get('type')!r} are not known.")
    project, _, rest = call.query.get("target", "").strip("/").partition("/")
    name, _, rest = rest.partition("/")
    partition, _, file = rest.partition("/")
    if project != call.project.name or not partition or bool(file) != has_file:
        raise invalid(f"The target {call.query.get('target')!r} is not valid.")
    return call.project.volumes.get(call.schema, name), partition, file


def create_upload(call: Call) -> Reply:
    """Opens an upload to a partition."""
    volume, partition, _ = _target(call, has_file=False)
    state = call.sandbox.tunnel
    return _upload_answer(call, state.add(VolumeUpload(expires=state.expires(), volume=volume, partition=partition)))


def describe_upload(call: Call) -> Reply:
    """The session with its files."""
    return _upload_answer(call, _upload(call))


def put_file(call: Call) -> Reply:
    """Takes a file; with `resume` it goes on where the file ended."""
    upload, name = _upload(call), call.query["blockid"].strip("/")
    _refuse_unless_open(call, upload)
    content = read_file(call)
    with upload.lock:
        upload.files[name] = (upload.files.get(name, b"") if "resume" in call.query else b"") + content
    return json_answer({})


def commit(call: Call) -> Reply:
    """Puts the files into the volume; a second commit changes nothing."""
    upload = _upload(call)
    with upload.lock:
        if upload.status == "normal":
            _refuse_unless_open(call, upload)
            upload.volume.make_directory(upload.partition)
            for name, content in upload.files.items():
                upload.volume.write(f"{upload.partition}/{name}", content)
            upload.status = "closed"
    return _upload_answer(call, upload)


def _refuse_unless_open(call: Call, upload: VolumeUpload) -> None:
    if upload.status != "normal" or call.sandbox.tunnel.is_expired(upload):
        raise status_conflict(upload.status if upload.status != "normal" else "expired")


def _upload(call: Call) -> VolumeUpload:
    found = call.sandbox.tunnel.find(VolumeUpload, call.values["id"])
    if found is None:
        raise OdpsError(404, "NoSuchUpload", f"There is no upload {call.values['id']} to a volume.")
    return found


def _upload_answer(call: Call, upload: VolumeUpload) -> Answer:
    is_expired = upload.status == "normal" and call.sandbox.tunnel.is_expired(upload)
    with upload.lock:
        files = [{"FileName": name, "FileLength": len(content)} for name, content in sorted(upload.files.items())]
    return json_answer({"UploadID": upload.id, "Status": "expired" if is_expired else upload.status, "FileList": files})


def create_download(call: Call) -> Reply:
    """Opens a download of a file."""
    volume, partition, file = _target(call, has_file=True)
    state = call.sandbox.tunnel
    session = VolumeDownload(
        expires=state.expires(),
        volume=volume,
        partition=partition,
        file=file,
        content=volume.read(f"{partition}/{file}"),
    )
    return _download_answer(call, state.add(session))


def describe_download(call: Call) -> Reply:
    """The session and its file."""
    return _download_answer(call, _download(call))


def read(call: Call) -> Reply:
    """A range of the file's bytes: where it starts and how many."""
    session = _download(call)
    if call.sandbox.tunnel.is_expired(session):
        raise status_conflict("expired")
    found = _RANGE.fullmatch(call.query.get("range", f"(0,{sys.maxsize})").replace(" ", ""))
    if found is None or int(found[1]) > len(session.content):
        raise invalid(f"The range {call.query.get('range')!r} of bytes is not valid.")
    start = int(found[1])
    return file_answer(call, session.content[start : start + int(found[2])])


def _download(call: Call) -> VolumeDownload:
    found = call.sandbox.tunnel.find(VolumeDownload, call.values["id"])
    if found is None:
        raise OdpsError(404, "NoSuchDownload", f"There is no download {call.values['id']} of a volume.")
    return found


def _download_answer(call: Call, session: VolumeDownload) -> Answer:
    return json_answer(
        {
            "DownloadID": session.id,
            "Status": "expired" if call.sandbox.tunnel.is_expired(session) else "normal",
            "File": {"FileName": session.file, "FileLength": len(session.content)},
            "Partition": {"Volume": session.volume.name, "Partition": session.partition},
        }
    )


ROUTES = [
    Route("CreateVolumeUpload", "POST", UPLOADS, create_upload, is_tunnel=True),
    Route("GetVolumeUpload", "GET", UPLOADS + "/{id}", describe_upload, is_tunnel=True),
    Route("UploadVolumeFile", "POST", UPLOADS + "/{id}", put_file, keys=("blockid",), is_tunnel=True),
    Route("CommitVolumeUpload", "PUT", UPLOADS + "/{id}", commit, is_tunnel=True),
    Route("CreateVolumeDownload", "POST", DOWNLOADS, create_download, is_tunnel=True),
    Route("GetVolumeDownload", "GET", DOWNLOADS + "/{id}", describe_download, is_tunnel=True),
    Route("DownloadVolumeFile", "GET", DOWNLOADS + "/{id}", read, keys=("data",), is_tunnel=True),
]
