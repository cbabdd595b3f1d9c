"""The SYS schema: its views and their columns."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.scope import Output
from services.sandbox.ignite.sql.types import SqlType

_KINDS: dict[str, SqlType] = {
    "boolean": types.BOOLEAN,
    "byte": types.TINYINT,
    "int": types.INTEGER,
    "Integer": types.INTEGER,
    "long": types.BIGINT,
    "Long": types.BIGINT,
    "float": types.REAL,
    "double": types.DOUBLE,
    "UUID": types.UUID_TYPE,
    "Date": types.TIMESTAMP,
    "Timestamp": types.TIMESTAMP,
}


@cache
def all_views() -> dict[str, list[tuple[Output, str]]]:
    """Every view with its columns in order: the output, and the Java type the node names."""
    views: dict[str, list[tuple[Output, str]]] = {}
    columns: list[tuple[Output, str]] = []
    for line in Path(__file__).with_name("sys_views.txt").read_text("utf-8").splitlines():
        if line.startswith(" "):
            name, java = line.split()
            columns.append((Output(name, _KINDS.get(java, types.VARCHAR)), java))
        else:
            columns = views[line] = []
    return views


def columns_of(name: str) -> list[Output] | None:
    """The columns of a view, or None when there is no such view."""
    found = all_views().get(name)
    return None if found is None else [output for output, _ in found]
