"""CREATE TABLE read into a table and the configuration of its cache."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.sandbox.ignite import config
from services.sandbox.ignite.config import CacheConfig
from services.sandbox.ignite.errors import SqlRefused
from services.sandbox.ignite.sql import convert, types
from services.sandbox.ignite.sql.schema import Column, Table
from services.sandbox.ignite.sql.tables import new_type_name
from services.sandbox.ignite.sql.text import TokenReader, parse_error

TEMPLATES = {"PARTITIONED": config.PARTITIONED, "REPLICATED": config.REPLICATED}
ATOMICITIES = {"TRANSACTIONAL": config.TRANSACTIONAL, "ATOMIC": config.ATOMIC}
SYNCHRONIZATIONS = {"FULL_SYNC": 0, "FULL_ASYNC": 1, "PRIMARY_SYNC": 2}
OPTIONS = frozenset(
    {
        "TEMPLATE", "BACKUPS", "ATOMICITY", "WRITE_SYNCHRONIZATION_MODE", "CACHE_GROUP", "CACHE_NAME",
        "DATA_REGION", "KEY_TYPE", "VALUE_TYPE", "WRAP_KEY", "WRAP_VALUE", "AFFINITY_KEY", "AFFINITYKEY",
        "PARALLELISM",
    }
)  # fmt: skip


@dataclass
class TableDefinition:
    """A CREATE TABLE as written."""

    schema: str
    name: str
    columns: list[Column] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)


def read_table(reader: TokenReader, schema: str, name: str) -> TableDefinition:
    """Reads what follows the table's name."""
    found = TableDefinition(schema, name)
    reader.expect("(")
    while True:
        if reader.peek() in {"PRIMARY", "CONSTRAINT"}:
            _read_constraint(reader, found)
        else:
            found.columns.append(read_column(reader, found.key))
        if not reader.has(","):
            break
    reader.expect(")")
    if reader.has("WITH"):
        found.options = _options(reader.string())
        while reader.has(","):
            found.options |= _options(reader.string())
    reader.end()
    _check(found)
    return found


def _read_constraint(reader: TokenReader, found: TableDefinition) -> None:
    if reader.has("CONSTRAINT"):
        reader.identifier()
    reader.expect("PRIMARY", "KEY")
    found.key += [name for name, _ in read_columns(reader)]


def read_columns(reader: TokenReader) -> list[tuple[str, bool]]:
    """`(a, b DESC)` as names with a descending mark."""
    reader.expect("(")
    columns = []
    while True:
        name = reader.identifier()
        is_descending = reader.has("DESC")
        if not is_descending:
            reader.has("ASC")
        columns.append((name, is_descending))
        if not reader.has(","):
            break
    reader.expect(")")
    return columns


def read_column(reader: TokenReader, key: list[str]) -> Column:
    """One column definition; a PRIMARY KEY mark adds it to `key`."""
    name = reader.identifier()
    type_name = reader.next().word
    for following in ("PRECISION", "VARYING"):
        if reader.has(following):
            type_name += f" {following}"
    kind = types.BY_NAME.get(type_name)
    if kind is None:
        raise parse_error(f'Unknown data type: "{type_name}"', reader.sql, 50004)
    column = Column(name, kind)
    if reader.has("("):
        column.precision = reader.number()
        if reader.has(","):
            column.scale = reader.number()
        elif kind is types.DECIMAL:
            column.scale = 0
        reader.expect(")")
    while _read_mark(reader, column, key):
        pass
    return column


def _read_mark(reader: TokenReader, column: Column, key: list[str]) -> bool:
    if reader.has("NOT", "NULL"):
        column.is_nullable = False
    elif reader.has("DEFAULT"):
        column.default = _default(reader, column)
    elif reader.has("PRIMARY", "KEY"):
        key.append(column.name)
    else:
        return reader.has("NULL")
    return True


def _default(reader: TokenReader, column: Column) -> object:
    sign = "-" if reader.has("-") else ""
    token = reader.next()
    if token.word == "NULL":
        return None
    text = token.text[1:-1].replace("''", "'") if token.kind == "string" else sign + token.text
    return convert.cast(text, column.kind.name)


def _options(text: str) -> dict[str, str]:
    """`"template=partitioned, backups=1"` by upper-case name."""
    found = {}
    for part in text.split(","):
        name, equals, value = part.strip().partition("=")
        if name.upper() not in OPTIONS or not equals:
            raise SqlRefused("42000", f"Unsupported parameter: {name.strip().upper()}")
        found[name.strip().upper()] = value.strip().strip("'\"")
    return found


def _check(found: TableDefinition) -> None:
    names = [column.name for column in found.columns]
    folded = {name.upper() for name in names}
    if len(folded) != len(names):
        raise SqlRefused("42000", "Duplicate column name (the sandbox folds the case of column names)")
    if not found.key:
        raise SqlRefused("42000", "No PRIMARY KEY defined for CREATE TABLE")
    for name in found.key:
        if name not in names:
            raise SqlRefused("42000", f"PRIMARY KEY column is not defined: {name}")
    if len(found.key) == len(names) and found.options.get("WRAP_VALUE", "").lower() != "false":
        raise SqlRefused("0A000", "Table must have at least one non PRIMARY KEY column.")


def table_and_config(found: TableDefinition) -> tuple[Table, CacheConfig]:
    """The table and the cache that a definition asks for."""
    options = found.options
    type_name = new_type_name(found.name, found.schema)
    has_key_object = len(found.key) > 1 or options.get("WRAP_KEY", "").lower() == "true" or "KEY_TYPE" in options
    is_whole = options.get("WRAP_VALUE", "").lower() == "false" and len(found.columns) == len(found.key) + 1
    values = [column for column in found.columns if column.name not in found.key]
    keys = [column for column in found.columns if column.name in found.key]
    affinity = options.get("AFFINITY_KEY") or options.get("AFFINITYKEY")
    table = Table(
        found.schema, found.name, found.columns, [column.name for column in keys],
        options.get("CACHE_NAME") or f"SQL_{found.schema}_{found.name}",
        options.get("KEY_TYPE") or (f"{type_name}_KEY" if has_key_object else keys[0].kind.java),
        options.get("VALUE_TYPE") or (values[0].kind.java if is_whole else type_name),
        _affinity(affinity, found), has_key_object, not is_whole,
    )  # fmt: skip
    return table, _config(table, options)


def _affinity(name: str | None, found: TableDefinition) -> str | None:
    if name is None:
        return None
    match = next((key for key in found.key if key in {name, name.upper()}), None)
    if match is None:
        raise SqlRefused("42000", f"Affinity key column with given name not found: {name}")
    return match


def _config(table: Table, options: dict[str, str]) -> CacheConfig:
    return CacheConfig(
        table.cache_name,
        mode=_choice(options, "TEMPLATE", TEMPLATES, "PARTITIONED"),
        atomicity=_choice(options, "ATOMICITY", ATOMICITIES, "ATOMIC"),
        backups=int(options.get("BACKUPS") or 0),
        write_synchronization=_choice(options, "WRITE_SYNCHRONIZATION_MODE", SYNCHRONIZATIONS, "FULL_SYNC"),
        group=options.get("CACHE_GROUP"),
        data_region=options.get("DATA_REGION"),
        query_parallelism=int(options.get("PARALLELISM") or 1),
        sql_schema=f'"{table.schema}"',
        sql_escape_all=True,
        key_configurations=[(table.key_type, table.affinity)] if table.affinity else [],
    )


def _choice(options: dict[str, str], name: str, known: dict[str, int], default: str) -> int:
    value = (options.get(name) or default).upper()
    if value not in known:
        raise SqlRefused("42000", f'Invalid value of "{name}" parameter (should be {", ".join(known)}): {value}')
    return known[value]
