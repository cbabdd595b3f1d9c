"""Operation 2006: continuous queries."""

from __future__ import annotations

from services.sandbox.ignite import wire
from services.sandbox.ignite.continuous import ContinuousQuery
from services.sandbox.ignite.dispatch import Call, operation
from services.sandbox.ignite.errors import RequestRefused
from services.sandbox.ignite.objects import is_null, read_object


@operation(2006)
def subscribe(call: Call) -> bytes:
    """Answers with the number under which notifications come; the client closes it as a resource."""
    cache = call.cache()
    buffer_size, interval_ms = call.reader.int32(), call.reader.long()
    call.reader.boolean()
    if not is_null(read_object(call.reader)):
        raise RequestRefused("Filters of continuous queries are not supported by the sandbox")
    query = ContinuousQuery(cache, buffer_size, interval_ms)
    number = call.connection.add_resource(query)
    query.start(call.connection, number)
    return wire.int64(number)
