"""Tables made and dropped: the catalog, SQLite and the cache of each kept in step."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from services.sandbox.ignite.caches import BytesCache, Cache
from services.sandbox.ignite.config import CacheConfig
from services.sandbox.ignite.entities import QueryEntity, QueryField, QueryIndex
from services.sandbox.ignite.errors import RequestRefused
from services.sandbox.ignite.objects import sent
from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.convert import Kept, kept_of
from services.sandbox.ignite.sql.plan_text import literal, quote
from services.sandbox.ignite.sql.schema import Column, Index, Table
from services.sandbox.ignite.sql.storage import TableCache

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.engine import Engine


class Tables:
    """Creates and drops tables; the cluster's lock is held by the caller."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, table: Table, config: CacheConfig) -> TableCache:
        """A new table over a new cache."""
        parts = [f"{quote(column.name)} {declaration(column, table)}" for column in table.columns]
        keys = ", ".join(quote(column.name) for column in table.key_columns)
        self._execute(f"CREATE TABLE {quote(table.storage)} ({', '.join(parts)}, PRIMARY KEY ({keys}))")
        self._engine.catalog.add(table)
        cache = TableCache(config, table, self._engine)
        cache.register_types()
        for index in table.indexes.values():
            self.create_index(table, index)
        self._engine.cluster.add_cache(cache)
        self.describe(table)
        return cache

    def create_index(self, table: Table, index: Index) -> None:
        columns = ", ".join(quote(name) + (" DESC" if down else "") for name, down in index.columns)
        name = quote(f"index {table.schema}.{index.name}")
        self._execute(f"CREATE INDEX {name} ON {quote(table.storage)} ({columns})")
        table.indexes[index.name] = index
        self.describe(table)

    def drop_index(self, table: Table, name: str) -> None:
        self._execute(f"DROP INDEX {quote(f'index {table.schema}.{name}')}")
        del table.indexes[name]
        self.describe(table)

    def add_column(self, table: Table, column: Column) -> None:
        self._execute(
            f"ALTER TABLE {quote(table.storage)} ADD COLUMN {quote(column.name)} {declaration(column, table)}"
        )
        table.columns.append(column)
        self._altered(table)

    def drop_column(self, table: Table, column: Column) -> None:
        self._execute(f"ALTER TABLE {quote(table.storage)} DROP COLUMN {quote(column.name)}")
        table.columns.remove(column)
        self._altered(table)

    def _altered(self, table: Table) -> None:
        cache = self._engine.cluster.cache_named(table.cache_name)
        if isinstance(cache, TableCache):
            cache.register_types()
        self.describe(table)

    def drop(self, cache: Cache) -> None:
        """Drops the table of a cache that goes; one without a table has none."""
        if isinstance(cache, TableCache):
            self._execute(f"DROP TABLE {quote(cache.table.storage)}")
            self._engine.catalog.remove(cache.table)
            self._engine.reshaped()

    def make_cache(self, config: CacheConfig) -> Cache:
        """A cache from its configuration; with a query entity it is a table."""
        if not config.query_entities:
            return BytesCache(config)
        table = table_of(config, config.query_entities[0])
        if self._engine.catalog.find(table.schema, table.name) is not None:
            raise RequestRefused(f"Table already exists: {table.name}")
        return self.create(table, config)

    def row_object(self, storage: str, side: str, *values: object) -> Kept:
        """The key or value object of a row, in the form it is sent."""
        for table in self._engine.catalog.tables:
            cache = self._engine.cluster.cache_named(table.cache_name)
            if table.storage == storage and isinstance(cache, TableCache):
                return sent(cache.key_of(values) if side == "_KEY" else cache.value_of(values))
        return None

    def describe(self, table: Table) -> None:
        """Brings the query entity of the cache's configuration up to date."""
        cache = self._engine.cluster.cache_named(table.cache_name)
        if cache is not None:
            cache.config.query_entities = [entity_of(table)]

    def _execute(self, sql: str) -> None:
        self._engine.direct.execute(sql)
        self._engine.reshaped()


def declaration(column: Column, table: Table) -> str:
    """A column's type and constraints for SQLite."""
    text = column.kind.declaration
    if column.default is not None:
        text += f" DEFAULT {literal(column.default)}"
    return text + (" NOT NULL" if not column.is_nullable or column.name in table.key else "")


def entity_of(table: Table) -> QueryEntity:
    """A table as the query entity of its cache."""
    fields = [
        QueryField(
            column.name, column.kind.java, column.name in table.key, not column.is_nullable,
            precision=column.precision, scale=column.scale,
        )
        for column in table.visible_columns
    ]  # fmt: skip
    indexes = [QueryIndex(item.name, 0, item.inline_size, item.columns) for item in table.indexes.values()]
    key_field = None if table.has_key_object else table.key[0]
    value_field = None if table.has_value_object else table.value_columns[0].name
    aliases: list[tuple[str | None, str | None]] = [(item.field_name, item.name) for item in table.visible_columns]
    return QueryEntity(table.key_type, table.value_type, table.name, key_field, value_field, fields, aliases, indexes)


def table_of(config: CacheConfig, entity: QueryEntity) -> Table:
    """The table that a query entity describes."""
    key_java, value_java = entity.key_type or "java.lang.Object", entity.value_type or "java.lang.Object"
    keep_case = config.sql_escape_all
    aliases = {field: alias for field, alias in entity.aliases if field and alias}

    def sql_name(field: str) -> str:
        name = aliases.get(field, field)
        return name if keep_case else name.upper()

    columns = [
        Column(
            sql_name(item.name), types.BY_JAVA.get(item.type_name, types.OTHER), not item.is_not_null,
            item.precision, item.scale, kept_of_default(item.default), item.name,
        )
        for item in entity.fields
    ]  # fmt: skip
    key = [sql_name(item.name) for item in entity.fields if item.is_key]
    has_key_object = key_java not in types.BY_JAVA
    if not has_key_object:
        key = [_whole(columns, "_KEY", entity.key_field and sql_name(entity.key_field), key_java)]
    elif not key:
        raise RequestRefused(f"The key type {key_java} has no key fields")
    has_value_object = value_java not in types.BY_JAVA
    if not has_value_object:
        _whole(columns, "_VAL", entity.value_field and sql_name(entity.value_field), value_java)
    name = entity.table or value_java.rpartition(".")[2].rpartition("$")[2]
    schema = (config.sql_schema or config.name).strip('"')
    table = Table(
        schema.upper() if config.sql_schema and '"' not in config.sql_schema else schema,
        name if keep_case else name.upper(), columns, key, config.name, key_java, value_java,
        next((sql_name(field) for kind, field in config.key_configurations if field), None),
        has_key_object, has_value_object,
    )  # fmt: skip
    for item in entity.indexes:
        fields = [(sql_name(field), down) for field, down in item.fields]
        label = item.name or "_".join([table.name, *(field for field, _ in fields), "IDX"])
        table.indexes[label] = Index(label, fields, item.inline_size)
    return table


def _whole(columns: list[Column], bare: str, name: str | None, java: str) -> str:
    """The column of a simple key or value: the named one, else a hidden one."""
    if name and any(column.name == name for column in columns):
        return name
    columns.insert(0, Column(name or bare, types.BY_JAVA[java], is_hidden=name is None))
    return name or bare


def kept_of_default(data: bytes) -> Kept:
    """A default value, which is a simple object or null."""
    from services.sandbox.ignite.sql.temporal import Clock

    return kept_of(data, Clock("UTC"))


def new_type_name(table: str, schema: str) -> str:
    """The name a node gives to the value type of a table that names none."""
    return f"SQL_{schema}_{table}_{str(uuid4()).replace('-', '_')}"
