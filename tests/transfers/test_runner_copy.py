"""A transfer from its plan to its end, between stores and files."""

import pyarrow.parquet as pq
import pytest
from transfer_runs import Turns, ended, jsonl

from services.stores.bulk import WriteMode
from services.transfers.model import ItemState, PartState, Phase, TransferOptions


def table_rows(services, address: str) -> list[dict[str, object]]:
    """The rows of a memory table, by the store itself."""
    profile, _, name = address.partition(":")
    found = services.profiles.get(profile)
    store = found.store_kind.build(found.fields, {})
    store.connect()
    from services.results.records import BatchReader
    from services.stores.types import RowQuery

    return [
        record
        for page in store.read_rows(store.parse_address(name), RowQuery())
        for record in BatchReader().records(page.batch)
    ]


def test_every_row_goes_over_once(services, queue, turns):
    """A table is copied part by part; counters are those of the acknowledged parts, and the log tells each step."""
    identifier = queue.add("one:stock", "two:copied", TransferOptions(is_created=True, part_rows=3))
    turns.drain()
    item = ended(services, identifier)
    assert (10, 4, 4, 0, Phase.ENDED) == (item.rows_done, item.parts_done, item.parts_total, item.rejected, item.phase)
    assert item.bytes_done > 0
    assert 1.0 == item.fraction
    assert table_rows(services, "one:stock") == table_rows(services, "two:copied")
    assert ["plan", "begin", "part 0", "part 1", "part 2", "part 3", "commit"] == turns.engine.done
    assert {PartState.ACKNOWLEDGED} == {part.state for part in queue.parts(identifier)}
    assert ["queued", "planned: 4 parts, mode append"] == [line.text for line in queue.log(identifier)][:2]


def test_a_table_becomes_a_file_and_a_table_again(services, queue, turns, tmp_path):
    """Store to Parquet to store: the rows are the same at the end."""
    file = tmp_path / "stock.parquet"
    first = queue.add("one:stock", str(file), TransferOptions(part_rows=4))
    turns.drain()
    ended(services, first)
    assert 10 == pq.read_table(file).num_rows
    before = table_rows(services, "one:stock")
    second = queue.add(str(file), "two:stock", TransferOptions(mode=WriteMode.OVERWRITE))
    turns.drain()
    ended(services, second)
    assert before == table_rows(services, "two:stock")


def test_columns_are_mapped_cast_and_left_out(services, queue, turns, tmp_path):
    """Texts of a file become the target's types under the target's names; a column mapped to nothing stays away."""
    file = tmp_path / "in.csv"
    file.write_text("where,number,pieces,junk\nnorth,1,50,x\neast,7,007,y\n")
    mapping = {"where": "shop", "number": "item", "pieces": "amount", "junk": ""}
    identifier = queue.add(str(file), "one:stock", TransferOptions(mode=WriteMode.UPSERT, columns=mapping))
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED, True) == (item.state, "007" in item.failure.message)
    file.write_text("where,number,pieces,junk\nnorth,1,50,x\neast,7,8,y\n")
    queue.retry([identifier])
    turns.drain()
    ended(services, identifier)
    rows = {(row["shop"], row["item"]): row["amount"] for row in table_rows(services, "one:stock")}
    assert (50, 8, 11) == (rows["north", 1], rows["east", 7], len(rows))


def test_rows_that_do_not_fit_go_aside(services, queue, turns, tmp_path):
    """3 bad of 1,000: 997 are loaded, 3 are in the file with line, column and reason."""
    file, rejects = tmp_path / "in.csv", tmp_path / "rejects.jsonl"
    bad = {10: "10,many", 500: "500", 990: ",5"}
    lines = [bad.get(number, f"{number},{number % 7}") for number in range(1, 1001)]
    file.write_text("\n".join(["item,amount", *lines]) + "\n")
    file.write_text("shop,item,amount\n" + "".join(f"mall,{line}\n" for line in lines))
    options = TransferOptions(rejects=str(rejects), part_rows=300)
    identifier = queue.add(str(file), "one:stock", options)
    turns.drain()
    item = ended(services, identifier)
    assert (997, 3) == (item.rows_done, item.rejected)
    found = jsonl(rejects)
    assert [10, 500, 990] == [row["line"] for row in found]
    assert all(row["reason"] for row in found)
    assert ["amount", "item"] == [found[0]["column"], found[2]["column"]]
    assert [row["line"] for row in found] == [row.line for row in queue.rejects(identifier)]


def test_the_first_bad_row_ends_a_transfer_that_allows_none(services, queue, turns, tmp_path):
    """It stops at once, names record and column, keeps the row for the viewer, and commits nothing."""
    file = tmp_path / "in.csv"
    file.write_text("shop,item,amount\neast,1,5\neast,2,many\n")
    identifier = queue.add(str(file), "one:stock")
    turns.drain()
    item = queue.item(identifier)
    assert ItemState.FAILED is item.state
    assert "record 2, column amount" in item.failure.message
    assert "--rejects" in item.failure.hint
    assert [2] == [row.line for row in queue.rejects(identifier)]
    assert 10 == len(table_rows(services, "one:stock"))


def test_taken_keys_are_rejected_with_their_values(services, queue, turns, tmp_path):
    """Append never overwrites: a row with a taken key and other values goes aside."""
    file, rejects = tmp_path / "in.csv", tmp_path / "rejects.jsonl"
    file.write_text("shop,item,amount\nnorth,1,3\nnorth,2,999\nwest,1,1\n")
    identifier = queue.add(str(file), "one:stock", TransferOptions(rejects=str(rejects)))
    turns.drain()
    item = ended(services, identifier)
    assert (2, 1) == (item.rows_done, item.rejected)
    (found,) = jsonl(rejects)
    assert ({"shop": "north", "item": 2, "amount": 999}, 2) == (found["values"], found["row"])
    rows = {(row["shop"], row["item"]): row["amount"] for row in table_rows(services, "one:stock")}
    assert (6, 1) == (rows["north", 2], rows["west", 1])


def test_verify_reads_the_target_again(services, queue, turns, tmp_path):
    """With a checksum over what was sent and what is there, in any order of parts."""
    file = tmp_path / "out.csv"
    options = TransferOptions(
        is_verified=True, part_rows=3, columns={"photo": "", "address": "", "tags": "", "extra": ""}
    )
    identifier = queue.add("one:people", str(file), options)
    turns.drain()
    assert "20 rows verified by checksum; not compared: note" == ended(services, identifier).message


@pytest.mark.parametrize("mode", [WriteMode.APPEND, WriteMode.UPSERT])
def test_a_new_table_is_compared_whatever_the_mode(services, queue, turns, mode):
    """A target that was not there holds what was sent and nothing else; in one that was there others may be."""
    options = TransferOptions(is_verified=True, is_created=True, part_rows=4, mode=mode)
    new, known = queue.add("one:stock", "two:fresh", options), queue.add("one:stock", "two:stock", options)
    turns.drain()
    messages = [ended(services, identifier).message for identifier in (new, known)]
    assert "10 rows verified by checksum" == messages[0]
    assert "values were not" in messages[1]


def test_verify_notices_a_changed_target(services, queue, turns, tmp_path):
    """A file that somebody changed between commit and verify ends the transfer as failed."""
    file = tmp_path / "out.csv"
    identifier = queue.add("one:stock", str(file), TransferOptions(is_verified=True))

    def tamper(task):
        if task.step == "verify":
            file.write_text(file.read_text().replace("north,1,3", "north,1,4"))

    turns.engine.before = tamper
    turns.drain()
    item = queue.item(identifier)
    assert ItemState.FAILED is item.state
    assert "verify" in item.failure.message


@pytest.mark.parametrize(("mode", "rows"), [(WriteMode.OVERWRITE, 2), (WriteMode.UPSERT, 11), (WriteMode.SKIP, 11)])
def test_modes_do_what_they_say(services, queue, turns, tmp_path, mode, rows):
    """What was there is replaced, updated or left, as the mode says."""
    file = tmp_path / "in.csv"
    file.write_text("shop,item,amount\nnorth,1,100\nwest,1,200\n")
    identifier = queue.add(str(file), "one:stock", TransferOptions(mode=mode))
    turns.drain()
    ended(services, identifier)
    found = {(row["shop"], row["item"]): row["amount"] for row in table_rows(services, "one:stock")}
    assert (rows, 3 if mode is WriteMode.SKIP else 100) == (len(found), found["north", 1])


def test_an_empty_source_makes_an_empty_target(services, queue, turns, tmp_path):
    """No rows are a result, too: the file has its columns."""
    file = tmp_path / "out.csv"
    identifier = queue.add("one:stock", str(file), TransferOptions(where="amount > 1000"))
    turns.drain()
    assert 0 == ended(services, identifier).rows_done
    assert "shop,item,amount" == file.read_text().strip()


def test_a_hook_gets_the_item(services, queue, turns, tmp_path):
    """The command is given the ended item as JSON on its standard input."""
    import json
    import threading

    seen = tmp_path / "seen.json"
    identifier = queue.add("one:stock", str(tmp_path / "out.csv"), TransferOptions(hook=f"tee {seen}"))
    turns.drain()
    for thread in [one for one in threading.enumerate() if one.name == "hook"]:
        thread.join(10)
    data = json.loads(seen.read_text())
    assert (identifier, "done", 10) == (data["id"], data["state"], data["rows_done"])


def test_turns_are_turns(turns):
    """The tests' own runner ends when there is nothing to do."""
    assert isinstance(turns, Turns)
    turns.drain()
    assert [] == turns.engine.done
