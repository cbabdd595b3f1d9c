"""The contract, on the IKV sandbox: what a service without conditions can promise."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest
from conformance import *
from ikv_sandbox import *
from ikv_sandbox import profile_fields

from services.cancel import NEVER
from services.sandbox.ikv.server import IkvSandbox
from services.secrets import Secret
from services.stores.base import Store
from services.stores.bulk import Receipt
from services.stores.changes import Change, Outcome
from services.stores.ikv.store import IkvStore
from services.values import Typed

BLIND = "IKV has no conditional write: every upsert and delete is done, whatever is there"
GAPS = {
    name: Gap(GapKind.NEVER, BLIND)
    for name in (
        "test_insert_of_an_existing_key_conflicts",
        "test_stale_update_conflicts",
        "test_update_of_a_missing_row_conflicts",
        "test_delete_applies_once",
        "test_stale_delete_conflicts",
        "test_one_outcome_a_change",
    )
}
GAPS["test_container_is_created_and_dropped"] = Gap(
    GapKind.NEVER, "a field appears with its first value, and stores are made by the vendor by e-mail"
)


def _row(number: int) -> tuple[Cells, Cells]:
    values = {
        "city": Typed("STRING", f"town {number}"),
        "age": Typed("INT32", number % 100),
        "followers": Typed("INT64", 2**53 + number),
        "rating": Typed("FLOAT32", 0.5),
        "latitude": Typed("FLOAT64", number / 7),
        "avatar": Typed("BYTES", bytes([0, number % 256])),
        "active": Typed("BOOLEAN", number % 2 == 0),
    }
    return {"firstname": Typed("STRING", f"person {number}")}, values


def _batch(numbers: Sequence[int], is_changed: bool) -> pa.RecordBatch:
    columns = {
        "firstname": pa.array([f"person {number}" for number in numbers]),
        "city": pa.array([f"town {number}" for number in numbers]),
        "age": pa.array([number % 100 + is_changed for number in numbers], pa.int32()),
        "followers": pa.array([2**53 + number for number in numbers], pa.int64()),
        "rating": pa.array([0.5] * len(numbers), pa.float32()),
        "latitude": pa.array([number / 7 for number in numbers], pa.float64()),
        "avatar": pa.array([bytes([0, number % 256]) for number in numbers], pa.binary()),
        "active": pa.array([number % 2 == 0 for number in numbers]),
    }
    return pa.RecordBatch.from_pydict(columns)


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    """A gateway whose reader writes down what it got after every change, so that it can be read."""
    with IkvSandbox(flush_seconds=None) as sandbox:
        fields, secrets = profile_fields(sandbox)

        class FlushedStore(IkvStore):
            def apply(self, changes: Sequence[Change], cancel: CancelToken = NEVER) -> Iterator[Outcome]:
                for outcome in super().apply(changes, cancel):
                    sandbox.flush()
                    yield outcome

            def write_part(self, *words: Any, **options: Any) -> Receipt:
                receipt = super().write_part(*words, **options)
                sandbox.flush()
                return receipt

        def opened() -> Store:
            store = FlushedStore(fields, {name: Secret(text) for name, text in secrets.items()})
            store.connect()
            return store

        yield Harness(
            open=opened,
            address="user_profiles",
            row=_row,
            change=lambda n: {"age": Typed("INT32", n % 100 + 1)},
            spare_address="user_profiles/spare",
            wrong_text=("age", "abc"),
            gaps=GAPS,
            batch=_batch,
        )
