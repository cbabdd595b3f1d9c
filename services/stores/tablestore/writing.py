"""Rows put, updated and deleted: several by one batch, each with its condition; or all or none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from services.cancel import CancelToken
from services.errors import Refused
from services.stores.changes import Call, Change, Condition, Existence, Insert, Outcome, Path, Result
from services.stores.tablestore.batches import batched, travel_words
from services.stores.tablestore.conditions import as_read
from services.stores.tablestore.planning import ANY_ROW, THERE, Planning
from services.stores.tablestore.reading import Reading
from services.stores.tablestore.row_calls import RowCall
from services.stores.tablestore.sending import TAKEN, Sending
from services.values import Key, Row


class Writing:
    """Writes rows: plans and sends the same calls in the same batches."""

    def __init__(self, planning: Planning, sending: Sending, reading: Reading) -> None:
        self._planning = planning
        self._sending = sending
        self._reading = reading

    def plan(self, changes: Sequence[Change]) -> list[Call]:
        """The calls that changes send, checked down to their arguments, and the batches they travel in."""
        made = [self.made(change) for change in changes]
        texts = [one.text() if isinstance(one, RowCall) else "" for one in made]
        for place, words in travel_words(batched([one if isinstance(one, RowCall) else None for one in made])):
            texts[place] += f"\n{words}"
        return [
            Call(text) if isinstance(one, RowCall) else Call("", reason=one.message)
            for one, text in zip(made, texts, strict=True)
        ]

    def made(self, change: Change) -> RowCall | Refused:
        """The call of a change, or why there is none."""
        try:
            call = self._planning.call_of(change)
            call.arguments(self._planning.key_of(call))
        except Refused as error:
            return error
        return call

    def apply(self, changes: Sequence[Change], cancel: CancelToken) -> Iterator[Outcome]:
        """Send changes, one outcome each, in order."""
        made = [self.made(change) for change in changes]
        outcomes: dict[int, Outcome] = {
            place: Outcome(Result.REFUSED, one.message, error=one)
            for place, one in enumerate(made)
            if not isinstance(one, RowCall)
        }
        told = 0
        for batch in batched([one if isinstance(one, RowCall) else None for one in made]):
            cancel.check()
            sent = self._sending.settled([call for _, call in batch.calls], cancel)
            outcomes.update(zip([place for place, _ in batch.calls], sent, strict=True))
            while told in outcomes:
                yield outcomes.pop(told)
                told += 1
        for place in range(told, len(made)):
            yield outcomes[place]

    def put(self, path: Path, row: Row, condition: Condition) -> Outcome:
        """Put one row whole; where a condition says that it is there, its other columns stay."""
        key, rest = self._planning.parted(path, row)
        match condition:
            case None:
                return self._sending.alone(self._planning.put(path, key, ANY_ROW, rest))
            case Existence.ABSENT:
                return self._sending.alone(self._planning.call_of(Insert(path, key, rest)))
            case Existence.EXISTS:
                return self._sending.alone(self._planning.update(path, key, THERE, rest))
        return self._sending.alone(self._planning.update(path, key, as_read(condition, key, {}), rest, condition))

    def remove(self, path: Path, key: Key, condition: Condition) -> Outcome:
        """Remove one row; see `PutsRows.remove`."""
        if condition is Existence.ABSENT:
            (current,) = self._reading.read_keys(path, [key])
            absent = Outcome(Result.APPLIED)
            return absent if current is None else Outcome(Result.CONFLICT, TAKEN, current=current)
        expected = THERE if condition is Existence.EXISTS else ANY_ROW
        if isinstance(condition, Mapping):
            expected = as_read(condition, key, {})
        return self._sending.alone(RowCall("DeleteRow", path, key, expected))
