"""IKV sandboxes for tests. Import the fixtures into a conftest: `from ikv_sandbox import *`.

| name | is | gives |
| --- | --- | --- |
| `ikv_sandbox` | session fixture | a gateway with the sample documents, plaintext; leave its data as it is |
| `fresh_ikv` | function fixture | a factory with the arguments of `IkvSandbox`, closed after the test |
| `profile_fields` | function | the fields of a profile of a sandbox, `secrets` apart |
| `copy_mount` | function | a copy of a sandbox's mount directory, to be damaged by the functions below |

Each function that damages takes a mount directory and a store's name; `DAMAGES` holds them by name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.sandbox.ikv import offset_log
from services.sandbox.ikv.samples import ODD_VALUES, USER_PROFILES
from services.sandbox.ikv.schema import SCHEMA_FILE
from services.sandbox.ikv.segment import DATA_FILE, LOG_FILE, METADATA_FILE, read_write_offset
from services.sandbox.ikv.server import IkvSandbox

__all__ = ["fresh_ikv", "ikv_sandbox"]


@pytest.fixture(scope="session")
def ikv_sandbox() -> Iterator[IkvSandbox]:
    """A gateway with the sample documents, shared by all tests that only read."""
    with IkvSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def fresh_ikv() -> Iterator[Callable[..., IkvSandbox]]:
    """Makes gateways of one's own; they take the arguments of `IkvSandbox`."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(IkvSandbox(**options))


def profile_fields(sandbox: IkvSandbox) -> tuple[dict[str, str], dict[str, str]]:
    """The fields and the secrets of a profile that opens a sandbox's store `user_profiles`."""
    fields = {
        "account_id": sandbox.account_id,
        "store_name": sandbox.store_name,
        "endpoint": sandbox.endpoint,
        "plaintext": "true",
        "mount_directory": str(sandbox.mount_directory),
    }
    return fields, {"account_passkey": sandbox.passkey}


def copy_mount(sandbox: IkvSandbox, target: Path) -> Path:
    """Copies all that is on disk after a flush; the unwritten rest of data files stays a hole."""
    sandbox.flush()
    shutil.copytree(sandbox.mount_directory, target, copy_function=_copy_file)
    return target


def _copy_file(source: str, target: str) -> None:
    path = Path(source)
    written = read_write_offset(path.parent) if path.name == DATA_FILE else -1
    with path.open("rb") as before, Path(target).open("wb") as after:
        after.write(before.read(written))
        after.truncate(path.stat().st_size)


def segments(mount: Path, store: str = USER_PROFILES) -> list[Path]:
    """The directories of a store's segments, the one with the longest log first."""
    found = (mount / store / "0" / "index").glob("segment_*")
    return sorted(found, key=lambda path: (path / LOG_FILE).stat().st_size, reverse=True)


def cut_in_record(mount: Path, store: str = USER_PROFILES) -> bytes:
    """Cuts the log of the fullest segment in the middle of its last record; gives the key of that record."""
    log = segments(mount, store)[0] / LOG_FILE
    last = list(offset_log.records(log))[-1]
    os.truncate(log, log.stat().st_size - 3)
    return last.key


def cut_in_size(mount: Path, store: str = USER_PROFILES) -> bytes:
    """Cuts that log within the four bytes before its last record; gives the key of that record."""
    log = segments(mount, store)[0] / LOG_FILE
    *_, before, last = offset_log.records(log)
    os.truncate(log, before.end + 2)
    return last.key


def cut_data(mount: Path, store: str = USER_PROFILES) -> None:
    """Cuts the data file of the fullest segment to half of what is written, as a copy that broke off."""
    segment = segments(mount, store)[0]
    os.truncate(segment / DATA_FILE, read_write_offset(segment) // 2)


def spoil_record(mount: Path, store: str = USER_PROFILES) -> None:
    """Overwrites the second record's message in that log with bytes that are no message; its size stays."""
    log = segments(mount, store)[0] / LOG_FILE
    first, second = list(offset_log.records(log))[:2]
    with log.open("r+b") as file:
        file.seek(first.end + 4)
        file.write(b"\xff" * (second.end - first.end - 4))


def spoil_size(mount: Path, store: str = USER_PROFILES) -> None:
    """Makes the size of the first record in that log negative."""
    with (segments(mount, store)[0] / LOG_FILE).open("r+b") as file:
        file.write(b"\xff\xff\xff\xff")


def spoil_schema(mount: Path, store: str = USER_PROFILES) -> None:
    """Cuts the schema in the middle of an entry."""
    schema = mount / store / "0" / SCHEMA_FILE
    os.truncate(schema, schema.stat().st_size // 2)


def lose_schema(mount: Path, store: str = USER_PROFILES) -> None:
    (mount / store / "0" / SCHEMA_FILE).unlink()


def lose_segment(mount: Path, store: str = USER_PROFILES) -> None:
    shutil.rmtree(segments(mount, store)[0])


def lose_metadata(mount: Path, store: str = USER_PROFILES) -> None:
    (segments(mount, store)[0] / METADATA_FILE).unlink()


def foreign_index(mount: Path, store: str = USER_PROFILES) -> None:
    """Puts the index of another store (another primary key) in the place of a store's."""
    shutil.rmtree(mount / store)
    (mount / (USER_PROFILES if store == ODD_VALUES else ODD_VALUES)).rename(mount / store)


DAMAGES: dict[str, Callable[[Path, str], object]] = {
    function.__name__: function
    for function in (
        cut_in_record, cut_in_size, cut_data, spoil_record, spoil_size, spoil_schema, lose_schema, lose_segment,
        lose_metadata, foreign_index,
    )
}  # fmt: skip
