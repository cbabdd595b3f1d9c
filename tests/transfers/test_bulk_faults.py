"""Parts that break off while they are read or written, on every store: run again, they leave what one run leaves."""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from ignite_sandbox import fresh_ignite
from ikv_sandbox import fresh_ikv, profile_fields
from tablestore_harness import opened
from tablestore_sandbox import fresh_tablestore

from services.cancel import CancelToken
from services.errors import Cancelled, Refused, StoredeckError
from services.sandbox.faults import parse_faults
from services.secrets import Secret
from services.stores.bulk import Faults, Receipt, WriteMode, WritePlan, WriteWish
from services.stores.ignite.store import IgniteStore
from services.stores.ikv.store import IkvStore
from services.stores.types import RowQuery

__all__ = ["fresh_ignite", "fresh_ikv", "fresh_tablestore"]

ROWS = 2_500
IGNITE: Any = ("sql", "PUBLIC", "FAULTY")


def rows(schema: pa.Schema | None = None, *, value: int = 0) -> pa.RecordBatch:
    """Rows with a key and a value."""
    columns = [pa.array(range(ROWS), pa.int64()), pa.array([number + value for number in range(ROWS)], pa.int64())]
    return pa.RecordBatch.from_arrays(columns, schema=schema or pa.schema([("id", pa.int64()), ("v", pa.int64())]))


def begun(store: Any, path: Any, mode: WriteMode) -> WritePlan:
    """A write of those rows to a table that it makes."""
    return store.begin_write(store.plan_write(path, rows().schema, WriteWish(mode, is_created=True)))


def written(store: Any, plan: WritePlan) -> Receipt:
    """The part, written at once."""
    return store.write_part(plan, 0, iter([rows(plan.schema)]))


def found(store: Any, path: Any) -> list[int]:
    """The keys that are there, part by part."""
    plan = store.plan_read(path, RowQuery(), 600)
    return [key for part in plan.parts for batch in store.read_part(plan, part) for key in keys_of(batch)]


def keys_of(batch: pa.RecordBatch | Faults) -> list[int]:
    """The keys of a batch without faults."""
    assert isinstance(batch, pa.RecordBatch)
    return batch.column("id").to_pylist()


@pytest.fixture
def ignite(fresh_ignite: Callable[..., Any]) -> Iterator[tuple[Any, IgniteStore]]:
    """A cluster and a store on it with a short timeout."""
    sandbox = fresh_ignite(samples=False)
    store = IgniteStore({"nodes": sandbox.nodes, "timeout_seconds": "5"}, {})
    store.connect()
    yield sandbox, store
    store.close()


@pytest.fixture
def tablestore(fresh_tablestore: Callable[..., Any]) -> Iterator[tuple[Any, Any]]:
    """An instance and a store on it that does not retry by itself."""
    sandbox = fresh_tablestore()
    store = opened({**sandbox.profile, "retry_seconds": "0"})
    yield sandbox, store
    store.close()


@pytest.mark.parametrize("mode", [WriteMode.APPEND, WriteMode.SKIP, WriteMode.UPSERT])
def test_an_ignite_part_whose_connection_breaks(ignite: Any, mode: WriteMode) -> None:
    """The connection is reset after some statements; run again, the part leaves each row once and rejects none."""
    sandbox, store = ignite
    plan = begun(store, IGNITE, mode)
    sandbox.plan.add(*parse_faults("ignite:reset,op=2004,after=2,times=1"))
    with pytest.raises(StoredeckError):
        store.write_part(plan, 0, iter([rows(plan.schema)]))
    receipt = written(store, plan)
    assert (ROWS, ()) == (receipt.rows, receipt.rejects)
    assert list(range(ROWS)) == sorted(found(store, IGNITE))


def test_an_ignite_table_dropped_meanwhile(ignite: Any) -> None:
    """Rows are not rejected one by one where the statement itself is refused."""
    _, store = ignite
    plan = begun(store, IGNITE, WriteMode.APPEND)
    store.drop(IGNITE)
    with pytest.raises(Refused, match="not found"):
        store.write_part(plan, 0, iter([rows(plan.schema)]))


def test_an_ignite_read_whose_connection_breaks(ignite: Any) -> None:
    """A part that broke off is read again, whole."""
    sandbox, store = ignite
    written(store, begun(store, IGNITE, WriteMode.APPEND))
    plan = store.plan_read(IGNITE, RowQuery(), None)
    sandbox.plan.add(*parse_faults("ignite:reset,op=2004,times=1"))
    with pytest.raises(StoredeckError):
        list(store.read_part(plan, plan.parts[0]))
    assert list(range(ROWS)) == sorted(found(store, IGNITE))


@pytest.mark.parametrize("mode", [WriteMode.APPEND, WriteMode.OVERWRITE])
def test_a_tablestore_answer_that_is_not_to_be_trusted(tablestore: Any, mode: WriteMode) -> None:
    """The batch was done and its answer is damaged: the rows are looked at, the part ends well, and again does too."""
    sandbox, store = tablestore
    plan = begun(store, ("faulty",), mode)
    sandbox.plan.add(*parse_faults("tablestore:wrong-md5,op=BatchWriteRow,after=3,times=1"))
    for receipt in (written(store, plan), written(store, plan)):
        assert (ROWS, ()) == (receipt.rows, receipt.rejects)
        assert list(range(ROWS)) == found(store, ("faulty",))


@pytest.mark.parametrize("fault", ["reset", "error=busy,code=OTSServerBusy"])
@pytest.mark.parametrize("mode", [WriteMode.APPEND, WriteMode.OVERWRITE])
def test_a_tablestore_part_that_breaks_off(tablestore: Any, fault: str, mode: WriteMode) -> None:
    """Whether a batch was done before its answer was lost or not: run again, the part leaves each row once."""
    sandbox, store = tablestore
    plan = begun(store, ("faulty",), mode)
    sandbox.plan.add(*parse_faults(f"tablestore:{fault},op=BatchWriteRow,after=3,times=1"))
    with pytest.raises(StoredeckError):
        store.write_part(plan, 0, iter([rows(plan.schema)]))
    receipt = written(store, plan)
    assert (ROWS, ()) == (receipt.rows, receipt.rejects)
    assert list(range(ROWS)) == found(store, ("faulty",))


def test_a_tablestore_table_dropped_meanwhile(tablestore: Any) -> None:
    """The part ends with the reason; no row is put aside for it."""
    _, store = tablestore
    plan = begun(store, ("gone",), WriteMode.APPEND)
    store.drop(("gone",))
    with pytest.raises(Refused):
        store.write_part(plan, 0, iter([rows(plan.schema)]))


def test_an_ikv_part_that_breaks_off(fresh_ikv: Callable[..., Any]) -> None:
    """A batch that fails ends the part with its reason; run again it is done."""
    sandbox = fresh_ikv(flush_seconds=None)
    fields, secrets = profile_fields(sandbox)
    store = IkvStore(fields, {name: Secret(text) for name, text in secrets.items()})
    store.connect()
    batch = pa.RecordBatch.from_pydict({"firstname": [f"faulty {number}" for number in range(ROWS)]})
    plan = store.begin_write(store.plan_write(("user_profiles",), batch.schema, WriteWish(WriteMode.UPSERT)))
    sandbox.plan.add(*parse_faults("ikv:error=Kafka is away,status=13,op=BatchUpsertFieldValues,after=1,times=1"))
    documents = pa.RecordBatch.from_arrays(batch.columns, schema=plan.schema)
    with pytest.raises(StoredeckError, match="Kafka"):
        store.write_part(plan, 0, iter([documents]))
    assert ROWS == store.write_part(plan, 0, iter([documents])).rows
    sandbox.flush()
    plan_read = store.plan_read(("user_profiles",), RowQuery(where="firstname LIKE 'faulty %'"), None)
    names = [name for part in plan_read.parts for one in store.read_part(plan_read, part) for name in names_of(one)]
    store.close()
    assert sorted(batch.column("firstname").to_pylist()) == sorted(names)


def names_of(batch: pa.RecordBatch | Faults) -> list[str]:
    """The names of a batch without faults."""
    assert isinstance(batch, pa.RecordBatch)
    return batch.column("firstname").to_pylist()


def test_a_part_stops_when_it_is_asked_to(ignite: Any, tablestore: Any) -> None:
    """Writing ends between two requests, and what is there counts when the part is run again."""
    for store, path in ((ignite[1], IGNITE), (tablestore[1], ("stopped",))):
        plan = begun(store, path, WriteMode.APPEND)
        token = CancelToken()

        def batches(plan: WritePlan = plan, token: CancelToken = token) -> Iterator[pa.RecordBatch]:
            whole = rows(plan.schema)
            yield whole.slice(0, 700)
            token.cancel()
            yield whole.slice(700)

        with pytest.raises(Cancelled):
            store.write_part(plan, 0, batches(), token)
        receipt = store.write_part(plan, 0, iter([rows(plan.schema)]))
        assert (ROWS, ()) == (receipt.rows, receipt.rejects)
