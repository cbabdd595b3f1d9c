"""Query operations: scans 2000 and 2001, SQL 2004 and 2005, and closing what is open (0)."""

from __future__ import annotations

from services.sandbox.ignite import wire
from services.sandbox.ignite.dispatch import Call, operation
from services.sandbox.ignite.errors import NO_SUCH_RESOURCE, BadRequest, ConnectionEnds, RequestRefused, SqlRefused
from services.sandbox.ignite.handshake import QUERY_PARTITIONS
from services.sandbox.ignite.objects import is_null, read_object
from services.sandbox.ignite.scans import ScanCursor
from services.sandbox.ignite.sql.cursor import Page, SqlResult
from services.sandbox.ignite.sql.engine import Statement
from services.sandbox.ignite.sql.text import syntax_error
from services.sandbox.ignite.wire import Reader


class SqlCursor:
    """One open SQL result of a connection, with the page size it was asked with."""

    def __init__(self, result: SqlResult, page_size: int) -> None:
        self.result = result
        self.page_size = page_size

    def close(self) -> None:
        self.result.close()


@operation(0, is_locked=False)
def close_resource(call: Call) -> bytes:
    call.connection.close_resource(call.reader.long())
    return b""


def _page_size(reader: Reader) -> int:
    """A real node closes the connection on a page without rows."""
    size = reader.int32()
    if size <= 0:
        raise ConnectionEnds
    return size


@operation(2000)
def scan(call: Call) -> bytes:
    cache = call.cache()
    if not is_null(read_object(call.reader)):
        raise RequestRefused("Filters of scan queries are not supported by the sandbox")
    size, partition, is_local = _page_size(call.reader), call.reader.int32(), call.reader.boolean()
    partitions = None
    if partition >= 0:
        if partition >= cache.config.partitions:
            raise BadRequest(f"Partition out of range: {partition}")
        partitions = {partition}
    elif is_local and len(call.cluster.alive) > 1:
        partitions = {p for p in range(cache.config.partitions) if call.cluster.owner_of(p) is call.node}
    cursor = ScanCursor(cache, size, partition, is_local=is_local, partitions=partitions)
    body, has_more = cursor.next_page()
    number = call.connection.add_resource(cursor) if has_more else call.connection.skip_resource()
    return wire.int64(number) + body


@operation(2001)
def scan_page(call: Call) -> bytes:
    number = call.reader.long()
    cursor = call.connection.resource(number)
    if not isinstance(cursor, ScanCursor):
        raise RequestRefused(f"Failed to find resource with id: {number}", NO_SUCH_RESOURCE)
    body, has_more = cursor.next_page()
    if not has_more:
        call.connection.close_resource(number)
    return body


def _read_statement(call: Call) -> tuple[Statement, int, bool]:
    """The statement, the page size, and whether field names are wanted."""
    cache_id, _, _ = call.head()
    reader = call.reader
    schema = reader.string()
    size = _page_size(reader)
    reader.int32()
    sql = reader.string()
    arguments = [read_object(reader) for _ in range(reader.count())]
    kind = reader.byte()
    flags = [reader.boolean() for _ in range(6)]
    timeout_ms, has_names = reader.long(), reader.boolean()
    if call.has(QUERY_PARTITIONS):
        for _ in range(max(0, reader.int32())):
            reader.int32()
        reader.int32()
    if not sql:
        raise syntax_error(sql or "")
    return Statement(sql, _schema(call, schema, cache_id), arguments, kind, timeout_ms, flags[1]), size, has_names


def _schema(call: Call, schema: str | None, cache_id: int) -> str:
    """The schema named, else that of the cache, else PUBLIC."""
    if schema:
        found = schema.strip('"') if schema.startswith('"') else schema
        if found not in call.sql.catalog.schemas:
            raise SqlRefused("50000", f"Failed to set schema for DB connection for thread [schema={schema}]")
        return found
    if not cache_id:
        return "PUBLIC"
    table = call.sql.catalog.table_of_cache(call.cluster.cache(cache_id).name)
    return table.schema if table else "PUBLIC"


@operation(2004, is_locked=False)
def sql_fields(call: Call) -> bytes:
    with call.cluster.lock:
        statement, size, has_names = _read_statement(call)
    result = call.sql.run(call.connection, statement)
    page = result.next_page(size)
    connection = call.connection
    number = connection.add_resource(SqlCursor(result, size)) if page[1] else connection.skip_resource()
    head = wire.int64(number) + wire.int32(len(result.names))
    if has_names:
        head += b"".join(map(wire.string, result.names))
    return head + _page(page)


def _page(page: Page) -> bytes:
    rows, has_more = page
    return b"".join((wire.int32(len(rows)), *rows, wire.boolean(has_more)))


@operation(2005, is_locked=False)
def sql_page(call: Call) -> bytes:
    number = call.reader.long()
    cursor = call.connection.resource(number)
    if not isinstance(cursor, SqlCursor):
        raise RequestRefused(f"Failed to find resource with id: {number}", NO_SUCH_RESOURCE)
    try:
        page = cursor.result.next_page(cursor.page_size)
    except RequestRefused:
        call.connection.close_resource(number)
        raise
    if not page[1]:
        call.connection.close_resource(number)
    return _page(page)
