"""The contract, as tests that every store passes. A store joins with a module that imports all of it and a fixture:

from conformance import *

@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with some_server() as server:
        yield Harness(open=..., address=..., row=..., change=...)
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from conformance_bulk import *  # noqa: F403  # taken whole, as a store's module takes all of this
from conformance_files import *  # noqa: F403
from conformance_harness import (  # noqa: F401  # some for the modules that take this whole
    POWERS,
    Cells,
    Gap,
    GapKind,
    Harness,
    insert,
    needs,
    new_row,
    read_all,
)

from services.cancel import CancelToken
from services.errors import Cancelled, NotFound, StatementRefused, StoredeckError, ValueRefused
from services.stores.base import (
    ManagesContainers,
    ReadsKeys,
    ReadsRows,
    RunsSql,
    Store,
    WritesRows,
)
from services.stores.changes import Delete, Insert, Path, Result, Update
from services.stores.features import Feature
from services.stores.types import KEY_METADATA, ROOT, CountKind, RowQuery, Statement, StepState


@pytest.fixture(autouse=True)
def declared_gap(request: pytest.FixtureRequest, harness: Harness) -> None:
    """Expect the failure that the harness declares, and nothing but it."""
    gap = harness.gaps.get(request.function.__name__)
    if gap is not None:
        reason = f"{gap.kind}: {gap.reason}"
        request.applymarker(pytest.mark.xfail(strict=True, raises=(AssertionError, StoredeckError), reason=reason))


@pytest.fixture
def store(harness: Harness) -> Iterator[Store]:
    """A connected store."""
    opened = harness.open()
    yield opened
    opened.close()


@pytest.fixture
def container(harness: Harness, store: Store) -> Path:
    """The writable container's path."""
    return store.parse_address(harness.address)


def test_check_goes_through_its_steps(store: Store) -> None:
    """A check of a good profile passes resolve, connect, TLS, sign in and list in that order, each timed."""
    steps = list(store.check())
    assert ["resolve", "connect", "TLS", "sign in", "list"] == [step.name for step in steps]
    assert {StepState.OK} >= {step.state for step in steps} - {StepState.SKIPPED}
    assert all(step.seconds >= 0 for step in steps)


def test_features_are_powers(store: Store) -> None:
    """A store claims a feature exactly where it has the power."""
    assert {feature for feature, power in POWERS.items() if isinstance(store, power)} == store.features & POWERS.keys()


def test_the_tree_reaches_the_container(store: Store, container: Path) -> None:
    """Opening nodes from the root leads to the container; pages of children end; no path comes twice."""
    seen: list[Path] = []
    waiting: list[Path] = [ROOT]
    while waiting:
        path, token = waiting.pop(), None
        while True:
            children = store.list_children(path, token)
            seen += [node.path for node in children.nodes]
            waiting += [
                node.path for node in children.nodes if node.has_children and container[: len(node.path)] == node.path
            ]
            token = children.next_token
            if token is None:
                break
    assert container in seen
    assert len(set(seen)) == len(seen)


def test_addresses_lead_back(store: Store) -> None:
    """Every node that has rows has an address that is read as its path again; the root's is empty."""
    readable: list[Path] = []
    waiting: list[Path] = [ROOT]
    while waiting:
        path, token = waiting.pop(), None
        while True:
            children = store.list_children(path, token)
            readable += [node.path for node in children.nodes if node.is_readable]
            waiting += [node.path for node in children.nodes if node.has_children]
            token = children.next_token
            if token is None:
                break
    assert readable
    assert readable == [store.parse_address(store.format_address(path)) for path in readable]
    assert store.format_address(ROOT) == ""


def test_describe_tells_columns_and_keys(harness: Harness, store: Store, container: Path) -> None:
    """A description names every column of a row, and the key's columns first of all."""
    key, values = harness.row(1)
    description = store.describe(container)
    assert set(key) == {column.name for column in description.columns if column.is_key}
    assert {*key, *values} <= {column.name for column in description.columns}


def test_missing_container_is_not_found(store: Store, container: Path) -> None:
    """Describing what is not there says so."""
    with pytest.raises(NotFound):
        store.describe((*container[:-1], "NO_SUCH_THING"))


def test_rows_come_once_and_in_pages(harness: Harness, store: Store, container: Path) -> None:
    """Reading gives every row once, in pages of at most the size asked for, keys marked."""
    needs(store, Feature.READS_ROWS)
    needs(store, Feature.WRITES_ROWS)
    for _ in range(5):
        insert(store, container, harness)
    pages = read_all(store, container, RowQuery(page_rows=2))
    key = set(harness.row(1)[0])
    names = [list(zip(*(page.batch.column(name).to_pylist() for name in sorted(key)), strict=True)) for page in pages]
    keys = list(itertools.chain.from_iterable(names))
    assert max(page.batch.num_rows for page in pages) <= 2
    assert len(keys) >= 5
    assert len({repr(one) for one in keys}) == len(keys)
    assert key == {item.name for item in pages[0].batch.schema if (item.metadata or {}).get(KEY_METADATA) == b"1"}


def test_counts_are_honest(harness: Harness, store: Store, container: Path) -> None:
    """A count said to be exact is the number of rows; one said to be at least is not more."""
    needs(store, Feature.READS_ROWS)
    pages = read_all(store, container, RowQuery())
    rows = sum(page.batch.num_rows for page in pages)
    for page in pages:
        if page.count.kind is CountKind.EXACT:
            assert rows == page.count.rows
        elif page.count.kind is CountKind.AT_LEAST:
            assert page.count.rows <= rows


def test_limit_and_columns_hold(harness: Harness, store: Store, container: Path) -> None:
    """No more rows than the limit come, and only the columns asked for, in that order."""
    needs(store, Feature.READS_ROWS)
    for _ in range(3):
        insert(store, container, harness)
    key, values = harness.row(1)
    columns = (next(iter(values)), next(iter(key)))
    pages = read_all(store, container, RowQuery(limit=2, columns=columns))
    assert sum(page.batch.num_rows for page in pages) == 2
    assert {columns} == {tuple(page.batch.schema.names) for page in pages if page.batch.num_rows}


def test_reading_can_end_early(harness: Harness, store: Store, container: Path) -> None:
    """Closing a read before its end leaves the store usable."""
    needs(store, Feature.READS_ROWS)
    assert isinstance(store, ReadsRows)
    for _ in range(2):
        insert(store, container, harness)
    with closing(store.read_rows(container, RowQuery(page_rows=1))) as pages:  # type: ignore[type-var]
        next(pages)
    assert read_all(store, container, RowQuery(limit=1))[0].batch.num_rows == 1


def test_keys_find_their_rows(harness: Harness, store: Store, container: Path) -> None:
    """Rows come in the order of the keys, None where there is none, exactly as written."""
    needs(store, Feature.READS_KEYS)
    assert isinstance(store, ReadsKeys)
    number, key, _ = insert(store, container, harness)
    missing = new_row(harness)[1]
    first, second = store.read_keys(container, [missing, key])
    assert first is None
    assert second is not None
    assert {**key, **harness.row(number)[1]} == {name: second[name] for name in (*key, *harness.row(number)[1])}


def test_insert_of_an_existing_key_conflicts(harness: Harness, store: Store, container: Path) -> None:
    """An insert never overwrites."""
    needs(store, Feature.WRITES_ROWS)
    assert isinstance(store, WritesRows)
    number, key, row = insert(store, container, harness)
    values = {**harness.row(number)[1], **harness.change(number)}
    (outcome,) = store.apply([Insert(container, key, values)])
    assert outcome.result is Result.CONFLICT
    assert [{**key, **row}] == store.read_keys(container, [key])


def test_update_applies(harness: Harness, store: Store, container: Path) -> None:
    """An update of a row as it was read changes just the columns given."""
    needs(store, Feature.WRITES_ROWS)
    assert isinstance(store, WritesRows)
    number, key, row = insert(store, container, harness)
    (outcome,) = store.apply([Update(container, key, row, harness.change(number))])
    assert outcome.result is Result.APPLIED
    assert [{**key, **row, **harness.change(number)}] == store.read_keys(container, [key])


def test_stale_update_conflicts(harness: Harness, store: Store, container: Path) -> None:
    """An update of a row that someone else changed is a conflict, changes nothing, and tells the row as it is."""
    needs(store, Feature.WRITES_ROWS)
    assert isinstance(store, WritesRows)
    number, key, row = insert(store, container, harness)
    other = harness.open()
    assert isinstance(other, WritesRows)
    changed = {**row, **harness.change(number)}
    assert [Result.APPLIED] == [
        outcome.result for outcome in other.apply([Update(container, key, row, harness.change(number))])
    ]
    other.close()
    (outcome,) = store.apply([Update(container, key, row, harness.row(number + 1)[1])])
    assert outcome.result is Result.CONFLICT
    assert outcome.message
    assert outcome.current is not None
    assert {**key, **changed} == {**key, **outcome.current}
    assert [{**key, **changed}] == store.read_keys(container, [key])


def test_update_of_a_missing_row_conflicts(harness: Harness, store: Store, container: Path) -> None:
    """An update never creates a row."""
    needs(store, Feature.WRITES_ROWS)
    assert isinstance(store, WritesRows)
    number, key, values = new_row(harness)
    (outcome,) = store.apply([Update(container, key, values, harness.change(number))])
    assert outcome.result is Result.CONFLICT
    assert [None] == store.read_keys(container, [key])


def test_delete_applies_once(harness: Harness, store: Store, container: Path) -> None:
    """A delete removes the row as it was read; the second is a conflict."""
    needs(store, Feature.WRITES_ROWS)
    assert isinstance(store, WritesRows)
    _, key, row = insert(store, container, harness)
    change = Delete(container, key, row)
    outcomes = list(store.apply([change, change]))
    assert [Result.APPLIED, Result.CONFLICT] == [outcome.result for outcome in outcomes]
    assert [None] == store.read_keys(container, [key])


def test_stale_delete_conflicts(harness: Harness, store: Store, container: Path) -> None:
    """A delete of a row that changed since it was read leaves it."""
    needs(store, Feature.WRITES_ROWS)
    assert isinstance(store, WritesRows)
    number, key, row = insert(store, container, harness)
    stale = {**row, **harness.change(number)}
    (outcome,) = store.apply([Delete(container, key, stale)])
    assert outcome.result is Result.CONFLICT
    assert [{**key, **row}] == store.read_keys(container, [key])


def test_one_outcome_a_change(harness: Harness, store: Store, container: Path) -> None:
    """A conflict in the middle ends nothing: the others are applied, in order."""
    needs(store, Feature.WRITES_ROWS)
    assert isinstance(store, WritesRows)
    first, third = (Insert(container, *new_row(harness)[1:]) for _ in range(2))
    outcomes = list(store.apply([first, first, third]))
    assert [Result.APPLIED, Result.CONFLICT, Result.APPLIED] == [outcome.result for outcome in outcomes]


def test_plan_shows_and_sends_nothing(harness: Harness, store: Store, container: Path) -> None:
    """The plan has one call a change and changes no row."""
    needs(store, Feature.WRITES_ROWS)
    assert isinstance(store, WritesRows)
    number, key, row = insert(store, container, harness)
    _, new_key, values = new_row(harness)
    changes = [
        Update(container, key, row, harness.change(number)),
        Insert(container, new_key, values),
        Delete(container, key, row),
    ]
    calls = store.plan(changes)
    assert len(calls) == 3
    assert all(call.text and not call.reason for call in calls)
    assert [{**key, **row}, None] == store.read_keys(container, [key, new_key])


def test_wrong_text_is_refused(harness: Harness, store: Store, container: Path) -> None:
    """A text that does not fit the column's type is refused before any request."""
    needs(store, Feature.WRITES_ROWS)
    assert isinstance(store, WritesRows)
    column, text = harness.wrong_text
    with pytest.raises(ValueRefused):
        store.parse(container, column, text)


def test_type_words_start_with_the_declared_type(harness: Harness, store: Store, container: Path) -> None:
    """The first type word of a column is the type its values have."""
    needs(store, Feature.WRITES_ROWS)
    assert isinstance(store, WritesRows)
    column, value = next(iter(harness.row(1)[1].items()))
    assert value.type == store.type_words(container, column)[0]


def test_statement_answers_in_pages(harness: Harness, store: Store) -> None:
    """A statement's rows come in pages of the size asked for, and the limit holds."""
    needs(store, Feature.RUNS_SQL)
    assert isinstance(store, RunsSql)
    pages = list(store.run_sql(Statement(harness.select(7), page_rows=3)))
    assert [3, 3, 1] == [page.batch.num_rows for page in pages if page.batch is not None and page.batch.num_rows]
    limited = list(store.run_sql(Statement(harness.select(7), page_rows=3, limit=4)))
    assert sum(page.batch.num_rows for page in limited if page.batch is not None) == 4


def test_bad_statement_is_refused(harness: Harness, store: Store) -> None:
    """A refused statement brings the server's words, and the store goes on."""
    needs(store, Feature.RUNS_SQL)
    assert isinstance(store, RunsSql)
    with pytest.raises(StatementRefused) as caught:
        list(store.run_sql(Statement(harness.bad_select)))
    assert caught.value.message
    assert list(store.run_sql(Statement(harness.select(1))))


def test_cancel_ends_a_statement(harness: Harness, store: Store) -> None:
    """Asking a running statement to stop ends it as cancelled, and the store goes on."""
    needs(store, Feature.RUNS_SQL)
    assert isinstance(store, RunsSql)
    cancel = CancelToken()
    timer = threading.Timer(0.3, cancel.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        list(store.run_sql(Statement(harness.slow_select), cancel))
    timer.join()
    assert list(store.run_sql(Statement(harness.select(1))))


def test_container_is_created_and_dropped(harness: Harness, store: Store) -> None:
    """What a definition asks for is there afterwards, its own description recreates it, and a drop removes it."""
    needs(store, Feature.MANAGES_CONTAINERS)
    assert isinstance(store, ManagesContainers)
    path = store.parse_address(harness.spare_address)
    store.create(path, harness.definition)
    described = store.describe(path)
    store.drop(path)
    with pytest.raises(NotFound):
        store.describe(path)
    again = {
        "columns": [{"name": column.name, "type": column.type, "key": column.is_key} for column in described.columns],
        "options": dict(described.options),
    }
    store.create(path, again)
    assert described.columns == store.describe(path).columns
    store.drop(path)


def test_close_is_safe_twice(harness: Harness) -> None:
    """Closing again does nothing."""
    opened = harness.open()
    opened.close()
    opened.close()
