"""`sql`: statements, one after the other, their rows as they come."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from services.cli.connecting import Opened, ended, opened, profile_name
from services.cli.json_values import WrittenNumber, exact_json, read_text
from services.cli.rows import whole_number
from services.cli.telling import progress_on
from services.errors import UsageError
from services.stores.base import RunsSql, WritesRows
from services.stores.types import ROOT, Statement

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Output, Run


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add("sql", "Run statements; results stream.", run_sql)
    command.add_argument("profile", metavar="PROFILE")
    command.add_argument("statement", metavar="STATEMENT", nargs="?", help="one statement, or several with ;")
    command.add_argument("-f", "--file", metavar="FILE", help="read the statements from FILE; - is standard input")
    command.add_argument(
        "--param",
        metavar="JSON",
        action="append",
        default=[],
        help='a value for the next ?; an array gives several; {"$type": ..., "value": ...} names the type',
    )
    command.add_argument("--schema", default="", metavar="NAME", help="in place of the profile's")
    command.add_argument("--timeout", type=_seconds, metavar="S", help="stop a statement after S seconds: exit code 4")
    command.add_argument("--limit", type=whole_number, metavar="N", help="at most N rows a statement")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e9:
        raise ValueError(text)
    return seconds


def run_sql(run: Run) -> int | None:
    """`sql`."""
    text = _text(run)
    arguments = _arguments(run.args.param)
    statements: list[str] = []

    def check(found: Opened) -> None:
        dialect = found.power(RunsSql, "SQL").dialect  # type: ignore[type-abstract]
        statements.extend(split_statements(text, dialect))
        if not statements:
            raise UsageError("sql: no statement", hint="Give one after the profile, or a file by -f.")
        if len(statements) > 1 and arguments:
            raise UsageError("sql: --param with several statements", hint="Run the one with parameters alone.")
        for statement in statements:
            found.guard.statement(statement, dialect)

    with opened(run, profile_name(run.args.profile), first=check) as found, ExitStack() as stack:
        output: Output | None = None

        def opened_output() -> Output:
            nonlocal output
            output = output or stack.enter_context(run.output())
            return output

        for statement in statements:
            run.cancel.check()
            _run_one(run, found, statement, arguments, opened_output)
    return None


def _text(run: Run) -> str:
    if (run.args.statement is None) == (run.args.file is None):
        raise UsageError("sql: one statement is wanted", hint="Give it after the profile, or by -f FILE, not both.")
    return run.args.statement if run.args.file is None else read_text(run.args.file, "-f")


def _arguments(params: list[str]) -> tuple[Any, ...]:
    values: list[Any] = []
    for param in params:
        data = exact_json(param, "--param")
        values += data if isinstance(data, list) else [data]
    return tuple(values)


def split_statements(text: str, dialect: str) -> list[str]:
    """The statements of a text, without empty ones."""
    from services.queries.statements import split

    return [piece.text for piece in split(text, dialect)]


def _run_one(
    run: Run, found: Opened, text: str, arguments: tuple[Any, ...], opened_output: Callable[[], Output]
) -> None:
    store = found.power(RunsSql, "SQL")  # type: ignore[type-abstract]
    statement = Statement(
        text,
        arguments=tuple(_argument(found, value) for value in arguments),
        schema=run.args.schema,
        timeout_seconds=run.args.timeout,
        limit=run.args.limit,
    )
    left = run.args.limit
    with ended(store.run_sql(statement, run.cancel)) as pages, progress_on(run):
        for page in pages:
            run.cancel.check()
            if page.affected is not None:
                rows = "row" if page.affected == 1 else "rows"
                run.note(f"{page.affected:,} {rows} affected")
            if page.batch is None:
                continue
            batch = page.batch if left is None else page.batch.slice(0, left)
            opened_output().batch(batch, found.presentation)
            if left is not None:
                left -= batch.num_rows
                if left <= 0:
                    break


def _argument(found: Opened, value: Any) -> Any:
    """A JSON value as an argument; one that names its type, or is nested, by the store's own rules."""
    if isinstance(value, dict | list) and isinstance(found.store, WritesRows):
        return found.store.from_json(ROOT, "", value)
    return float(value) if isinstance(value, WrittenNumber) else value
