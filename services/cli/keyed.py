"""`get`, `put` and `delete`: single rows by their key, under a condition where one is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from services.cli.connecting import opened_at
from services.cli.json_values import Columns, exact_json
from services.cli.single_rows import put_row, remove_row
from services.errors import Conflict, NotFound, Refused
from services.stores.base import ReadsKeys
from services.stores.changes import Outcome, Result
from services.value_json import json_text, plain_json
from services.values import ABSENT

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run
    from services.values import Row

_KEY_HELP = 'the key columns as JSON; the bare value of a single one; a type hint is {"$type": "Int", "value": 1}'
_IF_HELP = "columns with the values expected now, `absent` or `exists`; when it does not hold: exit code 5, no change"


def add(commands: Commands) -> None:
    """Add the three commands."""
    command = commands.add("get", "Read rows by their keys.", get)
    command.add_argument("address", metavar="ADDRESS")
    command.add_argument(
        "--key", metavar="JSON", required=True, action="append", help=f"{_KEY_HELP}; give it again for more rows"
    )
    command = commands.add("put", "Write one row, there or not.", put)
    command.add_argument("address", metavar="ADDRESS")
    command.add_argument(
        "--row", metavar="JSON", required=True, help="an object with all key columns; - is standard input"
    )
    command.add_argument("--if", dest="condition", metavar="JSON|absent|exists", help=_IF_HELP)
    command = commands.add("delete", "Remove one row by its key.", delete)
    command.add_argument("address", metavar="ADDRESS")
    command.add_argument("--key", metavar="JSON", required=True, help=_KEY_HELP)
    command.add_argument("--if", dest="condition", metavar="JSON|absent|exists", help=_IF_HELP)


def get(run: Run) -> int | None:
    """`get`."""
    texts = run.args.key
    asked = [exact_json(text, "--key") for text in texts]
    with opened_at(run, run.args.address) as (opened, path):
        reader = opened.power(ReadsKeys, "reading by key")  # type: ignore[type-abstract]
        columns = Columns(opened, path)
        rows = reader.read_keys(path, [columns.key(data) for data in asked])
        found = [row for row in rows if row is not None]
        if found:
            numbers = bool(getattr(run.args, "json_numbers", False))
            with run.output() as output:
                for row in found:
                    output.record(record_of(row, numbers=numbers))
    missing = [_short(text) for text, row in zip(texts, rows, strict=True) if row is None]
    if missing:
        raise NotFound(f"{run.args.address}: no row with the key {', '.join(missing)}", hint="Check key and types.")
    return None


def record_of(row: Row | Mapping[str, Any], *, numbers: bool = False) -> dict[str, Any]:
    """A row of exact values as JSON data."""
    return {name: plain_json(value, numbers=numbers) for name, value in row.items() if value is not ABSENT}


def put(run: Run) -> int | None:
    """`put`."""
    from services.cli.json_values import read_text

    data = exact_json(read_text("-", "--row") if run.args.row == "-" else run.args.row, "--row")
    with opened_at(run, run.args.address, writes="put") as (opened, path):
        columns = Columns(opened, path)
        row = columns.row(data)
        outcome = put_row(opened, path, columns.keys, row, columns.condition(run.args.condition))
    return _told(run, outcome, "put")


def delete(run: Run) -> int | None:
    """`delete`."""
    data = exact_json(run.args.key, "--key")
    with opened_at(run, run.args.address, writes="delete") as (opened, path):
        columns = Columns(opened, path)
        outcome = remove_row(opened, path, columns.key(data), columns.condition(run.args.condition))
    return _told(run, outcome, "delete")


def _told(run: Run, outcome: Outcome, what: str) -> int | None:
    if outcome.request_id:
        run.stats.request_ids.append(outcome.request_id)
    if outcome.result is Result.CONFLICT:
        words = outcome.message or "the condition does not hold"
        now = f" Now it is {_short(json_text(record_of(outcome.current)))}." if outcome.current is not None else ""
        raise Conflict(
            f"{what} {run.args.address}: {words}",
            hint=f"Nothing was changed.{now} Read the row again and decide.",
            request_id=outcome.request_id,
        )
    if outcome.result is Result.REFUSED:
        hint = outcome.error.hint if outcome.error is not None else ""
        kind = type(outcome.error) if isinstance(outcome.error, Refused) else Refused
        raise kind(f"{what} {run.args.address}: {outcome.message}", hint=hint, request_id=outcome.request_id)
    run.stats.rows += 1
    run.note(f"{what}: applied{f', {outcome.message}' if outcome.message else ''}")
    return None


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
