"""What is left of an error of our own: a report without secrets, and one line that says where it is."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from services.logs import redact
from services.text import displayable


def write_report(error: BaseException, folder: Path) -> Path:
    """Write the traceback without values of variables, redacted; returns the file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000:06d}.txt"
    path.touch(mode=0o600)
    path.write_text(report(error), "utf-8")
    return path


def report(error: BaseException) -> str:
    """The report's text."""
    head = [
        f"Storedeck {_version('storedeck')}, Textual {_version('textual')}, Python {platform.python_version()}",
        f"{platform.system()} {platform.release()}",
        time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "",
    ]
    lines = "".join(traceback.format_exception(inner(error))).splitlines()
    return "\n".join([*head, *(displayable(redact(line)) for line in lines)]) + "\n"


def inner(error: BaseException) -> BaseException:
    """What a worker's failure wraps."""
    wrapped = getattr(error, "error", None)
    return wrapped if isinstance(wrapped, BaseException) else error


def tell(error: BaseException, folder: Path) -> None:
    """Write the report and say in one line where it is; with no disk to write to, say what failed."""
    what = f"storedeck ended by an error of its own ({type(inner(error)).__name__}); staged edits are kept."
    try:
        place = f"report: {write_report(error, folder)}"
    except OSError as problem:
        place = f"no report could be written: {problem.strerror}"
    sys.stderr.write(f"error: {what} {displayable(place)}\n")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"
