"""Filters of documents: SQL's words over fields that may be absent and may mix types."""

import struct

import pytest
from ikv_index_files import IndexFiles

from services.errors import NotFound, StatementRefused, StoredeckError
from services.stores.ikv.store import IkvStore
from services.stores.types import CountKind, RowQuery

PATH = ("shop",)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Five documents of one index."""
    files = IndexFiles()
    for key, city, age in (("a", "Rome", 30), ("b", "Rome", 20), ("c", "Oslo", None), ("d", None, 40)):
        fields = {"city": ("STRING", city.encode())} if city else {}
        fields |= {"age": ("INT32", struct.pack("<i", age))} if age else {}
        files.upsert(key.encode(), {**fields, "is on": ("BOOLEAN", b"\x01" if key == "a" else b"\x00")})
    files.upsert(b"e", {"age": ("STRING", b"30"), "city": ("STRING", b"\xff")})
    mount = tmp_path_factory.mktemp("mount")
    files.save(mount)
    found = IkvStore({"store_name": "shop", "endpoint": "none", "mount_directory": str(mount)}, {})
    found.connect()
    return found


def keys(store, where, **options):
    """The keys of the documents that a filter keeps."""
    pages = list(store.read_rows(PATH, RowQuery(where=where, **options)))
    assert pages
    return "".join(sorted(key for page in pages for key in page.batch.column("id").to_pylist()))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("city = 'Rome'", "ab"),
        ("city <> 'Rome'", "ce"),
        ("city = 'Rome' AND age > 20", "a"),
        ("city IS NULL", "d"),
        ("city IS NOT NULL", "abce"),
        ("age IS NULL OR age = 20", "bc"),
        ("NOT (city = 'Rome')", "ce"),
        ("NOT (age > 25)", "b"),
        ("age = '30'", "e"),
        ("age = 30.0", "a"),
        ("age IN (20, 40)", "bd"),
        ("age NOT IN (20, 40)", "a"),
        ("age BETWEEN 20 AND 30", "ab"),
        ("age > -1", "abd"),
        ("30 <= age", "ad"),
        ("city LIKE 'R_m%'", "ab"),
        ("city NOT LIKE 'R%'", "ce"),
        ("city ILIKE 'rome'", "ab"),
        ('"is on"', "a"),
        ('"is on" = false', "bcd"),
        ("id >= 'd'", "de"),
        ("1 = 1", "abcde"),
        ("1 = 2", ""),
    ],
)
def test_conditions(store, where, expected):
    """Each keeps just the documents for which it is true: not those for which it is unknown."""
    assert keys(store, where) == expected


def test_columns_limit_and_count(store):
    """A field that is only filtered by is not shown; the limit counts what was kept; the count promises no more."""
    (page,) = store.read_rows(PATH, RowQuery(where="age > 0", columns=("city",)))
    assert (page.batch.schema.names, page.batch.num_rows, page.count.kind) == (["city"], 3, CountKind.AT_LEAST)
    assert len(keys(store, "age > 0", limit=2)) == 2
    assert len(keys(store, "age > 0", page_rows=1)) == 3


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("city =", StatementRefused),
        ("lower(city) = 'rome'", StatementRefused),
        ("city", None),
        ("'text'", StatementRefused),
        ("t.city = 'x'", StatementRefused),
        ("town = 'Rome'", NotFound),
        ("city = (SELECT 1)", StatementRefused),
        ("DROP TABLE x", StatementRefused),
    ],
)
def test_what_is_no_condition_is_refused(store, where, kind):
    """With an example; a field that is no boolean is never true by itself."""
    if kind is None:
        assert keys(store, where) == ""
        return
    with pytest.raises(StoredeckError) as caught:
        keys(store, where)
    assert type(caught.value) is kind
    assert caught.value.hint
