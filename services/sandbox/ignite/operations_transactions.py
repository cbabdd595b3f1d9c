"""Transaction operations 4000 and 4001."""

from __future__ import annotations

from services.sandbox.ignite import wire
from services.sandbox.ignite.dispatch import Call, operation


@operation(4000)
def start(call: Call) -> bytes:
    call.cluster.check_active()
    reader = call.reader
    concurrency, isolation, timeout, label = reader.byte(), reader.byte(), reader.long(), reader.string()
    tx = call.cluster.transactions.begin(call.connection, call.node.order, concurrency, isolation, timeout, label)
    return wire.int32(tx.number)


@operation(4001)
def end(call: Call) -> bytes:
    number, is_commit = call.reader.int32(), call.reader.boolean()
    call.cluster.transactions.end(number, call.connection, is_commit)
    return b""
