"""Where a command's data goes and in which format; a file gets its name only when it is whole."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from services.cli.output.writers import Format, Writer
from services.errors import Refused, UsageError
from services.files import aside


class CountingStream:
    """A stream that counts the bytes written, for `--stats`."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.bytes_written = 0

    def write(self, data: bytes) -> int:
        """Write and count."""
        self.bytes_written += len(data)
        return self._stream.write(data)

    def flush(self) -> None:
        """Hand on what is buffered."""
        self._stream.flush()

    @property
    def closed(self) -> bool:
        """Whether the stream under it is closed; Arrow asks."""
        return self._stream.closed

    def writable(self) -> bool:
        """True; Arrow asks."""
        return True


def chosen_format(name: str | None, target: str | None) -> Format:
    """The format asked for, else a table on a terminal and JSON Lines elsewhere.

    Raises:
        UsageError: the format is binary and a terminal would get it.
    """
    is_terminal = goes_to_terminal(target)
    if name is None:
        return Format.TABLE if is_terminal else Format.JSONL
    if Format(name).is_binary and is_terminal:
        raise UsageError(f"--format {name}: a terminal cannot show it", hint="Add -o FILE, or send it to a pipe.")
    return Format(name)


def goes_to_terminal(target: str | None) -> bool:
    """Whether the data is written to a terminal."""
    return target in (None, "-") and sys.stdout.isatty()


@contextlib.contextmanager
def open_stream(target: str | None) -> Iterator[CountingStream]:
    """Standard output, or a file that takes its name when the block ends well.

    Raises:
        UsageError: the file cannot be made.
    """
    if target in (None, "-"):
        sys.stdout.flush()
        stream = CountingStream(sys.stdout.buffer)
        yield stream
        sys.stdout.buffer.flush()
        return
    assert target is not None
    path = Path(target)
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(aside(path))
        except OSError as error:
            raise UsageError(
                f"{target}: {error.strerror}", hint="Name a file in a folder that you can write."
            ) from error
        try:
            yield CountingStream(file)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise Refused(f"{target}: {error.strerror}", hint="Free some space or choose another place.") from error


def make_writer(kind: Format, stream: IO[bytes], *, is_terminal: bool, numbers: bool) -> Writer:
    """The writer of a format."""
    return _writer_class(kind)(stream, is_terminal=is_terminal, numbers=numbers)


def _writer_class(kind: Format) -> type[Writer]:
    match kind:
        case Format.PARQUET | Format.ARROW:
            from services.cli.output.arrow_formats import ArrowWriter, ParquetWriter

            return ArrowWriter if kind is Format.ARROW else ParquetWriter
        case Format.TABLE:
            from services.cli.output.table_format import TableWriter

            return TableWriter
    from services.cli.output import text_formats

    return {
        Format.JSONL: text_formats.JsonLinesWriter,
        Format.JSON: text_formats.JsonWriter,
        Format.CSV: text_formats.CsvWriter,
        Format.TSV: text_formats.TsvWriter,
    }[kind]
