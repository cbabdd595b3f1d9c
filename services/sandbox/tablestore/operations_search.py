"""Search indexes: list, create, describe, update, delete, search, and scans in parallel."""

from __future__ import annotations

import secrets
from typing import Any

from services.sandbox.tablestore.errors import OtsError, already_there, invalid, no_such_table
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.messages import parse, search_pb, unknown_number
from services.sandbox.tablestore.reading import buffer
from services.sandbox.tablestore.rows import write_cells
from services.sandbox.tablestore.schema import check_name
from services.sandbox.tablestore.search.aggregations import aggregate, group
from services.sandbox.tablestore.search.documents import Hit, SearchIndex, check_fields, completed, hits
from services.sandbox.tablestore.search.queries import read_query
from services.sandbox.tablestore.search.sorting import in_order, read_token, write_token
from services.sandbox.tablestore.table import Table

RETURN_ALL, RETURN_SPECIFIED, RETURN_NONE, RETURN_FROM_INDEX = 1, 2, 3, 4
DEFAULT_ROWS = 10
SCAN_ROWS = 2000
SYNCED = 2
TRACK_TOTAL_COUNT = 13
_INT32_END = 1 << 31


def _find(request: Any, instance: Instance) -> tuple[Table, SearchIndex]:
    table = instance.table(request.table_name)
    index = table.search.get(request.index_name)
    if index is None:
        raise no_such_table("index")
    return table, index


def list_indexes(request: Any, instance: Instance) -> Any:
    """ListSearchIndex: of one table, or of all."""
    tables = [instance.table(request.table_name)] if request.table_name else list(instance.tables.values())
    answer = search_pb().ListSearchIndexResponse()
    for table in tables:
        for name in sorted(table.search):
            answer.indices.add(table_name=table.schema.name, index_name=name)
    return answer


def create_index(request: Any, instance: Instance) -> Any:
    """CreateSearchIndex."""
    table = instance.table(request.table_name)
    check_name(request.index_name, "index", instance.limits)
    if request.index_name in table.search:
        raise already_there("index")
    if table.schema.options.max_versions != 1:
        raise invalid("A table with search indexes keeps one version.")
    check_fields(request.schema, table.schema)
    ttl = request.time_to_live if request.HasField("time_to_live") else -1
    _check_ttl(ttl, table)
    table.search[request.index_name] = SearchIndex(
        request.index_name, completed(request.schema), ttl, instance.clock.now() // 1000
    )
    return search_pb().CreateSearchIndexResponse()


def _check_ttl(ttl: int, table: Table) -> None:
    if ttl != -1 and table.schema.options.allow_update:
        raise invalid("A search index takes a TTL only when its table does not allow updates.")


def update_index(request: Any, instance: Instance) -> Any:
    """UpdateSearchIndex: the time to live."""
    table, index = _find(request, instance)
    if request.HasField("time_to_live"):
        _check_ttl(request.time_to_live, table)
        index.time_to_live = request.time_to_live
    return search_pb().UpdateSearchIndexResponse()


def delete_index(request: Any, instance: Instance) -> Any:
    """DeleteSearchIndex."""
    table, index = _find(request, instance)
    del table.search[index.name]
    return search_pb().DeleteSearchIndexResponse()


def describe_index(request: Any, instance: Instance) -> Any:
    """DescribeSearchIndex: it is always in step with its table."""
    _, index = _find(request, instance)
    answer = search_pb().DescribeSearchIndexResponse(
        schema=index.schema, create_time=index.created_at, time_to_live=index.time_to_live
    )
    if request.include_sync_stat or not request.HasField("include_sync_stat"):
        answer.sync_stat.sync_phase = SYNCED
        answer.sync_stat.current_sync_timestamp = instance.clock.now() * 1000
    return answer


def search(request: Any, instance: Instance) -> Any:
    """Search: one page of hits, the total where it is asked for, aggregations and groups."""
    table, index = _find(request, instance)
    query = parse(search_pb().SearchQuery, request.search_query)
    found = _matching(query.query, table, index, instance)
    offset, sort = (query.offset, query.sort) if not query.token else read_token(query.token)
    limit = query.limit if query.HasField("limit") else DEFAULT_ROWS
    if limit < 0 or offset < 0 or limit > instance.limits.search_rows:
        raise invalid(f"The limit must be in range: [0, {instance.limits.search_rows}], the offset cannot be negative.")
    ordered = in_order(found, sort if sort.sorter else index.schema.index_sort, index)
    answer = search_pb().SearchResponse(total_hits=_total(query, len(found)), is_all_succeed=True)
    answer.rows.extend(_row(hit, request.columns_to_get, table, index) for hit in ordered[offset : offset + limit])
    if limit and offset + limit < len(ordered):
        answer.next_token = write_token(offset + limit, sort)
    if query.aggs.aggs:
        answer.aggs = aggregate(query.aggs, found, index).SerializeToString()
    if query.group_bys.group_bys:
        answer.group_bys = group(query.group_bys, found, index).SerializeToString()
    return answer


def _matching(query: Any, table: Table, index: SearchIndex, instance: Instance) -> list[Hit]:
    score = read_query(query, index)
    found = []
    for hit in hits(table, index, instance):
        hit.score = score(hit.document)
        if hit.score:
            found.append(hit)
    return found


def _total(query: Any, count: int) -> int:
    """The number of hits, cut where the request says; -1 when nobody asked."""
    wanted = unknown_number(query, TRACK_TOTAL_COUNT)
    # A negative number arrives as a large unsigned one.
    wanted = -1 if wanted >= _INT32_END else wanted
    if wanted > 0:
        return min(count, wanted)
    return count if query.get_total_count else -1


def _row(hit: Hit, wanted: Any, table: Table, index: SearchIndex) -> bytes:
    """A hit with the columns that are asked for; without a word on them only its key."""
    cells = sorted(hit.row.cells.items())
    if wanted.return_type == RETURN_SPECIFIED:
        cells = [cell for cell in cells if cell[0] in wanted.column_names]
    elif wanted.return_type == RETURN_FROM_INDEX:
        cells = [cell for cell in cells if cell[0] in index.fields]
    elif not wanted.HasField("return_type") or wanted.return_type == RETURN_NONE:
        cells = []
    newest = ((name, versions[:1]) for name, versions in cells)
    return buffer([write_cells(table.schema.key_names, hit.key, newest)])


def compute_splits(request: Any, instance: Instance) -> Any:
    """ComputeSplits: a session for a scan of a search index in parts."""
    table = instance.table(request.table_name)
    if request.search_index_splits_options.index_name not in table.search:
        raise no_such_table("index")
    session = secrets.token_hex(16)
    instance.scans[session] = table.schema.name
    return search_pb().ComputeSplitsResponse(session_id=session.encode(), splits_size=instance.limits.scan_splits)


def parallel_scan(request: Any, instance: Instance) -> Any:
    """ParallelScan: the next rows of one part."""
    table, index = _find(request, instance)
    session = request.session_id.decode(errors="replace")
    if request.HasField("session_id") and instance.scans.get(session) != table.schema.name:
        raise OtsError(400, "OTSSessionExpired", "The session of the parallel scan is not there; start the scan anew.")
    scan = parse(search_pb().ScanQuery, request.scan_query)
    parts = max(scan.max_parallel, 1)
    if scan.current_parallel_id >= parts:
        raise invalid("The current parallel id must be smaller than the max parallel.")
    found = _matching(scan.query, table, index, instance)[scan.current_parallel_id :: parts]
    offset = read_token(scan.token)[0] if scan.token else 0
    limit = min(scan.limit or SCAN_ROWS, SCAN_ROWS)
    answer = search_pb().ParallelScanResponse()
    answer.rows.extend(_row(hit, request.columns_to_get, table, index) for hit in found[offset : offset + limit])
    if offset + limit < len(found):
        answer.next_token = write_token(offset + limit, search_pb().Sort())
    return answer
