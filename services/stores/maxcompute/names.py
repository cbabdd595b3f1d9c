"""Names and paths.

A table is `(table,)`, or `("schema.", table)` in a schema of its own; a partition of it has its spec behind, as
`pt=1/region=eu`. `("schema.",)` is a schema, `("#functions",)` a group, `("job:ID",)` a run of a statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from services.errors import NotFound, UsageError, ValueRefused
from services.stores.changes import Path

GROUP_MARK: Final = "#"
JOB_MARK: Final = "job:"
SCHEMA_MARK: Final = "."
DEFAULT_SCHEMA: Final = "default"
_NAME: Final = re.compile(r"^[^\W\d]\w{0,127}$")
_SPEC_PART: Final = re.compile(r"""^\s*`?([^\W\d]\w*)`?\s*=\s*(?:'([^']*)'|"([^"]*)"|([^'"]*?))\s*$""")
_HINT: Final = "Write table, schema.table, table/pt=1 or table/pt=1/region=eu, or job:ID."


@dataclass(frozen=True, slots=True)
class Place:
    """A table, or a partition of it.

    Attributes:
        schema: empty for the profile's.
        spec: the partition's values in order, empty for the whole table.
    """

    schema: str
    table: str
    spec: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """As an address."""
        return "/".join([f"{self.schema}{SCHEMA_MARK}{self.table}" if self.schema else self.table, *self._parts()])

    def _parts(self) -> list[str]:
        return [f"{name}={value}" for name, value in self.spec]

    @property
    def wire_spec(self) -> str:
        """The partition as tunnels and listings take it."""
        return ",".join(self._parts())


def parse_address(text: str) -> Path:
    """The path of an address.

    Raises:
        UsageError: it is none.
    """
    if not text:
        return ()
    if text.startswith(JOB_MARK):
        identifier = text.removeprefix(JOB_MARK)
        if not re.fullmatch(r"[\w-]+", identifier):
            raise UsageError(f"{text}: no job", hint="Write job:ID, with an id that `jobs PROFILE list` shows.")
        return (text,)
    head, slash, spec = text.partition("/")
    schema, dot, table = head.rpartition(SCHEMA_MARK)
    if not _is_name(table) or (dot and not _is_name(schema)) or (slash and not spec):
        raise UsageError(f"{text}: no address", hint=_HINT)
    base = (schema + SCHEMA_MARK, table) if schema else (table,)
    return (*base, spec_text(parse_spec(spec))) if slash else base


def _is_name(text: str) -> bool:
    return _NAME.match(text) is not None


def parse_spec(text: str) -> tuple[tuple[str, str], ...]:
    """The values of a partition: `pt=1/region=eu`, or with commas and quotes as SQL writes it.

    Raises:
        UsageError: it is none.
    """
    parts = []
    for piece in re.split(r"[/,]", text):
        match = _SPEC_PART.match(piece)
        if match is None:
            raise UsageError(f"{text}: no partition", hint="Write name=value, several with /: pt=20260101/region=eu.")
        parts.append((match[1], next(value for value in (*match.groups()[1:], "") if value is not None)))
    return tuple(parts)


def spec_text(spec: tuple[tuple[str, str], ...]) -> str:
    """A partition as the last part of a path."""
    return "/".join(f"{name}={value}" for name, value in spec)


def format_address(path: Path) -> str:
    """The address that `parse_address` reads as this path.

    Raises:
        UsageError: there is none.
    """
    if not path:
        return ""
    text = path[0] if is_job(path) else _address_of(path)
    if parse_address(text) != tuple(path):
        raise UsageError(f"{shown(path)}: has no address", hint="Tables, their partitions and jobs have one.")
    return text


def _address_of(path: Path) -> str:
    if path[0].endswith(SCHEMA_MARK):
        return path[0] + "/".join(path[1:])
    return "/".join(path)


def shown(path: Path) -> str:
    """A path in words."""
    return _address_of(path) if path else "the project"


def is_job(path: Path) -> bool:
    """Whether a path names a job."""
    return len(path) == 1 and path[0].startswith(JOB_MARK)


def job_id(path: Path) -> str:
    """The id of the job that a path names."""
    return path[0].removeprefix(JOB_MARK)


def schema_of(path: Path) -> str:
    """The schema that a path begins with, or empty."""
    return path[0].removesuffix(SCHEMA_MARK) if path and path[0].endswith(SCHEMA_MARK) else ""


def below_schema(path: Path) -> Path:
    """A path without its schema."""
    return tuple(path[1:]) if schema_of(path) else tuple(path)


def group_of(path: Path) -> str:
    """The group that a path names or lies in, or empty."""
    rest = below_schema(path)
    return rest[0].removeprefix(GROUP_MARK) if rest and rest[0].startswith(GROUP_MARK) else ""


def place_of(path: Path) -> Place:
    """The table or partition that a path names.

    Raises:
        NotFound: it names neither.
    """
    rest = below_schema(path)
    if group_of(path) or is_job(path) or not 1 <= len(rest) <= 2 or not _is_name(rest[0]):
        raise NotFound(f"{shown(path)}: neither a table nor a partition", hint=_HINT)
    try:
        spec = parse_spec(rest[1]) if len(rest) == 2 else ()
    except UsageError as error:
        raise NotFound(error.message, hint=error.hint) from error
    return Place(schema_of(path), rest[0], spec)


def quoted(name: str) -> str:
    """A name as SQL takes it.

    Raises:
        ValueRefused: the service can have no such name.
    """
    if not _is_name(name):
        hint = "Names are letters, digits and _ and begin with no digit, at most 128."
        raise ValueRefused(f"{name[:60]!r}: no name of a table or column", hint=hint)
    return f"`{name}`"


def sql_text(value: str) -> str:
    """A text as a literal of the service's SQL, where a backslash escapes."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
