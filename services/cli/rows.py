"""`rows`: the rows of a table or a cache, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from services.cli.connecting import Opened, ended, opened_at
from services.cli.telling import progress_on
from services.errors import UsageError
from services.stores.base import ReadsRows
from services.stores.ranges import ReadsRanges
from services.stores.types import RowQuery

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Output, Run
    from services.stores.changes import Path
    from services.stores.types import Page

DEFAULT_ROWS = 1000


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add("rows", "Read rows.", read_rows)
    command.add_argument("address", metavar="ADDRESS", help="of a table or a cache")
    command.add_argument("--where", default="", metavar="FILTER", help="in the store's own language, such as SQL")
    command.add_argument("--columns", metavar="A,B", default="", help="only these columns, in this order")
    command.add_argument("--order", metavar="A,-B", default="", help="sorted by these, with - for descending")
    amount = command.add_mutually_exclusive_group()
    amount.add_argument("--limit", type=whole_number, metavar="N", help=f"at most N rows; {DEFAULT_ROWS} unless said")
    amount.add_argument("--all", action="store_true", help="every row")


def whole_number(text: str) -> int:
    """A number of rows.

    Raises:
        ValueError: it is none; argparse says so.
    """
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def names_in(text: str) -> tuple[str, ...]:
    """The names of a list with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def read_rows(run: Run) -> int | None:
    """`rows`."""
    limit = None if run.args.all else DEFAULT_ROWS if run.args.limit is None else run.args.limit
    if run.args.columns and not names_in(run.args.columns):
        raise UsageError("--columns: no name in it", hint="Write names with commas: --columns id,name.")
    with opened_at(run, run.args.address) as (opened, path):
        query = RowQuery(
            where=run.args.where,
            columns=names_in(run.args.columns),
            order=names_in(run.args.order),
            limit=None if limit is None else limit + 1,
        )
        with run.output() as output:
            has_more = _write_rows(run, opened, path, query, output)
    if has_more and run.args.limit is None:
        run.note(f"note: the first {limit:,} rows; --all reads every row, --limit N another number")
    return None


def _pages(run: Run, opened: Opened, path: Path, query: RowQuery) -> Iterator[Page]:
    """The pages asked for; all rows by several ranges at once, where the store has such."""
    if query.limit is None and not query.order and isinstance(opened.store, ReadsRanges):
        return opened.store.scan(path, query, run.cancel)
    reader = opened.power(ReadsRows, "reading rows")  # type: ignore[type-abstract]
    return reader.read_rows(path, query, run.cancel)


def _write_rows(run: Run, opened: Opened, path: Path, query: RowQuery, output: Output) -> bool:
    """Write pages up to the limit; whether there is at least one row more. One row more than wanted is asked for."""
    left = None if query.limit is None else query.limit - 1
    with ended(_pages(run, opened, path, query)) as pages, progress_on(run):
        for page in pages:
            run.cancel.check()
            batch = page.batch if left is None else page.batch.slice(0, left)
            output.batch(batch, opened.presentation)
            if left is not None:
                if page.batch.num_rows > left:
                    return True
                left -= batch.num_rows
    return False
