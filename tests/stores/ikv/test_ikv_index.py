"""The mounted index: what its log leaves, in every type, while it grows, is swapped, cut and damaged."""

import shutil
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ikv_index_files import IndexFiles, piece, segment_of, stored, varint

from services.errors import NotFound, ProtocolError
from services.results.typed import typed_cell
from services.stores.ikv.index import segment as segment_module
from services.stores.ikv.store import IkvStore
from services.stores.types import CountKind, RowQuery
from services.values import ABSENT, Typed

PATH = ("shop",)


def opened(mount: Path, store: str = "shop") -> IkvStore:
    """A store that only reads."""
    found = IkvStore({"store_name": store, "endpoint": "none", "mount_directory": str(mount)}, {})
    found.connect()
    return found


def rows(store: IkvStore, query: RowQuery | None = None, path: tuple[str, ...] = PATH) -> list[dict[str, Typed]]:
    """Every row as exact values, absent fields left out."""
    found = []
    for page in store.read_rows(path, query or RowQuery()):
        for row in range(page.batch.num_rows):
            cells = {
                field.name: typed_cell(page.batch.column(place), row, field)
                for place, field in enumerate(page.batch.schema)
            }
            found.append({name: value for name, value in cells.items() if value is not ABSENT})
    return found


def text(value: str) -> tuple[str, bytes]:
    return "STRING", value.encode()


def find(store: IkvStore, *keys: str):
    return store.read_keys(PATH, [{"id": Typed("STRING", key)} for key in keys])


def test_fields_merge_and_the_last_value_counts(tmp_path):
    """A second upsert keeps what it does not name; a deleted field is absent, and can come back."""
    files = IndexFiles()
    files.upsert(b"a", {"city": text("Rome"), "age": ("INT32", struct.pack("<i", 5))})
    files.upsert(b"a", {"age": ("INT32", struct.pack("<i", 6)), "name": text("Ann")})
    files.delete_fields(b"a", ["city"])
    files.upsert(b"b", {"city": text("Oslo")})
    files.delete_fields(b"b", ["city"])
    files.upsert(b"b", {"city": text("Bergen")})
    files.save(tmp_path)
    expected = [
        {"id": Typed("STRING", "a"), "age": Typed("INT32", 6), "name": Typed("STRING", "Ann")},
        {"id": Typed("STRING", "b"), "city": Typed("STRING", "Bergen")},
    ]
    store = opened(tmp_path)
    assert find(store, "a", "b") == expected
    assert sorted(rows(store), key=lambda row: row["id"].value) == expected


def test_a_deleted_document_is_gone_with_all_its_fields(tmp_path):
    """Written again it has only its new fields; deleting what is not there does nothing."""
    files = IndexFiles()
    files.upsert(b"a", {"city": text("Rome")})
    files.delete(b"a")
    files.delete(b"never")
    files.delete_fields(b"never", ["city"])
    files.upsert(b"b", {"city": text("Oslo")})
    files.delete(b"b")
    files.upsert(b"b", {"age": ("INT64", struct.pack("<q", -1))})
    files.save(tmp_path)
    store = opened(tmp_path)
    assert find(store, "a", "b", "never") == [None, {"id": Typed("STRING", "b"), "age": Typed("INT64", -1)}, None]
    assert len(rows(store)) == 1


TYPED = {
    "INT32": (struct.pack("<i", -(2**31)), -(2**31)),
    "INT64": (struct.pack("<q", 2**53 + 1), 2**53 + 1),
    "FLOAT32": (struct.pack("<f", 0.5), 0.5),
    "FLOAT64": (struct.pack("<d", 0.1), 0.1),
    "STRING": ("né\x00e".encode(), "né\x00e"),
    "BYTES": (b"\x00\xff", b"\x00\xff"),
    "BOOLEAN": (b"\x01", True),
}


@pytest.mark.parametrize("word", TYPED)
def test_each_type_comes_exactly(tmp_path, word):
    """In a page and by key, beside a document that lacks the field."""
    files = IndexFiles()
    files.upsert(b"with", {"value": (word, TYPED[word][0])})
    files.upsert(b"without", {"other": text("x")})
    files.save(tmp_path)
    store = opened(tmp_path)
    expected = Typed(word, TYPED[word][1])
    with_it, without = find(store, "with", "without")
    assert (with_it["value"], "value" in without) == (expected, False)
    assert [row["value"] for row in rows(store) if "value" in row] == [expected]


def test_types_may_mix_in_one_field(tmp_path):
    """Each value keeps its own type, documents without the field are absent."""
    files = IndexFiles()
    for word, (data, _) in TYPED.items():
        files.upsert(word.encode(), {"value": (word, data)})
    files.upsert(b"none", {})
    files.save(tmp_path)
    found = {row["id"].value: row.get("value", ABSENT) for row in rows(opened(tmp_path))}
    assert found == {word: Typed(word, value) for word, (_, value) in TYPED.items()} | {"none": ABSENT}


def test_keys_of_every_type(tmp_path):
    """A key is its bytes; what it looks like is told by the key's own field, or guessed where that is gone."""
    files = IndexFiles()
    files.upsert(struct.pack("<q", 7), {"n": text("seven")}, key_type="INT64")
    files.upsert(b"\xff\xfe", {"n": text("bytes")}, key_type="BYTES")
    files.upsert(b"text", {"n": text("guessed")}, key_type="")
    files.upsert(b"\xc3", {"n": text("guessed bytes")}, key_type="")
    files.save(tmp_path)
    store = opened(tmp_path)
    assert {row["n"].value: row["id"] for row in rows(store)} == {
        "seven": Typed("INT64", 7),
        "bytes": Typed("BYTES", b"\xff\xfe"),
        "guessed": Typed("STRING", "text"),
        "guessed bytes": Typed("BYTES", b"\xc3"),
    }
    (found,) = store.read_keys(PATH, [{"id": Typed("INT64", 7)}])
    assert found["id"] == Typed("INT64", 7)


def test_dropped_fields_are_not_shown(tmp_path):
    """A field that left the schema is gone at once, its bytes are dead; added again it is empty."""
    files = IndexFiles()
    files.upsert(b"a", {"old": text("x" * 100), "kept": text("y")})
    files.fields["old"] = 9
    files.save(tmp_path)
    store = opened(tmp_path)
    assert find(store, "a") == [{"id": Typed("STRING", "a"), "kept": Typed("STRING", "y")}]
    facts = dict(next(group.facts for group in store.describe(PATH).groups if group.title == "Size"))
    assert facts["dead bytes"].startswith(f"{len(stored('STRING', b'x' * 100))} ")


def test_tombstones_count_as_absent(tmp_path):
    """Type 0 in the value file is no value."""
    files = IndexFiles()
    files.upsert(b"a", {"gone": text("x"), "kept": text("y")})
    at = segment_of(b"a")
    files.values[at] = files.values[at].replace(stored("STRING", b"x"), b"\x00\x00" + b"\x01x")
    files.save(tmp_path)
    assert find(opened(tmp_path), "a") == [{"id": Typed("STRING", "a"), "kept": Typed("STRING", "y")}]


def test_records_with_fields_in_another_order_are_read(tmp_path):
    """Protocol buffers leave the order open, and repeated numbers may come unpacked."""
    files = IndexFiles(fields={"id": 0, "city": 1})
    files.upsert(b"b", {"city": text("Oslo")})
    at = segment_of(b"a")
    offset = len(files.values[at])
    files.values[at] += stored("STRING", b"Rome")
    files.record(at, 1, b"\x18" + varint(offset) + b"\x10\x01" + piece(1, b"a"))
    files.save(tmp_path)
    assert find(opened(tmp_path), "a") == [{"id": Typed("STRING", "a"), "city": Typed("STRING", "Rome")}]


def test_ids_above_16_bits_and_long_values(tmp_path):
    """Lengths and ids of several bytes are read whole."""
    files = IndexFiles(fields={"id": 0, "far": 2**31})
    long = bytes(range(256)) * 1000
    files.upsert(b"k" * 65_535, {"far": ("BYTES", long)})
    files.save(tmp_path)
    (row,) = rows(opened(tmp_path))
    assert (len(row["id"].value), row["far"]) == (65_535, Typed("BYTES", long))


def test_pages_hold_their_bounds_across_segments(tmp_path):
    """Pages are full up to the last, whatever segment the documents lie in; the count is exact."""
    files = IndexFiles()
    for number in range(100):
        files.upsert(b"%d" % number, {"n": ("INT32", struct.pack("<i", number))})
    files.save(tmp_path)
    store = opened(tmp_path)
    pages = list(store.read_rows(PATH, RowQuery(page_rows=30)))
    assert [page.batch.num_rows for page in pages] == [30, 30, 30, 10]
    assert {(page.count.kind, page.count.rows) for page in pages} == {(CountKind.EXACT, 100)}
    assert [page.batch.num_rows for page in store.read_rows(PATH, RowQuery(page_rows=30, limit=40))] == [30, 10]
    assert sorted(row["n"].value for row in rows(store, RowQuery(columns=("n",)))) == list(range(100))


def test_a_page_of_large_values_is_shorter(tmp_path):
    """Pages are bounded in bytes, too, and at least one document long."""
    files = IndexFiles()
    for number in range(6):
        files.upsert(b"%d" % number, {"blob": ("BYTES", bytes(6 << 20))})
    files.save(tmp_path)
    pages = list(opened(tmp_path).read_rows(PATH, RowQuery()))
    assert sum(page.batch.num_rows for page in pages) == 6
    assert max(page.batch.nbytes for page in pages) < 40 << 20
    assert len(pages) > 1


def test_an_empty_index_has_one_empty_page(tmp_path):
    """With the key as its column."""
    IndexFiles().save(tmp_path)
    (page,) = opened(tmp_path).read_rows(PATH, RowQuery())
    assert (page.batch.num_rows, page.batch.schema.names, page.count.rows) == (0, ["id"], 0)


def test_new_records_are_seen_and_only_their_segment_is_read(tmp_path, monkeypatch):
    """The next read has what was written since, without reading the other segments again."""
    files = IndexFiles()
    for number in range(50):
        files.upsert(b"%d" % number, {"n": text("x")})
    base = files.save(tmp_path)
    store = opened(tmp_path)
    assert len(rows(store)) == 50
    files.upsert(b"new", {"n": text("y")})
    at = segment_of(b"new")
    folder = base / "index" / f"segment_{at}"
    (folder / "mmap").write_bytes(files.values[at])
    (folder / "offset_table").write_bytes(files.logs[at])
    read = []
    before = segment_module.load_log
    monkeypatch.setattr(segment_module, "load_log", lambda path: read.append(path) or before(path))
    assert len(rows(store)) == 51
    assert read == [folder]
    assert store.notices == ()


def test_a_swapped_directory_is_told(tmp_path):
    """A refreshed index is read anew, and what was open goes on with the old one."""
    files = IndexFiles()
    for number in range(40):
        files.upsert(b"%d" % number, {"n": text("old")})
    base = files.save(tmp_path)
    store = opened(tmp_path)
    pages = store.read_rows(PATH, RowQuery(page_rows=10))
    next(pages)
    shutil.move(base / "index", tmp_path / "aside")
    IndexFiles().save(tmp_path)
    assert sum(page.batch.num_rows for page in pages) == 30
    assert rows(store) == []
    assert "replaced" in store.notices[0]
    facts = next(group.facts for group in store.describe(PATH).groups if group.title == "Mounted index")
    assert ("warning", store.notices[0]) in facts


def test_a_short_tail_is_told_and_the_rest_is_read(tmp_path):
    """Every place at which the last record may be cut leaves the records before it."""
    files = IndexFiles()
    files.upsert(b"a", {"n": text("1")})
    at = segment_of(b"a")
    whole = len(files.logs[at])
    files.upsert(b"a", {"n": text("2")})
    full = bytes(files.logs[at])
    for end in range(whole + 1, len(full)):
        files.logs[at] = bytearray(full[:end])
        files.save(tmp_path)
        store = opened(tmp_path)
        assert find(store, "a") == [{"id": Typed("STRING", "a"), "n": Typed("STRING", "1")}]
        assert [f"segment {at} ends in the middle of a record ({end - whole} bytes" in text for text in store.notices]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda log: b"\xff\xff\xff\xff" + log[4:], "length -1"),
        (lambda log: log[:4] + b"\xff" * (len(log) - 4), "is damaged"),
        (lambda log: log[:4] + b"\x22" + log[5:], "no operation"),
    ],
)
def test_damage_inside_the_log_is_an_error_that_says_where(tmp_path, spoil, words):
    """With what to do, and not as rows that look right."""
    files = IndexFiles()
    files.upsert(b"a", {"n": text("1")})
    at = segment_of(b"a")
    files.logs[at] = bytearray(spoil(bytes(files.logs[at])) + bytes(files.logs[at]))
    files.save(tmp_path)
    with pytest.raises(ProtocolError, match=f"segment_{at}/offset_table: the record at byte 0 is damaged") as caught:
        rows(opened(tmp_path))
    assert words in caught.value.message
    assert caught.value.hint


def test_values_that_are_cut_off_are_an_error(tmp_path):
    """A value file that is shorter than its log says is told, whether the type, the length or the bytes are missing."""
    files = IndexFiles()
    files.upsert(b"a", {"n": text("a longer text")})
    at = segment_of(b"a")
    full = bytes(files.values[at])
    for end in range(len(full)):
        files.values[at] = bytearray(full[:end])
        files.save(tmp_path)
        with pytest.raises(ProtocolError, match="cut: the value at byte"):
            rows(opened(tmp_path))


def test_an_unknown_type_is_an_error(tmp_path):
    """A type that this reader does not know is not guessed."""
    files = IndexFiles()
    files.upsert(b"a", {"n": text("x")})
    at = segment_of(b"a")
    files.values[at] = files.values[at].replace(stored("STRING", b"x"), b"\x63\x00\x01x")
    files.save(tmp_path)
    with pytest.raises(ProtocolError, match="type 99"):
        rows(opened(tmp_path))


def test_small_files_may_have_been_rewritten_in_place(tmp_path):
    """Of a metadata file that was appended to the last entry counts; old bytes after the Kafka offsets are ignored."""
    files = IndexFiles(topic="events")
    files.upsert(b"a", {"n": text("x")})
    base = files.save(tmp_path)
    metadata = base / "index" / f"segment_{segment_of(b'a')}" / "metadata"
    metadata.write_bytes(b"\x08\x01" + metadata.read_bytes())
    (base / "kafka_offsets").write_bytes((base / "kafka_offsets").read_bytes() + b"\x0a\x7f")
    store = opened(tmp_path)
    assert len(rows(store)) == 1
    facts = next(dict(group.facts) for group in store.describe(PATH).groups if group.title == "Mounted index")
    assert facts["stream events 0"] == "read up to 42"


def test_history_has_every_event_with_its_old_values(tmp_path):
    """Upserts, deleted fields and deleted documents in order, for all documents or for one."""
    files = IndexFiles()
    files.upsert(b"a", {"n": text("old")})
    files.upsert(b"b", {"n": text("other")})
    files.upsert(b"a", {"n": text("new")}, key_type="")
    files.delete_fields(b"a", ["n"])
    files.delete(b"a")
    files.save(tmp_path)
    store = opened(tmp_path)
    found = rows(store, RowQuery(where="a"), ("@index", "history"))
    lines = [
        (row["operation"].value, row["field"].value, row["value"].value if "value" in row else None) for row in found
    ]
    assert lines == [
        ("upsert", "id", "a"),
        ("upsert", "n", "old"),
        ("upsert", "n", "new"),
        ("delete field", "n", None),
        ("delete document", None, None),
    ]
    assert len(rows(store, path=("@index", "history"))) == 7


def test_views_count_fields_and_segments(tmp_path):
    """Types by frequency, documents that have a field, and bytes that add up."""
    files = IndexFiles()
    files.upsert(b"a", {"n": text("x")})
    files.upsert(b"b", {"n": ("INT32", struct.pack("<i", 1))})
    files.upsert(b"c", {"n": text("y")})
    files.save(tmp_path)
    store = opened(tmp_path)
    fields = {row["name"].value: row for row in rows(store, path=("@index", "fields"))}
    assert (fields["n"]["types"].value, fields["n"]["documents"].value) == ("STRING, INT32", 3)
    segments = rows(store, path=("@index", "segments"))
    assert len(segments) == 16
    assert sum(row["live_bytes"].value for row in segments) == sum(map(len, files.values))
    assert sum(row["disk_bytes"].value for row in fields.values()) == sum(map(len, files.values))


def test_what_is_not_there_is_not_found(tmp_path):
    """No directory, another store's directory, no such field, a missing segment: each says what there is."""
    with pytest.raises(Exception, match="no such directory"):
        opened(tmp_path / "nowhere")
    base = IndexFiles().save(tmp_path, "other")
    with pytest.raises(Exception, match="no index of this store") as caught:
        opened(tmp_path)
    assert "other" in caught.value.hint
    store = opened(tmp_path, "other")
    with pytest.raises(NotFound, match="no field of that name"):
        rows(store, RowQuery(columns=("nothing",)), ("other",))
    shutil.rmtree(base / "index" / "segment_3")
    with pytest.raises(NotFound, match="segment_3"):
        rows(store, path=("other",))


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["upsert", "upsert", "delete fields", "delete"]),
        st.binary(min_size=1, max_size=20) | st.sampled_from([b"a", b"b", b"c"]),
        st.lists(st.sampled_from(["f1", "f2", "f3"]), min_size=1, unique=True),
        st.binary(max_size=300),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
def test_any_log_leaves_what_its_operations_leave(tmp_path, operations):
    """Whatever is written in whatever order reads as a dictionary of dictionaries would."""
    files = IndexFiles(fields={"id": 0, "f1": 1, "f2": 2, "f3": 3})
    model: dict[bytes, dict[str, bytes]] = {}
    for operation, key, names, data in operations:
        if operation == "upsert":
            files.upsert(key, dict.fromkeys(names, ("BYTES", data)), key_type="BYTES")
            model.setdefault(key, {}).update(dict.fromkeys(names, data))
        elif operation == "delete":
            files.delete(key)
            model.pop(key, None)
        else:
            files.delete_fields(key, names)
            for name in names:
                model.get(key, {}).pop(name, None)
    shutil.rmtree(tmp_path / "shop", ignore_errors=True)
    files.save(tmp_path)
    found = {row.pop("id").value: {name: value.value for name, value in row.items()} for row in rows(opened(tmp_path))}
    assert found == model
