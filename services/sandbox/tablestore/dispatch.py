"""The operations by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from services.sandbox.tablestore import (
    operations_indexes,
    operations_rows,
    operations_search,
    operations_sql,
    operations_tables,
    operations_transactions,
    writing,
)
from services.sandbox.tablestore.errors import invalid
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.messages import parse, pb, search_pb

Operation = Callable[[Any, Instance], Any]
METADATA = frozenset(
    {"ListTable", "CreateTable", "DescribeTable", "UpdateTable", "DeleteTable", "CreateIndex", "DropIndex"}
)


@cache
def _operations() -> dict[str, tuple[Any, Operation]]:
    tables = {
        "ListTable": operations_tables.list_table,
        "CreateTable": operations_tables.create_table,
        "DescribeTable": operations_tables.describe_table,
        "UpdateTable": operations_tables.update_table,
        "DeleteTable": operations_tables.delete_table,
        "ComputeSplitPointsBySize": operations_tables.compute_split_points,
        "CreateIndex": operations_indexes.create_index,
        "DropIndex": operations_indexes.drop_index,
        "GetRow": operations_rows.get_row,
        "PutRow": writing.put_row,
        "UpdateRow": writing.update_row,
        "DeleteRow": writing.delete_row,
        "BatchGetRow": operations_rows.batch_get_row,
        "BatchWriteRow": operations_rows.batch_write_row,
        "GetRange": operations_rows.get_range,
        "StartLocalTransaction": operations_transactions.start_transaction,
        "CommitTransaction": operations_transactions.commit_transaction,
        "AbortTransaction": operations_transactions.abort_transaction,
        "SQLQuery": operations_sql.sql_query,
    }
    search = {
        "ListSearchIndex": operations_search.list_indexes,
        "CreateSearchIndex": operations_search.create_index,
        "UpdateSearchIndex": operations_search.update_index,
        "DeleteSearchIndex": operations_search.delete_index,
        "DescribeSearchIndex": operations_search.describe_index,
        "Search": operations_search.search,
        "ComputeSplits": operations_search.compute_splits,
        "ParallelScan": operations_search.parallel_scan,
    }
    found = {name: (getattr(pb(), f"{name}Request"), operation) for name, operation in tables.items()}
    return found | {name: (getattr(search_pb(), f"{name}Request"), operation) for name, operation in search.items()}


def run(name: str, body: bytes, instance: Instance) -> Any:
    """Runs an operation and gives its answer as a message.

    Raises:
        OtsError: the operation is unknown or refused.
    """
    if name not in _operations():
        raise invalid(f"Unsupported operation: '{name[:64]}'.")
    kind, operation = _operations()[name]
    request = parse(kind, body)
    with instance.lock:
        return operation(request, instance)
