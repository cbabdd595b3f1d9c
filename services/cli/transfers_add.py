"""`transfers add` and `copy`: a transfer planned, queued, and waited for where asked."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from services.cli.output.writers import Format
from services.errors import UsageError
from services.stores.bulk import WriteMode

if TYPE_CHECKING:
    from services.cli.parser import Commands, Parser
    from services.cli.run import Run
    from services.transfers.model import TransferOptions

FILE_FORMATS = ("csv", "tsv", "jsonl", "parquet", "arrow")


def add(commands: Commands, below: Commands) -> None:
    """Add both commands."""
    command = _options(below.add("add", "Queue a transfer between two addresses.", queue_one, has_format=False))
    command.add_argument("--wait", action="store_true", help="wait for its end, and end with its result")
    command.add_argument("--id-only", action="store_true", help="print the new id alone")
    command = _options(commands.add("copy", "Copy between two stores or files and wait.", queue_one, has_format=False))
    command.set_defaults(wait=True, id_only=False)


def _options(command: Parser) -> Parser:
    command.add_argument("source", metavar="SOURCE", help="PROFILE:PATH, or a file, a folder, a wildcard")
    command.add_argument("target", metavar="TARGET", help="PROFILE:PATH, or a file")
    formats = (*FILE_FORMATS, "json", "table")
    command.add_argument("--format", choices=formats, help="of a file whose name does not tell; json, table: of output")
    command.add_argument("--mode", choices=[mode.value for mode in WriteMode], help="what happens to what is there")
    command.add_argument("--parallel", type=int, default=2, metavar="N", help="parts in flight at once; 2 unless said")
    command.add_argument("--bandwidth", type=rate, default=0, metavar="RATE", help="bytes a second: 10M, 512KiB")
    command.add_argument("--rejects", default="", metavar="FILE", help="rows that do not fit go there as JSON lines")
    command.add_argument("--max-rejects", type=int, metavar="N", help="end when more rows than that do not fit")
    command.add_argument("--map", action="append", default=[], metavar="SRC=DST", help="rename; SRC= leaves it out")
    command.add_argument("--partition", default="", metavar="SPEC", help="such as pt=20260101, where there are any")
    command.add_argument("--create", action="store_true", help="create the target where it is absent")
    command.add_argument("--part-rows", type=int, metavar="N", help="rows a part, a wish")
    command.add_argument("--where", default="", metavar="FILTER", help="rows of the source, in its own language")
    command.add_argument("--limit", type=int, metavar="N", help="at most N rows of the source")
    command.add_argument("--verify", action="store_true", help="read the target again and compare")
    command.add_argument("--source-option", action="append", default=[], metavar="K=V", help="such as delimiter=;")
    command.add_argument("--target-option", action="append", default=[], metavar="K=V", help="such as null_text=NULL")
    command.add_argument("--retries", type=int, default=8, metavar="N", help="of a part after passing errors")
    command.add_argument("--priority", type=int, default=0, metavar="N", help="higher goes first")
    command.add_argument("--hook", default="", metavar="COMMAND", help="gets the ended transfer as JSON on stdin")
    command.add_argument("--dry-run", action="store_true", help="plan with reads alone and print the plan")
    return command


def rate(text: str) -> int:
    """A rate for argparse."""
    from services.transfers.adding import rate_of

    return rate_of(text)


def queue_one(run: Run) -> int | None:
    """`transfers add` and `copy`."""
    from services.cli.transfers_secrets import asked_for
    from services.cli.transfers_streams import streamed
    from services.transfers.adding import prepared
    from services.transfers.starting import ensure_runner

    _take_output_format(run.args)
    args, options = run.args, options_of(run.args)
    with streamed(run, args.source, args.target, options) as (source, target, options):
        profiles, is_read_only = run.services.profiles, run.is_read_only
        source, target, options = prepared(profiles, source, target, options, is_read_only=is_read_only)
        if args.dry_run:
            _plan(run, source, target, options)
            return None
        identifier = run.services.transfers.add(source, target, options, priority=args.priority)
        typed = asked_for(run, [source, target])
        if not ensure_runner(run.services.paths, typed=typed) and typed:
            run.note("note: a runner works already and cannot be told a secret; resume the transfer when it has ended")
        if not args.wait:
            tell_added(run, identifier)
            return None
        from services.cli.transfers_wait import wait_for

        return wait_for(run, identifier)


def _take_output_format(args: argparse.Namespace) -> None:
    """`--format` names the file's format; `json` and `table` are formats of what is printed."""
    args.file_format = args.format if args.format in FILE_FORMATS else ""
    args.format = None if args.file_format else args.format


def tell_added(run: Run, identifier: int) -> None:
    """Tell the id of what was queued."""
    if run.args.id_only:
        with run.output(Format.TSV) as output:
            output.line(str(identifier))
        return
    item = run.services.transfers.item(identifier)
    from services.cli.transfers_wait import single

    with run.output(single(run.format)) as output:
        record = {"id": item.id, "state": item.state.word, "source": item.source, "target": item.target}
        output.record(record)


def options_of(args: argparse.Namespace) -> TransferOptions:
    """The options that a command line asks for.

    Raises:
        UsageError: one has no `=`, or is out of range.
    """
    from services.transfers.model import TransferOptions

    if args.parallel < 1:
        raise UsageError(f"--parallel {args.parallel}: at least 1", hint="Leave it out for 2.")
    given = _pairs("--source-option", args.source_option), _pairs("--target-option", args.target_option)
    source, target = _with_format(args, *given)
    return TransferOptions(
        mode=WriteMode(args.mode) if args.mode else None,
        columns=_pairs("--map", args.map),
        where=args.where,
        limit=args.limit,
        parallel=args.parallel,
        bandwidth=args.bandwidth,
        rejects=args.rejects,
        max_rejects=args.max_rejects,
        part_rows=args.part_rows,
        partition=args.partition,
        is_created=args.create,
        is_verified=args.verify,
        source=source,
        target=target,
        hook=args.hook,
        retries=args.retries,
    )


def _with_format(
    args: argparse.Namespace, source: Mapping[str, str], target: Mapping[str, str]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """`--format` is meant for the file; of two files, for those whose name does not tell theirs."""
    from services.transfers.formats.options import format_of
    from services.transfers.places import place_of

    if not args.file_format:
        return source, target
    given = {"format": args.file_format}
    origin, goal = place_of(args.source), place_of(args.target)
    if origin.is_file and (not goal.is_file or format_of(origin.path)[0] is None):
        source = {**given, **source}
    if goal.is_file and (not origin.is_file or format_of(goal.path)[0] is None):
        target = {**given, **target}
    return source, target


def _pairs(option: str, texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"{option} {text}: has no =", hint=f"Write {option} NAME=VALUE.")
        found[name] = value
    return found


def _plan(run: Run, source: str, target: str, options: TransferOptions) -> None:
    """Print the plan; nothing but reads is sent."""
    from services.transfers.places import Places
    from services.transfers.planning import plan_transfer

    places = Places(run.services.profiles, run.services.vault)
    try:
        plan = plan_transfer(places, source, target, options, run.cancel)
        reader, _ = places.source(source, options.source, run.cancel)
        reader.end_read(plan.read)
    finally:
        places.close()
    with run.output(Format.JSONL if run.format in (Format.JSON, Format.TABLE) else run.format) as output:
        output.record(dict(plan.shown))
