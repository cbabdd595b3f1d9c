"""The instance: its tables, its transactions, one lock over all."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from services.sandbox.tablestore.errors import OtsError, invalid, no_such_table, row_conflict, unsupported
from services.sandbox.tablestore.limits import Clock, Limits
from services.sandbox.tablestore.table import Changes, Table, View
from services.sandbox.tablestore.values import Key


@dataclass
class Transaction:
    """A local transaction: it holds one partition key of one table."""

    table: str
    partition: Any
    ends_at: int
    changes: Changes = field(default_factory=dict)


class Instance:
    """Tables by name. Operations run one at a time, under `lock`."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self.clock = clock
        self.lock = RLock()
        self.tables: dict[str, Table] = {}
        self.transactions: dict[str, Transaction] = {}
        self.scans: dict[str, str] = {}
        self.sql: Any = None

    def close(self) -> None:
        """Lets go of the SQL engine."""
        if self.sql is not None:
            self.sql.close()

    def table(self, name: str) -> Table:
        """The main table of that name."""
        if name not in self.tables:
            raise no_such_table()
        return self.tables[name]

    def view(self, name: str, transaction_id: str = "") -> View:
        """The rows of a table or a secondary index."""
        changes = self._changes(name, transaction_id) if transaction_id else None
        table = self.tables.get(name)
        if table is None:
            table = next((one for one in self.tables.values() if name in one.indexes), None)
        if table is None:
            raise no_such_table()
        return View(table, name, self.clock, changes)

    def start(self, table: Table, partition: Any) -> str:
        """Starts a transaction on a partition key and gives its id.

        Raises:
            OtsError: the table has no transactions, or another one holds the key.
        """
        if not table.schema.has_transactions:
            raise unsupported("Local transaction is not enabled on this table.")
        self.check_free(table.schema.name, partition)
        name = secrets.token_hex(16)
        ends_at = self.clock.now() + int(self.limits.transaction_seconds * 1000)
        self.transactions[name] = Transaction(table.schema.name, partition, ends_at)
        return name

    def end(self, transaction_id: str, *, commit: bool) -> None:
        """Makes the changes of a transaction true, or drops them."""
        transaction = self._transaction(transaction_id)
        del self.transactions[transaction_id]
        if commit:
            table = self.table(transaction.table)
            for key, row in transaction.changes.items():
                table.apply(key, row)

    def check_free(self, table: str, partition: Any, transaction_id: str = "") -> None:
        """Refuses a write to a partition key that a transaction of somebody else holds."""
        for name, one in list(self.transactions.items()):
            if one.ends_at < self.clock.now():
                del self.transactions[name]
            elif one.table == table and one.partition == partition and name != transaction_id:
                raise row_conflict()

    def check_write(self, view: View, key: Key, transaction_id: str) -> None:
        """Refuses what a transaction (or its absence) does not allow."""
        if view.is_index:
            raise unsupported("An index table cannot be written.")
        self.check_partition(key, transaction_id)
        self.check_free(view.schema.name, key[0], transaction_id)

    def check_partition(self, key: Key, transaction_id: str) -> None:
        """Refuses a key outside the transaction's partition."""
        if transaction_id and self._transaction(transaction_id).partition != key[0]:
            raise OtsError(
                400, "OTSDataOutOfRange", "Data out of scope of transaction: the partition key is another one."
            )

    def _transaction(self, transaction_id: str) -> Transaction:
        found = self.transactions.get(transaction_id)
        if found is None or found.ends_at < self.clock.now():
            self.transactions.pop(transaction_id, None)
            raise OtsError(404, "OTSSessionNotExist", "Requested session does not exist.")
        return found

    def _changes(self, name: str, transaction_id: str) -> Changes:
        transaction = self._transaction(transaction_id)
        if transaction.table != name:
            raise invalid("The transaction belongs to another table.")
        return transaction.changes
