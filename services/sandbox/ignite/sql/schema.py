"""Tables, columns, indexes and views of the cluster's SQL schemas."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.sandbox.ignite.sql.types import SqlType

SYS, PUBLIC = "SYS", "PUBLIC"


@dataclass
class Column:
    """One column; precision and scale are -1 when not declared."""

    name: str
    kind: SqlType
    is_nullable: bool = True
    precision: int = -1
    scale: int = -1
    default: object = None
    field_name: str = ""
    is_hidden: bool = False

    def __post_init__(self) -> None:
        self.field_name = self.field_name or self.name


@dataclass
class Index:
    """A secondary index; columns with a descending mark."""

    name: str
    columns: list[tuple[str, bool]]
    inline_size: int = 10


@dataclass
class Table:
    """A SQL table and the cache it lies over.

    `key` names the key columns. With `has_key_object` the cache's key is a complex object of them, else it is
    the one key column's value; the same for the value side.
    """

    schema: str
    name: str
    columns: list[Column]
    key: list[str]
    cache_name: str
    key_type: str
    value_type: str
    affinity: str | None = None
    has_key_object: bool = False
    has_value_object: bool = True
    indexes: dict[str, Index] = field(default_factory=dict)

    @property
    def storage(self) -> str:
        """The name of the table in SQLite."""
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    @property
    def visible_columns(self) -> list[Column]:
        """What a star stands for: not the bare key and value, unless there is nothing else."""
        return [column for column in self.columns if not column.is_hidden] or self.columns

    @property
    def key_columns(self) -> list[Column]:
        return [column for column in self.columns if column.name in self.key]

    @property
    def value_columns(self) -> list[Column]:
        return [column for column in self.columns if column.name not in self.key]


@dataclass
class View:
    """A stored query; `columns` were inferred when it was made."""

    schema: str
    name: str
    query: str
    columns: list[Column]

    @property
    def storage(self) -> str:
        return f"{self.schema}.{self.name}"


class Catalog:
    """All schemas; names are kept as stored (upper case unless quoted)."""

    def __init__(self) -> None:
        self.schemas: dict[str, bool] = {PUBLIC: True, SYS: True}
        self.relations: dict[tuple[str, str], Table | View] = {}

    @property
    def tables(self) -> list[Table]:
        return [item for item in self.relations.values() if isinstance(item, Table)]

    @property
    def views(self) -> list[View]:
        return [item for item in self.relations.values() if isinstance(item, View)]

    def find(self, schema: str, name: str) -> Table | View | None:
        return self.relations.get((schema, name))

    def add(self, item: Table | View) -> None:
        self.schemas.setdefault(item.schema, False)
        self.relations[item.schema, item.name] = item

    def remove(self, item: Table | View) -> None:
        del self.relations[item.schema, item.name]

    def table_of_cache(self, cache_name: str) -> Table | None:
        return next((table for table in self.tables if table.cache_name == cache_name), None)

    def index(self, schema: str, name: str) -> tuple[Table, Index] | None:
        """An index by schema and name."""
        for table in self.tables:
            if table.schema == schema and name in table.indexes:
                return table, table.indexes[name]
        return None
