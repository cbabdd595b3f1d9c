"""The files of the index, against the format as Google's Protocol Buffers and the vendor's hash crate see it."""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ikv_index_reading import documents, entries, field_ids, message

from services.sandbox.ikv import protobuf
from services.sandbox.ikv.hashing import fxhash, segment_of
from services.sandbox.ikv.index import Index
from services.sandbox.ikv.segment import CHUNK_BYTES
from services.sandbox.ikv.server import IkvSandbox
from services.sandbox.ikv.values import Document, binary, boolean, float32, float64, int32, int64, string


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An empty index of a store with the key `id`."""
    made = Index(tmp_path / "store" / "0", "id")
    yield made
    made.close()


def person(name: str, **fields: str) -> Document:
    """A document with the key `id`."""
    return {"id": string(name), **{field: string(text) for field, text in fields.items()}}


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (b"", 0),
        (b"a", 10257619447530855975),
        (b"Alice", 8021915248805276219),
        (b"12345678", 1730271088620176800),
        (b"123456789012", 6234457019336890315),
        (b"1234567890123456789", 10685922245542687584),
        (bytes(range(256)), 7693090002961617265),
    ],
)
def test_keys_hash_as_in_rust(key: bytes, hashed: int) -> None:
    """The numbers are those of the crate fxhash 0.2.1 for a `Vec<u8>`."""
    assert fxhash(key) == hashed


def test_a_new_index_has_all_its_files(index: Index) -> None:
    """The schema with the key, a header with the time, empty offsets, 16 segments of three files."""
    directory = index.directory
    schema = message(directory / "schema", "Schema")
    assert (schema.primary_key_field_name, field_ids(directory), schema.field_id_counter) == ("id", {"id": 0}, 1)
    built = message(directory / "header", "Header").base_index_epoch_millis
    assert int((directory / "header").stat().st_mtime * 1000) - 60_000 < built <= time.time() * 1000
    assert (directory / "kafka_offsets").read_bytes() == b""
    assert sorted(path.name for path in (directory / "index").iterdir()) == sorted(f"segment_{n}" for n in range(16))
    for number in range(16):
        files = {path.name: path.stat().st_size for path in (directory / "index" / f"segment_{number}").iterdir()}
        assert files == {"metadata": 0, "mmap": 0, "offset_table": 0}


def test_each_type_has_its_bytes(index: Index) -> None:
    """Type in two bytes, then the value; strings and bytes with their length before them."""
    index.upsert(
        {
            "id": string("k"), "i": int32(-2), "l": int64(3), "f": float32(0.5), "d": float64(-0.0),
            "s": string("é" * 100), "x": binary(b""), "b": boolean(True),
        }
    )  # fmt: skip
    index.flush()
    segment = index.segment_directory(segment_of(b"k"))
    written = message(segment / "metadata", "Metadata").mmap_write_offset
    data = (segment / "mmap").read_bytes()
    wanted = [
        b"\5\0\1k", b"\1\0" + struct.pack("<i", -2), b"\2\0" + struct.pack("<q", 3), b"\3\0" + struct.pack("<f", 0.5),
        b"\4\0" + struct.pack("<d", -0.0), b"\5\0\xc8\1" + b"\xc3\xa9" * 100, b"\6\0\0", b"\7\0\1",
    ]  # fmt: skip
    assert (data[:written], len(data), data[written:].strip(b"\0")) == (b"".join(wanted), CHUNK_BYTES, b"")
    [(operation, change)] = entries(segment)
    assert (operation, change.primary_key, list(change.field_ids)) == ("updateDocFields", b"k", list(range(8)))
    assert list(change.offsets) == [sum(map(len, wanted[:number])) for number in range(8)]


def test_changes_are_appended(index: Index) -> None:
    """Old offsets stay in the log; deletions of unknown documents are noted only for whole documents."""
    index.upsert(person("k", a="1", b="2"))
    index.upsert(person("k", a="3"))
    index.delete_fields(person("k"), ["b", "unknown"])
    index.delete_fields(person("other"), ["b"])
    index.delete_document(person("k"))
    index.delete_document(person("k"))
    index.flush()
    found = entries(index.segment_directory(segment_of(b"k")))
    assert [(operation, list(change.field_ids)) for operation, change in found] == [
        ("updateDocFields", [0, 1, 2]),
        ("updateDocFields", [0, 1]),
        ("deleteDocFields", [2]),
        ("deleteDoc", []),
        ("deleteDoc", []),
    ]
    assert documents(index.directory) == {}


def test_data_files_grow_in_chunks(index: Index) -> None:
    """A value larger than a chunk takes whole chunks of 8 MB."""
    index.upsert({"id": string("k"), "x": binary(b"\1" * (CHUNK_BYTES + 5))})
    index.flush()
    assert (index.segment_directory(segment_of(b"k")) / "mmap").stat().st_size == 2 * CHUNK_BYTES
    assert documents(index.directory)[b"k"]["x"] == b"\1" * (CHUNK_BYTES + 5)


def test_a_kept_index_goes_on(index: Index) -> None:
    """Opened again, it has its documents, and adds to them."""
    index.upsert(person("a", x="1"))
    index.upsert(person("b", x="2"))
    index.close()
    with_more = Index(index.directory, "id")
    index.segments = with_more.segments
    with_more.upsert(person("a", y="3"))
    with_more.flush()
    assert with_more.documents == 2
    assert documents(index.directory) == {b"a": {"id": "a", "x": "1", "y": "3"}, b"b": {"id": "b", "x": "2"}}


def test_a_broken_off_index_goes_on_at_the_last_whole_record(index: Index) -> None:
    """A short record at the end is cut away, and what follows is readable."""
    index.upsert(person("a", x="1"))
    index.upsert(person("a", x="2"))
    index.close()
    log = index.segment_directory(segment_of(b"a")) / "offset_table"
    log.write_bytes(log.read_bytes()[:-1])
    again = Index(index.directory, "id")
    index.segments = again.segments
    again.upsert(person("a", y="3"))
    again.flush()
    assert documents(index.directory) == {b"a": {"id": "a", "x": "1", "y": "3"}}


def test_many_documents_use_all_segments(fresh_ikv: Callable[..., IkvSandbox]) -> None:
    """Thousands of rows, each in the segment of its key, all seven types among them."""
    sandbox = fresh_ikv(rows=3000)
    found = documents(sandbox.store.directory)
    kinds = {type(value) for fields in found.values() for value in fields.values()}
    assert (len(found), kinds) == (3013, {str, int, float, bytes, bool})
    for number in range(16):
        keys = {change.primary_key for _, change in entries(sandbox.store.index.segment_directory(number))}
        assert keys
        assert {segment_of(key) for key in keys} == {number}


def test_the_samples_hold_alice_and_the_odd_ones(ikv_sandbox: IkvSandbox) -> None:
    """People with fields of all types; numbers at their limits; keys that are no text."""
    people = documents(ikv_sandbox.stores["user_profiles"].directory)
    assert people[b"Alice"] == {
        "firstname": "Alice", "lastname": "Jones", "age": 32, "city": "San Francisco", "followers": 2**53 + 1,
        "rating": 4.5, "latitude": 37.7749, "avatar": b"\x89PNG\r\n\x1a\nAlice", "active": True,
    }  # fmt: skip
    odd = documents(ikv_sandbox.stores["odd_values"].directory)
    assert odd[b"int64 max"]["v"] == 2**63 - 1
    assert math.isnan(odd[b"double NaN"]["v"])
    assert odd[b"\xff\xfe key of bytes"]["name"] == b"\xff\xfe key of bytes"
    assert odd[struct.pack("<q", 1)]["name"] == 1


def test_numbers_on_the_wire_have_their_shortest_form() -> None:
    """Varints as the specification of Protocol Buffers shows them, and their limits."""
    assert [protobuf.varint(number) for number in (0, 127, 128, 300, -1)] == [
        b"\0", b"\x7f", b"\x80\1", b"\xac\2", b"\xff" * 9 + b"\1",
    ]  # fmt: skip
    assert protobuf.read_varint(b"\xac\2", 0) == (300, 2)
    with pytest.raises(protobuf.Malformed, match="more than 64 bits"):
        protobuf.read_varint(b"\xff" * 11, 0)
