"""A search index and the documents that it makes of rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.sandbox.tablestore.errors import invalid
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.rows import Row, read_written
from services.sandbox.tablestore.schema import BINARY_KEY, BOOLEAN_KEY, INTEGER_KEY, STRING_KEY, Schema
from services.sandbox.tablestore.table import Table
from services.sandbox.tablestore.values import INF_MAX, Key

LONG, DOUBLE, BOOLEAN, KEYWORD, TEXT, NESTED, GEO_POINT, DATE, VECTOR, JSON = 1, 2, 3, 4, 5, 6, 7, 8, 9, 12
_TYPES: dict[int, tuple[type, ...]] = {
    LONG: (int,),
    DOUBLE: (float,),
    BOOLEAN: (bool,),
    KEYWORD: (str,),
    TEXT: (str,),
    NESTED: (str,),
    GEO_POINT: (str,),
    DATE: (int, str),
    VECTOR: (str,),
    JSON: (str,),
}
_KEY_FIELDS = {
    INTEGER_KEY: {LONG, DATE},
    STRING_KEY: {KEYWORD, TEXT, GEO_POINT, DATE, NESTED, VECTOR, JSON},
    BINARY_KEY: set[int](),
    BOOLEAN_KEY: {BOOLEAN},
}
Document = dict[str, list[Any]]


@dataclass
class SearchIndex:
    """A search index; `schema` is the message that made it. Times in seconds, -1 is without end."""

    name: str
    schema: Any
    time_to_live: int
    created_at: int

    @property
    def fields(self) -> dict[str, Any]:
        return {field.field_name: field for field in self.schema.field_schemas}

    def field(self, name: str, *, sorts: bool = False) -> Any:
        """The field of that name.

        Raises:
            OtsError: there is none, or it cannot be sorted by.
        """
        found = self.fields.get(name)
        if found is None:
            raise invalid(f"field:{name} not found in index {self.name}.")
        if sorts and (
            found.field_type == TEXT or (found.HasField("enable_sort_and_agg") and not found.enable_sort_and_agg)
        ):
            raise invalid(f"field:{name} does not support sorting and aggregation.")
        return found


@dataclass
class Hit:
    """A row of the table as a document: for each field its values (one, or those of an array)."""

    key: Key
    row: Row
    document: Document
    score: float = 0.0


def completed(schema: Any) -> Any:
    """The schema with what the service adds: one shard, the order of the key. SDKs read both unchecked."""
    if not schema.index_setting.HasField("number_of_shards"):
        schema.index_setting.number_of_shards = 1
    if not schema.index_sort.sorter:
        schema.index_sort.sorter.add().pk_sort.order = 0
    return schema


def check_fields(schema: Any, table: Schema) -> None:
    """Refuses an index whose fields are of no known type or not that of the key column of their name."""
    if not schema.field_schemas:
        raise invalid("A search index needs at least one field.")
    keys = {column.name: column.kind for column in table.key}
    for field in schema.field_schemas:
        if field.field_type not in _TYPES:
            raise invalid(f"field:{field.field_name} has an unknown type.")
        wanted = _KEY_FIELDS.get(keys.get(field.field_name, 0))
        if wanted is not None and field.field_type not in wanted:
            raise invalid(f"field:{field.field_name} has another type than the primary key column.")


def hits(table: Table, index: SearchIndex, instance: Instance) -> Iterator[Hit]:
    """All living rows of the table in key order, as documents."""
    view = instance.view(table.schema.name)
    names = view.schema.key_names
    oldest = None if index.time_to_live < 0 else instance.clock.now() - index.time_to_live * 1000
    for key, packed in view.scan((), (INF_MAX,), backward=False):
        row = read_written(packed) if isinstance(packed, bytes) else packed
        if row is not None and oldest is not None:
            row = row.alive(oldest)
        if row is not None:
            keyed = dict(zip(names, key, strict=True))
            yield Hit(key, row, _document(index, keyed, row))


def _document(index: SearchIndex, keyed: dict[str, Any], row: Row) -> Document:
    """The fields that the row has in their type; others are as if absent."""
    document: Document = {}
    for name, field in index.fields.items():
        sources = list(field.source_field_names) if field.is_virtual_field else [name]
        values = [keyed.get(source, row.latest(source)) for source in sources]
        found = [one for value in values for one in _values(field, value)]
        if found:
            document[name] = found
    return document


def _values(field: Any, value: Any) -> list[Any]:
    if value is None:
        return []
    if field.is_array and isinstance(value, str):
        try:
            parts = json.loads(value)
        except ValueError:
            return []
        return [part for part in parts if _fits(field.field_type, part)] if isinstance(parts, list) else []
    return [value] if _fits(field.field_type, value) else []


def _fits(kind: int, value: Any) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == BOOLEAN or not isinstance(value, bool))
