"""Search indexes through the vendor's SDK: queries, order, totals, pages, aggregations, scans in parallel."""

from __future__ import annotations

import pytest
from tablestore import (
    Avg,
    BoolQuery,
    ColumnReturnType,
    ColumnsToGet,
    Count,
    DistinctCount,
    ExistsQuery,
    FieldSchema,
    FieldSort,
    FieldType,
    GeoDistanceQuery,
    GroupByField,
    MatchAllQuery,
    MatchPhraseQuery,
    MatchQuery,
    Max,
    Min,
    OTSClient,
    PrefixQuery,
    PrimaryKeySort,
    RangeQuery,
    Row,
    ScanQuery,
    SearchIndexMeta,
    SearchQuery,
    Sort,
    SortOrder,
    Sum,
    TermQuery,
    TermsQuery,
    WildcardQuery,
)
from tablestore_sandbox import make, refusal

INDEX = ("orders", "orders_search")
ALL = ColumnsToGet(return_type=ColumnReturnType.ALL)
FROM_INDEX = ColumnsToGet(return_type=ColumnReturnType.ALL_FROM_INDEX)
CHEN = TermQuery("customer", "chen")


def total(client: OTSClient, query: object) -> int:
    """How many rows a query finds."""
    found = client.search(*INDEX, SearchQuery(query, limit=0, get_total_count=True))
    assert found.is_all_succeed
    return found.total_count


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (MatchAllQuery(), 240),
        (CHEN, 30),
        (TermQuery("paid", True), 160),
        (TermQuery("note", "door"), 30),
        (TermsQuery("customer", ["chen", "ada", "nobody"]), 60),
        (RangeQuery("id", 10, 20, include_lower=True, include_upper=False), 40),
        (RangeQuery("amount", range_from=890.0), 2),
        (PrefixQuery("region", "a"), 120),
        (WildcardQuery("region", "?mer*"), 60),
        (WildcardQuery("region", "[a]*"), 0),
        (ExistsQuery("note"), 60),
        (MatchQuery("note", "the door nobody"), 30),
        (MatchQuery("note", "door nobody", operator="AND"), 0),
        (MatchPhraseQuery("note", "at the door"), 30),
        (MatchPhraseQuery("note", "door the at"), 0),
        (BoolQuery(must_queries=[CHEN, TermQuery("region", "emea")]), 30),
        (BoolQuery(must_queries=[CHEN], must_not_queries=[TermQuery("paid", True)]), 10),
        (BoolQuery(should_queries=[CHEN, TermQuery("customer", "ada")]), 60),
        (BoolQuery(must_queries=[MatchAllQuery()], filter_queries=[RangeQuery("id", range_to=3)]), 8),
    ],
)
def test_a_query_finds_its_rows(client: OTSClient, query: object, count: int) -> None:
    """Each kind of query, with the total asked for."""
    assert total(client, query) == count


def test_the_columns_are_those_asked_for(client: OTSClient) -> None:
    """The key alone, all, those of the index, or by name."""

    def names(columns: ColumnsToGet | None) -> set[str]:
        query = SearchQuery(BoolQuery(must_queries=[TermQuery("region", "apac"), TermQuery("id", 1)]))
        (row,) = client.search(*INDEX, query, columns).rows
        assert row[0] == [("region", "apac"), ("id", 1)]
        return {name for name, _, _ in row[1]}

    assert names(None) == set()
    assert names(ALL) == {"amount", "customer", "note", "paid", "quantity"}
    assert names(FROM_INDEX) == {"amount", "customer", "note", "paid"}
    assert names(ColumnsToGet(["paid", "none"], ColumnReturnType.SPECIFIED)) == {"paid"}


def test_pages_follow_their_token_in_order(client: OTSClient) -> None:
    """The token carries the order; without a wish for it there is no total."""
    sort = Sort([FieldSort("amount", SortOrder.DESC), PrimaryKeySort(SortOrder.ASC)])
    query, seen, pages = SearchQuery(CHEN, sort=sort, limit=12), [], 0
    while True:
        found = client.search(*INDEX, query, ALL)
        assert found.total_count == -1
        pages += 1
        seen += [dict(column[:2] for column in row[1])["amount"] for row in found.rows]
        if not found.next_token:
            break
        query = SearchQuery(CHEN, next_token=found.next_token, limit=12)
    numbers = [amount for amount in seen if isinstance(amount, float)]
    assert (pages, len(seen), numbers) == (3, 30, sorted(numbers, reverse=True))


def test_aggregations_and_groups(client: OTSClient) -> None:
    """Numbers over all hits, and within each group, the largest group first."""
    aggs = [
        Max("id"),
        Min("id"),
        Avg("id"),
        Sum("id"),
        Count("amount", name="n"),
        DistinctCount("customer", name="who"),
    ]
    group = GroupByField("paid", sub_aggs=[Count("id", name="n")], name="by")
    found = client.search(*INDEX, SearchQuery(MatchAllQuery(), limit=0, aggs=aggs, group_bys=[group]))
    assert {agg.name: agg.value for agg in found.agg_results} == {
        "max": 60, "min": 1, "avg": 30.5, "sum": 7320, "n": 216, "who": 8,
    }  # fmt: skip
    (by,) = found.group_by_results
    assert [(item.key, item.row_count, item.sub_aggs[0].value) for item in by.items] == [
        ("true", 160, 160),
        ("false", 80, 80),
    ]


def test_a_scan_in_parts_reads_every_row_once(client: OTSClient) -> None:
    """The parts of a session together are all rows."""
    session, parts = client.compute_splits(*INDEX).session_id, 3
    seen = []
    for part in range(parts):
        token = None
        while True:
            scan = ScanQuery(MatchAllQuery(), 50, token, part, parts)
            found = client.parallel_scan(
                *INDEX, scan, session, ColumnsToGet(return_type=ColumnReturnType.ALL_FROM_INDEX)
            )
            seen += [tuple(value for _, value in row[0]) for row in found.rows]
            token = found.next_token
            if not token:
                break
    assert (len(seen), len(set(seen))) == (240, 240)
    gone = ScanQuery(MatchAllQuery(), 50, None, 0, 1)
    assert refusal(client.parallel_scan, *INDEX, gone, "no such session", ALL) == ("OTSSessionExpired", 400)


def test_an_index_is_made_described_and_deleted(writer: OTSClient) -> None:
    """Its fields come back; its table cannot go before it; it sees new rows."""
    make(writer, "t", [("k", "INTEGER"), ("name", "STRING")])
    options = {"index": True, "enable_sort_and_agg": True, "store": True}
    wrong = [FieldSchema("name", FieldType.LONG, **options)]
    assert refusal(writer.create_search_index, "t", "s", SearchIndexMeta(wrong)) == ("OTSParameterInvalid", 400)
    fields = [FieldSchema("v", FieldType.KEYWORD, **options), FieldSchema("name", FieldType.KEYWORD, **options)]
    writer.create_search_index("t", "s", SearchIndexMeta(fields))
    assert writer.list_search_index("t") == [("t", "s")]
    meta, state = writer.describe_search_index("t", "s", include_sync_stat=True)
    assert [(field.field_name, field.field_type) for field in meta.fields] == [
        ("v", FieldType.KEYWORD),
        ("name", FieldType.KEYWORD),
    ]
    assert [type(sorter) for sorter in meta.index_sort.sorters] == [PrimaryKeySort]
    assert state.current_sync_timestamp > 0
    writer.put_row("t", Row([("k", 1), ("name", "n")], [("v", "x")]))
    found = writer.search("t", "s", SearchQuery(TermQuery("v", "x"), get_total_count=True))
    assert found.total_count == 1
    assert refusal(writer.delete_table, "t") == ("OTSParameterInvalid", 400)
    writer.delete_search_index("t", "s")
    assert refusal(writer.describe_search_index, "t", "s") == ("OTSObjectNotExist", 404)
    writer.delete_table("t")


@pytest.mark.parametrize(
    "query",
    [
        SearchQuery(TermQuery("nothing", 1)),
        SearchQuery(MatchAllQuery(), limit=101),
        SearchQuery(MatchAllQuery(), next_token=b"none of ours"),
        SearchQuery(MatchAllQuery(), sort=Sort([FieldSort("note")])),
        SearchQuery(GeoDistanceQuery("region", "0,0", 1.0)),
    ],
)
def test_a_query_that_cannot_be_is_refused(client: OTSClient, query: SearchQuery) -> None:
    """Unknown fields, too large pages, foreign tokens, text as an order, kinds that are not supported."""
    assert refusal(client.search, *INDEX, query)[1] == 400
