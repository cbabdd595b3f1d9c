"""Plans: columns, modes, sizes of parts, and what is refused before anything is written."""

import pyarrow as pa
import pytest
from transfer_runs import ended

from services.cancel import NEVER
from services.errors import (
    NotFound,
    ReadOnlyRefused,
    Refused,
    StoredeckError,
    UnsupportedOperation,
    UsageError,
    ValueRefused,
)
from services.stores.bulk import ReadPart, ReadPlan, WriteMode, WritePlan, WriteWish
from services.stores.features import Guarantee
from services.stores.types import UNKNOWN, Count
from services.transfers.adding import prepared, rate_of
from services.transfers.model import TransferOptions
from services.transfers.places import Place, Places, place_of
from services.transfers.planning import mapped_columns, plan_transfer, wished_rows

SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.string())])


def read_plan(*rows: int | None, size: int | None = None, count: Count | None = None) -> ReadPlan:
    """A read in parts of so many rows."""
    parts = tuple(ReadPart(index, {}, one, size) for index, one in enumerate(rows))
    known = [one for one in rows if one is not None]
    return ReadPlan(("t",), SCHEMA, parts, count or (Count.exact(sum(known)) if len(known) == len(rows) else UNKNOWN))


def write_plan(**bounds: int) -> WritePlan:
    """A write with bounds."""
    return WritePlan(("t",), SCHEMA, WriteWish(WriteMode.APPEND), Guarantee.TRANSACTION, **bounds)


@pytest.mark.parametrize(
    ("read", "bounds", "asked", "wish"),
    [
        (read_plan(100, 100), {}, None, None),
        (read_plan(100, 100), {"part_rows": 100}, None, None),
        (read_plan(100, 100), {"part_rows": 30}, None, 30),
        (read_plan(None, None), {"part_rows": 30}, None, 30),
        (read_plan(None, None), {"part_rows": 30}, 30, None),
        (read_plan(100, 100, size=1000), {"part_bytes": 500}, None, 50),
        (read_plan(100, 100, size=1000), {"part_bytes": 500, "part_rows": 20}, None, 20),
        (read_plan(*[1] * 50), {"max_parts": 10}, None, 5),
        (read_plan(*[10] * 50), {"max_parts": 10, "part_rows": 40}, None, 40),
        (read_plan(None, None, None), {"max_parts": 2}, None, None),
    ],
)
def test_parts_are_sized_to_the_target(read, bounds, asked, wish):
    """A read is planned again where its parts are too large or too many, and left alone where they suit."""
    assert wish == wished_rows(read, write_plan(**bounds), asked)


def test_columns_are_renamed_and_left_out():
    """Pairs in the source's order."""
    assert [("a", "a"), ("b", "c")] == mapped_columns(SCHEMA, {"b": "c"})
    assert [("a", "a")] == mapped_columns(SCHEMA, {"b": ""})


@pytest.mark.parametrize(("mapping", "word"), [({"x": "y"}, "x"), ({"b": "a"}, "two columns")])
def test_wrong_mappings_are_refused(mapping, word):
    """A column that is not there, and two that go to one."""
    with pytest.raises(UsageError) as caught:
        mapped_columns(SCHEMA, mapping)
    assert word in caught.value.message
    assert caught.value.hint


@pytest.fixture
def places(services):
    """Opens what the plans of these tests need."""
    made = Places(services.profiles, services.vault)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("source", "target", "options", "kind", "word"),
    [
        ("one:stock", "two:gone", {}, NotFound, "gone"),
        ("one:gone", "two:stock", {}, NotFound, "gone"),
        ("one:people", "two:stock", {}, UsageError, "no such column"),
        ("one:stock", "two:stock", {"columns": {"shop": ""}}, UsageError, "shop"),
        ("one:stock", "two:numbers", {}, UnsupportedOperation, "generated"),
        ("one:stock", "two:stock", {"mode": WriteMode.FAIL}, ValueRefused, "not empty"),
        ("one:people", "two:fresh", {"is_created": True, "columns": {"id": "address", "address": "id"}}, None, ""),
    ],
)
def test_what_cannot_be_done_is_said_before(places, source, target, options, kind, word):
    """Each with the column, the table or the mode, and nothing is written."""
    if kind is None:
        assert plan_transfer(places, source, target, TransferOptions(**options), NEVER).columns
        return
    with pytest.raises(kind) as caught:
        plan_transfer(places, source, target, TransferOptions(**options), NEVER)
    assert word in caught.value.message


def test_types_that_never_fit_are_refused(places, services, tmp_path):
    """Bytes never become a number: the column is named, and how to leave it out."""
    import pyarrow.parquet as pq

    file = tmp_path / "in.parquet"
    pq.write_table(pa.table({"shop": ["a"], "item": [1], "amount": [[1]]}), file)
    with pytest.raises(ValueRefused) as caught:
        plan_transfer(places, str(file), "two:stock", TransferOptions(), NEVER)
    assert "amount" in caught.value.message
    assert "--map amount=" in caught.value.hint


def test_the_default_mode_never_takes_anything_away(places, tmp_path):
    """Rows are added to a table; a file that is there stays as it is."""
    file = tmp_path / "out.csv"
    assert "append" == plan_transfer(places, "one:stock", "two:stock", TransferOptions(), NEVER).shown["mode"]
    assert "fail" == plan_transfer(places, "one:stock", str(file), TransferOptions(), NEVER).shown["mode"]
    file.write_text("a\n")
    with pytest.raises(StoredeckError):
        plan_transfer(places, "one:stock", str(file), TransferOptions(), NEVER)


def test_a_new_target_with_a_key_may_take_upserts(places, monkeypatch):
    """No mode is named and the target is made: what it refuses to append is upserted; one that is there stays safe."""
    from services.stores.memory.store import MemoryStore

    whole = MemoryStore.plan_write

    def only_upserts(self, path, schema, wish, cancel):
        if wish.mode is not WriteMode.UPSERT:
            raise Refused("has a key and takes upserts only")
        return whole(self, path, schema, wish, cancel)

    monkeypatch.setattr(MemoryStore, "plan_write", only_upserts)
    options = TransferOptions(is_created=True)
    assert "upsert" == plan_transfer(places, "one:stock", "two:fresh", options, NEVER).shown["mode"]
    for target, given in (
        ("two:stock", options),
        ("two:fresh", TransferOptions(mode=WriteMode.APPEND, is_created=True)),
    ):
        with pytest.raises(Refused):
            plan_transfer(places, "one:stock", target, given, NEVER)


def test_text_is_read_in_the_targets_types(places, tmp_path):
    """A column of digits stays text for a text column, whatever a sample would guess."""
    file = tmp_path / "in.csv"
    file.write_text("shop,item,amount\n7,1,2\n")
    plan = plan_transfer(places, str(file), "two:stock", TransferOptions(), NEVER)
    types = {field.name: str(field.type) for field in plan.read.schema}
    assert ("string", "int64", "int32") == (types["shop"], types["item"], types["amount"])


def test_a_store_without_bulk_powers_says_so(places, services, monkeypatch):
    """It is named, and where to see what it can do."""
    monkeypatch.setattr(Places, "_connected", lambda self, name, cancel: object())
    with pytest.raises(UnsupportedOperation) as caught:
        places.source("one:stock", {}, NEVER)
    assert "one" in caught.value.message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ots:orders", Place("ots", "orders")),
        ("a:b", Place("a", "b")),
        ("mc:sales/pt=1:2", Place("mc", "sales/pt=1:2")),
        ("grid:sql:PUBLIC/City", Place("grid", "sql:PUBLIC/City")),
        ("/tmp/a:b.csv", Place("", "/tmp/a:b.csv")),
        ("/tmp/folder/", Place("", "/tmp/folder/")),
        ("-", Place("", "-")),
    ],
)
def test_addresses(text, place):
    """`PROFILE:PATH` is a store's, everything else a file's."""
    assert place == place_of(text, has_drives=False)


def test_one_letter_is_a_drive_only_where_there_are_drives():
    """`C:\\new.csv` is a file there, and longer names are profiles as everywhere."""
    assert place_of("C:\\new.csv", has_drives=True).is_file
    assert Place("ots", "orders") == place_of("ots:orders", has_drives=True)


def test_paths_of_files_become_absolute(services, tmp_path, monkeypatch):
    """The runner works elsewhere: what is queued means the same there, the file of rejected rows too."""
    monkeypatch.chdir(tmp_path)
    options = TransferOptions(rejects="bad.jsonl")
    source, target, ready = prepared(services.profiles, "./a:b.csv", "one:stock", options)
    assert (str(tmp_path / "a:b.csv"), "one:stock", str(tmp_path / "bad.jsonl")) == (source, target, ready.rejects)


def test_a_read_only_profile_takes_no_transfer(services):
    """It is refused before it is queued."""
    from services.connections.profile import Profile

    services.profiles.add(Profile("locked", "memory", {}, is_read_only=True))
    with pytest.raises(ReadOnlyRefused):
        prepared(services.profiles, "one:stock", "locked:stock", TransferOptions())
    assert prepared(services.profiles, "locked:stock", "one:stock", TransferOptions())


@pytest.mark.parametrize(
    ("text", "rate"),
    [("10M", 10_000_000), ("1.5 MB/s", 1_500_000), ("512KiB", 524_288), ("100", 100), ("none", 0), ("0", 0)],
)
def test_rates(text, rate):
    """As people write them."""
    assert rate == rate_of(text)


@pytest.mark.parametrize("text", ["fast", "-1", "10 M M", "1e3"])
def test_wrong_rates(text):
    """Anything else is refused."""
    with pytest.raises(ValueError, match=text.replace("-", r"\-")):
        rate_of(text)


def test_names_in_another_case_find_their_columns(services, queue, turns, tmp_path):
    """`Shop` and `ITEM` of a file are `shop` and `item` of the table; what is mapped by hand stays as it is mapped."""
    file = tmp_path / "in.csv"
    file.write_text("Shop,ITEM,pieces\nmall,1,5\n")
    identifier = queue.add(str(file), "one:stock", TransferOptions(columns={"pieces": "amount"}))
    turns.drain()
    ended(services, identifier)
    shown = [(one["source"], one["target"]) for one in queue.plan(identifier)["columns"]]
    assert [("Shop", "shop"), ("ITEM", "item"), ("pieces", "amount")] == shown


@pytest.mark.parametrize(("names", "known"), [(["a", "A"], ["a"]), (["a"], ["A", "a"]), (["ä"], ["a"])])
def test_names_that_may_mean_two_columns_are_left(names, known):
    """Two spellings on either side, or another letter: names mean what they say."""
    schema = pa.schema([(name, pa.int64()) for name in names])
    assert [(name, name) for name in names] == mapped_columns(schema, {}, known)
