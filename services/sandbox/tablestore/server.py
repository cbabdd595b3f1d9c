"""The sandbox instance as an HTTP server."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from services.sandbox.closing import ClosedAtEnd
from services.sandbox.faults import Fault, FaultPlan, parse_faults
from services.sandbox.http import Answer, HttpRequest
from services.sandbox.http_server import HttpServer
from services.sandbox.tablestore.data import load_events, load_samples
from services.sandbox.tablestore.gateway import Access, Gateway
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.limits import Clock, Limits
from services.sandbox.tablestore.messages import require
from services.sandbox.tablestore.persistence import load, save

KIND = "tablestore"


class TablestoreSandbox(ClosedAtEnd):
    """A Tablestore instance on loopback, in threads of this process.

    Args:
        instance: the instance's name.
        faults: a specification (see `services.sandbox.faults`) or faults; `plan` takes more later.
        rows: rows of the extra table `events`; 0 is none.
        samples: whether the sample tables are loaded.
        limits: what a request or page may hold.
        directory: where the data is kept from an orderly end to the next start; without it nothing is kept.

    Raises:
        ImportError: the SDK, whose messages the server speaks, is not installed.
    """

    def __init__(
        self,
        instance: str = "sandbox",
        faults: str | Iterable[Fault] = (),
        rows: int = 0,
        *,
        samples: bool = True,
        limits: Limits | None = None,
        directory: Path | None = None,
    ) -> None:
        require()
        self.plan = FaultPlan()
        self.plan.add(*(f for f in (parse_faults(faults) if isinstance(faults, str) else faults) if f.kind == KIND))
        self.access = Access(instance)
        self.clock = Clock()
        self.data = Instance(limits or Limits(), self.clock)
        self._directory = directory
        self._load(samples=samples, rows=rows)
        self._gateway = Gateway(self.access, self.data)
        self._server = HttpServer(
            "tablestore-sandbox", self.plan, _operation, self._answer, self.data.limits.body_bytes
        )
        self.port: int = self._server.port

    def _load(self, *, samples: bool, rows: int) -> None:
        """Takes up the saved state, else loads the samples; `events` is made anew when it has other rows."""
        is_saved = self._directory is not None and load(self.data, self._directory)
        if samples and not is_saved:
            load_samples(self.data)
        events = self.data.tables.get("events")
        if rows and (events is None or len(events.rows) != rows):
            load_events(self.data, rows)

    @property
    def endpoint(self) -> str:
        """The address as a profile holds it."""
        return self._server.url

    @property
    def profile(self) -> dict[str, object]:
        """The fields of a profile that leads here."""
        access = self.access
        return {
            "endpoint": self.endpoint,
            "instance": access.instance,
            "access_key_id": access.access_key_id,
            "secrets": {"access_key_secret": access.access_key_secret},
        }

    def close(self) -> None:
        """Ends all connections and frees the port; a second call does nothing."""
        if self._server.ended.is_set():
            return
        self._server.close()
        with self.data.lock:
            if self._directory is not None:
                save(self.data, self._directory)
            self.data.close()

    def _answer(self, request: HttpRequest, faults: list[Fault]) -> Answer:
        return self._gateway.answer(request, faults)


def _operation(request: HttpRequest) -> str:
    return request.path.rsplit("/", 1)[-1]
