"""Local transactions: start, commit, abort."""

from __future__ import annotations

from typing import Any

from services.sandbox.tablestore.errors import invalid_key
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.messages import pb
from services.sandbox.tablestore.plainbuffer import read_row


def start_transaction(request: Any, instance: Instance) -> Any:
    """StartLocalTransaction: on one partition key."""
    table = instance.table(request.table_name)
    cells = read_row(request.key).key
    column = table.schema.key[0]
    if len(cells) != 1 or cells[0].name != column.name or type(cells[0].value) is not column.python_type:
        raise invalid_key(f"A transaction takes the partition key {column.name} and nothing else.")
    return pb().StartLocalTransactionResponse(transaction_id=instance.start(table, cells[0].value))


def commit_transaction(request: Any, instance: Instance) -> Any:
    """CommitTransaction."""
    instance.end(request.transaction_id, commit=True)
    return pb().CommitTransactionResponse()


def abort_transaction(request: Any, instance: Instance) -> Any:
    """AbortTransaction."""
    instance.end(request.transaction_id, commit=False)
    return pb().AbortTransactionResponse()
