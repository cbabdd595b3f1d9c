"""Requests of the thin protocol written by hand, to see a real node's bytes as they are."""

import struct

import pyignite

SQL_FIELDS = 2004
SELECT = 1
HAS_ERROR, HAS_TOPOLOGY = 1, 2


def text_object(text: str) -> bytes:
    """Return a string as the protocol writes it: tag 9, length, UTF-8."""
    encoded = text.encode()
    return struct.pack("<bi", 9, len(encoded)) + encoded


def sql_request(sql: str, page_size: int = 1024) -> bytes:
    """Return one SQL fields request as a client with no feature beyond cluster states sends it."""
    body = struct.pack("<ib", 0, 0) + text_object("PUBLIC") + struct.pack("<ii", page_size, -1)
    body += text_object(sql) + struct.pack("<ib6?q?", 0, SELECT, *[False] * 6, 0, False)
    head = struct.pack("<hq", SQL_FIELDS, 77)
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
