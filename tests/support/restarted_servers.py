"""Transfers to sandbox servers that go away in the middle, and come back once the wait for them was seen."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import maxcompute_stores
import pytest
import tablestore_harness
from transfer_runs import Turns

from services.bootstrap import Services
from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef, SecretSource
from services.sandbox.faults import parse_faults
from services.sandbox.http_server import HOST
from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.bulk import WriteMode
from services.stores.maxcompute.options import MaxComputeOptions
from services.stores.types import RowQuery
from services.transfers.model import Item, ItemState, TransferOptions
from services.transfers.tasks import Done, Task

ROWS = 400
PART_ROWS = 100
PARTS = ROWS // PART_ROWS
COLUMNS = dict.fromkeys(("ratio", "flag", "seen", "amount", "code", "delta", "rank"), "")
_OPENED: dict[str, Callable[..., Any]] = {
    "tablestore": tablestore_harness.opened,
    "maxcompute": maxcompute_stores.opened,
}
_SANDBOXES: dict[str, Callable[..., Any]] = {"tablestore": TablestoreSandbox, "maxcompute": MaxComputeSandbox}


@dataclass
class Server:
    """A sandbox that can be ended and started again at its port, with its data and its keys."""

    kind: str
    directory: Path
    sandbox: Any = None

    def __post_init__(self) -> None:
        self.sandbox = _SANDBOXES[self.kind](samples=False, directory=self.directory)

    @property
    def profile(self) -> dict[str, Any]:
        """What leads there, with no waits of the store's own to speak of; MaxCompute's has no field for them."""
        return self.sandbox.profile | ({"retry_seconds": "0.001"} if self.kind == "tablestore" else {})

    def fail(self, specification: str) -> None:
        """Let it show faults."""
        self.sandbox.plan.add(*parse_faults(f"{self.kind}:{specification}"))

    def end(self) -> None:
        """It keeps its data, and its port is refused."""
        self.sandbox.close()

    def start_again(self) -> None:
        """At the same port."""
        access, port = self.sandbox.access, self.sandbox._server.port
        usual = socket.create_server
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket, "create_server", lambda _, **options: usual((HOST, port), **options))
            self.sandbox = _SANDBOXES[self.kind](samples=False, directory=self.directory)
        vars(self.sandbox.access).update(vars(access))

    def open(self) -> Any:
        """A connected store of one's own."""
        return _OPENED[self.kind](self.profile)

    def ids(self, table: str) -> Counter[int]:
        """How often each `id` is in a table."""
        with closing(self.open()) as store:
            plan = store.plan_read((table,), RowQuery(columns=("id",)), None)
            batches = [batch for part in plan.parts for batch in store.read_part(plan, part)]
        return Counter(key for batch in batches for key in batch.column("id").to_pylist())


def no_own_waits(patch: pytest.MonkeyPatch) -> None:
    """Stores on MaxCompute give up at once, so that the queue waits and not they."""
    made = MaxComputeOptions.from_profile.__func__  # type: ignore[attr-defined]
    quick = classmethod(lambda cls, *words: replace(made(cls, *words), retry_seconds=0.0))
    patch.setattr(MaxComputeOptions, "from_profile", quick)


@dataclass
class Copy:
    """A copy of generated rows to a table that it makes; one part at a time.

    Attributes:
        waits: the item as it was seen waiting, once a wait.
    """

    services: Services
    server: Server
    patch: pytest.MonkeyPatch
    waits: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.patch.setenv("SANDBOX_SECRET", self.server.profile["secrets"]["access_key_secret"])
        secrets = {"access_key_secret": SecretRef(SecretSource.ENV, "SANDBOX_SECRET")}
        fields = {name: str(value) for name, value in self.server.profile.items() if name != "secrets"}
        self.services.profiles.add(Profile("source", "memory", {"generated": str(ROWS)}))
        self.services.profiles.add(Profile("server", self.server.kind, fields, secrets))
        self.turns = Turns(self.services)
        options = TransferOptions(
            is_created=True, mode=WriteMode.APPEND, part_rows=PART_ROWS, parallel=1, columns=COLUMNS
        )
        self.id = self.services.transfers.add("source:numbers", "server:copied", options)

    @property
    def item(self) -> Item:
        """As the queue has it."""
        return self.services.transfers.item(self.id)

    def before(self, name: str, act: Callable[[], None]) -> None:
        """Do something once, before a step or a part such as `part 2`."""
        left = [act]

        def before(task: Task) -> None:
            if left and name == (task.step if task.part is None else f"part {task.part}"):
                left.pop()()

        self.turns.engine.before = before

    def when_it_waits(self, act: Callable[[], None]) -> None:
        """Do something as soon as the queue shows that it waits; the first time only."""
        usual = self.turns.engine.poll

        def poll(seconds: float) -> Sequence[Done]:
            item = self.item
            if item.state is ItemState.QUEUED and item.retry_at is not None:
                if not self.waits:
                    act()
                if not self.waits or self.waits[-1].attempts != item.attempts:
                    self.waits.append(item)
            return usual(seconds)

        self.patch.setattr(self.turns.engine, "poll", poll)

    def check_whole(self) -> None:
        """It ended well, and every row is there once."""
        item = self.item
        assert (ItemState.DONE, ROWS) == (item.state, item.rows_done), item.failure
        assert Counter(range(ROWS)) == self.server.ids("copied")
