"""Compaction and refresh: what goes, what stays, and what another reader of the directory can notice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ikv_index_reading import documents, entries, field_ids, message

from services.sandbox.ikv import events
from services.sandbox.ikv.events import Event
from services.sandbox.ikv.server import IkvSandbox
from services.sandbox.ikv.store import Store
from services.sandbox.ikv.values import string


@pytest.fixture
def store(fresh_ikv: Callable[..., IkvSandbox]) -> Store:
    """Documents with old values, a dropped field, deleted fields and documents."""
    made = fresh_ikv(samples_wanted=False).store
    for number in range(40):
        for age in ("1", "2"):
            document = {"firstname": string(f"p{number}"), "job": string("x" * 50), "age": string(age)}
            made.publish(Event(events.UPSERT, {**document, "city": string("Oslo")}))
    made.publish(Event(events.DROP_FIELDS, names=("job",)))
    made.publish(Event(events.DELETE_FIELDS, {"firstname": string("p1")}, ("age", "city")))
    made.publish(Event(events.DELETE_DOCUMENT, {"firstname": string("p2")}))
    made.flush()
    return made


def written(store: Store) -> int:
    """The bytes that the data files hold."""
    segments = (store.directory / "index").iterdir()
    return sum(message(segment / "metadata", "Metadata").mmap_write_offset for segment in segments)


def inodes(store: Store) -> list[int]:
    """The identity of each segment's directory."""
    return [(store.directory / "index" / f"segment_{number}").stat().st_ino for number in range(16)]


def test_compaction_keeps_the_documents_and_drops_the_rest(store: Store) -> None:
    """The same documents in fewer bytes, one record each, with ids that have no gap."""
    before, bytes_before = documents(store.directory), written(store)
    assert field_ids(store.directory) == {"firstname": 0, "age": 2, "city": 3}
    store.compact()
    assert documents(store.directory) == before
    assert before[b"p1"] == {"firstname": "p1"}
    assert field_ids(store.directory) == {"firstname": 0, "age": 1, "city": 2}
    assert written(store) < bytes_before / 3
    records = [entry for number in range(16) for entry in entries(store.index.segment_directory(number))]
    assert (len(records), {operation for operation, _ in records}) == (39, {"updateDocFields"})


def test_compaction_replaces_the_segments_in_place(store: Store) -> None:
    """Other directories of segments, the same directory of the partition, the same header."""
    before, header, partition = inodes(store), (store.directory / "header").read_bytes(), store.directory.stat().st_ino
    with (store.directory / "index" / "segment_0" / "offset_table").open("rb") as held:
        store.compact()
        assert held.read() != b""
    assert [old == new for old, new in zip(before, inodes(store), strict=True)] == [False] * 16
    assert ((store.directory / "header").read_bytes(), store.directory.stat().st_ino) == (header, partition)
    assert sorted(path.name for path in (store.directory / "index").iterdir()) == sorted(
        f"segment_{n}" for n in range(16)
    )


def test_a_refresh_replaces_the_whole_directory(store: Store) -> None:
    """Another partition directory with the same documents and offsets; nothing of the change is left beside it."""
    before, partition = documents(store.directory), store.directory.stat().st_ino
    offsets, built = (store.directory / "kafka_offsets").read_bytes(), message(store.directory / "header", "Header")
    with (store.directory / "schema").open("rb"):
        store.refresh()
        assert store.directory.stat().st_ino != partition
    again = message(store.directory / "header", "Header")
    assert again.base_index_epoch_millis >= built.base_index_epoch_millis
    assert (documents(store.directory), (store.directory / "kafka_offsets").read_bytes()) == (before, offsets)
    assert [path.name for path in store.directory.parent.iterdir()] == ["0"]


@pytest.mark.parametrize("change", [Store.compact, Store.refresh])
def test_writing_goes_on_afterwards(store: Store, change: Callable[[Store], None]) -> None:
    """New documents and new fields join the compacted ones."""
    change(store)
    store.publish(Event(events.UPSERT, {"firstname": string("p1"), "team": string("red")}))
    store.flush()
    assert documents(store.directory)[b"p1"] == {"firstname": "p1", "team": "red"}
    assert field_ids(store.directory)["team"] == 3


def test_an_empty_index_compacts_to_nothing(store: Store) -> None:
    """After all is dropped, all files of data are empty."""
    store.publish(Event(events.DROP_FIELDS, drop_all=True))
    store.compact()
    sizes = {path.name: path.stat().st_size for path in (store.directory / "index").glob("*/*")}
    assert sizes == {"metadata": 0, "mmap": 0, "offset_table": 0}
