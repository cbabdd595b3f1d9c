"""Requests with bytes flipped at random: each is answered or refused, none shows a defect of the server."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tablestore import (
    INF_MAX,
    INF_MIN,
    PK_AUTO_INCR,
    Avg,
    BoolQuery,
    CapacityUnit,
    CastType,
    ColumnReturnType,
    ColumnsToGet,
    ComparatorType,
    CompositeColumnCondition,
    Condition,
    FieldSchema,
    FieldSort,
    FieldType,
    GroupByField,
    LogicalOperator,
    MatchQuery,
    OTSClient,
    RangeQuery,
    RegexRule,
    ReservedThroughput,
    Row,
    SearchIndexMeta,
    SearchQuery,
    SecondaryIndexMeta,
    SingleColumnCondition,
    SingleColumnRegexCondition,
    Sort,
    TableMeta,
    TableOptions,
    TermQuery,
    WildcardQuery,
)

from services.sandbox.tablestore.dispatch import run
from services.sandbox.tablestore.errors import OtsError
from services.sandbox.tablestore.server import TablestoreSandbox

KEY = [("region", "emea"), ("id", 1)]
LOW, HIGH = [("region", INF_MIN), ("id", INF_MIN)], [("region", INF_MAX), ("id", INF_MAX)]
ROUNDS = 120


def condition() -> CompositeColumnCondition:
    """A filter of every part."""
    made = CompositeColumnCondition(LogicalOperator.AND)
    made.add_sub_condition(SingleColumnCondition("amount", 5.0, ComparatorType.GREATER_THAN))
    rule = RegexRule("order ([0-9]+)", CastType.VT_INTEGER)
    made.add_sub_condition(SingleColumnRegexCondition("note", ComparatorType.NOT_EQUAL, 5, rule))
    return made


def search_query() -> SearchQuery:
    """A search of many parts."""
    parts = [TermQuery("customer", "chen"), RangeQuery("id", 1, 50), WildcardQuery("region", "a*")]
    query = BoolQuery(must_queries=parts, should_queries=[MatchQuery("note", "door")], minimum_should_match=0)
    groups = [GroupByField("paid", sub_aggs=[Avg("amount")])]
    return SearchQuery(query, sort=Sort([FieldSort("amount")]), limit=5, get_total_count=True, group_bys=groups)


def requests(client: OTSClient) -> dict[str, Any]:
    """A good message of each kind."""
    encode = client.protocol.encoder.encode_request
    free = ReservedThroughput(CapacityUnit(0, 0))
    meta = TableMeta("t", [("k", "INTEGER"), ("n", "INTEGER", PK_AUTO_INCR)], [("v", "STRING")])
    change = {"put": [("a", 1)], "delete": [("b", None, 5)], "increment": [("quantity", 1)]}
    fields = SearchIndexMeta([FieldSchema("v", FieldType.KEYWORD, index=True)])
    columns = ColumnsToGet([], ColumnReturnType.ALL)
    indexes = [SecondaryIndexMeta("x", ["v"], [])]
    return {
        "GetRange": encode("GetRange", "orders", "FORWARD", LOW, HIGH, ["amount"], 5, condition(), 1, *[None] * 5),
        "GetRow": encode("GetRow", "orders", KEY, [], condition(), None, (1, 5), "a", "z", None, None),
        "UpdateRow": encode("UpdateRow", "orders", Row(KEY, change), Condition("IGNORE"), None, None),
        "CreateTable": encode("CreateTable", meta, TableOptions(), free, None, indexes, [5, 6]),
        "UpdateTable": encode("UpdateTable", "users", TableOptions(-1, 3, 5, True), free),
        "CreateSearchIndex": encode("CreateSearchIndex", "events", "s", fields),
        "SQLQuery": encode("SQLQuery", "SELECT sum(a) + 1 FROM (SELECT 1 AS a UNION SELECT 'x') t GROUP BY a LIMIT 5"),
        "Search": encode("Search", "orders", "orders_search", search_query(), columns, None, None),
    }


@pytest.mark.parametrize(
    "name",
    ["GetRange", "GetRow", "UpdateRow", "CreateTable", "UpdateTable", "CreateSearchIndex", "SQLQuery", "Search"],
)
def test_flipped_bytes_are_refused_or_answered(own: TablestoreSandbox, writer: OTSClient, name: str) -> None:
    """The good message works; a broken one ends in an error of the service or works, never in another exception."""
    good = requests(writer)[name].SerializeToString()
    run(name, good, own.data)
    chance = random.Random(name)
    refused = 0
    for _ in range(ROUNDS):
        broken = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            run(name, bytes(broken), own.data).SerializeToString()
        except OtsError:
            refused += 1
    assert refused > 0
