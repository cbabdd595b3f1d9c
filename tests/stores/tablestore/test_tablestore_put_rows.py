"""Rows that are put: our own bytes are those of the SDK, and it is the SDK that writes what we cannot."""

import random
from types import SimpleNamespace
from typing import Any

from tablestore_sandbox import OTSClient

from services.stores.tablestore import put_hooks
from services.stores.tablestore.codec.put_rows import put_row

TEXTS = "aZ09_ äß世界\U0001f600\0\n"


def some_value(source: random.Random) -> Any:
    """A value of one of the five types."""
    match source.randrange(6):
        case 0:
            return source.randrange(-(2**63), 2**63)
        case 1:
            return source.choice([0.0, -0.0, float("nan"), float("inf"), 5e-324, source.random() * 1e300])
        case 2:
            return bool(source.getrandbits(1))
        case 3:
            return bytearray(source.randbytes(source.randrange(40)))
    return "".join(source.choices(TEXTS, k=source.randrange(30)))


def some_key(source: random.Random) -> Any:
    """A value that a key may have."""
    value = some_value(source)
    return source.randrange(9) if isinstance(value, bool | float) else value


def test_rows_are_written_as_the_sdk_writes_them() -> None:
    """Keys of one to four columns and rows of up to seven, of every type and size, byte by byte."""
    from tablestore.plainbuffer.plain_buffer_builder import PlainBufferBuilder

    source = random.Random(7)
    for _ in range(500):
        key = [(f"k{place}", some_key(source)) for place in range(source.randrange(1, 5))]
        columns = [(f"column_{place}", some_value(source)) for place in range(source.randrange(8))]
        assert bytes(PlainBufferBuilder.serialize_for_put_row(key, columns)) == put_row(key, columns)


def test_what_is_not_ours_to_write_is_left() -> None:
    """A key that the service numbers and a cell with a time of its own are the SDK's."""
    from tablestore import PK_AUTO_INCR

    assert put_row([("k", 1), ("n", PK_AUTO_INCR)], []) is None
    assert put_row([("k", 1)], [("c", "x", 1_700_000_000_000)]) is None


def test_a_sdk_that_writes_otherwise_is_left_alone() -> None:
    """Only where both write the same bytes does ours take the place of the SDK's, on that client alone."""
    client = OTSClient("http://127.0.0.1:1", "id", "secret", "instance")
    theirs = client.protocol.encoder._make_put_row_item
    client.protocol.encoder._make_put_row_item = lambda message, item: message
    assert not put_hooks.install(client)
    client.protocol.encoder._make_put_row_item = theirs
    assert put_hooks.install(client)
    assert not put_hooks.install(SimpleNamespace())
