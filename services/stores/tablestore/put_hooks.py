"""Our own writing of new rows in the place of the SDK's, on one client, where both write the same bytes."""

from __future__ import annotations

from typing import Any, Final

from services.stores.tablestore.codec.put_rows import put_row

_PROBE_KEY: Final = [("k", "ä"), ("n", -1), ("b", bytearray(b"\x00\xff"))]
_PROBE_COLUMNS: Final = [("t", True), ("f", False), ("d", -0.5), ("s", ""), ("i", 2**62), ("x", bytearray(b"\x01"))]


def install(client: Any) -> bool:
    """Write the rows of batches ourselves; False, and nothing changed, where the SDK writes them otherwise."""
    from tablestore.metadata import Condition, PutRowItem, Row
    from tablestore.protobuf import table_store_pb2

    encoder: Any = getattr(getattr(client, "protocol", None), "encoder", None)
    theirs = getattr(encoder, "_make_put_row_item", None)
    conditions = getattr(encoder, "_make_condition", None)
    if not callable(theirs) or not callable(conditions):
        return False

    def ours(message: Any, item: Any) -> Any:
        data = put_row(item.row.primary_key, item.row.attribute_columns) if item.return_type == "RT_NONE" else None
        if data is None:
            return theirs(message, item)
        conditions(message.condition, item.condition)
        message.row_change = data
        message.type = table_store_pb2.PUT
        return message

    item = PutRowItem(Row(_PROBE_KEY, _PROBE_COLUMNS), Condition("EXPECT_NOT_EXIST"), "RT_NONE")
    try:
        written = [make(table_store_pb2.RowInBatchWriteRowRequest(), item) for make in (theirs, ours)]
        is_same = bool(written[0].SerializeToString() == written[1].SerializeToString())
    except Exception:
        return False
    if is_same:
        encoder._make_put_row_item = ours
    return is_same
