"""The transfers of the demo: one under way when the console opens, and what `demo --check` moves in and out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.cli.transfers_wait import error_of
from services.errors import Refused, TimedOut
from services.stores.base import ManagesContainers
from services.stores.bulk import BulkWrites, WriteMode
from services.transfers.model import Item, ItemState, TransferOptions
from services.transfers.starting import ensure_runner

if TYPE_CHECKING:
    from services.bootstrap import Services
    from services.cli.demo_bench import Bench

VISITS: Final = 200_000
PART_ROWS: Final = 800
BYTES_A_SECOND: Final = 40_000
"""Slow enough that the upload is still to be looked at minutes after the start."""

UPLOAD: Final = "demo-maxcompute"
"""The profile that the upload goes to; where its extra is missing a file takes it."""

WAIT_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.02
_PAGES: Final = ("/", "/news", "/shop", "/shop/cart", "/help", "/about")


def queue_upload(services: Services, folder: Path) -> None:
    """Queue an upload of a file of visits, throttled, and start a runner for it."""
    folder.mkdir()
    source = folder / "visits.csv"
    with source.open("w", encoding="utf-8") as file:
        file.write("id,visitor,at,page,seconds,country\n")
        file.writelines(_visits())
    options = TransferOptions(part_rows=PART_ROWS, bandwidth=BYTES_A_SECOND, is_created=True)
    services.transfers.add(str(source), _target(services, folder), options)
    ensure_runner(services.paths)


def _target(services: Services, folder: Path) -> str:
    found = [profile for profile in services.profiles.all() if profile.name == UPLOAD]
    is_ready = bool(found) and found[0].store_kind.is_installed
    return f"{UPLOAD}:page_views" if is_ready else str(folder / "page_views.parquet")


def _visits() -> Iterator[str]:
    for number in range(VISITS):
        day, hour, minute = 1 + number // 86_400, number // 3600 % 24, number // 60 % 60
        clock = f"2026-11-{day:02d}T{hour:02d}:{minute:02d}:{number % 60:02d}"
        visitor = f"{(number + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}"
        country = ("CHN", "DEU", "BRA", "KEN")[number * 7 % 4]
        page = _PAGES[number * number % len(_PAGES)]
        yield f"{number},{visitor},{clock},{page},{number * 37 % 600 / 10},{country}\n"


def exported(bench: Bench) -> str:
    """All rows of the sample table to a file, by the queue."""
    item = _moved(bench, _address(bench, bench.samples.address), str(_file(bench)))
    if not item.rows_done:
        raise Refused("no rows were moved")
    return f"{item.rows_done:,} rows in {item.parts_total:,} parts to a Parquet file"


def imported(bench: Bench) -> str:
    """The exported file into a container of the store, counted there once more on the way out."""
    target, store = _address(bench, bench.samples.copy), bench.store
    assert isinstance(store, BulkWrites)
    path = store.parse_address(bench.samples.copy)
    if bench.samples.copy_definition and isinstance(store, ManagesContainers):
        store.create(path, bench.samples.copy_definition)
    mode = WriteMode.OVERWRITE if WriteMode.OVERWRITE in store.write_modes(path) else WriteMode.UPSERT
    wanted = _moved(bench, str(_file(bench)), target, TransferOptions(mode=mode, is_created=True))
    again = _moved(bench, target, str(_file(bench).with_suffix(".jsonl")))
    if again.rows_done != wanted.rows_done:
        raise Refused(f"{wanted.rows_done:,} rows went in, {again.rows_done:,} came out")
    return f"{wanted.rows_done:,} rows into {bench.samples.copy}, and as many read from it again"


def upserted(bench: Bench) -> str:
    """The exported file over rows with the same keys: each takes the place of its own, and none is added."""
    address = _address(bench, bench.samples.keyed or bench.samples.copy)
    wanted = _moved(bench, str(_file(bench)), address, TransferOptions(mode=WriteMode.UPSERT))
    again = _moved(bench, address, str(_file(bench).with_suffix(".arrow")))
    if again.rows_done != wanted.rows_done:
        raise Refused(f"{wanted.rows_done:,} rows were put in their places, and {again.rows_done:,} are there")
    return f"{wanted.rows_done:,} rows put in the places of those that were there"


def _file(bench: Bench) -> Path:
    folder = bench.services.paths.cache / "moved"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{bench.profile.kind}.parquet"


def _address(bench: Bench, path: str) -> str:
    return f"{bench.profile.name}:{path}"


def _moved(bench: Bench, source: str, target: str, options: TransferOptions | None = None) -> Item:
    """Queue it and wait for its end.

    Raises:
        StoredeckError: why it failed.
    """
    services = bench.services
    identifier = services.transfers.add(source, target, options)
    ensure_runner(services.paths)
    deadline = time.monotonic() + WAIT_SECONDS
    while not (item := services.transfers.item(identifier)).state.is_ended:
        if time.monotonic() > deadline:
            raise TimedOut(f"{source}: is {item.state.value} after {WAIT_SECONDS:.0f} s", hint="Look at its log.")
        bench.cancel.wait(_POLL_SECONDS)
        bench.cancel.check()
    if item.failure is not None:
        raise error_of(item.failure)
    if item.state is not ItemState.DONE or item.rejected:
        raise Refused(f"{source}: it is {item.state.value}, {item.rejected} rows were rejected")
    return item
