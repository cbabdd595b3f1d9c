"""Transfers in tests: a home with profiles, an engine that does everything at once, and a runner turn by turn."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.bootstrap import Services, build_services
from services.cancel import CancelToken
from services.connections.profile import Profile
from services.paths import Paths
from services.transfers.model import Failure, Item, ItemState
from services.transfers.ops import STEPS, Order
from services.transfers.pacing import Unbounded
from services.transfers.places import Places
from services.transfers.runner import Runner
from services.transfers.tasks import Caps, Done, Engine, Task
from services.transfers.worker import failure_of

EXTRA_KINDS = "services.stores.memory.kind:MEMORY"


def home(folder: Path, **profiles: Mapping[str, str]) -> Services:
    """Services over a folder, with profiles of memory stores; `shared` is theirs in common unless said."""
    paths = Paths(folder / "config", folder / "state", folder / "cache")
    services = build_services(paths)
    for name, fields in profiles.items():
        services.profiles.add(Profile(name, "memory", {"shared": str(folder / "shared.bin"), **fields}))
    return services


class InlineEngine(Engine):
    """Does each task in this process when it is polled, one a poll; or fails it as a test wants.

    Attributes:
        done: steps in the order in which they were done, such as `part 3`.
        fail: asked before each task; a failure it gives takes the place of the task.
    """

    name = "inline"

    def __init__(self, services: Services, workers: int = 2) -> None:
        self._places = Places(services.profiles, services.vault)
        self._waiting: deque[tuple[Task, CancelToken]] = deque()
        self._most = workers
        self.done: list[str] = []
        self.fail: Callable[[Task], Done | None] = lambda task: None
        self.before: Callable[[Task], None] = lambda task: None
        self.caps = Caps()

    @property
    def slots(self) -> int:
        """See `Engine.slots`."""
        return max(self._most - len(self._waiting), 0)

    @property
    def in_flight(self) -> list[Task]:
        """Tasks that were submitted and not done."""
        return [task for task, _ in self._waiting]

    def resize(self, workers: int) -> None:
        """See `Engine.resize`."""
        self._most = workers

    def set_caps(self, caps: Caps) -> None:
        """See `Engine.set_caps`."""
        self.caps = caps

    def submit(self, task: Task) -> None:
        """See `Engine.submit`."""
        json.dumps(dict(task.body))
        self._waiting.append((task, CancelToken()))

    def cancel(self, task: Task) -> None:
        """See `Engine.cancel`."""
        for waiting, token in self._waiting:
            if waiting.id == task.id:
                token.cancel()

    def poll(self, seconds: float) -> Sequence[Done]:
        """See `Engine.poll`."""
        if not self._waiting:
            return []
        task, token = self._waiting.popleft()
        self.before(task)
        failed = self.fail(task)
        if failed is not None:
            return [failed]
        self.done.append(task.step if task.part is None else f"part {task.part}")
        try:
            token.check()
            result = STEPS[task.step](Order(task.body, task.plan, self._places, token), Unbounded())
        except Exception as error:
            rejects = [one.data() for one in getattr(error, "rejects", ())]
            return [Done(task, failure=failure_of(error, token), rejects=rejects)]
        return [Done(task, json.loads(json.dumps(result)))]

    def close(self) -> None:
        """See `Engine.close`."""
        self._places.close()


class Turns:
    """A runner that goes as far as a test lets it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.engine = InlineEngine(services)
        self.cancel = CancelToken()

    def drain(self) -> None:
        """Run until nothing is left to do."""
        self.run(lambda: False)

    def run(self, until: Callable[[], object], idle_seconds: float | None = 0.0) -> None:
        """Run until a condition holds when a task is about to be done, or nothing is left to do; then a runner ends."""
        self.cancel = CancelToken()
        inner = self.engine.before

        def before(task: Task) -> None:
            inner(task)
            if until():
                self.cancel.cancel()

        self.engine.before = before
        try:
            Runner(self.services.paths, lambda paths, descriptor: self.engine, self.cancel).run(idle_seconds)
        finally:
            self.engine.before = inner
            self.engine._waiting.clear()


def ended(services: Services, identifier: int) -> Item:
    """An item that ended well."""
    item = services.transfers.item(identifier)
    assert ItemState.DONE is item.state, item.failure
    return item


def passing(task: Task) -> Done:
    """A failure that goes by."""
    return Done(task, failure=Failure("Unavailable", "the service is busy", is_passing=True))


@contextmanager
def closing_all(*services: Services) -> Iterator[None]:
    """Close the queues at the end."""
    try:
        yield
    finally:
        for one in services:
            one.transfers.close()


def jsonl(path: Path) -> list[Any]:
    """A file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]
