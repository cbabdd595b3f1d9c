"""SHOW and DESC: what the service tells as text."""

from __future__ import annotations

import fnmatch

from services.sandbox.maxcompute.model import Column, Partition, Table
from services.sandbox.maxcompute.sql.definitions import read_spec
from services.sandbox.maxcompute.sql.session import Session
from services.sandbox.maxcompute.sql.tokens import Reader

_WIDTH = 84
_LINE = "+" + "-" * (_WIDTH - 2) + "+"


def show(reader: Reader, session: Session) -> str:
    """SHOW ..., after that word."""
    if reader.accept("TABLES"):
        return _tables(reader, session)
    if reader.accept("PARTITIONS"):
        table = session.table(reader.qualified())
        return "\n".join(partition.name for partition in table.partitions() if partition.spec) + "\n"
    if reader.accept("CREATE", "TABLE") or reader.accept("CREATE", "VIEW"):
        return create_text(session.table(reader.qualified())) + "\n"
    if reader.accept("SCHEMAS"):
        project = session.warehouse.project(reader.name()) if reader.accept("IN") else session.project
        return "\n".join(project.schemas()) + "\n"
    if reader.accept("FUNCTIONS"):
        return "\n".join(function.name for function in session.project.functions.all(session.schema)) + "\n"
    raise reader.error("TABLES")


def _tables(reader: Reader, session: Session) -> str:
    project, schema = session.project, session.schema
    if reader.accept("IN"):
        name = reader.qualified()
        project, schema, _ = session.place((*name, "x"))
    pattern = reader.text() if reader.accept("LIKE") else "*"
    names = [table for table in project.tables(schema) if fnmatch.fnmatchcase(table.name, pattern.replace("%", "*"))]
    return "\n".join(f"{table.owner}:{table.name}" for table in names) + "\n"


def describe(reader: Reader, session: Session) -> str:
    """DESC [EXTENDED] t [PARTITION (..)], after the first word."""
    reader.accept("EXTENDED")
    reader.accept("TABLE")
    if reader.accept("SCHEMA"):
        name = reader.qualified()[-1]
        return f'{{"name": "{name}", "owner": "{session.project.owner}"}}'
    table = session.table(reader.qualified())
    if reader.is_at("PARTITION"):
        return _partition_text(table.partition(read_spec(reader)))
    lines = [_LINE, _row(f"Owner: {table.owner}", f"Project: {table.project}"), _row(f"TableComment: {table.comment}")]
    lines += [_LINE, _row(f"CreateTime: {table.created:%Y-%m-%d %H:%M:%S}")]
    lines += [_row(f"LastModifiedTime: {table.modified:%Y-%m-%d %H:%M:%S}")]
    lines += [_LINE, _row(f"InternalTable: {'NO' if table.is_view else 'YES'}", f"Size: {table.size}")]
    lines += [_LINE, _row("Native Columns:"), _LINE, *map(_column_row, table.columns), _LINE]
    if table.partition_keys:
        lines += [_row("Partition Columns:"), _LINE, *map(_column_row, table.partition_keys), _LINE]
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.ljust((_WIDTH - 4) // len(cells) - 1) for cell in cells) + " |"


def _column_row(column: Column) -> str:
    return _row(column.name, column.type.lower(), column.comment)


def _partition_text(partition: Partition) -> str:
    lines = [_LINE, _row(f"PartitionSize: {partition.size}", f"Records: {partition.record_num}")]
    lines += [_row(f"CreateTime: {partition.created:%Y-%m-%d %H:%M:%S}")]
    lines += [_row(f"LastModifiedTime: {partition.modified:%Y-%m-%d %H:%M:%S}"), _LINE]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _column_clause(column: Column) -> str:
    parts = [f"`{column.name}` {column.type}"]
    parts += [] if column.nullable else ["NOT NULL"]
    parts += [f"COMMENT '{_escaped(column.comment)}'"] if column.comment else []
    return " ".join(parts)


def create_text(table: Table) -> str:
    """The statement that makes a table or view."""
    name = f"{table.project}.`{table.name}`"
    if table.is_view:
        return f"CREATE VIEW IF NOT EXISTS {name} AS {table.view_text};"
    lines = [_column_clause(column) for column in table.columns]
    if table.primary_key:
        lines.append("PRIMARY KEY (" + ", ".join(f"`{key}`" for key in table.primary_key) + ")")
    text = f"CREATE TABLE IF NOT EXISTS {name} (\n  " + ",\n  ".join(lines) + "\n)"
    if table.comment:
        text += f"\nCOMMENT '{_escaped(table.comment)}'"
    if table.partition_keys:
        text += "\nPARTITIONED BY (" + ", ".join(map(_column_clause, table.partition_keys)) + ")"
    if table.properties:
        pairs = ", ".join(f"'{_escaped(key)}'='{_escaped(value)}'" for key, value in table.properties.items())
        text += f"\nTBLPROPERTIES ({pairs})"
    return text + (f"\nLIFECYCLE {table.lifecycle}" if table.lifecycle > 0 else "") + ";"
