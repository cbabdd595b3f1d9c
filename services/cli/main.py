"""The command line's entry: parses, runs one command, turns every failure into words and an exit code."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from services.cli.grammar import build_parser
from services.cli.interrupts import interrupts
from services.cli.parser import prepared
from services.cli.run import Run
from services.cli.streams import say, tell_error
from services.errors import Cancelled, StoredeckError, UsageError
from services.logs import RedactingFormatter, redact, start_logging, stop_logging


def main(argv: Sequence[str]) -> int:
    """Run the command of these words (without the program's name); the exit code."""
    try:
        return _parsed_and_run(list(argv))
    except KeyboardInterrupt:  # before or after the command itself, which has its own way to stop
        tell_error(Cancelled("storedeck: interrupted: as asked"), as_json=False)
        return Cancelled.exit_code


def _parsed_and_run(words: list[str]) -> int:
    try:
        args = build_parser().parse_args(prepared(words))
    except UsageError as error:
        tell_error(error, as_json=_wants_json(words))
        return error.exit_code
    except SystemExit as ended:  # --help and --version
        return int(ended.code or 0)
    with _logging(args):
        return _run(args)


def _run(args: Namespace) -> int:
    run = Run(args)
    error: StoredeckError | None = None
    code = 0
    try:
        with interrupts(run.cancel):
            code = int(args.run(run) or 0)
            run.cancel.check()
    except BrokenPipeError:
        _let_go_of_stdout()
        return 0
    except (Exception, KeyboardInterrupt) as raised:
        error = _as_ours(run, raised)
        code = error.exit_code
        if error.request_id and error.request_id not in run.stats.request_ids:
            run.stats.request_ids.append(error.request_id)
    finally:
        run.close()
    if getattr(args, "stats", False):
        sys.stderr.write(json.dumps(run.stats.data()) + "\n")
    if error is not None:
        tell_error(error, as_json=getattr(args, "format", None) in ("json", "jsonl"))
    return code


def _as_ours(run: Run, error: BaseException) -> StoredeckError:
    """Any failure as one of ours; after an interruption that is what it was."""
    command = run.args.command
    if run.cancel.is_cancelled or isinstance(error, KeyboardInterrupt):
        why = "as asked"
        if isinstance(error, StoredeckError) and not isinstance(error, Cancelled):
            why = error.message
        return Cancelled(f"{command}: interrupted: {why}")
    if isinstance(error, StoredeckError):
        return error
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return StoredeckError(f"{command}: {where}{error.strerror or error}", hint="Check the file and its folder.")
    logging.getLogger(__name__).error("defect", exc_info=error)
    return _defect(command, error)


def _defect(command: str, error: BaseException) -> StoredeckError:
    """A failure that nobody foresaw: named, without a traceback on the terminal."""
    words = redact(f"{type(error).__name__}: {error}")
    return StoredeckError(
        f"{command}: a defect of Storedeck: {words}", hint="Run it again with --log FILE and report what the file says."
    )


def _wants_json(words: list[str]) -> bool:
    """Whether JSON was asked for in words that could not be parsed."""
    pairs = itertools.pairwise(words)
    return any(word in ("--format=json", "--format=jsonl") for word in words) or any(
        word == "--format" and value in ("json", "jsonl") for word, value in pairs
    )


def _let_go_of_stdout() -> None:
    """The reader is gone: what is still buffered goes nowhere, without another complaint at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


@contextlib.contextmanager
def _logging(args: Namespace) -> Iterator[None]:
    """Log to `--log FILE`, and to standard error with `--verbose`."""
    is_verbose = bool(getattr(args, "verbose", False))
    file = getattr(args, "log", None)
    handler: logging.Handler | None = None
    shown: logging.Handler | None = None
    try:
        handler = start_logging(Path(file) if file else None, is_verbose=is_verbose)
    except OSError as error:
        say(f"note: no log: {file}: {error.strerror}")
    if is_verbose:
        shown = logging.StreamHandler(sys.stderr)
        shown.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
        logging.getLogger().addHandler(shown)
        logging.getLogger().setLevel(logging.DEBUG)
    try:
        yield
    finally:
        stop_logging(handler)
        stop_logging(shown)
