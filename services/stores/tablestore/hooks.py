"""Own decoders in the place of the SDK's, on one client; the SDK's modules stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from services.stores.tablestore.answers import (
    Answer,
    Cost,
    IndexFacts,
    KeysAnswer,
    RowResult,
    RowsAnswer,
    SplitsAnswer,
    SqlAnswer,
    TableAnswer,
    WriteAnswer,
)
from services.stores.tablestore.codec import tags
from services.stores.tablestore.codec.cells import read_row
from services.stores.tablestore.codec.sql_answers import decode_answer

Decoder = Callable[[bytes, str], tuple[Any, Any]]

SPLIT_POINTS: Final = "ComputeSplitPointsBySize"
ENABLE_TRANSACTIONS: Final = b"\x40\x01"
"""Field 8 of CreateTable, a true; the SDK's own message does not know it."""

KEY_WORDS: Final = {1: "Integer", 2: "String", 3: "Binary"}
COLUMN_WORDS: Final = {1: "Integer", 2: "Double", 3: "Boolean", 4: "String", 7: "Binary"}


def install(client: Any) -> bool:
    """Put the decoders in their places; False, and nothing changed, where the SDK has no such places any more."""
    from tablestore.protobuf import search_pb2, table_store_pb2

    made: dict[str, tuple[Callable[[], Any], Callable[[Any, str], Answer]]] = {
        "GetRange": (table_store_pb2.GetRangeResponse, _range),
        "BatchGetRow": (table_store_pb2.BatchGetRowResponse, _keys),
        "BatchWriteRow": (table_store_pb2.BatchWriteRowResponse, _keys),
        "PutRow": (table_store_pb2.PutRowResponse, _written),
        "UpdateRow": (table_store_pb2.UpdateRowResponse, _written),
        "DeleteRow": (table_store_pb2.DeleteRowResponse, _written),
        "DescribeTable": (table_store_pb2.DescribeTableResponse, _table),
        "SQLQuery": (table_store_pb2.SQLQueryResponse, _sql),
        "Search": (search_pb2.SearchResponse, _search),
    }
    places = getattr(getattr(getattr(client, "protocol", None), "decoder", None), "api_decode_map", None)
    if not isinstance(places, dict) or not all(callable(places.get(name)) for name in made):
        return False
    before = dict(places)
    places.update({name: _decoder(*parts) for name, parts in made.items()})
    if _is_reached(client, table_store_pb2.PutRowResponse()):
        return True
    places.clear()
    places.update(before)
    return False


def extend(client: Any) -> bool:
    """Teach the SDK what it has the messages for and no calls: split points, and tables with local transactions.

    Returns:
        False, and nothing is changed, where the SDK has no places for it any more.
    """
    from tablestore.protobuf import table_store_pb2

    protocol = getattr(client, "protocol", None)
    encoders: Any = getattr(getattr(protocol, "encoder", None), "api_encode_map", None)
    decoders: Any = getattr(getattr(protocol, "decoder", None), "api_decode_map", None)
    known = getattr(protocol, "api_list", None)
    has_maps = isinstance(encoders, dict) and isinstance(decoders, dict) and callable(encoders.get("CreateTable"))
    if protocol is None or not has_maps or not isinstance(known, list):
        return False

    def encode(table: str, size_bytes: int | None) -> Any:
        request = table_store_pb2.ComputeSplitPointsBySizeRequest(table_name=table, split_size=1)
        if size_bytes is not None:
            request.split_size_unit_in_byte = size_bytes
        return request

    make = encoders["CreateTable"]

    def encode_table(*arguments: Any, has_transactions: bool = False) -> Any:
        request = make(*arguments)
        if has_transactions:
            request.MergeFromString(ENABLE_TRANSACTIONS)
        return request

    encoders["CreateTable"] = encode_table
    encoders[SPLIT_POINTS] = encode
    decoders[SPLIT_POINTS] = _decoder(table_store_pb2.ComputeSplitPointsBySizeResponse, _splits)
    protocol.api_list = [*known, SPLIT_POINTS]
    return True


def _splits(message: Any, request_id: str) -> SplitsAnswer:
    points = (read_row(point) for point in message.split_points)
    return SplitsAnswer(request_id, cost_of(message.consumed), tuple(tuple(row.key) for row in points if row))


def _decoder(message_type: Callable[[], Any], convert: Callable[[Any, str], Answer]) -> Decoder:
    def decode(body: bytes, request_id: str) -> tuple[Answer, Any]:
        message = message_type()
        message.ParseFromString(body)
        return convert(message, request_id), message

    return decode


def _is_reached(client: Any, probe: Any) -> bool:
    """Whether an answer really comes to a decoder of ours, with its request id."""
    probe.consumed.capacity_unit.write = 7
    body = probe.SerializeToString()
    try:
        found = client.protocol.parse_response("PutRow", 200, {"x-ots-requestid": "probe"}, body)
    except Exception:
        return False
    return bool(found == WriteAnswer("probe", Cost(0, 7)))


def cost_of(consumed: Any) -> Cost:
    """The capacity units that a part of an answer tells."""
    return Cost(consumed.capacity_unit.read, consumed.capacity_unit.write)


def _range(message: Any, request_id: str) -> RowsAnswer:
    following = read_row(message.next_start_primary_key)
    next_key = None if following is None else following.key
    return RowsAnswer(request_id, cost_of(message.consumed), message.rows, next_key)


def joined(rows: list[bytes]) -> bytes:
    """Buffers of one row each as one buffer of all of them."""
    parts = [row[len(tags.HEADER) :] for row in rows if row]
    return b"".join((tags.HEADER, *parts)) if parts else b""


def _search(message: Any, request_id: str) -> RowsAnswer:
    total = message.total_hits if message.total_hits >= 0 else None
    return RowsAnswer(request_id, Cost(), joined(list(message.rows)), None, total, message.next_token)


def _keys(message: Any, request_id: str) -> KeysAnswer:
    rows = [row for table in message.tables for row in table.rows]
    results = tuple(
        RowResult(read_row(row.row)) if row.is_ok else RowResult(None, row.error.code, row.error.message)
        for row in rows
    )
    return KeysAnswer(request_id, sum((cost_of(row.consumed) for row in rows), Cost()), results)


def _written(message: Any, request_id: str) -> WriteAnswer:
    row = read_row(message.row)
    return WriteAnswer(request_id, cost_of(message.consumed), tuple(row.key) if row else ())


def _sql(message: Any, request_id: str) -> SqlAnswer:
    consumes = [*message.consumes, *message.search_consumes]
    cost = sum((cost_of(one.consumed) for one in consumes), Cost())
    return SqlAnswer(request_id, cost, decode_answer(message.rows) if message.rows else None)


def _table(message: Any, request_id: str) -> TableAnswer:
    meta, throughput = message.table_meta, message.reserved_throughput_details
    return TableAnswer(
        request_id=request_id,
        name=meta.table_name,
        key=tuple((one.name, KEY_WORDS.get(one.type, "String"), one.HasField("option")) for one in meta.primary_key),
        columns=tuple((one.name, COLUMN_WORDS.get(one.type, "String")) for one in meta.defined_column),
        options={
            "time_to_live": message.table_options.time_to_live,
            "max_versions": message.table_options.max_versions,
            "max_time_deviation": message.table_options.deviation_cell_version_in_sec,
            "allow_update": message.table_options.allow_update
            if message.table_options.HasField("allow_update")
            else True,
            "reserved_read": throughput.capacity_unit.read,
            "reserved_write": throughput.capacity_unit.write,
        },
        indexes=tuple(
            IndexFacts(
                one.name,
                tuple(one.primary_key),
                tuple(one.defined_column),
                one.index_type == 1,
                one.index_update_mode == 1,
            )
            for one in message.index_metas
        ),
        facts=_more_facts(message),
        splits=tuple(_split_text(split) for split in message.shard_splits),
    )


def _more_facts(message: Any) -> tuple[tuple[str, str], ...]:
    throughput, stream = message.reserved_throughput_details, message.stream_details
    facts = [("throughput last raised", _day(throughput.last_increase_time))]
    if throughput.last_decrease_time:
        facts.append(("throughput last lowered", _day(throughput.last_decrease_time)))
    facts.append(("stream", f"{stream.stream_id}, {stream.expiration_time} h" if stream.enable_stream else "off"))
    facts.append(("server-side encryption", "on" if message.sse_details.enable else "off"))
    return tuple(facts)


def _day(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else "never"
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _split_text(split: bytes) -> str:
    row = read_row(split)
    return ", ".join(f"{cell.name} = {cell.value!r}" for cell in row.key) if row else "(start)"
