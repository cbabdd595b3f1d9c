"""The reader behind the gateway: when writes reach the disk, how it falls behind, what ends it, what is kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ignite_sandbox import wait_until
from ikv_index_reading import documents, message

from services.sandbox.ikv import events
from services.sandbox.ikv.events import Event
from services.sandbox.ikv.server import IkvSandbox
from services.sandbox.ikv.values import UNKNOWN, Document, FieldValue, binary, string

Make = Callable[..., IkvSandbox]


@pytest.fixture
def slow(fresh_ikv: Make) -> IkvSandbox:
    """An empty gateway whose reader flushes by count only, as the vendor's."""
    return fresh_ikv(samples_wanted=False, flush_seconds=None)


def person(name: str, **fields: str) -> Document:
    """A document of strings."""
    return {"firstname": string(name), **{field: string(text) for field, text in fields.items()}}


def upsert(sandbox: IkvSandbox, *documents: Document) -> None:
    """Publishes upserts as the gateway does."""
    for document in documents:
        sandbox.store.publish(Event(events.UPSERT, document))


def offsets(sandbox: IkvSandbox) -> list[tuple[str, int, int]]:
    """The committed offsets."""
    stored = message(sandbox.store.directory / "kafka_offsets", "Offsets")
    return [(entry.topic, entry.partition, entry.offset) for entry in stored.entries]


def test_the_reader_flushes_after_a_hundred_events(slow: IkvSandbox) -> None:
    """99 short events are not on disk, the hundredth brings all and commits its offset."""
    upsert(slow, *(person(f"p{number}") for number in range(99)))
    assert (documents(slow.store.directory), offsets(slow)) == ({}, [])
    upsert(slow, person("p99"))
    assert (len(documents(slow.store.directory)), offsets(slow)) == (100, [("sandbox-user_profiles", 0, 99)])


def test_a_full_buffer_leaves_a_short_record(slow: IkvSandbox) -> None:
    """Long keys fill the log's buffer before the flush; the file ends where the buffer did."""
    upsert(slow, *(person(f"{number:03000d}") for number in range(64)))
    whole, short = 0, 0
    for segment in (slow.store.directory / "index").iterdir():
        data = (segment / "offset_table").read_bytes()
        at = 0
        while at + 4 <= len(data) and at + 4 + int.from_bytes(data[at : at + 4], "little") <= len(data):
            at += 4 + int.from_bytes(data[at : at + 4], "little")
            whole += 1
        short += at < len(data)
    assert 0 < whole < 64
    assert short > 0


def test_a_write_is_on_disk_soon(fresh_ikv: Make) -> None:
    """By default one write is flushed without a hundredth."""
    sandbox = fresh_ikv(samples_wanted=False)
    upsert(sandbox, person("Alice", age="32"))
    wait_until(lambda: b"Alice" in documents(sandbox.store.directory), "the write is flushed")
    assert documents(sandbox.store.directory) == {b"Alice": {"firstname": "Alice", "age": "32"}}


def test_a_paused_reader_falls_behind(slow: IkvSandbox) -> None:
    """Events are taken and counted; going on applies them in order."""
    slow.store.pause()
    upsert(slow, person("Alice", age="1"), person("Alice", age="2"))
    slow.flush()
    assert (slow.store.lag, documents(slow.store.directory)) == (2, {})
    slow.store.resume()
    slow.flush()
    assert (slow.store.lag, documents(slow.store.directory)[b"Alice"]["age"]) == (0, "2")


@pytest.mark.parametrize(
    ("document", "failure"),
    [
        (person("k" * 65_536), "primary_key larger than 64KB is unsupported"),
        ({"firstname": FieldValue(UNKNOWN, b"k")}, "Unsupported primary key type"),
        (
            {**person("k"), "age": FieldValue(1, b"\1")},
            "source slice length (1) does not match destination slice length (4)",
        ),
    ],
)
def test_an_event_that_cannot_be_applied_ends_the_reader(slow: IkvSandbox, document: Document, failure: str) -> None:
    """The gateway takes it; the reader stops there, and later events wait for ever."""
    upsert(slow, person("Alice"), document, person("Bob"))
    slow.flush()
    assert (slow.store.failure, slow.store.lag, list(documents(slow.store.directory))) == (failure, 2, [b"Alice"])


def test_values_without_a_type_and_empty_keys_are_left_out(slow: IkvSandbox) -> None:
    """A field of unknown type gets an id and no value; a document with an empty key is nothing."""
    upsert(slow, {**person("Alice"), "x": FieldValue(UNKNOWN, b"1")}, {"firstname": binary(b""), "y": string("1")})
    slow.flush()
    assert documents(slow.store.directory) == {b"Alice": {"firstname": "Alice"}}
    assert slow.store.index.schema.ids == {"firstname": 0, "x": 1, "y": 2}


def test_the_event_log_says_what_came_and_when(slow: IkvSandbox) -> None:
    """Offsets from 0 on, times that do not go back, the content of each event."""
    begun = time.time()
    upsert(slow, person("Alice"), person("Bob"))
    slow.store.publish(Event(events.DROP_FIELDS, names=("a",), prefixes=("b",)))
    found = slow.events()
    assert [(event.offset, event.operation) for event in found] == [(0, "upsert"), (1, "upsert"), (2, "drop fields")]
    assert begun <= found[0].time <= found[1].time <= found[2].time <= time.time()
    assert (found[0].document, found[2].names, found[2].prefixes) == (person("Alice"), ("a",), ("b",))


def test_a_directory_is_kept_from_start_to_start(fresh_ikv: Make, tmp_path: Path) -> None:
    """Documents, ids and the place in the topic; samples are not loaded over what is there."""
    with IkvSandbox(directory=tmp_path) as first:
        upsert(first, {"firstname": string("Alice"), "city": string("Oslo")})
    second = fresh_ikv(directory=tmp_path)
    assert documents(second.store.directory)[b"Alice"]["city"] == "Oslo"
    upsert(second, person("Zoe"))
    second.flush()
    assert (offsets(second), second.store.index.documents) == ([("sandbox-user_profiles", 0, 1)], 14)


def test_missing_rows_are_added_to_a_kept_directory(fresh_ikv: Make, tmp_path: Path) -> None:
    """More rows than are there are made; the same number again adds nothing."""
    with IkvSandbox(directory=tmp_path, rows=10) as first:
        assert first.store.index.documents == 23
    with IkvSandbox(directory=tmp_path, rows=10) as second:
        assert second.store.index.documents == 23
    assert fresh_ikv(directory=tmp_path, rows=50).store.index.documents == 63


def test_nothing_is_left_without_a_directory() -> None:
    """The temporary mount directory goes at the end; closing twice is harmless."""
    sandbox = IkvSandbox()
    mount = sandbox.mount_directory
    assert mount.is_dir()
    sandbox.close()
    sandbox.close()
    assert not mount.exists()
