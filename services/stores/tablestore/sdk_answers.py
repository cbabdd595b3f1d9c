"""The SDK's own answers, for a version of it that has no place for our decoders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pyarrow as pa

from services.stores.tablestore.answers import (
    Answer,
    Cost,
    IndexFacts,
    KeysAnswer,
    RowResult,
    RowsAnswer,
    SqlAnswer,
    TableAnswer,
    WriteAnswer,
)
from services.stores.tablestore.codec import tags
from services.stores.tablestore.codec.cells import Cell, CellRow
from services.stores.tablestore.codec.columns import batch_of

_KINDS: Final = ((bool, tags.BOOLEAN), (int, tags.INTEGER), (float, tags.DOUBLE), (str, tags.STRING))


def converted(api: str, result: Any) -> Any:
    """What the SDK made of an answer as one of ours; answers of other calls stay as they are."""
    convert = _CONVERTERS.get(api)
    return result if convert is None else convert(result)


def _cell(parts: Any) -> Cell:
    name, value = parts[0], parts[1]
    kind = next((kind for python, kind in _KINDS if isinstance(value, python)), tags.BINARY)
    value = bytes(value) if kind == tags.BINARY else value
    return Cell(name, kind, value, parts[2] if len(parts) > 2 else None)


def _row(row: Any) -> CellRow | None:
    if row is None or not row.primary_key:
        return None
    return CellRow([_cell(cell) for cell in row.primary_key], [_cell(cell) for cell in row.attribute_columns or ()])


def _rows(rows: Any) -> list[CellRow]:
    return [made for row in rows if (made := _row(row)) is not None]


def _cost(units: Any) -> Cost:
    return Cost(units.read or 0, units.write or 0) if units is not None else Cost()


def _range(result: Any) -> RowsAnswer:
    units, next_key, rows, _ = result
    following = [_cell(cell) for cell in next_key] if next_key else None
    return RowsAnswer(cost=_cost(units), rows=_rows(rows), next_key=following)


def _keys(result: Any) -> KeysAnswer:
    items = [item for table in result.values() for item in table]
    results = tuple(
        RowResult(_row(item.row)) if item.is_ok else RowResult(None, item.error_code or "", item.error_message or "")
        for item in items
    )
    return KeysAnswer(cost=sum((_cost(item.consumed) for item in items), Cost()), results=results)


def _written(result: Any) -> WriteAnswer:
    units, row = result
    key = tuple(_cell(cell) for cell in row.primary_key) if row is not None and row.primary_key else ()
    return WriteAnswer(cost=_cost(units), key=key)


def _sql(result: Any) -> SqlAnswer:
    rows, *units = result
    cost = sum((_cost(one) for group in units for _, one in group), Cost())
    names = [name for name, _ in rows[0].attribute_columns] if rows else []
    columns = [pa.array([row.attribute_columns[place][1] for row in rows]) for place in range(len(names))]
    return SqlAnswer(cost=cost, batch=pa.RecordBatch.from_arrays(columns, names) if rows else batch_of([]))


def _search(result: Any) -> RowsAnswer:
    rows = [CellRow([_cell(cell) for cell in key], [_cell(cell) for cell in cells]) for key, cells in result.rows]
    return RowsAnswer(rows=rows, total=result.total_count, token=result.next_token or b"")


def _table(result: Any) -> TableAnswer:
    options, units = result.table_options, result.reserved_throughput_details.capacity_unit
    return TableAnswer(
        name=result.table_meta.table_name,
        key=tuple((one[0], one[1].capitalize(), len(one) > 2) for one in result.table_meta.schema_of_primary_key),
        columns=tuple((name, word.capitalize()) for name, word in result.table_meta.defined_columns),
        options={
            "time_to_live": options.time_to_live,
            "max_versions": options.max_version,
            "max_time_deviation": options.max_time_deviation,
            "allow_update": options.allow_update is not False,
            "reserved_read": units.read,
            "reserved_write": units.write,
        },
        indexes=tuple(
            IndexFacts(
                one.index_name, tuple(one.primary_key_names), tuple(one.defined_column_names), one.index_type == 1
            )
            for one in result.secondary_indexes
        ),
    )


_CONVERTERS: Final[dict[str, Callable[[Any], Answer]]] = {
    "GetRange": _range,
    "BatchGetRow": _keys,
    "BatchWriteRow": _keys,
    "PutRow": _written,
    "UpdateRow": _written,
    "DeleteRow": _written,
    "DescribeTable": _table,
    "SQLQuery": _sql,
    "Search": _search,
}
