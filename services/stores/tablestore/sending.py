"""Calls of rows sent, alone or in batches, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.cancel import NEVER, CancelToken
from services.errors import ProtocolError, Refused, StoredeckError
from services.stores.changes import Outcome, Result
from services.stores.tablestore import names
from services.stores.tablestore.answers import KeysAnswer, RowResult, WriteAnswer
from services.stores.tablestore.busy_rows import until_free
from services.stores.tablestore.codec.cells import Cell
from services.stores.tablestore.conditions import RowCondition
from services.stores.tablestore.faults import (
    AUTH_FAILED,
    CONDITION_FAILED,
    NOT_DONE_CODES,
    UNSURE_HINT,
    row_error,
)
from services.stores.tablestore.link import Link
from services.stores.tablestore.planning import Planning
from services.stores.tablestore.reading import Reading
from services.stores.tablestore.rechecking import is_numbered, rechecked, unsure
from services.stores.tablestore.row_calls import RowCall

TAKEN: Final = "a row with this key is already there"
CHANGED: Final = "the row changed since it was read"


class Sending:
    """Sends calls over one link."""

    def __init__(self, link: Link, planning: Planning, reading: Reading) -> None:
        self._link = link
        self._planning = planning
        self._reading = reading

    def one(self, call: RowCall, transaction_id: str | None = None) -> Outcome:
        """Send one call by itself.

        Raises:
            StoredeckError: it was refused for another reason than its condition, or nobody knows.
        """
        arguments = call.arguments(self._planning.key_of(call), transaction_id)
        try:
            # Not given up half-way: then nobody would know whether it was done.
            answer: WriteAnswer = self._link.call(call.api, *arguments, what=names.shown(call.path), is_write=True)
        except Refused as error:
            if getattr(error.__cause__, "code", "") != CONDITION_FAILED:
                raise
            return self._conflicts([call], error.request_id, transaction_id)[0]
        return Outcome(Result.APPLIED, _made(answer.key), answer.request_id)

    def alone(self, call: RowCall) -> Outcome:
        """Send one call by itself; where its answer was lost, the row says what became of it.

        Raises:
            StoredeckError: it was refused for another reason than its condition, or nobody knows.
        """
        (outcome,) = self.settled([call])
        if (error := outcome.error) is None:
            return outcome
        if is_not_done(error):
            raise error
        raise type(error)(outcome.message, hint=UNSURE_HINT, request_id=error.request_id) from error

    def settled(
        self, calls: Sequence[RowCall], cancel: CancelToken = NEVER, transaction_id: str | None = None
    ) -> list[Outcome]:
        """Send calls by one request, one outcome each; where an answer was lost, the rows are read again."""
        try:
            if len(calls) == 1:
                return [self.one(calls[0], transaction_id)]
            return self._batch(calls, cancel, transaction_id)
        except StoredeckError as error:
            if is_not_done(error):
                return [Outcome(Result.REFUSED, error.message, error.request_id, error=error)] * len(calls)
            cancel.check()
            # What a transaction has written cannot be read before its commit.
            return self.looked_at(calls, error) if transaction_id is None else [unsure(error)] * len(calls)

    def looked_at(self, calls: Sequence[RowCall], error: StoredeckError) -> list[Outcome]:
        """What became of calls after an error that does not tell: nothing is sent again, the rows are read."""
        keys = [call.key for call in calls if not is_numbered(call)]
        try:
            rows = iter(self._reading.read_keys(calls[0].path, keys) if keys else ())
        except StoredeckError:
            return [unsure(error)] * len(calls)
        return [unsure(error) if is_numbered(call) else rechecked(call, next(rows), error) for call in calls]

    def _batch(self, calls: Sequence[RowCall], cancel: CancelToken, transaction_id: str | None) -> list[Outcome]:
        """Send a batch; rows that the service was too busy for are sent again while the retry budget lasts."""
        told = until_free(
            lambda places: self._asked([calls[place] for place in places], transaction_id),
            len(calls),
            NOT_DONE_CODES,
            self._link.options.retry_seconds,
            cancel,
        )
        return self._outcomes(calls, told, transaction_id)

    def _asked(self, calls: Sequence[RowCall], transaction_id: str | None) -> KeysAnswer:
        from tablestore.metadata import BatchWriteRowRequest, TableInBatchWriteRowItem

        request = BatchWriteRowRequest()
        items = [call.item(self._planning.key_of(call)) for call in calls]
        request.add(TableInBatchWriteRowItem(calls[0].path[0], items))
        if transaction_id is not None:
            request.set_transaction_id(transaction_id)
        what = names.shown(calls[0].path)
        answer: KeysAnswer = self._link.call("BatchWriteRow", request, what=what, is_write=True)
        return answer

    def _outcomes(
        self, calls: Sequence[RowCall], results: Sequence[tuple[RowResult, str]], transaction_id: str | None
    ) -> list[Outcome]:
        failed = [place for place, (row, _) in enumerate(results) if row.code == CONDITION_FAILED]
        told = self._conflicts([calls[place] for place in failed], "", transaction_id)
        conflicts = dict(zip(failed, told, strict=True))
        outcomes = []
        for place, (row, request_id) in enumerate(results):
            if place in conflicts:
                outcomes.append(replace(conflicts[place], request_id=request_id))
            elif row.code:
                error = row_error(row.code, row.message, request_id, names.shown(calls[place].path))
                outcomes.append(Outcome(Result.REFUSED, error.message, request_id, error=error))
            else:
                key = tuple(row.row.key) if row.row is not None else ()
                outcomes.append(Outcome(Result.APPLIED, _made(key), request_id))
        return outcomes

    def _conflicts(self, calls: Sequence[RowCall], request_id: str, transaction_id: str | None) -> list[Outcome]:
        """Conflicts and the rows as they are now, as far as they can be read."""
        bare = [Outcome(Result.CONFLICT, _words(call.condition), request_id) for call in calls]
        if not calls or transaction_id is not None:
            return bare
        try:
            rows = self._reading.read_keys(calls[0].path, [call.key for call in calls])
        except StoredeckError:
            return bare
        found = []
        for call, outcome, current in zip(calls, bare, rows, strict=True):
            gone = "was already deleted" if call.api == "DeleteRow" else "is no longer there"
            is_gone = current is None
            found.append(replace(outcome, message=f"the row {gone}" if is_gone else outcome.message, current=current))
        return found


def is_not_done(error: StoredeckError) -> bool:
    """Whether the service refused a write; an answer that cannot be read may be that of one that was done."""
    is_refusal = isinstance(error, Refused) and not isinstance(error, ProtocolError)
    return is_refusal or getattr(error.__cause__, "code", "") in NOT_DONE_CODES | {AUTH_FAILED}


def _words(condition: RowCondition) -> str:
    return TAKEN if condition.existence == "EXPECT_NOT_EXIST" else CHANGED


def _made(key: Sequence[Cell]) -> str:
    made = ", ".join(f"{cell.name} = {cell.value}" for cell in key)
    return f"the service made {made}" if made else ""
