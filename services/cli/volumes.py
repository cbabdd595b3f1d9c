"""`volumes`: files that a store keeps beside its tables, listed, fetched, put and removed."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast

from services.cli.connecting import Opened, opened, profile_name
from services.cli.output.opening import goes_to_terminal, open_stream
from services.cli.telling import progress_on
from services.cli.volumes_progress import CountedSource, CountedTarget, moved_bytes
from services.errors import Conflict, UsageError
from services.stores.files import FileEntry, KeepsFiles
from services.transfers.formats.paths import safe_name

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run

WHERE: Final = "VOLUME/FOLDER/FILE"


def add(commands: Commands) -> None:
    """Add the command and what stands below it."""
    command = commands.add("volumes", "Files in volumes: list, fetch, put, remove.")
    command.add_argument("profile", metavar="PROFILE")
    below = commands.below(command)
    listed = below.add("list", "What is in a volume or a folder; without a path, the volumes.", list_files)
    listed.add_argument("path", nargs="?", default="", metavar="PATH", help=WHERE)
    get = below.add("get", "Fetch a file; it gets its name only when it is whole.", get_file)
    get.add_argument("path", metavar="PATH", help=WHERE)
    get.add_argument(
        "file", nargs="?", metavar="FILE", help="or a folder; - is standard output; here under its own name unless said"
    )
    get.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    put = below.add("put", "Put a file into a volume, whole or not at all.", put_file)
    put.add_argument("file", metavar="FILE", help="- is standard input")
    put.add_argument("path", metavar="PATH", help=f"{WHERE}; under the file's own name where it ends with /")
    put.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    remove = below.add("remove", "Remove a file or a folder.", remove_file)
    remove.add_argument("path", metavar="PATH", help=WHERE)
    remove.add_argument("--recursive", action="store_true", help="a folder with all that is in it")
    remove.add_argument("--yes", metavar="NAME", help="its name again, to make sure")
    make = below.add("mkdir", "Make a folder.", make_folder)
    make.add_argument("path", metavar="PATH", help="VOLUME/FOLDER")


def _keeping(found: Opened) -> KeepsFiles:
    return found.power(KeepsFiles, "keeping files")  # type: ignore[type-abstract]


def list_files(run: Run) -> int | None:
    """`volumes PROFILE list [PATH]`."""
    with opened(run, profile_name(run.args.profile)) as found, run.output() as output:
        keeping = _keeping(found)
        for entry in keeping.list_files(keeping.file_path(run.args.path), run.cancel):
            run.cancel.check()
            output.live_record(_record(entry))
    return None


def _record(entry: FileEntry) -> dict[str, object]:
    told = {"bytes": entry.size_bytes, "modified": entry.modified or None}
    return {"name": entry.name, "kind": entry.kind.value, "path": "/".join(entry.path[1:])} | {
        name: value for name, value in told.items() if value is not None
    }


def get_file(run: Run) -> int | None:
    """`volumes PROFILE get PATH [FILE]`."""
    target = _target(run)
    with opened(run, profile_name(run.args.profile)) as found, progress_on(run):
        keeping = _keeping(found)
        path = keeping.file_path(run.args.path)
        size = keeping.file_entry(path, run.cancel).size_bytes
        with open_stream(target) as stream, moved_bytes(run, size) as moved:
            out = CountedTarget(cast("IO[bytes]", stream), moved)
            keeping.get_file(path, cast("BinaryIO", out), run.cancel)
    run.stats.bytes_written = moved.bytes
    if target != "-":
        run.note(f"got {run.args.path}: {moved.bytes:,} bytes in {target}")
    return None


def _target(run: Run) -> str:
    """Where the bytes go.

    Raises:
        UsageError: a terminal would get them, or two places are named.
        Conflict: there is a file already.
    """
    given, output = run.args.file, getattr(run.args, "output", None)
    if given and output:
        raise UsageError("volumes get: FILE and --output name two places", hint="Give one of them.")
    given = given or output or "."
    if given == "-":
        if goes_to_terminal(given):
            raise UsageError("volumes get: a terminal cannot show a file's bytes", hint="Send them to a pipe.")
        return "-"
    path = Path(given)
    if path.is_dir():
        path = path / safe_name(str(run.args.path).strip("/").rpartition("/")[2])
    if (path.exists() or path.is_symlink()) and not run.args.overwrite:
        raise Conflict(f"{path}: is there already", hint="Name another file, or add --overwrite.")
    return str(path)


def put_file(run: Run) -> int | None:
    """`volumes PROFILE put FILE PATH`."""
    file, remote = run.args.file, run.args.path
    if remote.endswith("/"):
        if file == "-":
            raise UsageError(f"{remote}: standard input has no name", hint=f"Write the whole path, {WHERE}.")
        remote += Path(file).name
    with (
        _source(file) as stream,
        opened(run, profile_name(run.args.profile), writes="putting a file") as found,
        progress_on(run),
    ):
        keeping = _keeping(found)
        path = keeping.file_path(remote)
        size = None if file == "-" else Path(file).stat().st_size
        with moved_bytes(run, size) as moved:
            counted = cast("BinaryIO", CountedSource(stream, moved))
            keeping.put_file(path, counted, is_replacing=run.args.overwrite, cancel=run.cancel)
    run.stats.bytes_written = moved.bytes
    run.note(f"put {remote}: {moved.bytes:,} bytes")
    return None


@contextlib.contextmanager
def _source(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as stream:
        yield stream


def remove_file(run: Run) -> int | None:
    """`volumes PROFILE remove PATH --yes NAME`."""
    name = run.args.path.strip("/").rpartition("/")[2]
    if run.args.yes != name or not name:
        told = f"volumes remove {run.args.path}: its name is wanted to make sure"
        raise UsageError(told, hint=f"Add --yes {name or 'NAME'}.")
    with opened(run, profile_name(run.args.profile), writes="removing a file") as found:
        keeping = _keeping(found)
        path = keeping.file_path(run.args.path)
        keeping.remove_file(path, is_recursive=run.args.recursive, cancel=run.cancel)
    run.note(f"removed {run.args.path}")
    return None


def make_folder(run: Run) -> int | None:
    """`volumes PROFILE mkdir PATH`."""
    with opened(run, profile_name(run.args.profile), writes="making a folder") as found:
        keeping = _keeping(found)
        keeping.make_folder(keeping.file_path(run.args.path), run.cancel)
    run.note(f"made {run.args.path}")
    return None
