"""How a file is read or written: the options of a transfer that concern files."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.errors import UsageError

_ESCAPES: Final = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "tab": "\t"}
_FLAGS: Final = {"true": True, "false": False}


class FileFormat(StrEnum):
    """The shape of a file."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    ARROW = "arrow"

    @property
    def is_text(self) -> bool:
        """Whether its values are text whose types have to be found out or given."""
        return self in (FileFormat.CSV, FileFormat.TSV)


class Compression(StrEnum):
    """What is wrapped around the whole file."""

    NONE = ""
    GZIP = "gzip"
    ZSTD = "zstd"
    BZ2 = "bz2"
    LZ4 = "lz4"


_FORMAT_SUFFIXES: Final = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.TSV,
    ".tab": FileFormat.TSV,
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
    ".json": FileFormat.JSONL,
    ".parquet": FileFormat.PARQUET,
    ".pq": FileFormat.PARQUET,
    ".arrow": FileFormat.ARROW,
    ".feather": FileFormat.ARROW,
    ".ipc": FileFormat.ARROW,
}
_COMPRESSION_SUFFIXES: Final = {
    ".gz": Compression.GZIP,
    ".zst": Compression.ZSTD,
    ".bz2": Compression.BZ2,
    ".lz4": Compression.LZ4,
}


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Options of one file or of all files of a folder.

    Attributes:
        null_text: an unquoted field with this text is NULL; a quoted one never is.
        has_header: the first line of each file names the columns; without it they are `c1`, `c2`, ...
        date_pattern: strptime pattern of dates and times in text; empty for ISO 8601.
        zone: of times written without one.
        types: `infer` from a sample, `text` for none, or `name:type,...` in Arrow's words.
        codec: how Parquet and Arrow compress inside.
    """

    format: FileFormat
    compression: Compression = Compression.NONE
    delimiter: str = ","
    quote: str = '"'
    null_text: str = ""
    has_header: bool = True
    encoding: str = "utf-8"
    date_pattern: str = ""
    zone: str = "UTC"
    types: str = "infer"
    codec: str = "zstd"


def file_options(path: str, given: Mapping[str, str]) -> FileOptions:
    """The options of a file, by its name where they are not given.

    Raises:
        UsageError: a value is not allowed, or the name tells no format.
    """
    known = {entry.name for entry in fields(FileOptions)} | {"header"}
    values = {name: text for name, text in given.items() if name in known}
    by_name, compression = format_of(path)
    form = _chosen_format(values.get("format", ""), by_name, path)
    options = FileOptions(
        format=form,
        compression=_compression(values.get("compression"), compression),
        delimiter=_character("delimiter", values.get("delimiter"), "\t" if form is FileFormat.TSV else ","),
        quote=_character("quote", values.get("quote"), '"'),
        null_text=values.get("null_text", ""),
        has_header=_flag("header", values.get("header", values.get("has_header", "true"))),
        encoding=_encoding(values.get("encoding", "utf-8")),
        date_pattern=values.get("date_pattern", ""),
        zone=_zone(values.get("zone", "UTC")),
        types=values.get("types", "infer"),
        codec=values.get("codec", "zstd"),
    )
    if options.compression is not Compression.NONE and form in (FileFormat.PARQUET, FileFormat.ARROW):
        raise UsageError(
            f"{path}: {form} is compressed inside, not around",
            hint="Leave the compression suffix out, and choose the codec with codec=zstd, snappy, gzip or none.",
        )
    return options


def format_of(path: str) -> tuple[FileFormat | None, Compression]:
    """Format and compression as the suffixes of a name tell them."""
    name = path.lower().rstrip("/")
    for suffix, compression in _COMPRESSION_SUFFIXES.items():
        if name.endswith(suffix):
            return _format_by_suffix(name.removesuffix(suffix)), compression
    return _format_by_suffix(name), Compression.NONE


def _format_by_suffix(name: str) -> FileFormat | None:
    return next((form for suffix, form in _FORMAT_SUFFIXES.items() if name.endswith(suffix)), None)


def _chosen_format(word: str, by_name: FileFormat | None, path: str) -> FileFormat:
    names = ", ".join(FileFormat)
    if word:
        try:
            return FileFormat(word)
        except ValueError:
            raise UsageError(f"format {word}: not known for files", hint=f"The formats are {names}.") from None
    if by_name is None:
        raise UsageError(f"{path}: the name does not tell the format", hint=f"Give the format: {names}.")
    return by_name


def _compression(word: str | None, by_name: Compression) -> Compression:
    if word is None:
        return by_name
    try:
        return Compression("" if word == "none" else word)
    except ValueError:
        names = ", ".join(filter(None, Compression))
        raise UsageError(f"compression {word}: not known", hint=f"Use none, {names}.") from None


def _character(name: str, text: str | None, default: str) -> str:
    if text is None:
        return default
    character = _ESCAPES.get(text, text)
    if character.startswith("\\u"):
        character = character.encode("ascii", "replace").decode("unicode_escape", "replace")
    if len(character) != 1 or ord(character) > 127 or character in "\r\n":
        raise UsageError(f"{name} {text!r}: has to be one ASCII character", hint="\\t and \\u0001 are understood.")
    return character


def _flag(name: str, text: str) -> bool:
    if text not in _FLAGS:
        raise UsageError(f"{name} {text!r}: is true or false")
    return _FLAGS[text]


def _encoding(text: str) -> str:
    try:
        return codecs.lookup(text).name
    except LookupError:
        raise UsageError(f"encoding {text!r}: not known", hint="Such as utf-8, gbk, latin-1 or utf-16.") from None


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(f"zone {text!r}: not known", hint="Such as UTC or Asia/Shanghai.") from None
    return text
