"""Parts on a Dask cluster: the same data and the same function; journal, plan and commit stay with the runner."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from services.cancel import CancelToken
from services.errors import ConnectFailed, ExtraMissing
from services.paths import Paths
from services.transfers.local_engine import LocalEngine
from services.transfers.model import Failure
from services.transfers.tasks import Caps, Done, Engine, Task

_CONNECT_SECONDS: Final = 10
_LOOK_SECONDS: Final = 0.02
_local = threading.local()


def dask_engine(address: str) -> Callable[[Paths, int], Engine]:
    """How the runner gets an engine on the cluster at an address."""
    return lambda paths, descriptor: DaskEngine(paths, address, (descriptor,))


class DaskEngine(Engine):
    """Parts go to the cluster, all other steps to one worker process here.

    A part that runs on the cluster cannot be stopped, so a pause waits for those in flight.
    """

    name = "dask"

    def __init__(self, paths: Paths, address: str, kept_open: Sequence[int]) -> None:
        self._client = _connected(address)
        self._here = LocalEngine(paths, 1, kept_open)
        self._ended: queue.SimpleQueue[tuple[Task, Any]] = queue.SimpleQueue()
        self._futures: dict[int, Any] = {}
        self._caps = Caps()

    @property
    def slots(self) -> int:
        """See `Engine.slots`: what all threads of the cluster take, one step at a time here."""
        if not self._here.slots:
            return 0
        threads: int = sum(self._client.nthreads().values())
        return max(threads - len(self._futures), 0)

    def resize(self, workers: int) -> None:
        """The cluster has its own size."""

    def set_caps(self, caps: Caps) -> None:
        """See `Engine.set_caps`; parts in flight keep the rate that they were started with."""
        self._caps = caps

    def submit(self, task: Task) -> None:
        """See `Engine.submit`."""
        if task.part is None:
            self._here.submit(task)
            return
        rate = self._caps.of(task.item) / max(len(self._futures) + 1, 1)
        order = json.dumps({"body": dict(task.body), "rate": rate})
        future = self._client.submit(
            run_on_cluster, order, task.plan, key=f"storedeck-{task.key}-{task.id}", pure=False
        )
        self._futures[task.id] = future
        future.add_done_callback(lambda ended: self._ended.put((task, ended)))

    def cancel(self, task: Task) -> None:
        """See `Engine.cancel`; a part on the cluster goes on to its end."""
        if task.part is None:
            self._here.cancel(task)

    def poll(self, seconds: float) -> Sequence[Done]:
        """See `Engine.poll`."""
        deadline = time.monotonic() + seconds
        found: list[Done] = []
        while not found:
            found += self._here.poll(_LOOK_SECONDS if self._futures else seconds)
            while not self._ended.empty():
                found.append(self._taken(*self._ended.get()))
            if time.monotonic() >= deadline:
                break
        return found

    def _taken(self, task: Task, future: Any) -> Done:
        self._futures.pop(task.id, None)
        try:
            answer = json.loads(future.result(timeout=_CONNECT_SECONDS))
        except Exception as error:  # the cluster's own failures: a worker lost, the scheduler gone
            words = f"the cluster lost a part: {type(error).__name__}: {error}"
            failure = Failure("SessionLost", words, "Look at the cluster's workers.", is_passing=True)
            return Done(task, failure=failure, is_lost=True)
        failed = answer.get("failure")
        return Done(
            task, answer.get("result"), Failure(**failed) if failed else None, rejects=answer.get("rejects", ())
        )

    def close(self) -> None:
        """See `Engine.close`."""
        for future in self._futures.values():
            future.cancel()
        self._here.close()
        self._client.close()


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise ExtraMissing("dask: not installed", hint="Install it: uv tool install 'storedeck[dask]'") from error
    connect: Any = Client
    try:
        return connect(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ConnectFailed(f"{address}: no Dask scheduler: {error}", hint="Check address and port.") from error


def run_on_cluster(order: str, plan: str) -> str:
    """Copy one part, on a worker of the cluster; it finds profiles and secrets as any command does there."""
    from services.transfers.ops import Order
    from services.transfers.pacing import SteadyPace, Unbounded
    from services.transfers.part_run import run_part
    from services.transfers.worker import failure_of

    data = json.loads(order)
    token = CancelToken()
    pace = SteadyPace(data["rate"]) if data["rate"] else Unbounded()
    try:
        return json.dumps({"result": run_part(Order(data["body"], plan, _places(), token), pace)})
    except Exception as error:
        rejects = [one.data() for one in getattr(error, "rejects", ())]
        return json.dumps({"failure": failure_of(error, token).data(), "rejects": rejects})


def _places() -> Any:
    """Stores of this thread: a store's connection is not shared by parts that run at once."""
    if not hasattr(_local, "places"):
        from services.connections.profiles import Profiles
        from services.connections.vault import KeyringVault
        from services.transfers.places import Places

        vault = KeyringVault()
        _local.places = Places(Profiles(Paths.from_environment(), vault), vault)
    return _local.places
