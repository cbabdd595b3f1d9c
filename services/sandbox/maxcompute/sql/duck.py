"""DuckDB: the types it has for the service's, and connections that see nothing but what they are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from services.sandbox.maxcompute.errors import OdpsError, parse_error, sql_error
from services.sandbox.maxcompute.types import DECIMAL_DEFAULT, OdpsType

WATCH_SECONDS = 0.02
_NAMES = {
    "STRING": "VARCHAR",
    "CHAR": "VARCHAR",
    "JSON": "VARCHAR",
    "INT": "INTEGER",
    "BINARY": "BLOB",
    "DATETIME": "TIMESTAMP_MS",
    "TIMESTAMP": "TIMESTAMP_NS",
    "TIMESTAMP_NTZ": "TIMESTAMP_NS",
    "INTERVAL_DAY_TIME": "STRUCT(sec BIGINT, nano INTEGER)",
    "INTERVAL_YEAR_MONTH": "BIGINT",
    "VOID": "VARCHAR",
}
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 2,
    "memory_limit": "1GB",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
}


def duck_type(kind: OdpsType) -> str:
    """DuckDB's text for a type."""
    if kind.name == "DECIMAL":
        digits, scale = (*kind.sizes, 0)[:2] if kind.sizes else DECIMAL_DEFAULT
        return f"DECIMAL({digits},{scale})"
    if kind.name == "ARRAY":
        return f"{duck_type(kind.parts[0])}[]"
    if kind.name == "MAP":
        return f"MAP({duck_type(kind.parts[0])}, {duck_type(kind.parts[1])})"
    if kind.name == "STRUCT":
        fields = zip(kind.names, kind.parts, strict=True)
        return "STRUCT(" + ", ".join(f"{quote(name)} {duck_type(part)}" for name, part in fields) + ")"
    return _NAMES.get(kind.name, kind.name)


def quote(name: str) -> str:
    """A name for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text for DuckDB."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def connected(stop: Event) -> Iterator[Any]:
    """A connection to an empty database in memory; what runs in it is interrupted when `stop` is set.

    Raises:
        OdpsError: DuckDB is not installed, or it failed.
    """
    connection = _connect()
    done = Event()

    def watch() -> None:
        # An interrupt before the query has begun is forgotten, so there is one after another.
        while not done.wait(WATCH_SECONDS):
            if stop.is_set():
                connection.interrupt()

    watcher = Thread(target=watch, name="query-watch", daemon=True)
    watcher.start()
    try:
        yield connection
    except OdpsError:
        raise
    except Exception as error:
        raise translated(error) from error
    finally:
        done.set()
        watcher.join()
        connection.close()


def _connect() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise OdpsError(
            500, "ODPS-0010000", "System internal error - the sandbox's SQL needs DuckDB: install storedeck[demo]"
        ) from error
    return duckdb.connect(":memory:", config=_CONFIG)


_MISSING = re.compile(r'Referenced column "([^"]+)"|column named "([^"]+)"')
_FUNCTION = re.compile(r"(?:Scalar|Aggregate|Table)?\s*Function with name (\S+) does not exist", re.IGNORECASE)


def translated(error: Exception) -> OdpsError:
    """An error of DuckDB's in the service's words."""
    text = str(error).split("\n\nLINE")[0].split("\nLINE")[0].strip()
    kind = type(error).__name__
    if kind == "InterruptException":
        return sql_error("ODPS-0130211", "Job cancelled")
    column, function = _MISSING.search(text), _FUNCTION.search(text)
    if column is not None:
        name = column[1] or column[2]
        return sql_error("ODPS-0130071", f"Semantic analysis exception - column {name} cannot be resolved")
    if function is not None:
        name = function[1].rstrip("!")
        return sql_error("ODPS-0130071", f"Semantic analysis exception - function or view '{name}' cannot be resolved")
    if kind == "ParserException":
        return parse_error(text)
    if kind == "BinderException":
        return sql_error("ODPS-0130071", f"Semantic analysis exception - {text}")
    return sql_error("ODPS-0123144", f"Fuxi job failed - {text}")
