"""`storedeck volumes` over the MaxCompute sandbox: files go in and out whole, or not at all."""

import io
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from maxcompute_bulk import fault, wait_until

from services.sandbox.maxcompute.server import MaxComputeSandbox

LARGE = os.urandom(3_000_000)


@pytest.fixture(scope="module")
def project():
    """A project that this module's tests may change."""
    with MaxComputeSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def mc(cli, project, monkeypatch, tmp_path):
    """Commands in a folder of their own, with a profile `mc`."""
    facts = project.profile
    monkeypatch.setenv("MC_SECRET", facts["secrets"]["access_key_secret"])
    words = [word for name in ("endpoint", "project", "access_key_id") for word in ("--set", f"{name}={facts[name]}")]
    assert cli("profiles", "add", "maxcompute", "mc", *words, "--secret-env", "access_key_secret=MC_SECRET").code == 0
    monkeypatch.chdir(tmp_path)
    return cli


def counted(project):
    """Requests so far."""
    return sum(project.counters.snapshot().values())


def test_volumes_folders_and_files_are_listed(mc):
    """Each with its kind, its path and what the service tells of its size."""
    assert {("reports", "volume"), ("files", "volume")} <= {
        (r["name"], r["kind"]) for r in mc("volumes", "mc", "list").rows
    }
    assert [("notes", "folder", "files/notes")] == [
        (r["name"], r["kind"], r["path"]) for r in mc("volumes", "mc", "list", "files").rows
    ]
    (file,) = mc("volumes", "mc", "list", "files/notes").rows
    assert (file["path"], file["kind"], file["bytes"] > 0) == ("files/notes/read.me", "file", True)
    ended = mc("volumes", "mc", "list", "absent")
    assert (ended.code, "absent" in ended.error) == (1, True)


@pytest.mark.parametrize("folder", ["reports/2026", "files/notes/deep"])
def test_a_file_goes_in_and_out(mc, folder, tmp_path):
    """Byte by byte; under its own name where the path is a folder, and counted."""
    Path("in.bin").write_bytes(LARGE)
    put = mc("volumes", "mc", "put", "in.bin", f"{folder}/", "--stats")
    assert (put.code, put.last_json["bytes"]) == (0, len(LARGE))
    assert mc("volumes", "mc", "get", f"{folder}/in.bin", "out.bin").code == 0
    assert LARGE == Path("out.bin").read_bytes()
    got = mc("volumes", "mc", "get", f"{folder}/in.bin", "-", "--stats")
    assert (got.out == LARGE, got.last_json["bytes"]) == (True, len(LARGE))
    (tmp_path / "sub").mkdir()
    assert mc("volumes", "mc", "get", f"{folder}/in.bin", "sub").code == 0
    assert ["in.bin", "out.bin", "sub/in.bin"] == sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.bin"))


def test_nothing_is_overwritten_unless_asked(mc):
    """Neither here nor there: a conflict, and both stay as they were."""
    Path("a").write_bytes(b"old")
    assert mc("volumes", "mc", "put", "a", "files/kept").code == 0
    Path("b").write_bytes(b"new")
    refused = mc("volumes", "mc", "put", "b", "files/kept")
    assert (refused.code, "is there already" in refused.error) == (5, True)
    assert mc("volumes", "mc", "get", "files/kept", "b").code == 5
    assert b"new" == Path("b").read_bytes()
    assert mc("volumes", "mc", "put", "b", "files/kept", "--overwrite").code == 0
    assert mc("volumes", "mc", "get", "files/kept", "a", "--overwrite").code == 0
    assert b"new" == Path("a").read_bytes()


def test_standard_input_is_put(mc, monkeypatch):
    """It needs a whole path."""

    class Piped:
        buffer = io.BytesIO(b"piped")

    monkeypatch.setattr(sys, "stdin", Piped())
    assert mc("volumes", "mc", "put", "-", "files/").code == 2
    assert mc("volumes", "mc", "put", "-", "files/piped").code == 0
    assert b"piped" == mc("volumes", "mc", "get", "files/piped", "-").out


def test_a_remote_name_is_never_a_path_here(mc, project, tmp_path):
    """What the volume calls `..\\x` becomes a plain name beside the others."""
    volume = project.warehouse.project(project.project_name).volumes.get("default", "files")
    volume.write("..\\..\\evil", b"x")
    assert mc("volumes", "mc", "get", "files/..\\..\\evil").code == 0
    (made,) = (path for path in tmp_path.iterdir() if "evil" in path.name)
    assert (made.parent, made.name.startswith(".")) == (tmp_path, False)
    assert mc("volumes", "mc", "get", "files/../x").code == 2


def test_a_read_only_run_sends_nothing(mc, project):
    """Each of the three that change something is refused before a request."""
    Path("a").write_bytes(b"a")
    before = counted(project)
    for words in (("put", "a", "files/never"), ("remove", "files/kept", "--yes", "kept"), ("mkdir", "files/never")):
        assert mc("volumes", "mc", *words, "--read-only").code == 1
    assert mc("volumes", "mc", "remove", "files/notes").code == 2
    assert before == counted(project)


def test_folders_are_made_and_removed(mc):
    """With their names given again; with what is in them only where asked."""
    assert mc("volumes", "mc", "mkdir", "files/new/deep").code == 0
    assert ["deep"] == [row["name"] for row in mc("volumes", "mc", "list", "files/new").rows]
    assert mc("volumes", "mc", "remove", "files/new", "--yes", "new").code == 1
    assert mc("volumes", "mc", "remove", "files/new", "--yes", "new", "--recursive").code == 0
    assert "new" not in [row["name"] for row in mc("volumes", "mc", "list", "files").rows]
    assert mc("volumes", "mc", "mkdir", "reports/2030").code == 1


def test_a_file_that_breaks_off_leaves_nothing(mc, project, tmp_path):
    """A fetch that fails for good: no file under its name, and none aside."""
    Path("in.bin").write_bytes(LARGE)
    assert mc("volumes", "mc", "put", "in.bin", "files/broken").code == 0
    fault(project, "cut,op=ReadVolumeFile")
    try:
        assert mc("volumes", "mc", "get", "files/broken", "out.bin").code != 0
    finally:
        project.plan.clear()
    assert ["in.bin"] == [path.name for path in tmp_path.iterdir() if "bin" in path.name or "broken" in path.name]
    assert mc("volumes", "mc", "get", "files/absent", "out.bin").code == 1


def test_an_interrupted_command_leaves_nothing(mc, project, started, tmp_path):
    """In the middle of the bytes, either way: exit code 130, and no trace of the file."""
    Path("in.bin").write_bytes(LARGE)
    assert mc("volumes", "mc", "put", "in.bin", "files/slow").code == 0
    for operation in ("ReadVolumeFile", "WriteVolumeFile"):
        fault(project, f"throttle=0.2,op={operation}")
    try:
        for words, operation in (
            (("get", "files/slow", "out.bin"), "ReadVolumeFile"),
            (("put", "in.bin", "files/never"), "WriteVolumeFile"),
        ):
            before = project.counters[operation]
            process = started("volumes", "mc", *words, env={"MC_SECRET": os.environ["MC_SECRET"]})
            wait_until(lambda operation=operation, before=before: project.counters[operation] > before)
            process.send_signal(signal.SIGINT)
            assert 130 == process.wait(30)
    finally:
        project.plan.clear()
    assert ["in.bin"] == [path.name for path in tmp_path.iterdir() if "bin" in path.name]
    assert "never" not in [row["name"] for row in mc("volumes", "mc", "list", "files").rows]


def test_stores_without_files_say_so(cli):
    """Not every kind of store has volumes; the list of all commands names them."""
    ended = cli("volumes", "mem", "list")
    assert (ended.code, "keeping files is not possible" in ended.error) == (1, True)
    spec = json.loads(cli("spec").out)
    (command,) = (one for one in spec["commands"] if one["name"] == "volumes")
    assert ["list", "get", "put", "remove", "mkdir"] == [one["name"] for one in command["commands"]]
    assert "keeps files" in spec["features"]
