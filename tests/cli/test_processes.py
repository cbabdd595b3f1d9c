"""The command as a process: signals, closed pipes, what others can see of it, and what it imports."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

HOLD = 'faults={"run_sql": {"delay": 60}}'
"""A statement notes that it runs, and then waits until it is stopped."""


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def log(cli, tmp_path):
    """Where the store notes each request."""
    path = tmp_path / "requests.log"
    cli("profiles", "edit", "mem", "--set", f"log={path}", "--set", HOLD)
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_statement_ends_with_130(log, number, started):
    """A signal stops the statement, in the store too, and the error says so."""
    process = started("sql", "mem", "SELECT 1", "--format", "json")
    wait_until(lambda: log.exists() and "run_sql" in log.read_text())
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert (out, json.loads(err.splitlines()[-1])["code"]) == (b"", 130)


def test_an_interrupted_file_is_not_left(log, cli, tmp_path, started):
    """What was written so far does not get the name of the file."""
    target = tmp_path / "numbers.csv"
    cli("profiles", "edit", "mem", "--set", "generated=100000000")
    process = started("rows", "mem:numbers", "--all", "--format", "csv", "-o", str(target))
    wait_until(lambda: any(path.stat().st_size for path in tmp_path.glob(".numbers.csv.*")))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert (process.returncode, list(tmp_path.glob("*numbers.csv*"))) == (130, [])


def test_a_closed_pipe_ends_it_quietly(cli, started):
    """A reader that goes is no error."""
    cli("profiles", "edit", "mem", "--set", "generated=100000000")
    process = started("rows", "mem:numbers", "--all")
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["id"] == 0
    process.stdout.close()
    assert process.wait(timeout=20) == 0
    assert process.stderr.read() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_secret_can_be_seen_in_the_process_list(log, started):
    """Neither the command's own words nor those of what it starts hold the secret."""
    env = {"MEM_PASSWORD": "S3CRET-in-a-variable"}
    started("profiles", "edit", "mem", "--secret-env", "MEM_PASSWORD").communicate(timeout=20)
    process = started("sql", "mem", "SELECT 1", env=env)
    wait_until(lambda: log.exists() and "run_sql" in log.read_text())
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert [line for line in lines if b"S3CRET" in line] == []


def test_rows_stream_before_all_are_read(cli, started):
    """Rows come while millions are still to be read; memory does not grow with what was written."""
    cli("profiles", "edit", "mem", "--set", "generated=100000000")
    process = started("rows", "mem:numbers", "--all")
    assert process.stdout is not None
    for _ in range(2000):
        process.stdout.readline()
    early = resident_bytes(process.pid)
    for _ in range(30_000):
        process.stdout.readline()
    late = resident_bytes(process.pid)
    assert late - early < 8 * 2**20


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.parametrize(
    ("words", "never"),
    [
        (["profiles", "list"], {"textual", "rich", "pyarrow", "keyring", "tomlkit", "sqlglot", "pyignite"}),
        (["spec"], {"textual", "rich", "keyring", "tomlkit", "sqlglot"}),
        (["rows", "mem:people", "--all"], {"textual", "rich", "tomlkit", "sqlglot", "pyignite"}),
    ],
)
def test_a_command_imports_no_more_than_it_needs(cli, words, never):
    """No command imports the console, and none a library that it does not use."""
    code = f"import sys; from services.cli.main import main; main({words!r}); print(*sys.modules, file=sys.stderr)"
    env = {**os.environ, "STOREDECK_EXTRA_KINDS": "services.stores.memory.kind:MEMORY"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=True)
    assert never & set(ended.stderr.decode().split()) == set()
