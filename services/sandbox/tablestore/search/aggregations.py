"""Aggregations and groups of the hits of a search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from services.sandbox.tablestore.errors import OtsError
from services.sandbox.tablestore.messages import parse, search_pb
from services.sandbox.tablestore.plainbuffer import read_value
from services.sandbox.tablestore.search.documents import Hit, SearchIndex
from services.sandbox.tablestore.search.queries import read_query

AVG, MAX, MIN, SUM, COUNT, DISTINCT = range(1, 7)
BY_FIELD, BY_RANGE, BY_FILTER = 1, 2, 3
GROUPS = 10
_NAMES = {AVG: "Avg", MAX: "Max", MIN: "Min", SUM: "Sum", COUNT: "Count", DISTINCT: "DistinctCount"}
_FUNCTIONS: dict[int, Callable[[Sequence[Any]], float]] = {
    AVG: lambda values: sum(values) / len(values) if values else 0.0,
    MAX: lambda values: max(values, default=0.0),
    MIN: lambda values: min(values, default=0.0),
    SUM: sum,
}


def aggregate(message: Any, found: Sequence[Hit], index: SearchIndex) -> Any:
    """The results of all aggregations over the hits."""
    results = search_pb().AggregationsResult()
    for wanted in message.aggs:
        if wanted.type not in _NAMES:
            raise OtsError(400, "OTSUnsupportOperation", f"The sandbox does not support aggregation {wanted.name}.")
        name = _NAMES[wanted.type]
        body = parse(getattr(search_pb(), f"{name}Aggregation"), wanted.body)
        result = getattr(search_pb(), f"{name}AggregationResult")(value=_value(wanted.type, body, found, index))
        results.agg_results.add(name=wanted.name, type=wanted.type, agg_result=result.SerializeToString())
    return results


def _value(kind: int, body: Any, found: Sequence[Hit], index: SearchIndex) -> float:
    index.field(body.field_name, sorts=True)
    missing = [read_value(body.missing)] if kind != COUNT and body.HasField("missing") else []
    values = [value for hit in found for value in hit.document.get(body.field_name, missing)]
    if kind == COUNT:
        return len(values)
    if kind == DISTINCT:
        return len(set(values))
    return float(_FUNCTIONS[kind]([value for value in values if isinstance(value, int | float)]))


def group(message: Any, found: Sequence[Hit], index: SearchIndex) -> Any:
    """The results of all groupings over the hits."""
    results = search_pb().GroupBysResult()
    for wanted in message.group_bys:
        if wanted.type not in _GROUPERS:
            raise OtsError(400, "OTSUnsupportOperation", f"The sandbox does not support grouping {wanted.name}.")
        result = _GROUPERS[wanted.type](wanted.body, found, index)
        results.group_by_results.add(name=wanted.name, type=wanted.type, group_by_result=result.SerializeToString())
    return results


def _inside(item: Any, body: Any, members: Sequence[Hit], index: SearchIndex) -> None:
    item.row_count = len(members)
    item.sub_aggs_result.CopyFrom(aggregate(body.sub_aggs, members, index))
    item.sub_group_bys_result.CopyFrom(group(body.sub_group_bys, members, index))


def _by_field(data: bytes, found: Sequence[Hit], index: SearchIndex) -> Any:
    body = parse(search_pb().GroupByField, data)
    index.field(body.field_name, sorts=True)
    members: dict[str, list[Hit]] = {}
    for hit in found:
        for value in hit.document.get(body.field_name, ()):
            members.setdefault(_text(value), []).append(hit)
    result = search_pb().GroupByFieldResult()
    # The largest groups come first.
    for key in sorted(members, key=lambda one: (-len(members[one]), one))[: body.size or GROUPS]:
        _inside(result.group_by_field_result_items.add(key=key), body, members[key], index)
    return result


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _by_range(data: bytes, found: Sequence[Hit], index: SearchIndex) -> Any:
    body = parse(search_pb().GroupByRange, data)
    index.field(body.field_name, sorts=True)
    result = search_pb().GroupByRangeResult()
    for part in body.ranges:
        begin = part.begin if part.HasField("begin") else float("-inf")
        end = part.end if part.HasField("end") else float("inf")
        members = [hit for hit in found if any(begin <= value < end for value in _numbers(hit, body.field_name))]
        _inside(result.group_by_range_result_items.add(range_from=begin, range_to=end), body, members, index)
    return result


def _numbers(hit: Hit, name: str) -> list[Any]:
    return [value for value in hit.document.get(name, ()) if isinstance(value, int | float)]


def _by_filter(data: bytes, found: Sequence[Hit], index: SearchIndex) -> Any:
    body = parse(search_pb().GroupByFilter, data)
    result = search_pb().GroupByFilterResult()
    for query in body.filters:
        score = read_query(query, index)
        members = [hit for hit in found if score(hit.document)]
        _inside(result.group_by_filter_result_items.add(), body, members, index)
    return result


_GROUPERS = {BY_FIELD: _by_field, BY_RANGE: _by_range, BY_FILTER: _by_filter}
