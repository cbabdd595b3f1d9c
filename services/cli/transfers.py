"""`transfers`: the queue of uploads, downloads and copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from services.cli import transfers_add, transfers_run
from services.cli.output.writers import Format
from services.errors import UsageError
from services.text import one_line

if TYPE_CHECKING:
    from services.cli.parser import Commands, Parser
    from services.cli.run import Run
    from services.transfers.model import Item
    from services.transfers.queue import TransferQueue


def add(commands: Commands) -> None:
    """Add `transfers`, what stands below it, and `copy`."""
    below = commands.below(commands.add("transfers", "Queue, watch and steer transfers."))
    transfers_add.add(commands, below)
    transfers_run.add(below)
    below.add("list", "What waits and runs, in the order in which it goes, and what ended.", list_items)
    show_one = _numbered(below.add("show", "Everything about a transfer.", show))
    show_one.add_argument("--parts", action="store_true", help="its parts, one a row")
    show_one.add_argument("--log-lines", action="store_true", help="its log, one line a row")
    show_one.add_argument("--rejected", action="store_true", help="the rows put aside")
    show_one.add_argument("--plan", action="store_true", help="the plan: columns, counts, notes")
    for name, text in _ORDERS.items():
        command = below.add(name, text, order)
        command.add_argument("which", metavar="ID|all", nargs="+", help="numbers of transfers, or all")
    _add_set(below)
    rerun = below.add("rerun", "Queue an ended transfer again with the same parameters.", rerun_item)
    _numbered(rerun).add_argument("--id-only", action="store_true", help="print the new id alone")
    history = below.add("history", "What ended, newest first, with all parameters.", list_history)
    history.add_argument("--limit", type=int, default=200, metavar="N", help="at most N; 200 unless said")
    purge = below.add("purge", "Forget transfers that ended.", purge_items)
    purge.add_argument("which", metavar="ID|all", nargs="*", help="numbers of transfers; all that ended unless said")


_ORDERS = {
    "pause": "Start no more parts; what is acknowledged stays.",
    "resume": "Go on where it stood.",
    "cancel": "End for good, and drop what the target holds uncommitted.",
    "retry": "Try failed ones again, anew where what they stood on is gone.",
}


def _numbered(command: Parser) -> Parser:
    command.add_argument("id", metavar="ID", type=int, help="the number of a transfer")
    return command


def _add_set(below: Commands) -> None:
    command = below.add("set", "Change how transfers go, also while they run.", change)
    command.add_argument("which", metavar="ID|all", help="a transfer, or what holds for all together")
    command.add_argument("--parallel", type=int, metavar="N", help="parts in flight; with all: worker processes")
    command.add_argument("--bandwidth", type=transfers_add.rate, metavar="RATE", help="such as 10M; none for no cap")
    command.add_argument("--priority", type=int, metavar="N", help="higher goes first")
    command.add_argument("--before", type=int, metavar="ID", help="go before this one")
    command.add_argument("--items", type=int, metavar="N", help="with all: transfers that run at once")
    command.add_argument("--hook", metavar="COMMAND", help="with all: gets each ended transfer as JSON on stdin")
    command.add_argument("--window", metavar="HH:MM-HH:MM", help="with all: when transfers go; empty for always")
    command.add_argument("--drain", choices=("on", "off"), help="with all: finish what runs and start nothing else")


def list_items(run: Run) -> int | None:
    """`transfers list`."""
    with run.output() as output:
        for item in run.services.transfers.items():
            output.record(_short(item))
    return None


def _short(item: Item) -> dict[str, Any]:
    failure = item.failure
    return {
        "id": item.id,
        "state": item.state.word,
        "source": item.source,
        "target": item.target,
        "parts_done": item.parts_done,
        "parts_total": item.parts_total,
        "rows_done": item.rows_done,
        "bytes_done": item.bytes_done,
        "rejected": item.rejected,
        "rate_bytes": round(item.rate),
        "priority": item.priority,
        "error": one_line(failure.message) if failure else None,
    }


def list_history(run: Run) -> int | None:
    """`transfers history`."""
    from services.transfers.item_rows import item_data

    with run.output() as output:
        for item in run.services.transfers.history()[: run.args.limit]:
            output.record(_short(item) if run.format is Format.TABLE else item_data(item))
    return None


def show(run: Run) -> int | None:
    """`transfers show`."""
    from services.transfers.item_rows import item_data

    queue, identifier = run.services.transfers, run.args.id
    item = queue.item(identifier)
    if run.args.parts or run.args.log_lines or run.args.rejected:
        _show_rows(run, queue, identifier)
        return None
    data = queue.plan(identifier) if run.args.plan else item_data(item)
    with run.output(Format.JSONL if run.format is Format.JSON else run.format) as output:
        if run.format is Format.TABLE:
            for name, value in data.items():
                output.record({"field": name, "value": value})
        else:
            output.record(data)
    return None


def _show_rows(run: Run, queue: TransferQueue, identifier: int) -> None:
    from dataclasses import asdict

    rows: list[dict[str, Any]] = []
    if run.args.parts:
        rows += [asdict(part) for part in queue.parts(identifier)]
    if run.args.log_lines:
        rows += [asdict(line) for line in queue.log(identifier)]
    if run.args.rejected:
        rows += [rejected.data() for rejected in queue.rejects(identifier)]
    with run.output() as output:
        for row in rows:
            output.record(row)


def order(run: Run) -> int | None:
    """`transfers pause`, `resume`, `cancel` and `retry`."""
    queue, name = run.services.transfers, run.args.action
    orders: dict[str, Callable[[list[int] | None], list[int]]] = {
        "pause": queue.pause,
        "resume": queue.resume,
        "cancel": queue.cancel,
        "retry": queue.retry,
    }
    changed = orders[name](named(run.args.which))
    if changed and name != "pause":
        _wake(run)
    _tell(run, changed)
    return None


def purge_items(run: Run) -> int | None:
    """`transfers purge`."""
    gone = run.services.transfers.purge(named(run.args.which or ["all"]))
    _wake(run)
    with run.output() as output:
        for identifier in gone:
            output.record({"id": identifier, "state": "purged"})
    return None


def rerun_item(run: Run) -> int | None:
    """`transfers rerun`."""
    identifier = run.services.transfers.rerun(run.args.id)
    _wake(run)
    transfers_add.tell_added(run, identifier)
    return None


def change(run: Run) -> int | None:
    """`transfers set`."""
    args, queue = run.args, run.services.transfers
    if args.which == "all":
        wanted = {"workers": args.parallel, "bandwidth": args.bandwidth, "items": args.items, "hook": args.hook}
        wanted |= {"window": args.window, "is_draining": None if args.drain is None else args.drain == "on"}
        queue.change_settings(**{name: value for name, value in wanted.items() if value is not None})
        return None
    (identifier,) = named([args.which]) or [0]
    if args.parallel is not None:
        queue.set_parallel(identifier, args.parallel)
    if args.bandwidth is not None:
        queue.set_bandwidth(identifier, args.bandwidth)
    if args.priority is not None:
        queue.set_priority(identifier, args.priority)
    if args.before is not None:
        queue.move(identifier, args.before)
    _tell(run, [identifier])
    return None


def named(words: list[str]) -> list[int] | None:
    """The numbers meant; None for all.

    Raises:
        UsageError: a word is no number.
    """
    if words == ["all"]:
        return None
    try:
        return [int(word) for word in words]
    except ValueError as error:
        raise UsageError(f"{' '.join(words)}: no number of a transfer", hint="Write a number, or all.") from error


def _wake(run: Run) -> None:
    from services.transfers.starting import ensure_runner

    ensure_runner(run.services.paths)


def _tell(run: Run, identifiers: list[int]) -> None:
    """The items as they stand now."""
    with run.output() as output:
        for identifier in identifiers:
            output.record(_short(run.services.transfers.item(identifier)))
