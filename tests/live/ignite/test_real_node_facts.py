"""What the Ignite store takes for granted, asked of real nodes and of the sandbox through the unmodified SDK."""

import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pyignite
import pytest
from ignite_clusters import LiveCluster
from pyignite.datatypes import DecimalObject, IntObject, LongObject
from pyignite.exceptions import AuthenticationError, ParseError, ReconnectError, SQLError
from sandbox_clusters import SandboxCluster
from thin_requests import single_cell

JVM_MARSHALLED = 254
SQL_DATE_MARK = bytes.fromhex("663aded5409766")
JUNE_FIRST = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp() * 1000)
LONG_STATEMENT = "SELECT COUNT(*) FROM SYSTEM_RANGE(1, 100000) A, SYSTEM_RANGE(1, 100000) B WHERE A.X + B.X < 0"


@pytest.fixture(params=["plain_node", "sandbox"])
def cluster(request: pytest.FixtureRequest) -> LiveCluster | SandboxCluster:
    """A real node, then the sandbox: what holds for one must hold for the other."""
    found: LiveCluster | SandboxCluster = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def client(cluster: LiveCluster | SandboxCluster) -> Iterator[pyignite.Client]:
    """The SDK's client on the cluster."""
    connected = cluster.connect()
    yield connected
    connected.close()


def test_sql_date_is_marshalled_by_the_jvm(client: pyignite.Client) -> None:
    """A SQL DATE arrives as type code 254, a length, a fixed mark and milliseconds at midnight of the node's zone."""
    cell = single_cell(client, "SELECT DATE '2024-06-01'")
    assert cell[0] == JVM_MARSHALLED
    assert (struct.unpack_from("<i", cell, 1), cell[5:12]) == ((15,), SQL_DATE_MARK)
    assert struct.unpack("<q", cell[12:]) == (JUNE_FIRST,)


def test_times_travel_in_the_zone_of_the_node(secure_node: LiveCluster) -> None:
    """DATE, TIME and TIMESTAMP are milliseconds in the zone of the node's JVM, which its attributes tell."""
    client = secure_node.connect()
    asked = "SELECT DISTINCT VALUE FROM SYS.NODE_ATTRIBUTES WHERE NAME = 'user.timezone'"
    assert list(client.sql(asked)) == [[secure_node.timezone]]
    date = single_cell(client, "SELECT DATE '2024-06-01'")[12:]
    time_of_day = single_cell(client, "SELECT TIME '01:02:03'")[1:]
    timestamp = single_cell(client, "SELECT TIMESTAMP '2024-06-01 00:00:00'")[1:9]
    client.close()
    ahead = 9 * 3_600_000
    milliseconds = [struct.unpack("<q", cell)[0] for cell in (date, time_of_day, timestamp)]
    assert milliseconds == [JUNE_FIRST - ahead, 3_723_000 - ahead, JUNE_FIRST - ahead]


@pytest.mark.parametrize(
    ("expression", "code", "size"),
    [
        ("TIMESTAMP '2024-06-01 01:02:03.123456789'", 33, 13),
        ("TIME '01:02:03'", 36, 9),
        ("CAST(1.50 AS DECIMAL(10, 2))", 30, 11),
        ("CAST(1 AS BOOLEAN)", 8, 2),
        ("CAST('x' AS VARCHAR)", 9, 6),
        ("CAST(1 AS TINYINT)", 1, 2),
        ("CAST(1 AS SMALLINT)", 2, 3),
        ("CAST(1 AS INT)", 3, 5),
        ("CAST(1 AS BIGINT)", 4, 9),
        ("CAST(1 AS REAL)", 5, 5),
        ("CAST(1 AS DOUBLE)", 6, 9),
        ("RANDOM_UUID()", 10, 17),
        ("CAST(X'0102' AS BINARY)", 12, 7),
        ("NULL", 101, 1),
    ],
)
def test_sql_types_have_these_codes(client: pyignite.Client, expression: str, code: int, size: int) -> None:
    """Every other SQL type arrives with its own type code and size in bytes."""
    cell = single_cell(client, f"SELECT {expression}")
    assert (cell[0], len(cell)) == (code, size)


def test_the_sdk_fails_on_a_sql_date(client: pyignite.Client) -> None:
    """The SDK cannot read a page with a SQL DATE, which is why pages are decoded elsewhere."""
    with pytest.raises(ParseError, match="Unknown type code"):
        list(client.sql("SELECT DATE '2024-06-01'"))


def test_conditional_replace_compares_the_type(client: pyignite.Client) -> None:
    """Replace-if-equals takes Int 2 for another value than Long 2."""
    cache = client.get_or_create_cache("facts_types")
    cache.put(1, 2, value_hint=IntObject)
    as_long = cache.replace_if_equals(1, 2, 3, sample_hint=LongObject, value_hint=IntObject)
    as_int = cache.replace_if_equals(1, 2, 3, sample_hint=IntObject, value_hint=IntObject)
    assert (as_long, as_int, cache.get(1)) == (False, True, 3)


def test_conditional_replace_compares_the_scale(client: pyignite.Client) -> None:
    """Replace-if-equals takes the decimal 1.5 for another value than 1.50."""
    client.sql(
        "CREATE TABLE IF NOT EXISTS facts_scale (id INT PRIMARY KEY, d DECIMAL(10, 2)) "
        'WITH "CACHE_NAME=facts_scale,WRAP_VALUE=false"'
    )
    cache = client.get_cache("facts_scale")
    client.sql("DELETE FROM facts_scale")
    client.sql("INSERT INTO facts_scale (id, d) VALUES (1, 1.50)")
    assert single_cell(client, "SELECT d FROM facts_scale") == struct.pack("<Bii", 30, 2, 2) + b"\x00\x96"
    changed = cache.replace_if_equals(
        1, Decimal("1.5"), Decimal("2.5"), key_hint=IntObject, sample_hint=DecimalObject, value_hint=DecimalObject
    )
    assert changed is False


def test_kill_query_ends_a_query_with_this_text(cluster: LiveCluster | SandboxCluster, client: pyignite.Client) -> None:
    """KILL QUERY with the id of SYS.SQL_QUERIES ends a running statement with a known text."""
    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(lambda: list(client.sql(LONG_STATEMENT)))
        other = cluster.connect()
        other.sql(f"KILL QUERY '{_id_of_running(other)}'")
        other.close()
        with pytest.raises(SQLError) as raised:
            running.result(30)
    assert "The query was cancelled while executing." in str(raised.value)


def _id_of_running(client: pyignite.Client) -> str:
    """Wait until the long statement is listed as running; return its id."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        listed = client.sql("SELECT QUERY_ID FROM SYS.SQL_QUERIES WHERE SQL LIKE 'SELECT COUNT(*) FROM SYSTEM_RANGE%'")
        for (query_id,) in listed:
            return str(query_id)
    raise AssertionError("the statement never showed in SYS.SQL_QUERIES")


def test_a_time_limit_ends_a_query_with_the_same_text(client: pyignite.Client) -> None:
    """A statement over its own time limit ends with the text of a kill: only the asker can tell them apart."""
    with pytest.raises(SQLError) as raised:
        list(client.sql(LONG_STATEMENT, timeout=300))
    assert "The query was cancelled while executing." in str(raised.value)


@pytest.mark.parametrize("name", ["secure_node", "sandbox"])
def test_a_wrong_password_is_status_2000(request: pytest.FixtureRequest, name: str) -> None:
    """The SDK tells a wrong password by the status 2000 of the handshake."""
    asked: LiveCluster | SandboxCluster = request.getfixturevalue(name)
    with pytest.raises(AuthenticationError):
        asked.connect(password="wrong")


def test_the_sdk_accepts_a_certificate_for_another_host(secure_node: LiveCluster) -> None:
    """The SDK never compares the certificate with the host it was asked for."""
    client = secure_node.connect(host=secure_node.uncertified_host)
    names = client.get_cache_names()
    client.close()
    assert isinstance(names, list)


def test_the_sdk_refuses_a_strange_authority_without_a_reason(secure_node: LiveCluster) -> None:
    """A certificate of an unknown authority is refused, but the SDK does not say why."""
    assert secure_node.certificates is not None
    with pytest.raises(ReconnectError) as raised:
        secure_node.connect(ssl_ca_certfile=str(secure_node.certificates.stranger_ca_file))
    assert str(raised.value) == "Can not connect."
