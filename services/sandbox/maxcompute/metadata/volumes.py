"""Volumes: lists, partitions, directories and files. Their content goes through the tunnel."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.documents import document, node, nodes, page_answer, read_document, rfc822, text_of
from services.sandbox.maxcompute.errors import invalid, no_such
from services.sandbox.maxcompute.objects import Volume
from services.sandbox.maxcompute.routes import Call, Route

_PATH = "/projects/{project}/volumes"
FS_PATH = "x-odps-volume-fs-path"
_TYPES = ("old", "new", "external")


def _element(volume: Volume, root: str = "Volume") -> ET.Element:
    files = volume.files()
    return node(
        root,
        *nodes(
            Name=volume.name,
            Owner=volume.owner,
            Comment=volume.comment,
            Type=volume.type,
            Length=sum(map(len, files.values())),
            FileNumber=len(files),
            CreationTime=rfc822(volume.created),
            LastModifiedTime=rfc822(volume.modified),
            Properties=json.dumps(volume.properties),
        ),
    )


def _list(call: Call) -> Answer:
    prefix = call.query.get("name", "")
    volumes = [volume for volume in call.project.volumes.all(call.schema) if volume.name.startswith(prefix)]
    return page_answer(call, "Volumes", volumes, _element)


def _create(call: Call) -> Answer:
    root = read_document(call)
    kind = text_of(root, "Type", "old").lower()
    if kind not in _TYPES:
        raise invalid(f"Invalid volume type: {kind}")
    properties = json.loads(text_of(root, "Properties", "{}"))
    made = Volume(text_of(root, "Name"), kind, text_of(root, "Comment"), properties=properties)
    call.project.volumes.add(call.schema, made)
    return Answer(201, {}, b"")


def _found(call: Call) -> Volume:
    return call.project.volumes.get(call.schema, call.values["volume"])


def fs_path(volume: Volume, path: str) -> str:
    """A path inside of a volume; requests name it as `/volume/path`."""
    inside = path.strip("/")
    if inside == volume.name:
        return ""
    return inside.removeprefix(f"{volume.name}/")


def _meta(call: Call) -> Answer:
    volume = _found(call)
    if FS_PATH not in call.headers:
        return document(_element(volume, "Meta"))
    return document(_item(volume, _existing(volume, fs_path(volume, call.headers[FS_PATH]))))


def _existing(volume: Volume, path: str) -> str:
    if not volume.is_directory(path):
        volume.read(path)
    return path


def _item(volume: Volume, path: str) -> ET.Element:
    is_directory = volume.is_directory(path)
    return node(
        "Item",
        *nodes(
            Volume=volume.name,
            Path=f"/{volume.name}/{path}",
            Isdir=is_directory,
            permission="rwxrwxrwx",
            BlockReplications=3,
            Length=0 if is_directory else len(volume.read(path)),
            Quota=0,
            BlockSize=64 << 20,
            Owner=volume.owner,
            CreationTime=rfc822(volume.created),
            AccessTime=rfc822(volume.modified),
            ModificationTime=rfc822(volume.modified),
        ),
    )


def _children(call: Call) -> Answer:
    """The partitions of a volume, or what is in a directory of a file system."""
    volume = _found(call)
    if FS_PATH in call.headers:
        path = _existing(volume, fs_path(volume, call.headers[FS_PATH]))
        return page_answer(call, "Items", volume.children(path), lambda child: _item(volume, child))
    prefix = call.query.get("name", "")
    names = [name for name in volume.children() if name.startswith(prefix)]
    return page_answer(call, "Volume", names, lambda name: _partition(volume, name), "Partitions")


def _partition(volume: Volume, name: str, root: str = "Partition") -> ET.Element:
    files = volume.files(name)
    return node(
        root,
        *nodes(
            Name=name,
            Owner=volume.owner,
            Comment="",
            Type=volume.type,
            Length=sum(map(len, files.values())),
            FileNumber=len(files),
            CreationTime=rfc822(volume.created),
            LastModifiedTime=rfc822(volume.modified),
        ),
    )


def _get_partition(call: Call) -> Answer:
    volume, name = _found(call), call.values["partition"]
    if name not in volume.children():
        raise no_such("VolumePartition", name)
    return document(_partition(volume, name, "Meta"))


def _files(call: Call) -> Answer:
    volume, name = _found(call), call.values["partition"]
    if name not in volume.children():
        raise no_such("VolumePartition", name)
    prefix = call.query.get("name", "")
    names = [path.rpartition("/")[2] for path in sorted(volume.files(name))]
    shown = [file for file in names if file.startswith(prefix)]
    return page_answer(call, "Items", shown, lambda file: node("Item", *nodes(Name=file)))


def _make(call: Call) -> Answer:
    """Makes a directory of a file system."""
    volume, root = _found(call), read_document(call)
    volume.make_directory(fs_path(volume, text_of(root, "Path")))
    return Answer(201, {}, b"")


def _rename(call: Call) -> Answer:
    """Moves a file to the path that the body tells."""
    volume = _found(call)
    old = fs_path(volume, call.headers.get(FS_PATH, ""))
    new = text_of(read_document(call), "Path")
    if new:
        content = volume.read(old)
        volume.remove(old)
        volume.write(fs_path(volume, new), content)
    return Answer(200, {}, b"")


def _drop(call: Call) -> Answer:
    volume = _found(call)
    if FS_PATH in call.headers:
        path = fs_path(volume, call.headers[FS_PATH])
        if volume.is_directory(path) and volume.children(path) and call.query.get("recursive", "").lower() != "true":
            raise invalid(f"Directory {path} is not empty.")
        volume.remove(path)
    else:
        call.project.volumes.drop(call.schema, volume.name)
    return Answer(204, {}, b"")


def _drop_partition(call: Call) -> Answer:
    _found(call).remove(call.values["partition"])
    return Answer(204, {}, b"")


ROUTES = (
    Route("ListVolumes", "GET", _PATH, _list),
    Route("CreateVolume", "POST", _PATH, _create),
    Route("GetVolume", "GET", _PATH + "/{volume}", _meta, ("meta",)),
    Route("ListVolume", "GET", _PATH + "/{volume}", _children),
    Route("MakeVolumeDirectory", "POST", _PATH + "/{volume}", _make),
    Route("MoveVolumeFile", "PUT", _PATH + "/{volume}", _rename, ("meta",)),
    Route("DropVolume", "DELETE", _PATH + "/{volume}", _drop),
    Route("GetVolumePartition", "GET", _PATH + "/{volume}/{partition}", _get_partition),
    Route("ListVolumeFiles", "GET", _PATH + "/{volume}/{partition}", _files, ("path",)),
    Route("DropVolumePartition", "DELETE", _PATH + "/{volume}/{partition}", _drop_partition),
)
