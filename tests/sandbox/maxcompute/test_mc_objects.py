"""Resources, functions and volumes as the SDK handles them."""

from __future__ import annotations

import hashlib
import io

import pytest
from odps import ODPS
from odps.errors import NoSuchObject, ObjectAlreadyExists


def test_a_resource_and_the_function_that_uses_it(writer: ODPS) -> None:
    """A resource is written, read and changed; a function refers to it."""
    resource = writer.create_resource("tool.py", "py", file_obj="first", comment="a tool")
    writer.create_function("tool", class_type="tool.Tool", resources=["tool.py"])
    assert "first" == writer.open_resource("tool.py").read()
    resource.update(file_obj="second")
    assert "second" == writer.open_resource("tool.py").read()
    assert ["tool.Tool"] == [function.class_type for function in writer.list_functions()]
    assert ["tool.py"] == [used.name for used in writer.get_function("tool").resources]


def test_a_resource_tells_its_size_and_checksum(writer: ODPS) -> None:
    """Its metadata comes in headers."""
    resource = writer.create_resource("data.bin", "file", file_obj=b"\x00\x01\x02")
    resource.reload()
    assert (3, "ALIYUN$owner@sandbox") == (resource.size, resource.owner)


def test_a_large_resource_goes_in_parts(writer: ODPS, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts are merged under the name, and leave nothing behind."""
    from odps import options

    monkeypatch.setattr(options, "resource_chunk_size", 1000)
    content = bytes(range(256)) * 20
    writer.create_resource("large.bin", "file", fileobj=io.BytesIO(content))
    found = writer.open_resource("large.bin", mode="rb").read()
    assert hashlib.sha256(content).hexdigest() == hashlib.sha256(found).hexdigest()
    assert ["large.bin"] == [resource.name for resource in writer.list_resources()]


def test_objects_are_dropped(writer: ODPS) -> None:
    """What is dropped is not there any more; twice of one name is refused."""
    writer.create_resource("a.py", "py", file_obj="x")
    with pytest.raises(ObjectAlreadyExists):
        writer.create_resource("a.py", "py", file_obj="x")
    writer.create_function("f", class_type="a.F", resources=["a.py"])
    writer.delete_function("f")
    writer.delete_resource("a.py")
    assert (False, False) == (writer.exist_function("f"), writer.exist_resource("a.py"))


def test_a_function_of_a_missing_resource_is_refused(writer: ODPS) -> None:
    """A function's resources have to be there."""
    with pytest.raises(NoSuchObject, match="Resource not found"):
        writer.create_function("f", class_type="a.F", resources=["a.py"])


def test_volumes_are_listed_with_what_is_in_them(reader: ODPS) -> None:
    """A volume with partitions, and one that is a file system."""
    assert ["files", "reports"] == [volume.name for volume in reader.list_volumes()]
    reports = reader.get_volume("reports")
    assert ["2026"] == [part.name for part in reports.list_partitions()]
    part = reports.get_partition("2026")
    assert ["february.bin", "january.txt"] == [file.name for file in part.list_files()]
    assert (273, 2) == (part.length, part.file_number)


def test_volumes_come_and_go(writer: ODPS) -> None:
    """A volume is made and dropped."""
    writer.create_parted_volume("boxes", comment="of things")
    assert "of things" == writer.get_volume("boxes").comment
    writer.delete_volume("boxes")
    assert not writer.exist_volume("boxes")


@pytest.mark.filterwarnings("ignore:Call to experimental function:FutureWarning")
def test_a_file_system_has_directories(writer: ODPS) -> None:
    """Directories of a file-system volume are made, listed and removed."""
    volume = writer.create_fs_volume("disk")
    volume.create_dir("top").create_dir("below")
    assert ["/disk/top"] == [item.path for item in volume]
    assert ["/disk/top/below"] == [item.path for item in volume["top"]]
    volume["top"].delete(recursive=True)
    assert [] == list(volume)
