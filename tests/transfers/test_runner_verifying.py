"""How far a transfer is compared at its end, and that it says so."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from transfer_runs import ended

from services.stores.bulk import Committed, WriteMode
from services.transfers import key_verifying
from services.transfers.checksum import row_hashes
from services.transfers.key_verifying import _is_among
from services.transfers.model import ItemState, TransferOptions, Verified
from services.transfers.ops import STEPS
from services.values import Typed

ROWS = 20
VERIFIED = TransferOptions(is_verified=True, part_rows=6, mode=WriteMode.APPEND)


@pytest.fixture
def file(tmp_path):
    """Rows of a shop that the table has none of."""
    path = tmp_path / "in.csv"
    path.write_text("shop,item,amount\n" + "".join(f"mall,{number},{number * 2}\n" for number in range(ROWS)))
    return path


def put(services, shop: str, item: int, amount: int) -> None:
    """Somebody else writes a row."""
    profile = services.profiles.get("one")
    store = profile.store_kind.build(profile.fields, {})
    store.connect()
    key = {"shop": Typed("String", shop), "item": Typed("Long", item)}
    with store._shelf.change() as shelf:
        table = shelf.tables[("main", "stock")]
        rows = [row for row in table.rows() if (row["shop"].value, row["item"].value) != (shop, item)]
        table.replace([*rows, {**key, "amount": Typed("Int", amount)}])


@pytest.mark.parametrize("mode", [WriteMode.APPEND, WriteMode.UPSERT])
def test_rows_added_to_others_are_found_by_their_key(services, queue, turns, file, mode):
    """The table holds ten rows already; each of the twenty that were written is found and has its values."""
    identifier = queue.add(str(file), "one:stock", replace(VERIFIED, mode=mode))
    turns.drain()
    item = ended(services, identifier)
    assert (Verified.KEYS, "20 rows verified by key and checksum") == (item.verified, item.message)


@pytest.mark.parametrize(
    ("changed", "words"),
    [(("mall", 7, 99), "values are not those"), (("north", 1, 99), ""), (("south", 77, 1), "")],
)
def test_one_changed_row_of_ours_is_noticed(services, queue, turns, file, changed, words):
    """A value of a row that was written fails the transfer; what others do to their rows is none of its business."""
    identifier = queue.add(str(file), "one:stock", VERIFIED)
    turns.engine.before = lambda task: put(services, *changed) if task.step == "verify" else None
    turns.drain()
    item = queue.item(identifier)
    assert bool(words) == (item.state is ItemState.FAILED)
    assert words in (item.failure.message if item.failure else "")


def test_a_source_that_names_a_key_twice_is_counted(services, queue, turns, file):
    """Of two rows with one key the table keeps one: nobody can say which, so values are not compared."""
    file.write_text(file.read_text() + "mall,3,1\n")
    identifier = queue.add(str(file), "one:stock", replace(VERIFIED, mode=WriteMode.UPSERT, part_rows=None))
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.DONE, Verified.ROWS) == (item.state, item.verified)
    assert "values were not compared: 21 rows were sent with 20 different keys" == item.message


def test_a_source_that_is_gone_is_no_failure(services, queue, turns, file):
    """The file is deleted once it was sent: the rows are there, and only their comparison is left out."""
    identifier = queue.add(str(file), "one:stock", VERIFIED)
    turns.engine.before = lambda task: file.unlink() if task.step == "verify" else None
    turns.drain()
    item = ended(services, identifier)
    assert (Verified.ROWS, True) == (item.verified, "the source cannot be read again" in item.message)


def test_a_target_that_is_far_larger_is_not_read(services, queue, turns, file, monkeypatch):
    """Ten rows beside one that was written would cost more than it tells."""
    monkeypatch.setattr(key_verifying, "_USUAL_ROWS", 5)
    monkeypatch.setattr(key_verifying, "_TIMES", 1)
    identifier = queue.add(str(file), "one:stock", VERIFIED)
    turns.drain()
    item = ended(services, identifier)
    assert Verified.ROWS is item.verified
    assert "values were not compared: the target holds 30 rows, 20 were written" == item.message


@pytest.mark.parametrize(("rows", "kind"), [(ROWS, Verified.ROWS), (None, Verified.RECEIPTS)])
def test_rows_that_nobody_sees_yet_are_not_looked_for(services, queue, turns, file, monkeypatch, rows, kind):
    """Where readers see the rows later, counts or receipts are all there is, and no value is called verified."""

    def commit(order, pace):
        result = plain(order, pace)
        return {**result, "rows": rows, "is_visible": Committed(rows, is_visible=False).is_visible}

    plain = STEPS["commit"]
    monkeypatch.setitem(STEPS, "commit", commit)
    identifier = queue.add(str(file), "one:stock", VERIFIED)
    turns.drain()
    item = ended(services, identifier)
    assert (kind, True) == (item.verified, item.message.endswith("values were not compared"))
    assert "verify" not in turns.engine.done


def test_show_says_what_was_verified(services, queue, turns, file, cli):
    """`verified` in the JSON of a transfer; null where nobody asked for it."""
    asked = queue.add(str(file), "one:stock", VERIFIED)
    plain = queue.add(str(file), "two:copied", TransferOptions(is_created=True))
    turns.drain()
    shown = [json.loads(cli("transfers", "show", str(one), "--format", "json").out) for one in (asked, plain)]
    assert ["keys", None] == [one["verified"] for one in shown]
    services.transfers.close()


def test_hashes_find_their_keys():
    """Every key among others is found, none that is not there, and no key in nothing."""
    keys = pa.record_batch({"a": list(range(1000)), "b": [f"k{number % 7}" for number in range(1000)]})
    hashes = row_hashes(keys)
    wanted = np.unique(hashes[::3])
    assert [number % 3 == 0 for number in range(1000)] == _is_among(hashes, wanted).to_pylist()
    assert [False] * 1000 == _is_among(hashes, wanted[:0]).to_pylist()
