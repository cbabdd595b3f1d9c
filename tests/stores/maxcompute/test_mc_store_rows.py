"""Rows of tables, partitions, views and results: exact, in pages, and without a job where none is needed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from maxcompute_stores import Warehouse, opened

from services.errors import NotFound, UsageError
from services.results.typed import typed_cell
from services.stores.types import CountKind, Page, RowQuery
from services.times import Moment


def pages(warehouse: Warehouse, address: str, **query: object) -> list[Page]:
    """All pages of a read."""
    store = warehouse.store
    return list(store.read_rows(store.parse_address(address), RowQuery(**query)))  # type: ignore[arg-type]


def jobs(warehouse: Warehouse) -> int:
    """How many jobs there were so far."""
    return warehouse.store.list_jobs(10_000).batch.num_rows


def test_a_table_is_read_without_a_job(warehouse: Warehouse) -> None:
    """Rows come from the tunnel in pages of the size asked for, with an exact count."""
    before = jobs(warehouse)
    found = pages(warehouse, "orders", page_rows=130)
    assert [130, 130, 130, 110] == [page.batch.num_rows for page in found]
    assert {(CountKind.EXACT, 500)} == {(page.count.kind, page.count.rows) for page in found}
    assert list(range(500)) == sorted(n for page in found for n in page.batch.column("id").to_pylist())
    assert before == jobs(warehouse)


def test_a_partitioned_table_is_read_partition_by_partition(warehouse: Warehouse) -> None:
    """Each row carries its partition's values, in the types of their columns."""
    found = pages(warehouse, "visits")
    specs = {(row["dt"], row["region"]) for page in found for row in page.batch.select(["dt", "region"]).to_pylist()}
    told = warehouse.rows("SELECT DISTINCT dt, region FROM visits")
    assert {(row["dt"], row["region"]) for row in told} == specs
    (one,) = {page.count.rows for page in pages(warehouse, "visits/dt=20260101/region=east")}
    assert one == warehouse.rows("SELECT COUNT(*) n FROM visits WHERE dt='20260101' AND region='east'")[0]["n"]


def test_columns_come_as_asked(warehouse: Warehouse) -> None:
    """In the order asked for, partition columns among them; these alone, too."""
    (page,) = pages(warehouse, "sales/pt=20260101", columns=("pt", "quantity", "order_id"), limit=3)
    assert (["pt", "quantity", "order_id"], 3) == (page.batch.schema.names, page.batch.num_rows)
    assert {"20260101"} == set(page.batch.column("pt").to_pylist())
    (alone,) = pages(warehouse, "sales/pt=20260101", columns=("pt",), limit=2)
    assert [{"pt": "20260101"}] * 2 == alone.batch.to_pylist()


def test_a_limit_ends_a_read_over_partitions(warehouse: Warehouse) -> None:
    """The last page is cut, and what lies beyond is not told as exact."""
    found = pages(warehouse, "sales", limit=50_010)
    assert sum(page.batch.num_rows for page in found) == 50_010
    assert (CountKind.AT_LEAST, 50_010) == (found[-1].count.kind, found[-1].count.rows)


def test_a_filter_and_an_order_run_a_job(warehouse: Warehouse) -> None:
    """The condition is the service's SQL; the partition read stays the one asked for."""
    before = jobs(warehouse)
    (page,) = pages(warehouse, "sales/pt=20260102", where="quantity > 2 -- more", order=("-order_id",), limit=5)
    ids = page.batch.column("order_id").to_pylist()
    assert (sorted(ids, reverse=True), {"20260102"}) == (ids, set(page.batch.column("pt").to_pylist()))
    assert jobs(warehouse) == before + 1


def test_a_view_is_read_by_a_job(warehouse: Warehouse) -> None:
    """A view has no rows of its own to fetch."""
    (page,) = pages(warehouse, "sales_by_region")
    assert {"north", "south", "east", "west"} == set(page.batch.column("region").to_pylist())


def test_an_empty_table_has_columns(warehouse: Warehouse) -> None:
    """One page without rows, counted exactly."""
    (page,) = pages(warehouse, "empty_table")
    names = [column.name for column in warehouse.store.describe(("empty_table",)).columns]
    assert (0, CountKind.EXACT, 0, names) == (
        page.batch.num_rows,
        page.count.kind,
        page.count.rows,
        page.batch.schema.names,
    )


def test_a_partitioned_table_without_partitions_has_columns(warehouse: Warehouse) -> None:
    """Its partition columns among them."""
    name = warehouse.table("(id BIGINT) PARTITIONED BY (pt STRING)")
    (page,) = pages(warehouse, name)
    assert (0, ["id", "pt"]) == (page.batch.num_rows, page.batch.schema.names)


def test_every_type_is_exact(warehouse: Warehouse) -> None:
    """Table and job give the same values, to the last digit, of every type there is."""
    (table,) = pages(warehouse, "zoo")
    (job,) = warehouse.run("SELECT * FROM zoo")
    assert job.batch is not None
    values = [
        {field.name: typed_cell(batch.column(place), row, field) for place, field in enumerate(batch.schema)}
        for batch in (table.batch, job.batch)
        for row in range(batch.num_rows)
    ]
    half = len(values) // 2
    told = [{name: str(value) for name, value in row.items()} for row in values]
    assert told[:half] == told[half:]
    first = {name: value.value for name, value in values[0].items()}  # type: ignore[union-attr]
    assert Decimal("99999999999999999999.999999999999999999") == first["c_decimal"]
    assert Moment(1_767_225_599_123_456_789) == first["c_timestamp"]
    assert (9_223_372_036_854_775_807, bytes(range(256))) == (first["c_bigint"], first["c_binary"])


def test_types_are_told_in_the_words_of_the_service(warehouse: Warehouse) -> None:
    """The same word in the description and beside the values."""
    (page,) = pages(warehouse, "zoo", limit=1)
    told = {column.name: column.type for column in warehouse.store.describe(("zoo",)).columns}
    shown = {field.name: (field.metadata or {})[b"storedeck.type"].decode() for field in page.batch.schema}
    assert told == shown
    assert ("MAP<STRING,BIGINT>", "DECIMAL(38,18)") == (told["c_map"], told["c_decimal"])


def test_what_is_not_there_is_named(warehouse: Warehouse) -> None:
    """Tables, partitions and columns."""
    with pytest.raises(NotFound):
        pages(warehouse, "nowhere")
    with pytest.raises(NotFound):
        pages(warehouse, "sales/pt=19000101")
    with pytest.raises(UsageError) as caught:
        pages(warehouse, "sales", columns=("nope",))
    assert "order_id" in caught.value.hint


def test_projects_with_schemas(warehouse: Warehouse) -> None:
    """Tables lie in schemas; a name without one stands in `default`, or in the profile's."""
    store = opened(warehouse.sandbox.profile, project="lab")
    assert {"default", "staging"} <= {node.name for node in store.list_children(()).nodes if node.kind == "schema"}
    assert ("staging.", "readings") in [node.path for node in store.list_children(("staging.",)).nodes]
    (page,) = store.read_rows(store.parse_address("staging.readings"), RowQuery())
    assert ["a", "b", "c"] == page.batch.column("sensor").to_pylist()
    store.create(("staging.", "fresh"), {"columns": [{"name": "a", "type": "INT"}]})
    assert ("a", "`staging`.`fresh`") == (
        store.describe(("staging.", "fresh")).columns[0].name,
        store.describe(("staging.", "fresh")).sql,
    )
    (filtered,) = store.read_rows(("staging.", "readings"), RowQuery(where="sensor = 'b'"))
    assert filtered.batch.num_rows == 1
    store.close()
    inside = opened(warehouse.sandbox.profile, project="lab", schema="staging")
    assert inside.describe(("fresh",)).columns[0].type == "INT"
    assert [{"n": 3}] == [
        row for page in inside.read_rows(("readings",), RowQuery()) for row in [{"n": page.batch.num_rows}]
    ]
    inside.drop(("fresh",))
    inside.close()


def test_more_partitions_than_a_page_lists(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """Lists go on by the service's marker, for children and for reading alike."""
    warehouse = fresh_warehouse(page_items=2, samples=False)
    name = warehouse.table("(id BIGINT) PARTITIONED BY (pt STRING)")
    for number in range(5):
        warehouse.run(f"INSERT INTO {name} PARTITION (pt='{number}') VALUES ({number})")
    seen, token = [], None
    while True:
        children = warehouse.store.list_children((name,), token)
        seen += [node.name for node in children.nodes]
        token = children.next_token
        if token is None:
            break
    assert [f"pt={number}" for number in range(5)] == seen
    assert list(range(5)) == [n for page in pages(warehouse, name) for n in page.batch.column("id").to_pylist()]


def test_pages_of_large_rows_end_by_their_bytes(
    fresh_warehouse: Callable[..., Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many rows a page may have, it holds few large ones; all rows come, once and in order."""
    monkeypatch.setattr("services.stores.maxcompute.tunnel.paging.PAGE_BYTES", 10_000)
    monkeypatch.setattr("services.stores.maxcompute.tunnel.paging.RANGE_BYTES", 50_000)
    warehouse = fresh_warehouse(samples=False)
    name = warehouse.table("(id BIGINT, v STRING)", ", ".join(f"({n}, '{'x' * 1000}')" for n in range(100)))
    found = pages(warehouse, name)
    assert max(page.batch.nbytes for page in found) <= 11_000
    assert list(range(100)) == sorted(n for page in found for n in page.batch.column("id").to_pylist())
