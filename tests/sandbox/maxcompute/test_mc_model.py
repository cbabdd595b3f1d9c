"""The warehouse itself: types, specs, partitions, rows by key."""

from __future__ import annotations

import pyarrow as pa
import pytest

from services.sandbox.maxcompute.errors import OdpsError
from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.specs import parse_spec
from services.sandbox.maxcompute.types import arrow_type, parse_type, type_of_arrow
from services.sandbox.maxcompute.warehouse import Project


@pytest.mark.parametrize(
    ("text", "shown", "kind"),
    [
        ("bigint", "BIGINT", pa.int64()),
        ("decimal(10,2)", "DECIMAL(10,2)", pa.decimal128(10, 2)),
        ("decimal", "DECIMAL", pa.decimal128(38, 18)),
        ("Varchar( 20 )", "VARCHAR(20)", pa.string()),
        ("array<map<string,array<int>>>", "ARRAY<MAP<STRING,ARRAY<INT>>>",
         pa.list_(pa.map_(pa.string(), pa.list_(pa.int32())))),
        ("struct<A:int, `b c`:datetime>", "STRUCT<A:INT,`b c`:DATETIME>",
         pa.struct([("A", pa.int32()), ("b c", pa.timestamp("ms"))])),
    ],
)  # fmt: skip
def test_types_have_a_text_and_an_arrow_form(text: str, shown: str, kind: pa.DataType) -> None:
    """A type's text is read in any case, and reads the same again."""
    assert (shown, kind) == (str(parse_type(text)), arrow_type(text))
    assert parse_type(shown) == parse_type(parse_type(shown).lower())


@pytest.mark.parametrize(
    "text", ["", "nothing", "array<", "array<int", "map<int>", "decimal(x)", "int int", "struct<a>"]
)
def test_what_is_no_type_is_refused(text: str) -> None:
    """A text that is no type is an error of the statement's."""
    with pytest.raises(OdpsError, match="invalid type"):
        parse_type(text)


@pytest.mark.parametrize("text", ["BIGINT", "DATETIME", "TIMESTAMP", "ARRAY<STRING>", "MAP<STRING,DOUBLE>", "BINARY"])
def test_arrow_types_have_a_type(text: str) -> None:
    """The type of a computed column is found from its Arrow type."""
    assert text == str(type_of_arrow(arrow_type(text)))


def test_timestamps_of_previews_are_structs() -> None:
    """With `struct_times` a timestamp is seconds and nanoseconds, inside of other types, too."""
    pair = pa.struct([("sec", pa.int64()), ("nano", pa.int32())])
    assert pa.list_(pair) == arrow_type("ARRAY<TIMESTAMP>", struct_times=True)
    assert pa.timestamp("ms") == arrow_type("DATETIME", struct_times=True)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("pt='20260101',region=cn", {"pt": "20260101", "region": "cn"}),
        ("pt=20260101/region=cn", {"pt": "20260101", "region": "cn"}),
        ("pt='a,b/c', region=\"d'e\"", {"pt": "a,b/c", "region": "d'e"}),
        ("`pt` = 'it\\'s'", {"pt": "it's"}),
        ("", {}),
    ],
)
def test_specs_are_read(text: str, spec: dict[str, str]) -> None:
    """With commas or slashes, quotes or none."""
    assert spec == parse_spec(text)


@pytest.mark.parametrize("text", ["pt", "=1", "pt='x", "pt=1,,region=2"])
def test_what_is_no_spec_is_refused(text: str) -> None:
    """A text that is no spec is an error of the client's."""
    with pytest.raises(OdpsError, match="Invalid partition specification"):
        parse_spec(text)


@pytest.fixture
def keyed() -> Table:
    """A table with rows by key."""
    table = Table("p", "t", [Column("id", "BIGINT", False), Column("v", "STRING")], primary_key=["id"])
    table.partition().append(rows_of([(1, "a"), (2, "b"), (3, "c")]))
    return table


def rows_of(pairs: list[tuple[int, str]]) -> pa.Table:
    """Rows of the keyed table."""
    return pa.table({"id": pa.array([key for key, _ in pairs], pa.int64()), "v": [value for _, value in pairs]})


def test_rows_are_put_in_the_place_of_others(keyed: Table) -> None:
    """Of several rows with a key the last wins; deleted keys go, and need not be there."""
    keyed.partition().upsert(rows_of([(2, "x"), (4, "y"), (2, "z")]), pa.table({"id": [1, 9]}))
    assert [(2, "z"), (3, "c"), (4, "y")] == sorted(
        (row["id"], row["v"]) for row in keyed.partition().read().to_pylist()
    )


def test_a_snapshot_does_not_change(keyed: Table) -> None:
    """What was read stays as it was."""
    before = keyed.partition().read()
    keyed.partition().overwrite(rows_of([]))
    assert (3, 0) == (before.num_rows, keyed.partition().record_num)


def test_rows_of_other_columns_are_refused(keyed: Table) -> None:
    """Rows have the table's columns, in its order."""
    with pytest.raises(OdpsError, match="are not those of table"):
        keyed.partition().append(pa.table({"v": ["x"], "id": [1]}))


def test_partitions_are_named_in_full() -> None:
    """A spec has all partition keys, in any order; the table puts them in its own."""
    table = Table("p", "t", [Column("id", "BIGINT")], [Column("pt", "STRING"), Column("region", "STRING")])
    made = table.create_partition("region=cn,PT=1")
    assert ("pt=1/region=cn", made) == (made.name, table.partition("pt='1'/region=cn"))
    for spec in ("pt=1", "pt=1,region=cn,x=2", ""):
        with pytest.raises(OdpsError, match="does not fit the partition keys"):
            table.partition(spec)
    with pytest.raises(OdpsError, match="NoSuchPartition"):
        table.partition("pt=2,region=cn")


def test_names_of_tables_have_no_case() -> None:
    """A table is found in any case; a second one of its name is refused."""
    project = Project("p")
    table = project.add_table(Table("p", "t", [Column("id", "BIGINT")]))
    assert table is project.table("T")
    with pytest.raises(OdpsError, match="ObjectAlreadyExists"):
        project.add_table(Table("p", "T", [Column("id", "BIGINT")]))
