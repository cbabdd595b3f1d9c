"""Requests of the thin protocol written by hand, to see a real node's bytes as they are."""

import struct

import pyignite
from pyignite.utils import entity_id

SCAN, SCAN_NEXT_PAGE, SQL_FIELDS, SQL_NEXT_PAGE = 2000, 2001, 2004, 2005
SELECT = 1
NULL = 101
REQUEST_ID = 77
HAS_ERROR, HAS_TOPOLOGY = 1, 2


def text_object(text: str) -> bytes:
    """Return a string as the protocol writes it: tag 9, length, UTF-8."""
    encoded = text.encode()
    return struct.pack("<bi", 9, len(encoded)) + encoded


def sql_request(sql: str, page_size: int = 1024) -> bytes:
    """Return one SQL fields request as a client with no feature beyond cluster states sends it."""
    body = text_object("PUBLIC") + struct.pack("<ii", page_size, -1)
    body += text_object(sql) + struct.pack("<ib6?q?", 0, SELECT, *[False] * 6, 0, False)
    return cache_request(SQL_FIELDS, None, body)


def scan_request(cache: str, page_size: int = 1024) -> bytes:
    """Return one scan request over all partitions, without a filter."""
    return cache_request(SCAN, cache, struct.pack("<bii?", NULL, page_size, -1, False))


def next_page_request(page_op: int, cursor: int) -> bytes:
    """Return the request for a cursor's next page (SQL_NEXT_PAGE or SCAN_NEXT_PAGE)."""
    return plain_request(page_op, struct.pack("<q", cursor))


def cache_request(op: int, cache: str | None, body: bytes) -> bytes:
    """Return a request on a cache (on none: id 0) without transaction or expiry."""
    cache_id = entity_id(cache) if cache else 0
    return plain_request(op, struct.pack("<ib", cache_id, 0) + body)


def plain_request(op: int, body: bytes) -> bytes:
    """Return a request that concerns no cache."""
    head = struct.pack("<hq", op, REQUEST_ID)
    return struct.pack("<i", len(head) + len(body)) + head + body


def answer_body(client: pyignite.Client, request: bytes) -> bytes:
    """Send a request over the SDK's connection; return what follows the head of the answer.

    Raises:
        AssertionError: the node answered with an error.
    """
    answer = bytes(client.random_node.request(request))
    length, _, flags = struct.unpack_from("<iqh", answer)
    assert not flags & HAS_ERROR, answer
    start = 14 + (12 if flags & HAS_TOPOLOGY else 0)
    return answer[start : 4 + length]  # the SDK hands out its whole buffer, zeros after a short answer


def single_cell(client: pyignite.Client, sql: str) -> bytes:
    """Return the bytes of the only cell that a statement answers, its type code first."""
    body = answer_body(client, sql_request(sql))
    _, columns, rows = struct.unpack_from("<qii", body)
    assert (columns, rows) == (1, 1)
    return body[16:-1]
