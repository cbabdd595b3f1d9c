"""Transfers in states that tests set through the ledger, and a driver of the screen that shows them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from app_driver import WIDE, running, screen_text, until
from textual.pilot import Pilot

from services.bootstrap import Services
from services.transfers.ledger import Ledger, Turn
from services.transfers.model import Failure, Item, ItemState, Phase, TransferOptions
from tui.app import StoredeckApp
from tui.screens.transfers import TransfersScreen

COLUMNS = [
    {"source": "id", "source_type": "int64", "target": "ID", "target_type": "BIGINT", "cast": "lossless"},
    {"source": "age", "source_type": "string", "target": "AGE", "target_type": "INT", "cast": "checked"},
]


@contextmanager
def turn_of(services: Services) -> Iterator[Turn]:
    """A turn of the runner's ledger."""
    ledger = Ledger(services.paths.transfers)
    try:
        with ledger.turn() as turn:
            yield turn
    finally:
        ledger.close()


def queued(services: Services, source: str, target: str, **options: Any) -> int:
    """A transfer that waits."""
    return services.transfers.add(source, target, TransferOptions(**options))


def at_work(
    services: Services, identifier: int, *, parts: int = 10, done: int = 4, flying: int = 2, **values: Any
) -> None:
    """Let a transfer run: some parts of a hundred rows acknowledged, some in flight."""
    shown = {"guarantee": "transaction", "notes": ["sampled"], "mode": "append", "columns": COLUMNS}
    read = {
        "parts": [[n, {}, 100, None] for n in range(parts)],
        "count": ["exact", 100 * parts],
        "fingerprint": "",
        "expires_at": None,
    }
    with turn_of(services) as turn:
        turn.planned(identifier, {"read": read, "write": {"expires_at": None}, "shown": shown})
        turn.move(identifier, ItemState.RUNNING, when=[ItemState.QUEUED])
        turn.start_parts(identifier, range(done + flying))
        for part in range(done):
            acknowledged(turn, identifier, part)
        turn.set(identifier, **{"phase": Phase.WRITING.value, "rate": 2_000_000.0, "rate_rows": 100.0, **values})


def acknowledged(turn: Turn, identifier: int, part: int) -> None:
    """A part of a hundred rows is done."""
    receipt = {"rows": 100, "size_bytes": 200_000}
    turn.acknowledge(identifier, part, {"receipt": receipt, "checksum": "1", "rejects": []})


def acknowledge_one(services: Services, identifier: int, part: int) -> None:
    """One more part is done."""
    with turn_of(services) as turn:
        acknowledged(turn, identifier, part)


def ended(services: Services, identifier: int, state: ItemState, failure: Failure | None = None) -> None:
    """End a transfer."""
    with turn_of(services) as turn:
        turn.ends(identifier, state, failure)


def rejecting(services: Services, identifier: int, count: int) -> None:
    """Put rows aside."""
    rejects = [
        {
            "row": 401 + n,
            "line": 402 + n,
            "part": 3,
            "offset": n,
            "column": "age",
            "reason": f"'a{n}' is no number",
            "values": {"id": 401 + n, "age": f"a{n}"},
        }
        for n in range(count)
    ]
    with turn_of(services) as turn:
        turn.keep_rejects(identifier, 3, rejects)
        turn.set(identifier, rejected=count)


class Transfers:
    """What tests do on the screen of transfers."""

    def __init__(self, app: StoredeckApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> TransfersScreen:
        """The screen, whatever lies over it."""
        return next(screen for screen in self.app.deck_screens if isinstance(screen, TransfersScreen))

    @property
    def text(self) -> str:
        """What the terminal shows."""
        return screen_text(self.app)

    @property
    def detail(self) -> str:
        """The detail below the list."""
        return self.screen.detail.text

    @property
    def order(self) -> list[int]:
        """The ids, from the top."""
        return [item.id for item in self.screen.transfers._items]

    def item(self, identifier: int) -> Item:
        """A transfer as the screen knows it."""
        return next(item for item in self.screen.transfers._items if item.id == identifier)

    async def press(self, *keys: str) -> None:
        """Press keys and let what they start come to rest."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def shows(self, *texts: str) -> None:
        """Wait until the terminal shows all of these."""
        await until(lambda: all(text in self.text for text in texts), f"{texts} on\n{self.text}\n")

    async def go_to(self, identifier: int) -> None:
        """Put the cursor on a transfer."""
        await until(lambda: identifier in self.order, f"transfer {identifier}")
        self.screen.transfers.select(identifier)
        await self.pilot.pause()

    async def is_in(self, identifier: int, *states: ItemState) -> None:
        """Wait until the screen shows a transfer in one of these states."""
        await until(lambda: self.item(identifier).state in states, f"{identifier} {states}, is {self.item(identifier)}")

    async def top(self, kind: type[Any]) -> Any:
        """Wait for a pop-up."""
        await until(lambda: isinstance(self.app.screen, kind), f"{kind.__name__} on\n{self.text}\n")
        await self.pilot.pause()
        return self.app.screen


@asynccontextmanager
async def following(
    services: Services, identifiers: Sequence[int] = (), *, size: tuple[int, int] = WIDE
) -> AsyncIterator[Transfers]:
    """The console with the screen of transfers, which shows these."""
    async with running(services, size=size) as (app, pilot):
        await pilot.press("5")
        driver = Transfers(app, pilot)
        await until(lambda: driver.screen.is_mounted and app.transfer_feed.is_read, "the queue")
        await until(lambda: set(identifiers) <= set(driver.order), "the transfers")
        await pilot.pause()
        yield driver
