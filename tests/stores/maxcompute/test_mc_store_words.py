"""What needs no server: types, names, settings, statements that make tables, and what a profile says."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from services.errors import NotFound, ProtocolError, SecretNeeded, UsageError, ValueRefused
from services.secrets import Secret
from services.stores.maxcompute import ddl, hints, names
from services.stores.maxcompute.job_facts import outputs
from services.stores.maxcompute.options import MaxComputeOptions
from services.stores.maxcompute.shaping import interval_text, shown_array
from services.stores.maxcompute.types import SECONDS_AND_NANOS, parse_type, shown_type, wire_type
from services.stores.types import TYPE_METADATA

ENDPOINT = {"endpoint": "http://127.0.0.1:1/api", "project": "p"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("bigint", "BIGINT"),
        (" decimal( 10 , 2 ) ", "DECIMAL(10,2)"),
        ("map<string,array<int>>", "MAP<STRING,ARRAY<INT>>"),
        ("struct<a:bigint,`b c`:varchar(10)>", "STRUCT<a:BIGINT,`b c`:VARCHAR(10)>"),
        ("integer", "INT"),
    ],
)
def test_a_type_is_read_in_any_case(text: str, written: str) -> None:
    """Types are written in capitals; the names of a struct's fields stay as they are."""
    assert written == str(parse_type(text))


@pytest.mark.parametrize(
    "text", ["", "BIGINTS", "ARRAY<", "MAP<INT>", "DECIMAL(x)", "INT>", "STRUCT<a>", "ARRAY<INT>>"]
)
def test_what_is_no_type_is_told(text: str) -> None:
    """A type that is not known is no reason to guess how its bytes are read."""
    with pytest.raises(ProtocolError):
        parse_type(text)


def test_nesting_has_an_end() -> None:
    """A type nested without end is refused, not followed."""
    with pytest.raises(ProtocolError):
        parse_type("ARRAY<" * 5000 + "INT" + ">" * 5000)


@pytest.mark.parametrize(
    ("text", "wire", "result"),
    [
        ("TIMESTAMP", pa.timestamp("ns"), SECONDS_AND_NANOS),
        ("DATETIME", pa.timestamp("ms"), pa.timestamp("ms")),
        ("DECIMAL", pa.decimal256(54, 18), pa.decimal256(54, 18)),
        ("DECIMAL(38,18)", pa.decimal128(38, 18), pa.decimal128(38, 18)),
        ("ARRAY<TIMESTAMP>", pa.list_(pa.timestamp("ns")), pa.list_(SECONDS_AND_NANOS)),
    ],
)
def test_types_differ_between_tunnels(text: str, wire: Any, result: Any) -> None:
    """Tables and results of jobs are sent in different forms."""
    assert (wire, result) == (wire_type(parse_type(text)), wire_type(parse_type(text), struct_times=True))


def test_every_part_of_a_type_has_its_word() -> None:
    """Items, keys, values and fields tell their own type, for exact values."""
    kind = shown_type(parse_type("MAP<STRING,STRUCT<a:DECIMAL(5,1),b:ARRAY<INT>>>"))
    inner = kind.item_field.type
    words = [(field.metadata or {})[TYPE_METADATA] for field in (kind.key_field, kind.item_field, inner[0], inner[1])]
    assert [b"STRING", b"STRUCT<a:DECIMAL(5,1),b:ARRAY<INT>>", b"DECIMAL(5,1)", b"ARRAY<INT>"] == words


def test_times_stay_exact() -> None:
    """A time within Arrow's nanoseconds is one; a column with one beyond is text, to the last digit."""
    near = pa.array([{"sec": -1, "nano": 999_999_999}, None], SECONDS_AND_NANOS)
    made = shown_array(near, parse_type("TIMESTAMP"))
    assert (pa.timestamp("ns", "UTC"), [-1, None]) == (made.type, made.cast(pa.int64()).to_pylist())
    far = pa.array([{"sec": 253_402_300_799, "nano": 1}, {"sec": 0, "nano": 0}, None], SECONDS_AND_NANOS)
    assert ["9999-12-31T23:59:59.000000001Z", "1970-01-01T00:00:00Z", None] == shown_array(
        far, parse_type("TIMESTAMP")
    ).to_pylist()


def test_sliced_nested_columns_keep_their_rows() -> None:
    """Lists, maps and objects are rebuilt with the rows they had, also from the middle of a batch."""
    kind = parse_type("STRUCT<m:MAP<STRING,TIMESTAMP>,l:ARRAY<TIMESTAMP>>")
    wire = wire_type(kind, struct_times=True)
    moment = {"sec": 1, "nano": 5}
    rows = [{"m": [("k", moment)], "l": [moment, None]}, None, {"m": None, "l": []}, {"m": [("z", None)], "l": None}]
    array = pa.array([{"m": [], "l": []}, *rows], wire).slice(1)
    told = [
        None if row is None else {"m": row["m"], "l": row["l"] and [item and item.value for item in row["l"]]}
        for row in shown_array(array, kind).to_pylist()
    ]
    assert [1_000_000_005, None] == told[0]["l"]
    assert [None, {"m": None, "l": []}, {"m": [("z", None)], "l": None}] == told[1:]


@pytest.mark.parametrize(
    ("seconds", "nanos", "text"),
    [
        (0, 0, "0 00:00:00"),
        (90_061, 7, "1 01:01:01.000000007"),
        (-1, 0, "-0 00:00:01"),
        (-1, 500_000_000, "-0 00:00:00.500"),
    ],
)
def test_intervals_are_text(seconds: int, nanos: int, text: str) -> None:
    """Days, hours, minutes, seconds and what is left, with one sign before all."""
    assert text == interval_text(seconds, nanos)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ()),
        ("sales", ("sales",)),
        ("staging.readings", ("staging.", "readings")),
        ("sales/pt=20260101", ("sales", "pt=20260101")),
        ("s.visits/dt=1/region=eu", ("s.", "visits", "dt=1/region=eu")),
        ("job:20260101abc", ("job:20260101abc",)),
    ],
)
def test_addresses_lead_there_and_back(text: str, path: tuple[str, ...]) -> None:
    """What the command line takes and gives."""
    assert (path, text) == (names.parse_address(text), names.format_address(path))


@pytest.mark.parametrize("text", ["visits/dt='1',region=\"eu\"", "visits/ dt = 1 / region=eu"])
def test_partitions_are_taken_as_sql_writes_them(text: str) -> None:
    """Commas, quotes and blanks make no difference."""
    assert ("visits", "dt=1/region=eu") == names.parse_address(text)


@pytest.mark.parametrize("text", ["a/", "/a", "a.b.c", "a b", "job:", "job:a/b", "t/pt", "t/=1", ".t", "t."])
def test_what_is_no_address_is_told(text: str) -> None:
    """Exit code 2, before anything is asked."""
    with pytest.raises(UsageError):
        names.parse_address(text)


@pytest.mark.parametrize("path", [("#functions",), ("#functions", "f"), ("s.",), ("a", "b", "c")])
def test_groups_are_no_tables(path: tuple[str, ...]) -> None:
    """A listing leads there and nothing else."""
    with pytest.raises(UsageError):
        names.format_address(path)
    with pytest.raises(NotFound):
        names.place_of(path)


@pytest.mark.parametrize(
    ("text", "rest", "settings"),
    [
        ("select 1;", "select 1", {}),
        ("SET a.b=c;\nset  d = 'e f' ;select 1", "select 1", {"a.b": "c", "d": "e f"}),
        ("-- why\nSET a=1; -- then\n/* so */ select 'set x=1;'", "select 'set x=1;'", {"a": "1"}),
        ("set a=1", "", {"a": "1"}),
        ("settle(1)", "settle(1)", {}),
    ],
)
def test_settings_are_taken_off_the_front(text: str, rest: str, settings: dict[str, str]) -> None:
    """`SET name=value;` before a statement goes with it, whatever comments stand between."""
    found = hints.prepared(text)
    assert (rest, settings) == (hints.without_comments(found.text), dict(found.settings))


@pytest.mark.parametrize(
    ("text", "has_rows", "changes"),
    [
        ("with a as (select 1) select * from a", True, False),
        ("(select 1)", True, False),
        ("with a as (select 1) insert into t select * from a", True, True),
        ("from t insert overwrite table u select *", True, True),
        ("merge into t using u on 1=1", False, True),
        ("show tables", False, False),
    ],
)
def test_statements_are_told_apart(text: str, has_rows: bool, changes: bool) -> None:
    """What has rows to fetch, and what changes some."""
    found = hints.prepared(text)
    assert (has_rows, changes) == (found.may_have_rows, found.changes_rows)


@pytest.mark.parametrize("text", ["high", "10", "-1", "1.5"])
def test_a_priority_is_a_digit(text: str) -> None:
    """Refused here, with the range."""
    with pytest.raises(UsageError):
        hints.priority_of({hints.PRIORITY: text})


def test_a_definition_becomes_a_statement() -> None:
    """Names and texts are quoted; partition columns are named once."""
    definition = {
        "columns": [
            {"name": "id", "type": "bigint", "key": True},
            {"name": "v", "type": "string", "nullable": False, "comment": "it's"},
            {"name": "pt", "type": "string"},
        ],
        "options": {"partitions": [{"name": "pt", "type": "string"}], "lifecycle": 3, "comment": "a\\b"},
    }
    assert (
        "CREATE TABLE `t` (\n  `id` BIGINT NOT NULL,\n  `v` STRING NOT NULL COMMENT 'it\\'s',\n"
        "  PRIMARY KEY (`id`)\n)\n"
        "COMMENT 'a\\\\b'\nPARTITIONED BY (`pt` STRING)\nTBLPROPERTIES ('transactional'='true')\nLIFECYCLE 3"
    ) == ddl.create_table("`t`", definition)


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"columns": [{"name": "a"}]},
        {"columns": [{"name": "a", "type": "NOPE"}]},
        {"columns": [{"name": "a; drop table b", "type": "INT"}]},
        {"columns": [{"name": "a", "type": "INT"}], "options": {"lifecycle": "x"}},
        {"columns": [{"name": "a", "type": "INT"}], "options": {"shards": 4}},
    ],
)
def test_a_senseless_definition_is_refused(definition: dict[str, Any]) -> None:
    """Before a statement is made of it."""
    with pytest.raises((UsageError, ValueRefused)):
        ddl.create_table("`t`", definition)


@pytest.mark.parametrize(
    ("summary", "rows"),
    [
        (
            {"text": "inputs:\n\tp.a: 9 (9 bytes)\noutputs:\n\tp.b: 3 (3 bytes)\n\tp.c/pt=1: 4 (4 bytes)\ntime: 1"},
            7,
        ),
        ({"text": "", "Outputs": {"p.b": [5, 50]}}, 5),
        ({"text": "inputs:\n\tp.a: 9 (9 bytes)", "Outputs": {"M1": [0, 0]}}, None),
        ({}, None),
    ],
)
def test_written_rows_are_read_off_a_summary(summary: dict[str, Any], rows: int | None) -> None:
    """None where the service does not count them, which is not none."""
    assert rows == outputs(summary)


@pytest.mark.parametrize(
    "fields",
    [
        {"project": "p"},
        {"endpoint": "ftp://h", "project": "p"},
        {"endpoint": "http://u:p@h", "project": "p"},
        {"endpoint": "http://h"},
        {**ENDPOINT, "project": "p/../q"},
        {**ENDPOINT, "tunnel_endpoint": "host:80"},
        {**ENDPOINT, "timeout_seconds": "soon"},
    ],
)
def test_a_senseless_profile_is_refused(fields: dict[str, str]) -> None:
    """Each field is named."""
    with pytest.raises(UsageError) as caught:
        MaxComputeOptions.from_profile(fields, {})
    assert any(name in caught.value.message for name in ("endpoint", "project", "timeout_seconds"))


def test_a_key_of_the_environment_is_taken_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its token belongs to it, and not to a key that the profile has itself."""
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-S3CRET")
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "env-T0KEN")
    found = MaxComputeOptions.from_profile(ENDPOINT, {})
    assert found.sts_token is not None
    assert ("env-id", "env-S3CRET", "env-T0KEN") == (
        found.access_key_id,
        found.access_key_secret.reveal(),
        found.sts_token.reveal(),
    )
    own = MaxComputeOptions.from_profile({**ENDPOINT, "access_key_id": "own"}, {"access_key_secret": Secret("s")})
    assert (None, "as own") == (own.sts_token, own.signer)


def test_a_missing_key_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The id by a word on it, the secret by asking; a bearer token needs neither."""
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ODPS_STS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError):
        MaxComputeOptions.from_profile(ENDPOINT, {}).require_key()
    with pytest.raises(SecretNeeded) as caught:
        MaxComputeOptions.from_profile({**ENDPOINT, "access_key_id": "a"}, {}).require_key()
    assert caught.value.field == "access_key_secret"
    MaxComputeOptions.from_profile(ENDPOINT, {"bearer_token": Secret("t")}).require_key()
