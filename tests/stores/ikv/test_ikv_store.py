"""The store over the sandbox: writes as the SDK's calls, reads of every odd value, batches, drops, the catalog."""

import pytest
from ikv_sandbox import profile_fields

from services.secrets import Secret
from services.stores.changes import Delete, Insert, Result, Update
from services.stores.features import Feature, Guarantee
from services.stores.ikv.store import IkvStore
from services.stores.types import RowQuery
from services.values import ABSENT, Typed

PATH = ("user_profiles",)


def text(value: str) -> Typed:
    return Typed("STRING", value)


@pytest.fixture
def sandbox(fresh_ikv):
    """A gateway of the test's own."""
    return fresh_ikv(flush_seconds=None)


@pytest.fixture
def store(sandbox):
    """A connected store."""
    fields, secrets = profile_fields(sandbox)
    made = IkvStore(fields, {name: Secret(value) for name, value in secrets.items()})
    made.connect()
    yield made
    made.close()


def read(store, sandbox, *names: str):
    """The documents of these names, after the reader wrote down what it got."""
    sandbox.flush()
    return store.read_keys(PATH, [{"firstname": text(name)} for name in names])


def test_the_plan_shows_the_sdks_calls(store):
    """With types, so that 1 and "1" differ; a field set to absent is deleted in a second call."""
    key = {"firstname": text("Zoë")}
    calls = store.plan(
        [
            Insert(PATH, key, {"age": Typed("INT32", 1)}),
            Update(PATH, key, {"age": Typed("INT32", 1)}, {"age": text("1"), "city": ABSENT}),
            Update(PATH, key, {"city": text("x")}, {"city": ABSENT}),
            Delete(PATH, key, {}),
        ]
    )
    assert [call.text for call in calls] == [
        'upsert_fields({"firstname":{"STRING":"Zoë"},"age":{"INT32":1}})',
        'upsert_fields({"firstname":{"STRING":"Zoë"},"age":{"STRING":"1"}}); '
        'delete_fields({"firstname":{"STRING":"Zoë"}}, ["city"])',
        'delete_fields({"firstname":{"STRING":"Zoë"}}, ["city"])',
        'delete_document({"firstname":{"STRING":"Zoë"}})',
    ]
    assert store.guarantee(PATH) is Guarantee.BLIND_UPSERT


def test_changes_do_what_the_plan_says(store, sandbox):
    """An insert merges, an update sets and deletes fields, a delete takes all."""
    key = {"firstname": text("Zoë")}
    changes = [
        Insert(PATH, key, {"age": Typed("INT32", 1), "city": text("Ghent")}),
        Update(
            PATH, key, {"age": Typed("INT32", 1)}, {"age": text("1"), "city": ABSENT, "fresh": Typed("BOOLEAN", True)}
        ),
    ]
    assert [outcome.result for outcome in store.apply(changes)] == [Result.APPLIED] * 2
    assert read(store, sandbox, "Zoë") == [{**key, "age": text("1"), "fresh": Typed("BOOLEAN", True)}]
    assert [outcome.result for outcome in store.apply([Delete(PATH, key, {})])] == [Result.APPLIED]
    assert read(store, sandbox, "Zoë") == [None]


def test_what_is_not_flushed_yet_is_not_read(store, sandbox):
    """A write is there for readers later, never at once."""
    store.put(PATH, {"firstname": text("Late"), "city": text("x")})
    assert store.read_keys(PATH, [{"firstname": text("Late")}]) == [None]
    assert read(store, sandbox, "Late") != [None]


def test_batches_of_all_three_kinds(store, sandbox):
    """Documents go in batches below 4 MB, and come back."""
    rows = [
        {"firstname": text(f"bulk {number}"), "blob": Typed("BYTES", bytes(20_000)), "n": Typed("INT64", number)}
        for number in range(300)
    ]
    done = list(store.write_many("upsert", rows))
    assert [outcome.error for outcome in done] == [None] * len(done)
    assert len(done) == 2
    names = [row["firstname"].value for row in rows]
    assert read(store, sandbox, *names) == rows
    keys = [{"firstname": row["firstname"]} for row in rows]
    assert [outcome.error for outcome in store.write_many("delete fields", keys, ("blob",))] == [None]
    assert read(store, sandbox, "bulk 7") == [{"firstname": text("bulk 7"), "n": Typed("INT64", 7)}]
    assert [outcome.error for outcome in store.write_many("delete documents", keys)] == [None]
    assert read(store, sandbox, *names) == [None] * 300


def test_a_failed_batch_can_be_sent_again(fresh_ikv):
    """The others go on; what failed is told with its documents, and sending it again completes the whole."""
    sandbox = fresh_ikv(faults="ikv:error=kafka is away,op=BatchUpsertFieldValues,times=1", flush_seconds=None)
    fields, secrets = profile_fields(sandbox)
    store = IkvStore(fields, {name: Secret(value) for name, value in secrets.items()})
    store.connect()
    rows = [{"firstname": text(f"bulk {number}"), "n": Typed("INT64", number)} for number in range(1500)]
    first, second = store.write_many("upsert", rows)
    assert (first.error is None, second.error is None) == (False, True)
    assert first.batch.documents == tuple(rows[:1000])
    (again,) = store.write_many("upsert", first.batch.documents)
    assert again.error is None
    assert read(store, sandbox, *(row["firstname"].value for row in rows)) == rows
    store.close()


def test_fields_are_dropped_by_name_and_by_prefix(store, sandbox):
    """They go from every document and from the list of fields; the others stay."""
    store.put(PATH, {"firstname": text("Ann"), "tmp_a": text("1"), "tmp_b": text("2"), "kept": text("3")})
    sandbox.flush()
    store.drop(store.parse_address("user_profiles/age"))
    store.drop(store.parse_address("user_profiles/tmp_*"))
    assert read(store, sandbox, "Ann") == [{"firstname": text("Ann"), "kept": text("3")}]
    names = [node.name for node in store.list_children(PATH).nodes]
    assert not {"age", "tmp_a", "tmp_b"} & set(names)
    assert "lastname" in names


def test_dropping_the_store_drops_all(store, sandbox):
    """No document and no field but the key is left."""
    store.drop(PATH)
    sandbox.flush()
    assert sum(page.batch.num_rows for page in store.read_rows(PATH, RowQuery())) == 0
    assert [node.name for node in store.list_children(PATH).nodes] == ["firstname"]


def test_every_odd_value_of_the_sandbox_is_read(ikv_sandbox):
    """Pages and single documents agree on each value, whatever type it has, and absent fields are absent."""
    from services.results.typed import typed_cell

    ikv_sandbox.flush()
    fields, secrets = profile_fields(ikv_sandbox)
    store = IkvStore({**fields, "store_name": "odd_values"}, {name: Secret(value) for name, value in secrets.items()})
    store.connect()
    path = ("odd_values",)
    key = store.describe(path).columns[0].name
    seen = set()
    for page in store.read_rows(path, RowQuery()):
        for row in range(page.batch.num_rows):
            cells = {
                field.name: typed_cell(page.batch.column(place), row, field)
                for place, field in enumerate(page.batch.schema)
            }
            (found,) = store.read_keys(path, [{key: cells[key]}])
            shown = {name: value for name, value in cells.items() if value is not ABSENT}
            assert repr(sorted(shown.items())) == repr(sorted(found.items()))
            seen |= {value.type for value in shown.values()}
    assert len(seen) == 7
    store.close()


def test_the_catalog_has_fields_and_views(store):
    """The store with its age, a node for each field, and the views of the index, which are locked."""
    root = store.list_children(())
    assert [(node.name, node.kind) for node in root.nodes] == [("user_profiles", "document store"), ("@index", "index")]
    assert root.nodes[0].note.startswith("last event ")
    views = store.list_children(("@index",)).nodes
    assert [node.name for node in views] == ["fields", "segments", "history"]
    assert all(store.describe(node.path).locked for node in views)
    pages = store.read_rows(("user_profiles", "city"), RowQuery(limit=3))
    assert {tuple(page.batch.schema.names) for page in pages} == {("firstname", "city")}


def test_a_description_says_what_the_service_is(store):
    """The vendor's silence, the gateway's settings, the last event's age and the delay; never the passkey."""
    assert store.describe(PATH).drop_asks_name
    groups = {group.title: dict(group.facts) for group in store.describe(PATH).groups}
    assert "May 2024" in groups["Service"]["vendor"]
    assert groups["Settings of the gateway"]["primary_key_field_name"] == "firstname"
    assert "ago" in groups["Mounted index"]["last event"]
    assert "never at once" in groups["Mounted index"]["delay"]
    assert not [name for facts in groups.values() for name in facts if "passkey" in name]


def test_features_follow_the_profile():
    """Without a directory nothing is read, without a gateway nothing is written."""
    fields = {"store_name": "s", "account_id": "a", "endpoint": "127.0.0.1:1"}
    assert Feature.READS_ROWS not in IkvStore(fields, {}).features
    reading = IkvStore({"store_name": "s", "endpoint": "none", "mount_directory": "/tmp"}, {})
    assert Feature.WRITES_ROWS not in reading.features
    assert Feature.READS_KEYS in reading.features
