"""`apply`: a change set from a file, shown as the calls it makes or sent with one outcome a change."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from services.cli.connecting import Opened, opened, split_address
from services.cli.json_values import Columns, exact_json, read_text
from services.cli.keyed import record_of
from services.connections.guard import Guard
from services.editing.changeset import SHAPE, ChangeRecord, change_of, read_record
from services.errors import Conflict, Refused, StoredeckError, UnsupportedOperation, UsageError
from services.stores.base import WritesRows
from services.stores.changes import Outcome, Result
from services.stores.features import Guarantee
from services.stores.together import CommitsTogether
from services.text import displayable

if TYPE_CHECKING:
    from services.cancel import CancelToken
    from services.cli.parser import Commands
    from services.cli.run import Output, Run
    from services.stores.changes import Call, Change, Path
    from services.values import Typed

UNSURE: Final = "no answer came, so it may be done or not: read the row before sending it again"
UNSENT: Final = "not sent, since what came before it ended without an answer"
_NO_IF: Final = 'Add the columns as they were read: "if": {...}; "if": "exists" writes over whatever is there.'


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add(
        "apply",
        "Send the changes of a change set, one outcome each.",
        apply,
        "A line is a JSON object: op, address, key, set, and in `if` the row as it was read.",
    )
    command.add_argument("file", metavar="FILE", help="JSON Lines, as the review screen saves it; - is standard input")
    command.add_argument("--dry-run", action="store_true", help="show the exact calls and send nothing")
    command.add_argument(
        "--together", action="store_true", help="all or none, as one transaction; refused where the store cannot"
    )


@dataclass(frozen=True, slots=True)
class Planned:
    """One change of the file and the store that takes it; joined ones go as one transaction."""

    record: ChangeRecord
    change: Change
    writer: WritesRows
    guarantee: Guarantee
    is_joined: bool = False


def apply(run: Run) -> int | None:
    """`apply`: everything is read and every store connected before the first change is sent."""
    records = list(_records(run.args.file))
    if not records:
        run.note(f"note: {run.args.file}: no changes in it")
    profiles = dict.fromkeys(split_address(record.address)[0] for record in records)
    if not run.args.dry_run:
        for name in profiles:
            Guard(name, run.services.profiles.get(name).is_read_only or run.is_read_only).write("apply")
    with contextlib.ExitStack() as stack:
        stores = {name: stack.enter_context(opened(run, name)) for name in profiles}
        changes = _Reading(stores).changes(records)
        if run.args.together:
            changes = _joined(changes)
        with run.output() as output:
            if run.args.dry_run:
                problem: StoredeckError | None = _show(run, changes, output)
            else:
                problem = _Sending(run, output).send(changes)
    if problem is not None:
        raise problem
    return None


def _joined(changes: Sequence[Planned]) -> list[Planned]:
    """The changes as those of one transaction.

    Raises:
        UnsupportedOperation: they are of several containers, or of a store that has none.
        Refused: the store says why they cannot be one.
    """
    batches = list(_batches(changes))
    if len(batches) > 1:
        names = " and ".join(dict.fromkeys(batch[0].record.address for batch in batches))
        hint = "Apply a file for each, or leave --together out."
        raise UnsupportedOperation(f"--together: the changes are of {names}; one transaction holds one", hint=hint)
    for batch in batches:
        writer = batch[0].writer
        if not isinstance(writer, CommitsTogether):
            name = batch[0].record.address
            raise UnsupportedOperation(f"--together: {name}: this store has no transactions", hint="Leave it out.")
        for call in writer.plan_together([item.change for item in batch]):
            if call.reason:
                raise Refused(f"--together: {call.reason}", hint="Nothing was sent. Leave it out to send one by one.")
    return [replace(item, guarantee=Guarantee.TRANSACTION, is_joined=True) for item in changes]


def _records(source: str) -> Iterator[ChangeRecord]:
    name = "standard input" if source == "-" else source
    for number, line in enumerate(read_text(source, "apply").split("\n"), 1):
        if line.strip():
            where = f"{name}: line {number}"
            try:
                data = exact_json(line, where)
            except UsageError as error:
                raise UsageError(error.message, hint=SHAPE) from error
            yield read_record(data, where)


class _Reading:
    """Makes changes of records, with the types of each container asked once."""

    def __init__(self, stores: dict[str, Opened]) -> None:
        self._stores = stores
        self._columns: dict[tuple[str, Path], Columns] = {}
        self._guarantees: dict[tuple[str, Path], Guarantee] = {}

    def changes(self, records: Sequence[ChangeRecord]) -> list[Planned]:
        """The changes in the file's order.

        Raises:
            UsageError, Refused: a line does not fit its container.
        """
        return [self._planned(record) for record in records]

    def _planned(self, record: ChangeRecord) -> Planned:
        name, rest = split_address(record.address)
        store = self._stores[name]
        path = store.store.parse_address(rest) if rest else ()
        if (name, path) not in self._columns:
            self._columns[name, path] = Columns(store, path)
            writer = store.power(WritesRows, "writing rows")  # type: ignore[type-abstract]
            self._guarantees[name, path] = writer.guarantee(path)
        columns, guarantee = self._columns[name, path], self._guarantees[name, path]
        _check(record, columns, guarantee)

        def read(column: str, data: Any) -> Typed:
            return columns.value(column, data, record.where)

        change = change_of(record, path, read)
        return Planned(record, change, store.power(WritesRows, "writing rows"), guarantee)  # type: ignore[type-abstract]


def _check(record: ChangeRecord, columns: Columns, guarantee: Guarantee) -> None:
    if set(record.key) != set(columns.keys):
        words = ", ".join(displayable(name, 60) for name in columns.keys)
        raise UsageError(f"{record.where}: not the columns of the key", hint=f"The key is {words}.")
    if record.op != "insert" and record.expected is None and guarantee is not Guarantee.BLIND_UPSERT:
        raise UsageError(f"{record.where}: this {record.op} has no `if`", hint=_NO_IF)


def _show(run: Run, changes: Sequence[Planned], output: Output) -> StoredeckError | None:
    """Write the calls as the review shows them; what cannot be sent is a refusal."""
    refused = 0
    for batch in _batches(changes):
        run.cancel.check()
        for planned, call in zip(batch, _calls(batch), strict=True):
            output.live_record(_call_record(planned, call))
            refused += bool(call.reason)
    if not refused:
        return None
    return Refused(f"apply {run.args.file}: {refused} of {len(changes)} changes cannot be sent; nothing was sent")


def _calls(batch: Sequence[Planned]) -> Sequence[Call]:
    changes, writer = [item.change for item in batch], batch[0].writer
    if batch[0].is_joined and isinstance(writer, CommitsTogether):
        return writer.plan_together(changes)
    return writer.plan(changes)


def _outcomes(batch: Sequence[Planned], cancel: CancelToken) -> Iterator[Outcome]:
    changes, writer = [item.change for item in batch], batch[0].writer
    if batch[0].is_joined and isinstance(writer, CommitsTogether):
        return writer.apply_together(changes, cancel)
    return writer.apply(changes, cancel)


def _batches(changes: Sequence[Planned]) -> Iterator[list[Planned]]:
    """Neighbours in one container, in order."""
    for _, batch in itertools.groupby(changes, lambda item: (id(item.writer), item.change.path)):
        yield list(batch)


def _head(planned: Planned) -> dict[str, Any]:
    return {"address": planned.record.address, "op": planned.record.op, "key": record_of(planned.change.key)}


def _call_record(planned: Planned, call: Call) -> dict[str, Any]:
    promise = f"{planned.guarantee.value}: {planned.guarantee.promise}"
    return _head(planned) | {"guarantee": promise, "call": call.text or None, "reason": call.reason or None}


class _Sending:
    """Sends changes and writes what became of each."""

    def __init__(self, run: Run, output: Output) -> None:
        self._run = run
        self._output = output
        self._counts = dict.fromkeys(Result, 0)
        self._refusal: StoredeckError | None = None

    def send(self, changes: Sequence[Planned]) -> StoredeckError | None:
        """Send all; what the command ends with, or None where every change was applied."""
        waiting = list(changes)
        try:
            for batch in _batches(changes):
                for outcome in _outcomes(batch, self._run.cancel):
                    self._tell(waiting.pop(0), outcome)
        except StoredeckError as error:
            for place, planned in enumerate(waiting):
                words = UNSENT if place else f"{error.message}; {UNSURE}"
                self._tell(planned, Outcome(Result.REFUSED, words, "" if place else error.request_id))
            return error
        return self._problem(changes)

    def _tell(self, planned: Planned, outcome: Outcome) -> None:
        self._counts[outcome.result] += 1
        if outcome.request_id:
            self._run.stats.request_ids.append(outcome.request_id)
        if outcome.result is Result.REFUSED and self._refusal is None:
            self._refusal = outcome.error
        told = {"message": outcome.message or None, "request_id": outcome.request_id or None}
        self._output.live_record(_head(planned) | {"result": outcome.result.value} | told)

    def _problem(self, changes: Sequence[Planned]) -> StoredeckError | None:
        conflicts, refusals = self._counts[Result.CONFLICT], self._counts[Result.REFUSED]
        if not conflicts and not refusals:
            self._run.note(f"apply: {len(changes)} applied")
            return None
        counts = ", ".join(f"{count} {result.value}" for result, count in self._counts.items() if count)
        words = f"apply {self._run.args.file}: {counts}"
        # Of changes that go together those without a conflict are refused because of it.
        if refusals and not (conflicts and changes[0].is_joined):
            hint = self._refusal.hint if self._refusal is not None else ""
            return Refused(words, hint=hint or "The message of each change says why; correct it and apply those again.")
        return Conflict(words, hint="Rows changed by others were left alone: read them again and decide.")
