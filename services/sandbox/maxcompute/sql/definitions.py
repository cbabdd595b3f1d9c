"""Reads the parts that definitions are made of: columns, partition specs, properties."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.sandbox.maxcompute.errors import sql_error
from services.sandbox.maxcompute.model import Column
from services.sandbox.maxcompute.specs import Spec
from services.sandbox.maxcompute.sql.tokens import Reader
from services.sandbox.maxcompute.types import parse_type


@dataclass
class Definition:
    """What CREATE TABLE says after the name."""

    columns: list[Column] = field(default_factory=list)
    primary_key: list[str] = field(default_factory=list)
    partition_keys: list[Column] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    comment: str = ""
    lifecycle: int = -1


def read_column(reader: Reader) -> Column:
    """`name TYPE [NOT NULL|NULL] [DEFAULT x] [COMMENT 'text']`."""
    name = reader.name()
    kind = str(parse_type(reader.type_text()))
    nullable, comment = True, ""
    while True:
        if reader.accept("NOT", "NULL"):
            nullable = False
        elif reader.accept("COMMENT"):
            comment = reader.text()
        elif reader.accept("DEFAULT"):
            reader.take("text", "number", "word")
        elif not reader.accept("NULL"):
            return Column(name, kind, nullable, comment)


def read_columns(reader: Reader) -> tuple[list[Column], list[str]]:
    """Columns in parentheses, and the primary key when one of them is that."""
    columns: list[Column] = []
    primary_key: list[str] = []
    reader.expect("(")
    while True:
        if reader.accept("PRIMARY", "KEY"):
            primary_key = reader.names()
            reader.accept("NOT", "ENFORCED")
        else:
            columns.append(read_column(reader))
        if not reader.accept(","):
            break
    reader.expect(")")
    _check(columns, primary_key)
    return columns, primary_key


def _check(columns: list[Column], primary_key: list[str]) -> None:
    names = [column.name.lower() for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise sql_error("ODPS-0130071", f"Semantic analysis exception - duplicate column name '{name}'")
    for key in primary_key:
        if key.lower() not in names:
            raise sql_error("ODPS-0130071", f"Semantic analysis exception - primary key column '{key}' is not defined")


def read_properties(reader: Reader) -> dict[str, str]:
    """`('name'='value', ...)`."""
    properties = {}
    reader.expect("(")
    while True:
        name = reader.text()
        reader.expect("=")
        properties[name] = reader.text()
        if not reader.accept(","):
            break
    reader.expect(")")
    return properties


def read_definition(reader: Reader) -> Definition:
    """All that follows the name of a new table, up to AS or the end."""
    made = Definition()
    if reader.is_at("("):
        made.columns, made.primary_key = read_columns(reader)
    while not (reader.is_at("AS") or reader.next.kind == "end"):
        if reader.accept("COMMENT"):
            made.comment = reader.text()
        elif reader.accept("PARTITIONED", "BY"):
            made.partition_keys, _ = read_columns(reader)
        elif reader.accept("TBLPROPERTIES"):
            made.properties |= read_properties(reader)
        elif reader.accept("LIFECYCLE"):
            made.lifecycle = reader.number()
        elif reader.accept("PRIMARY", "KEY"):
            made.primary_key = reader.names()
        elif reader.accept("STORED", "AS"):
            reader.name()
        elif reader.is_at("CLUSTERED") or reader.is_at("RANGE"):
            _skip_clustering(reader)
        else:
            raise reader.error()
    return made


def _skip_clustering(reader: Reader) -> None:
    """`[RANGE] CLUSTERED BY (..) [SORTED BY (..)] [INTO n BUCKETS]`: how rows lie does not show here."""
    reader.accept("RANGE")
    reader.expect("CLUSTERED", "BY")
    reader.names()
    if reader.accept("SORTED", "BY"):
        reader.names()
    if reader.accept("INTO"):
        reader.number()
        reader.expect("BUCKETS")


def read_spec(reader: Reader) -> str:
    """`PARTITION (name='value', ...)` as a spec's text."""
    reader.expect("PARTITION", "(")
    spec: Spec = {}
    while True:
        name = reader.name()
        reader.expect("=")
        spec[name] = reader.take("text", "number", "word").value
        if not reader.accept(","):
            break
    reader.expect(")")
    return quoted_spec(spec)


def quoted_spec(spec: Spec) -> str:
    """A spec's text that keeps any character of its values."""
    escaped = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in spec.items()}
    return ",".join(f"{name}='{value}'" for name, value in escaped.items())


def read_specs(reader: Reader) -> list[str]:
    """One or several of them, with commas between or without."""
    specs = [read_spec(reader)]
    while reader.accept(",") or reader.is_at("PARTITION"):
        specs.append(read_spec(reader))
    return specs
