"""Files of volumes, through the unmodified SDK."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from maxcompute_tunnels import *  # noqa: F403
from maxcompute_tunnels import entry, fault, refusal
from odps import ODPS
from odps.tunnel import VolumeTunnel
from odps.tunnel.errors import TunnelError
from odps.tunnel.volumetunnel import VolumeFSTunnel

from services.sandbox.maxcompute.objects import Volume
from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.sandbox.maxcompute.tunnel.arrow_frames import FrameError
from services.sandbox.maxcompute.tunnel.volume_frames import CHUNK_BYTES, frame_file, unframe_file

CONTENT = bytes(range(256)) * 5000


@pytest.fixture
def odps(sandbox: MaxComputeSandbox) -> ODPS:
    return entry(sandbox)


@pytest.fixture
def volume(sandbox: MaxComputeSandbox) -> Volume:
    project = sandbox.warehouse.project(sandbox.project_name)
    return project.volumes.add("default", Volume("box"))


@pytest.fixture
def volumes(sandbox: MaxComputeSandbox, odps: ODPS, volume: Volume) -> VolumeTunnel:
    return VolumeTunnel(odps, endpoint=sandbox.tunnel_endpoint)


def put(tunnel: VolumeTunnel, *files: tuple[str, bytes], compress: bool = False) -> None:
    session = tunnel.create_upload_session("box", "part")
    for name, content in files:
        with session.open(name, compress=compress) as writer:
            writer.write(content)
    session.commit([name for name, _ in files])


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("size", [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, len(CONTENT)])
def test_files_go_up_and_down(volumes: VolumeTunnel, volume: Volume, size: int, compress: bool) -> None:
    """A file of any size arrives as it was, and is read as it is."""
    put(volumes, ("file", CONTENT[:size]), compress=compress)

    assert CONTENT[:size] == volume.read("part/file")
    with volumes.create_download_session("box", "part", "file").open() as reader:
        assert CONTENT[:size] == reader.read()


def test_files_show_at_the_commit(volumes: VolumeTunnel, volume: Volume) -> None:
    """All files of a session, or none; a list that does not match is not committed."""
    session = volumes.create_upload_session("box", "part")
    for name in ("a", "b"):
        with session.open(name) as writer:
            writer.write(b"content")
    assert {} == volume.files()
    with pytest.raises(TunnelError):
        session.commit(["a"])
    session.commit(["a", "b"])

    assert {"part/a": b"content", "part/b": b"content"} == volume.files()


def test_a_session_is_found_again_by_its_id(volumes: VolumeTunnel, volume: Volume) -> None:
    """Its files are there, and one may go on where it ended."""
    first = volumes.create_upload_session("box", "part")
    with first.open("file") as writer:
        writer.write(b"begun ")
    again = volumes.create_upload_session("box", "part", upload_id=first.id)
    with again.open("file", append=True) as writer:
        writer.write(b"and ended")
    again.commit(["file"])

    assert b"begun and ended" == volume.read("part/file")


def test_a_range_of_a_file_is_read(volumes: VolumeTunnel) -> None:
    """Where it starts and how many bytes."""
    put(volumes, ("file", CONTENT))
    session = volumes.create_download_session("box", "part", "file")

    with session.open(1000, 700_000) as reader:
        assert CONTENT[1000:701_000] == reader.read()
    assert len(CONTENT) == session.file_length


def test_a_damaged_file_is_refused(sandbox: MaxComputeSandbox, volumes: VolumeTunnel) -> None:
    """A file that was changed on its way is not kept."""
    fault(sandbox, "corrupt,op=UploadVolumeFile")

    assert "MalformedDataStream" == refusal(put, volumes, ("file", b"content"))


def test_what_is_not_there_is_said(sandbox: MaxComputeSandbox, volumes: VolumeTunnel) -> None:
    """A file, a volume and a session."""
    assert "NoSuchObject" == refusal(volumes.create_download_session, "box", "part", "absent")
    assert "NoSuchObject" == refusal(volumes.create_upload_session, "absent", "part")
    assert "NoSuchUpload" == refusal(volumes.create_upload_session, "box", "part", upload_id="absent")


def test_files_of_a_file_system_go_up_and_down(sandbox: MaxComputeSandbox, odps: ODPS) -> None:
    """A file of a volume without partitions is written in two steps and read by a range."""
    system = sandbox.warehouse.project("sandbox").volumes.add("default", Volume("system", type="new"))
    tunnel = VolumeFSTunnel(odps, endpoint=sandbox.tunnel_endpoint)
    with tunnel.open_writer("system", "deep/file") as writer:
        writer.write(CONTENT)

    assert CONTENT == system.read("deep/file")
    with tunnel.open_reader("system", "deep/file", start=10, length=600_000) as reader:
        assert CONTENT[10:600_010] == reader.read()


@given(st.binary(max_size=2000))
def test_framing_goes_both_ways(content: bytes) -> None:
    """What was framed is what comes out."""
    assert content == unframe_file(b"".join(frame_file(content)))


@pytest.mark.parametrize("at", [3, 4, 50, -1])
def test_a_changed_byte_is_found(at: int) -> None:
    """Of the chunk size, of the data, of the checksum."""
    body = bytearray(b"".join(frame_file(bytes(100))))
    body[at] ^= 1

    with pytest.raises(FrameError):
        unframe_file(bytes(body))
