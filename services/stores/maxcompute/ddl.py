"""Statements that make, change and remove tables and partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.errors import ProtocolError, UnsupportedOperation, UsageError, ValueRefused
from services.stores.maxcompute.metadata import TableFacts
from services.stores.maxcompute.names import Place, quoted, sql_text
from services.stores.maxcompute.types import parse_type

OPTIONS: Final = ("partitions", "lifecycle", "comment", "transactional", "properties")
_DROPS: Final = {"VIRTUAL_VIEW": "VIEW", "MATERIALIZED_VIEW": "MATERIALIZED VIEW"}


def sql_name(place: Place, schema: str, project: str = "") -> str:
    """A table's name in SQL, with its schema and its project where they are to stand there."""
    return ".".join(quoted(part) for part in (project, schema, place.table) if part)


def spec_sql(spec: Sequence[tuple[str, str]]) -> str:
    """A partition in SQL."""
    return f"PARTITION ({', '.join(f'{quoted(name)}={sql_text(value)}' for name, value in spec)})"


def create_table(name: str, definition: Mapping[str, Any]) -> str:
    """CREATE TABLE for a definition of `columns` and `options`.

    Raises:
        UsageError, ValueRefused: the definition does not make sense.
    """
    options = dict(definition.get("options") or {})
    unknown = [key for key in options if key not in OPTIONS]
    if unknown:
        raise UsageError(f"options: {unknown[0]} is none", hint=f"There are {', '.join(OPTIONS)}.")
    partitions = [_column(one) for one in options.get("partitions") or ()]
    outside = {one["name"] for one in partitions}
    columns = [one for one in map(_column, definition.get("columns") or ()) if one["name"] not in outside]
    if not columns:
        raise UsageError("columns: a table has at least one", hint='Give {"columns": [{"name": ..., "type": ...}]}.')
    key = [one["name"] for one in columns if one["key"]]
    lines = [_column_sql(one) for one in columns]
    lines += [f"PRIMARY KEY ({', '.join(map(quoted, key))})"] if key else []
    parts = [f"CREATE TABLE {name} (\n  " + ",\n  ".join(lines) + "\n)"]
    if options.get("comment"):
        parts.append(f"COMMENT {sql_text(str(options['comment']))}")
    if partitions:
        parts.append("PARTITIONED BY (" + ", ".join(map(_column_sql, partitions)) + ")")
    parts += _properties(options, has_key=bool(key))
    if options.get("lifecycle") is not None:
        parts.append(f"LIFECYCLE {days_of(options['lifecycle'])}")
    return "\n".join(parts)


def _column(data: Any) -> dict[str, Any]:
    if not isinstance(data, Mapping) or not data.get("name") or not data.get("type"):
        raise UsageError(f"columns: {data!r} is no column", hint='Give each a "name" and a "type".')
    name, text = str(data["name"]), str(data["type"])
    try:
        kind = parse_type(text)
    except ProtocolError as error:
        raise ValueRefused(f"{name}: {text[:60]!r} is no type", hint="Such as BIGINT or DECIMAL(10,2).") from error
    is_key = bool(data.get("key"))
    is_nullable = data.get("nullable", True) is not False and not is_key
    return {"name": name, "type": str(kind), "key": is_key, "nullable": is_nullable, "comment": data.get("comment")}


def _column_sql(column: Mapping[str, Any]) -> str:
    text = f"{quoted(column['name'])} {column['type']}"
    text += "" if column["nullable"] else " NOT NULL"
    return text + (f" COMMENT {sql_text(str(column['comment']))}" if column["comment"] else "")


def _properties(options: Mapping[str, Any], *, has_key: bool) -> list[str]:
    given = options.get("properties") or {}
    if not isinstance(given, Mapping):
        raise UsageError("options: properties is no object", hint='Write {"properties": {"name": "value"}}.')
    found = {str(name): str(value) for name, value in given.items()}
    if options.get("transactional") or has_key:
        found["transactional"] = "true"
    texts = ", ".join(f"{sql_text(name)}={sql_text(value)}" for name, value in sorted(found.items()))
    return [f"TBLPROPERTIES ({texts})"] if found else []


def days_of(value: Any) -> int:
    """A lifecycle in days.

    Raises:
        UsageError: it is none.
    """
    try:
        days = int(value)
    except (TypeError, ValueError):
        days = 0
    if not 1 <= days <= 37231:
        raise UsageError(f"lifecycle: {value!r} is no number of days", hint="Write 1 to 37231, or leave it out.")
    return days


def definition_of(facts: TableFacts) -> dict[str, Any]:
    """The options that `create_table` takes to make such a table again."""
    options: dict[str, Any] = {}
    if facts.partition_keys:
        options["partitions"] = [
            {"name": one.name, "type": one.type} | ({"comment": one.comment} if one.comment else {})
            for one in facts.partition_keys
        ]
    lifecycle = facts.number("lifecycle")
    if lifecycle is not None and lifecycle > 0:
        options["lifecycle"] = lifecycle
    if facts.comment:
        options["comment"] = facts.comment
    if facts.is_transactional:
        options["transactional"] = True
    return options


def ddl_of(facts: TableFacts, name: str) -> str:
    """The statement that makes a table or a view like this one."""
    if facts.is_view:
        return f"CREATE VIEW {name} AS\n{facts.details.get('viewText') or ''}"
    columns = [
        {
            "name": one.name,
            "type": one.type,
            "key": one.name in facts.primary_key,
            "nullable": one.is_nullable,
            "comment": one.comment,
        }
        for one in facts.columns
    ]
    return create_table(name, {"columns": columns, "options": definition_of(facts)})


def drop(place: Place, name: str, type_name: str) -> str:
    """DROP for a table, a view, or a partition of a table."""
    if place.spec:
        return f"ALTER TABLE {name} DROP {spec_sql(place.spec)}"
    return f"DROP {_DROPS.get(type_name, 'TABLE')} {name}"


def add_partition(place: Place, name: str) -> str:
    """ALTER TABLE for a new partition."""
    return f"ALTER TABLE {name} ADD {spec_sql(place.spec)}"


def truncate(place: Place, name: str, facts: TableFacts) -> str:
    """TRUNCATE for a table or a partition.

    Raises:
        UnsupportedOperation: it is a view.
    """
    if facts.is_view:
        raise UnsupportedOperation(f"{place.shown}: a view holds no rows", hint="Empty its tables instead.")
    return f"TRUNCATE TABLE {name}" + (f" {spec_sql(place.spec)}" if place.spec else "")
