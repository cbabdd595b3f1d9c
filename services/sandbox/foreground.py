"""Runs the sandbox servers until told to end: by a signal, or by the end of standard input when it is a pipe."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import stat
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

from services.sandbox.faults import Fault, FaultSpecError, parse_faults
from services.sandbox.process import DEFAULT_KINDS, KINDS, Endpoints

USAGE_ERROR = 2
USER = "ignite"


def parser() -> argparse.ArgumentParser:
    """The options, which the command line of the project shares."""
    made = argparse.ArgumentParser(prog="python -m services.sandbox", description=__doc__)
    made.add_argument("--json", action="store_true", help="print endpoints and credentials as one JSON line")
    made.add_argument("--only", default=",".join(DEFAULT_KINDS), help=f"the servers to start: {', '.join(KINDS)}")
    made.add_argument("--data", type=Path, help="directory that keeps the data from an orderly end to the next start")
    made.add_argument("--rows", type=int, default=0, help="rows of an extra table and an extra cache, extra instances")
    made.add_argument("--nodes", type=int, default=2, help="nodes of the Ignite cluster")
    made.add_argument("--speed", type=float, default=1.0, help="how many times faster Trove's instances change state")
    made.add_argument("--job-seconds", type=float, default=0.0, help="seconds that a query's job of MaxCompute takes")
    made.add_argument("--fault", action="append", default=[], help="faults to show, as in ignite:stall,op=2004")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Starts the servers, says where they are, waits for the end."""
    options = parser().parse_args(arguments)
    kinds = [kind for kind in options.only.split(",") if kind]
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or options.rows < 0 or options.nodes < 1 or options.speed <= 0 or options.job_seconds < 0:
        names = "--rows, --nodes, --speed and --job-seconds"
        return _usage(f"unknown server {unknown[0]!r}" if unknown else f"{names} cannot be so small")
    try:
        faults = parse_faults(";".join(options.fault))
    except FaultSpecError as error:
        return _usage(str(error))
    done = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with ExitStack() as stack:
        try:
            endpoints = {kind: _STARTERS[kind](stack, options, faults) for kind in kinds}
        except ImportError as error:
            return _usage(str(error))
        _watch_standard_input(done)
        _say(endpoints, as_json=options.json)
        done.wait()
    return 0


def _usage(reason: str) -> int:
    print(f"error: sandbox: {reason}", file=sys.stderr)  # noqa: T201 - the words of a command
    return USAGE_ERROR


def _start_ignite(stack: ExitStack, options: argparse.Namespace, faults: list[Fault]) -> dict[str, object]:
    from services.sandbox.ignite.server import IgniteSandbox

    password = secrets.token_urlsafe(12)
    server = stack.enter_context(
        IgniteSandbox(
            options.nodes,
            {USER: password},
            faults=faults,
            rows=options.rows,
            directory=options.data and options.data / "ignite",
        )
    )
    return {
        "nodes": server.nodes,
        "username": USER,
        "tls": "false",
        "schema": "PUBLIC",
        "secrets": {"password": password},
    }


def _start_ikv(stack: ExitStack, options: argparse.Namespace, faults: list[Fault]) -> dict[str, object]:
    from services.sandbox.ikv.server import IkvSandbox

    directory = options.data and options.data / "ikv"
    server = stack.enter_context(IkvSandbox(faults=faults, rows=options.rows, directory=directory))
    return {
        "account_id": server.account_id,
        "store_name": server.store_name,
        "endpoint": server.endpoint,
        "plaintext": "true",
        "mount_directory": str(server.mount_directory),
        "secrets": {"account_passkey": server.passkey},
    }


def _start_tablestore(stack: ExitStack, options: argparse.Namespace, faults: list[Fault]) -> dict[str, object]:
    from services.sandbox.tablestore.server import TablestoreSandbox

    server = stack.enter_context(
        TablestoreSandbox(faults=faults, rows=options.rows, directory=options.data and options.data / "tablestore")
    )
    return server.profile


def _start_trove(stack: ExitStack, options: argparse.Namespace, faults: list[Fault]) -> dict[str, object]:
    from services.sandbox.trove.server import TroveSandbox

    directory = options.data and options.data / "trove"
    server = stack.enter_context(
        TroveSandbox(faults=faults, rows=options.rows, speed=options.speed, directory=directory)
    )
    return server.profile


def _start_maxcompute(stack: ExitStack, options: argparse.Namespace, faults: list[Fault]) -> dict[str, object]:
    from services.sandbox.maxcompute.server import MaxComputeSandbox

    server = stack.enter_context(
        MaxComputeSandbox(
            faults=faults,
            rows=options.rows,
            job_seconds=options.job_seconds,
            directory=options.data and options.data / "maxcompute",
        )
    )
    return server.profile


_STARTERS: dict[str, Callable[[ExitStack, argparse.Namespace, list[Fault]], dict[str, object]]] = {
    "ignite": _start_ignite,
    "ikv": _start_ikv,
    "tablestore": _start_tablestore,
    "trove": _start_trove,
    "maxcompute": _start_maxcompute,
}


def _watch_standard_input(done: Event) -> None:
    """Ends with the parent: a pipe (or a socket) that closes is its last word."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return

    def wait_for_end() -> None:
        while os.read(0, 4096):
            pass
        done.set()

    Thread(target=wait_for_end, name="standard-input", daemon=True).start()


def _say(endpoints: Endpoints, *, as_json: bool) -> None:
    if as_json:
        lines = [json.dumps(endpoints)]
    else:
        lines = [f"{kind}: {field} = {value}" for kind, fields in endpoints.items() for field, value in fields.items()]
        lines.append("Press Ctrl+C to end.")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
