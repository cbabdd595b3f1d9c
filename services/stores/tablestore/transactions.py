"""Local transactions: changes of rows with one partition key, done all or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from services.cancel import CancelToken
from services.errors import Refused, StoredeckError
from services.stores.changes import Call, Change, Outcome, Result
from services.stores.tablestore import names
from services.stores.tablestore.batches import MOST_BYTES, batched
from services.stores.tablestore.link import Link
from services.stores.tablestore.planning import Planning
from services.stores.tablestore.row_calls import RowCall
from services.stores.tablestore.sending import Sending, is_not_done
from services.stores.tablestore.shown import literal
from services.stores.tablestore.writing import Writing

NOT_ENABLED: Final = "OTSUnsupportOperation"
UNDONE: Final = "not done, since all are done or none and another one failed"


class Transactions:
    """Sends changes together over one link."""

    def __init__(self, link: Link, planning: Planning, sending: Sending, writing: Writing) -> None:
        self._link = link
        self._planning = planning
        self._sending = sending
        self._writing = writing

    def plan(self, changes: Sequence[Change]) -> list[Call]:
        """One call a change, with the transaction they are in; or why they cannot be in one."""
        made = [self._writing.made(change) for change in changes]
        calls = [one for one in made if isinstance(one, RowCall)]
        reason = self._why_not(calls)
        if reason or len(calls) < len(made):
            others = reason or "another change of the transaction cannot be sent"
            return [Call("", others if isinstance(one, RowCall) else one.message) for one in made]
        words = self._words(calls)
        return [Call(f"{call.text()}\nin {words}") for call in calls]

    def _why_not(self, calls: Sequence[RowCall]) -> str:
        """Why calls cannot be in one transaction, or empty."""
        tables = sorted({call.path[0] for call in calls})
        if len(tables) > 1:
            return f"a local transaction holds one table, not {' and '.join(tables)}"
        keys = {self._planning.partition_of(call) for call in calls}
        if len(keys) > 1:
            shown = sorted(f"{name} = {literal(value)}" for name, value in keys)
            more = f" and {len(shown) - 2} more" if len(shown) > 2 else ""
            return f"a local transaction holds one partition key; here are {' and '.join(shown[:2])}{more}"
        if sum(call.size_bytes for call in calls) > MOST_BYTES:
            return "a local transaction holds 4 MB; commit fewer changes together"
        return ""

    def _words(self, calls: Sequence[RowCall]) -> str:
        name, value = self._planning.partition_of(calls[0])
        return f"one local transaction of {calls[0].path[0]} on {name} = {literal(value)}, {len(calls)} changes"

    def apply(self, changes: Sequence[Change], cancel: CancelToken) -> Iterator[Outcome]:
        """Send all or none, one outcome each."""
        made = [self._writing.made(change) for change in changes]
        calls = [one for one in made if isinstance(one, RowCall)]
        reason = self._why_not(calls)
        if reason or len(calls) < len(made):
            words = reason or UNDONE
            yield from (Outcome(Result.REFUSED, words if isinstance(one, RowCall) else one.message) for one in made)
        elif calls:
            yield from self._sent(calls, cancel)

    def _sent(self, calls: Sequence[RowCall], cancel: CancelToken) -> list[Outcome]:
        cancel.check()
        try:
            transaction_id = self._started(calls[0])
        except StoredeckError as error:
            return [Outcome(Result.REFUSED, error.message, error.request_id, error=error)] * len(calls)
        outcomes: list[Outcome] = []
        try:
            for batch in batched(calls):
                cancel.check()
                outcomes += self._sending.settled([call for _, call in batch.calls], cancel, transaction_id)
                if any(one.result is not Result.APPLIED for one in outcomes):
                    break
        except BaseException:
            self._abort(transaction_id)
            raise
        if any(one.result is not Result.APPLIED for one in outcomes):
            self._abort(transaction_id)
            return _undone(outcomes, len(calls))
        return self._committed(transaction_id, calls, outcomes)

    def _started(self, call: RowCall) -> str:
        table = call.path[0]
        name, value = self._planning.partition_of(call)
        key = [(name, names.sdk_value(value, name))]
        try:
            found = self._link.call("StartLocalTransaction", table, key, what=table, is_write=True)
        except Refused as error:
            if getattr(error.__cause__, "code", "") != NOT_ENABLED:
                raise
            hint = "Local transactions are switched on when a table is created. Commit the changes one by one."
            words = f"{table}: the table has no local transactions; nothing was sent"
            raise Refused(words, hint=hint, request_id=error.request_id) from error
        return str(found)

    def _abort(self, transaction_id: str) -> None:
        """Drop what was sent; where even that fails the service does it within a minute."""
        with suppress(StoredeckError):
            self._link.call("AbortTransaction", transaction_id, what="transaction", is_write=True)

    def _committed(self, transaction_id: str, calls: Sequence[RowCall], outcomes: list[Outcome]) -> list[Outcome]:
        """Commit; where that answer was lost, all was done if every row is as it was to be."""
        try:
            self._link.call("CommitTransaction", transaction_id, what="transaction", is_write=True)
        except StoredeckError as error:
            if is_not_done(error):
                self._abort(transaction_id)
                return [Outcome(Result.REFUSED, error.message, error.request_id, error=error)] * len(outcomes)
            found = self._sending.looked_at(calls, error)
            if all(one.result is Result.APPLIED for one in found):
                return found
            words = f"{error.message}; all may have been applied, or none: read the rows again"
            return [Outcome(Result.REFUSED, words, error.request_id, error=error)] * len(outcomes)
        return outcomes


def _undone(outcomes: Sequence[Outcome], total: int) -> list[Outcome]:
    """The outcomes of a transaction that was given up: what failed says why, the others that they were not done."""
    told = [
        Outcome(Result.REFUSED, UNDONE, one.request_id) if one.result is Result.APPLIED else one for one in outcomes
    ]
    return [*told, *[Outcome(Result.REFUSED, UNDONE)] * (total - len(told))]
