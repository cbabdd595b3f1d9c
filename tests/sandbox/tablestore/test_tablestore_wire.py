"""The wire itself: what SDKs of other languages send and demand, and input that follows no rule."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import socket
import zlib
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

import pytest
from tablestore.protobuf import search_pb2, table_store_pb2

from services.sandbox.tablestore import signing
from services.sandbox.tablestore.messages import add_number, unknown_number
from services.sandbox.tablestore.plainbuffer import HEADER, join_row, read_row, read_rows, write_cell
from services.sandbox.tablestore.server import TablestoreSandbox
from services.sandbox.tablestore.values import INF_MAX, INF_MIN


def post(sandbox: TablestoreSandbox, operation: str, message: Any, prefix: str = "", **extra: str):
    """Sends a signed request as an SDK with other habits would: status, headers, body."""
    body = message if isinstance(message, bytes) else message.SerializeToString()
    access = sandbox.access
    headers = {
        "x-ots-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "x-ots-apiversion": "2015-12-31",
        "x-ots-accesskeyid": access.access_key_id,
        "x-ots-instancename": access.instance,
        "x-ots-contentmd5": base64.b64encode(hashlib.md5(body).digest()).decode(),
        **extra,
    }
    lines = "\n".join(sorted(f"{name}:{value}" for name, value in headers.items()))
    text = f"/{operation}\nPOST\n\n{lines}\n"
    digest = hmac.digest(access.access_key_secret.encode(), text.encode(), "sha1")
    headers["x-ots-signature"] = base64.b64encode(digest).decode()
    connection = HTTPConnection("127.0.0.1", sandbox.port, timeout=20)
    try:
        # Header names in another case, as Go's HTTP library writes them.
        titled = {name.title(): value for name, value in headers.items()}
        connection.request("POST", f"{prefix}/{operation}", body, titled)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def error(body: bytes) -> str:
    """The code of an error answer."""
    return table_store_pb2.Error.FromString(body).code


def key(*cells: tuple[str, Any]) -> bytes:
    """A key in PlainBuffer form."""
    return HEADER + join_row([write_cell(name, value) for name, value in cells])


def test_names_in_any_case_fractions_of_any_length_prefixes_of_any_kind(tablestore_sandbox: TablestoreSandbox) -> None:
    """Header names in other case, microseconds in the date, a path prefix and a double slash."""
    for prefix in ("", "/gateway/path", "/"):
        status, _, body = post(tablestore_sandbox, "ListTable", b"", prefix)
        assert (status, list(table_store_pb2.ListTableResponse.FromString(body).table_names)) == (
            200,
            ["events", "orders", "users"],
        )


def test_the_answer_is_signed_over_its_own_headers(tablestore_sandbox: TablestoreSandbox) -> None:
    """Sum, type, request id and date are there; the signature is over exactly what starts like them."""
    _, headers, body = post(tablestore_sandbox, "ListTable", b"")
    own = {name: value for name, value in headers.items() if name.startswith("x-ots-")}
    assert set(own) == {"x-ots-contentmd5", "x-ots-contenttype", "x-ots-date", "x-ots-requestid"}
    assert own["x-ots-contentmd5"] == base64.b64encode(hashlib.md5(body).digest()).decode()
    access = tablestore_sandbox.access
    wanted = signing.sign_answer("/ListTable", own, access.access_key_id, access.access_key_secret.encode())
    assert headers["authorization"] == wanted


def test_errors_carry_a_request_id(tablestore_sandbox: TablestoreSandbox) -> None:
    """An unknown operation is named and has an id, without which one SDK loses the code."""
    status, headers, body = post(tablestore_sandbox, "MakeCoffee", b"")
    assert (status, error(body), bool(headers["x-ots-requestid"])) == (400, "OTSParameterInvalid", True)
    assert b"Unsupported operation: 'MakeCoffee'" in body


def test_bodies_can_be_deflated_both_ways(tablestore_sandbox: TablestoreSandbox) -> None:
    """The request's sum is over what was sent, the answer's over what comes out."""
    raw = table_store_pb2.DescribeTableRequest(table_name="orders").SerializeToString()
    extra = {
        "x-ots-request-compress-type": "deflate",
        "x-ots-request-compress-size": str(len(raw)),
        "x-ots-response-compress-type": "deflate",
    }
    status, headers, body = post(tablestore_sandbox, "DescribeTable", zlib.compress(raw), **extra)
    inflated = zlib.decompress(body)
    assert (status, headers["x-ots-response-compress-type"]) == (200, "deflate")
    assert headers["x-ots-contentmd5"] == base64.b64encode(hashlib.md5(inflated).digest()).decode()
    assert table_store_pb2.DescribeTableResponse.FromString(inflated).table_meta.table_name == "orders"


def test_a_description_has_what_other_sdks_read_unchecked(tablestore_sandbox: TablestoreSandbox) -> None:
    """Status ACTIVE, every option, both capacity units, the stream's state, the index's phase."""
    _, _, body = post(tablestore_sandbox, "DescribeTable", table_store_pb2.DescribeTableRequest(table_name="orders"))
    found = table_store_pb2.DescribeTableResponse.FromString(body)
    assert unknown_number(found, 4) == 1
    options = found.table_options
    assert all(options.HasField(name) for name in ("time_to_live", "max_versions", "deviation_cell_version_in_sec"))
    unit = found.reserved_throughput_details.capacity_unit
    assert (unit.HasField("read"), unit.HasField("write"), found.HasField("stream_details")) == (True, True, True)
    assert unknown_number(found.index_metas[0], 6) == 2
    request = table_store_pb2.GetRowRequest(table_name="events", primary_key=key(("id", 1)), max_versions=1)
    used = table_store_pb2.GetRowResponse.FromString(post(tablestore_sandbox, "GetRow", request)[2]).consumed
    assert (used.capacity_unit.HasField("read"), used.capacity_unit.HasField("write")) == (True, True)


def test_split_points_cut_a_table_in_order(tablestore_sandbox: TablestoreSandbox) -> None:
    """With the key's schema; as many locations as splits; fewer points when a limit says so."""
    request = table_store_pb2.ComputeSplitPointsBySizeRequest(
        table_name="events", split_size=20, split_size_unit_in_byte=1024
    )
    found = table_store_pb2.ComputeSplitPointsBySizeResponse.FromString(
        post(tablestore_sandbox, "ComputeSplitPointsBySize", request)[2]
    )
    points = [read_row(point).key[0].value for point in found.split_points]
    assert [column.name for column in found.schema] == ["id"]
    assert len(points) > 3
    assert points == sorted(points)
    assert sum(location.repeat for location in found.locations) == len(points) + 1
    add_number(request, 4, 2)
    fewer = table_store_pb2.ComputeSplitPointsBySizeResponse.FromString(
        post(tablestore_sandbox, "ComputeSplitPointsBySize", request)[2]
    )
    assert len(fewer.split_points) == 2


def test_a_table_with_transactions_and_an_atomic_batch(own: TablestoreSandbox) -> None:
    """Fields that the generated module does not know: the table may have transactions, the batch is all or nothing."""
    pb = table_store_pb2
    create = pb.CreateTableRequest()
    create.table_meta.table_name = "t"
    create.table_meta.primary_key.add(name="k", type=pb.STRING)
    create.reserved_throughput.capacity_unit.read = 0
    add_number(create, 8, 1)
    assert post(own, "CreateTable", create)[0] == 200
    start = pb.StartLocalTransactionRequest(table_name="t", key=key(("k", "x")))
    assert post(own, "StartLocalTransaction", start)[0] == 200
    batch = pb.BatchWriteRowRequest()
    table = batch.tables.add(table_name="t")
    for name, wanted in (("a", pb.IGNORE), ("b", pb.EXPECT_EXIST)):
        row = HEADER + join_row([write_cell("k", name)], [write_cell("v", 1)])
        table.rows.add(type=pb.PUT, row_change=row, condition=pb.Condition(row_existence=wanted))
    add_number(batch, 3, 1)
    answer = pb.BatchWriteRowResponse.FromString(post(own, "BatchWriteRow", batch)[2])
    assert [row.error.code for row in answer.tables[0].rows] == ["OTSConditionCheckFail"] * 2
    get = pb.GetRangeRequest(table_name="t", direction=pb.FORWARD, max_versions=1)
    get.inclusive_start_primary_key, get.exclusive_end_primary_key = key(("k", INF_MIN)), key(("k", INF_MAX))
    found = pb.GetRangeResponse.FromString(post(own, "GetRange", get)[2])
    assert (found.rows, found.HasField("next_start_primary_key")) == (b"", False)


def test_a_row_after_its_change_comes_back(own: TablestoreSandbox) -> None:
    """Return type 2: the key and the columns that are named."""
    pb = table_store_pb2
    change = HEADER + join_row([write_cell("id", 1)], [write_cell("new", 5)])
    request = pb.UpdateRowRequest(table_name="events", row_change=change, condition=pb.Condition(row_existence=0))
    request.return_content.return_type = pb.RT_AFTER_MODIFY
    request.return_content.return_column_names.append("new")
    found = read_row(pb.UpdateRowResponse.FromString(post(own, "UpdateRow", request)[2]).row)
    assert [(cell.name, cell.value) for cell in found.key + found.cells] == [("id", 1), ("new", 5)]


@pytest.mark.parametrize(("tracked", "wanted"), [(2147483647, 240), (7, 7), (-1, -1), (None, -1)])
def test_the_total_is_counted_as_the_java_sdk_asks(
    tablestore_sandbox: TablestoreSandbox, tracked: int | None, wanted: int
) -> None:
    """All, up to a number, or not at all; both fields of the answer are always set."""
    query = search_pb2.SearchQuery(query=search_pb2.Query(type=search_pb2.MATCH_ALL_QUERY, query=b""))
    if tracked is not None:
        add_number(query, 13, tracked)
    request = search_pb2.SearchRequest(
        table_name="orders", index_name="orders_search", search_query=query.SerializeToString()
    )
    found = search_pb2.SearchResponse.FromString(post(tablestore_sandbox, "Search", request)[2])
    assert (found.total_hits, found.HasField("total_hits"), found.is_all_succeed) == (wanted, True, True)


def test_a_corrupted_request_is_refused(tablestore_sandbox: TablestoreSandbox) -> None:
    """A wrong checksum, a cut buffer, a body that is no message: 400 each."""
    good = key(("id", 1))
    for bad in (good[:-1] + bytes((good[-1] ^ 1,)), good[:-3], b"", b"\0\0\0\0", good + b"\x01", HEADER):
        request = table_store_pb2.GetRowRequest(table_name="events", primary_key=bad, max_versions=1)
        assert post(tablestore_sandbox, "GetRow", request)[0] == 400
    for body in (b"\xff" * 40, b"", b"\x0a\x05ab"):
        assert post(tablestore_sandbox, "GetRow", body)[0] == 400


def test_random_bytes_in_every_message_never_end_the_server(tablestore_sandbox: TablestoreSandbox) -> None:
    """Flipped and cut requests are refused or answered, none is a defect of the server."""
    chance = random.Random(5)
    good = table_store_pb2.GetRangeRequest(table_name="events", direction=0, max_versions=1, limit=2)
    good.inclusive_start_primary_key, good.exclusive_end_primary_key = key(("id", INF_MIN)), key(("id", INF_MAX))
    body = good.SerializeToString()
    for _ in range(150):
        broken = bytearray(body[: chance.randint(0, len(body))] if chance.random() < 0.3 else body)
        for _ in range(chance.randint(1, 4)):
            if broken:
                broken[chance.randrange(len(broken))] = chance.randrange(256)
        assert post(tablestore_sandbox, "GetRange", bytes(broken))[0] in (200, 400, 404)
    assert post(tablestore_sandbox, "ListTable", b"")[0] == 200


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"POST /ListTable HTTP/1.1\r\nbroken\r\n\r\n",
        b"POST /ListTable HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"POST /X HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n",
        b"POST /X HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"x" * 70_000,
        b"POST /X HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["bytes", "get", "header", "length", "headers", "huge", "line", "chunk"],
)  # fmt: skip
def test_what_is_no_request_gets_an_error(tablestore_sandbox: TablestoreSandbox, data: bytes) -> None:
    """Each gets a status of 4xx and the server serves on."""
    with socket.create_connection(("127.0.0.1", tablestore_sandbox.port), timeout=20) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(64).split()[1][:1] == b"4"
    assert post(tablestore_sandbox, "ListTable", b"")[0] == 200


def test_a_body_in_chunks_is_read(tablestore_sandbox: TablestoreSandbox) -> None:
    """Unsigned, so refused, but read to its end: the connection serves the next request."""
    chunked = b"POST /ListTable HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", tablestore_sandbox.port), timeout=20) as sock:
        for _ in range(2):
            sock.sendall(chunked)
            assert sock.recv(65536).startswith(b"HTTP/1.1 400")


def test_closing_frees_everything() -> None:
    """Open connections end, the port is free, a second close does nothing."""
    sandbox = TablestoreSandbox(samples=False)
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=20) as sock:
        sock.sendall(b"POST /ListTable HTTP/1.1\r\n\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 400")
        sandbox.close()
        sandbox.close()
        assert sock.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", sandbox.port), timeout=20)


def test_rows_survive_the_codec() -> None:
    """Reading what was written gives it back, several rows in one buffer."""
    values = [1, -(2**63), 0.5, True, "é", "", b"\x00", b""]
    rows = [join_row([write_cell("k", n)], [write_cell(f"c{n}", value, 1000 + n)]) for n, value in enumerate(values)]
    read = read_rows(HEADER + b"".join(rows))
    assert [(row.key[0].value, row.cells[0].value, row.cells[0].timestamp) for row in read] == [
        (n, value, 1000 + n) for n, value in enumerate(values)
    ]
