"""One run of a command: its arguments, the services, the way to stop it, and where its output goes."""

from __future__ import annotations

import contextlib
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, cast

from services.bootstrap import Services, build_services
from services.cancel import CancelToken
from services.cli.output.opening import chosen_format, goes_to_terminal, make_writer, open_stream
from services.cli.output.writers import Format, Record, Writer
from services.cli.streams import say
from services.results.presenting import PLAIN, Presentation

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class Stats:
    """What `--stats` tells at the end."""

    rows: int = 0
    bytes_written: int = 0
    requests: int | None = None
    request_ids: list[str] = field(default_factory=list)
    cost: dict[str, int] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def data(self) -> dict[str, Any]:
        """As JSON data; what the store does not tell is left out."""
        data: dict[str, Any] = {"rows": self.rows, "bytes": self.bytes_written}
        data["seconds"] = round(time.monotonic() - self.started, 6)
        if self.requests is not None:
            data["requests"] = self.requests
        if self.cost:
            data["cost"] = self.cost
        return data | {"request_ids": self.request_ids}


class Output:
    """Rows on their way out, counted."""

    def __init__(self, writer: Writer, stats: Stats) -> None:
        self._writer = writer
        self._stats = stats

    def batch(self, batch: pa.RecordBatch, presentation: Presentation = PLAIN) -> None:
        """Write a page."""
        self._writer.batch(batch, presentation)
        self._stats.rows += batch.num_rows
        self._writer.stream.flush()

    def record(self, record: Record) -> None:
        """Write one row."""
        self._writer.record(record)
        self._stats.rows += 1

    def line(self, text: str) -> None:
        """Write a line of its own, in no format."""
        self._writer.stream.write(text.encode() + b"\n")

    def live_record(self, record: Record) -> None:
        """Write one row so that a reader sees it now."""
        self.record(record)
        self._writer.stream.flush()


class Run:
    """One run of a command."""

    def __init__(self, args: Namespace) -> None:
        self.args = args
        self.cancel = CancelToken()
        self.stats = Stats()

    @cached_property
    def services(self) -> Services:
        """The service layer over the user's directories."""
        return build_services()

    def close(self) -> None:
        """Close the files of the service layer, where it was used."""
        if "services" in vars(self):
            self.services.close()

    @property
    def is_read_only(self) -> bool:
        """Whether `--read-only` was given."""
        return bool(getattr(self.args, "read_only", False))

    @property
    def format(self) -> Format:
        """The format of the data."""
        return chosen_format(getattr(self.args, "format", None), self._target)

    @property
    def _target(self) -> str | None:
        target: str | None = getattr(self.args, "output", None)
        return target

    def note(self, text: str) -> None:
        """Tell a person something that is no error."""
        if not getattr(self.args, "quiet", False):
            say(text)

    @contextlib.contextmanager
    def output(self, kind: Format | None = None) -> Iterator[Output]:
        """Open the output; it is completed when the block ends well, and a file stays away when it does not."""
        kind = kind or self.format
        with open_stream(self._target) as stream:
            writer = make_writer(
                kind,
                cast("IO[bytes]", stream),
                is_terminal=goes_to_terminal(self._target),
                numbers=bool(getattr(self.args, "json_numbers", False)),
            )
            yield Output(writer, self.stats)
            writer.close()
            stream.flush()
            self.stats.bytes_written += stream.bytes_written

    @property
    def can_ask(self) -> bool:
        """Whether a person sits before a terminal to answer."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
