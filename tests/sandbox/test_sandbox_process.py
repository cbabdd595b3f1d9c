"""The sandbox as a process: its line of JSON, its ends, its refusals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyignite import Client

from services.sandbox.process import SandboxError, start

COMMAND = [sys.executable, "-m", "services.sandbox", "--json", "--only", "ignite", "--nodes", "1"]


def connect(fields: dict[str, object]) -> Client:
    """A client by the fields of a profile."""
    client = Client(username=fields["username"], password=fields["secrets"]["password"])
    client.connect([(host, int(port)) for host, port in (n.split(":") for n in fields["nodes"].split(","))])
    return client


def test_the_endpoints_open_a_cluster_with_rows(tmp_path: Path) -> None:
    """The fields are those of a profile; rows and files are where they were asked for."""
    with start(("ignite",), rows=1000, data=tmp_path) as sandbox:
        fields = sandbox.endpoints["ignite"]
        assert sorted(fields) == ["nodes", "schema", "secrets", "tls", "username"]
        client = connect(fields)
        with client.sql("SELECT COUNT(*), MAX(ID) FROM EVENTS") as cursor:
            assert list(cursor) == [[1000, 1000]]
        assert client.get_cache("Events").get_size() == 1000
        client.close()
    assert os.listdir(tmp_path) == ["ignite"]


def test_closing_standard_input_ends_it() -> None:
    """The parent's pipe closes, the process ends with 0."""
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert "ignite" in json.loads(process.stdout.readline())
    process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(number: signal.Signals) -> None:
    """With standard input elsewhere, a signal ends it with 0."""
    process = subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert "ignite" in json.loads(process.stdout.readline())
    process.send_signal(number)
    process.communicate()
    assert process.returncode == 0


def test_faults_reach_the_servers() -> None:
    """A fault given at the start is shown."""
    with start(fault="ignite:error=No names today,op=1050", nodes=1) as sandbox:
        client = connect(sandbox.endpoints["ignite"])
        with pytest.raises(Exception, match="No names today"):
            client.get_cache_names()
        client.close()


@pytest.mark.parametrize(
    ("options", "wanted"),
    [({"only": ("nothing",)}, "unknown server 'nothing'"), ({"fault": "ignite:explode"}, "'explode' is none of")],
)
def test_what_cannot_start_says_why(options: dict[str, object], wanted: str) -> None:
    """Unknown servers and faults are named in the error."""
    with pytest.raises(SandboxError, match=wanted):
        start(**options)
