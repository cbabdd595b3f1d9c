"""What work says of itself on the way, on standard error: every change on a terminal, else what is new in kind."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.cli.run import Run


@contextlib.contextmanager
def progress_on(run: Run) -> Iterator[None]:
    """Say how the work stands while the block runs.

    Off a terminal only the first word on each thing is said, such as that a job was submitted: that is how it is found
    again. Numbers that rise are for people who watch.
    """
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    said: set[str] = set()

    def heard(words: str) -> None:
        for line in words.splitlines():
            subject = line if is_terminal else line.partition(": ")[0]
            if subject not in said:
                said.add(subject)
                run.note(f"note: {line}")

    with run.cancel.heard_by(heard):
        yield
