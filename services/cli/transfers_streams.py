"""`-` as an end of a transfer that is waited for: standard input and output by way of a private file."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from services.errors import UsageError
from services.transfers.places import STANDARD

if TYPE_CHECKING:
    from services.cli.run import Run
    from services.transfers.model import TransferOptions


@contextlib.contextmanager
def streamed(
    run: Run, source: str, target: str, options: TransferOptions
) -> Iterator[tuple[str, str, TransferOptions]]:
    """Both addresses with files in place of `-`; what was written for standard output goes there at the end.

    Raises:
        UsageError: nobody waits, or the format is not named.
    """
    if STANDARD not in (source, target):
        yield source, target, options
        return
    if not run.args.wait and not run.args.dry_run:
        raise UsageError("-: a queued transfer has no standard input or output", hint="Add --wait.")
    if not run.args.file_format:
        raise UsageError("-: has no name that tells the format", hint="Name it: --format csv.")
    folder = run.services.paths.state
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="stream-", dir=folder) as kept:
        taken, given = (Path(kept) / f"{name}.{run.args.file_format}" for name in ("input", "output"))
        if source == STANDARD:
            with taken.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            source = str(taken)
        if target == STANDARD:
            target = str(given)
            run.args.is_told = False
        yield source, target, options
        if given.exists():
            with given.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
