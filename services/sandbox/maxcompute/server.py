"""The sandbox project as an HTTP server; metadata, jobs and tunnels share one port."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from services.sandbox.closing import ClosedAtEnd
from services.sandbox.faults import Fault, FaultPlan, parse_faults
from services.sandbox.http_streaming import StreamingServer
from services.sandbox.maxcompute.counters import Counters
from services.sandbox.maxcompute.data import EVENTS, load_events, load_samples
from services.sandbox.maxcompute.gateway import Gateway
from services.sandbox.maxcompute.jobs.registry import Jobs
from services.sandbox.maxcompute.persistence import load, save
from services.sandbox.maxcompute.routes import Route, Routes
from services.sandbox.maxcompute.signing import Access
from services.sandbox.maxcompute.sql.plans import plan_job
from services.sandbox.maxcompute.tunnel.state import TunnelState
from services.sandbox.maxcompute.warehouse import Project, Warehouse

KIND = "maxcompute"


class MaxComputeSandbox(ClosedAtEnd):
    """A warehouse on loopback, in threads of this process.

    `warehouse` is what it holds, `access` who may ask, `plan` the faults, `counters` the requests by operation, `jobs`
    what runs. The names of operations, which faults match with `op=`, are those of the routes.

    Args:
        project: the name of its first project.
        faults: a specification (see `services.sandbox.faults`) or faults; `plan` takes more later.
        rows: rows of the extra table `events`; 0 is none.
        samples: whether the sample data is loaded.
        job_seconds: that a query's job takes at least, so that it can be watched and cancelled.
        page_items: of a list at most.
        directory: where data and sessions of tunnels are kept from an orderly end to the next start; without it
            nothing is kept.
    """

    def __init__(
        self,
        project: str = "sandbox",
        faults: str | Iterable[Fault] = (),
        *,
        rows: int = 0,
        samples: bool = True,
        job_seconds: float = 0.0,
        page_items: int = 1000,
        directory: Path | None = None,
    ) -> None:
        self.plan = FaultPlan(
            f for f in (parse_faults(faults) if isinstance(faults, str) else faults) if f.kind == KIND
        )
        self.access = Access()
        self.counters = Counters()
        self.tunnel = TunnelState()
        self.project_name = project
        self.warehouse = Warehouse()
        self._directory = directory
        self._load(samples=samples, rows=rows)
        self.page_items = page_items
        self.jobs = Jobs(partial(plan_job, self.warehouse), job_seconds)
        gateway = Gateway(self, Routes(_all_routes()))
        self._server = StreamingServer("maxcompute-sandbox", self.plan, gateway.operation, gateway.answer)

    def _load(self, *, samples: bool, rows: int) -> None:
        """Takes up the saved state, else loads the samples; `events` is made anew when it has other rows."""
        is_saved = self._directory is not None and load(self.warehouse, self.tunnel, self._directory)
        project = self.warehouse.add_project(Project(self.project_name))
        if samples and not is_saved:
            load_samples(self.warehouse, project)
        there = [table.record_num for table in project.tables() if table.name == EVENTS]
        if rows and there != [rows]:
            load_events(project, rows)

    @property
    def endpoint(self) -> str:
        """The address as a profile holds it."""
        return f"{self._server.url}/api"

    @property
    def tunnel_endpoint(self) -> str:
        return self._server.url

    @property
    def open_connections(self) -> int:
        """Connections that are open now."""
        return self._server.open_connections

    @property
    def profile(self) -> dict[str, object]:
        """The fields of a profile that leads here."""
        return {
            "endpoint": self.endpoint,
            "tunnel_endpoint": self.tunnel_endpoint,
            "project": self.project_name,
            "access_key_id": self.access.access_key_id,
            "secrets": {"access_key_secret": self.access.access_key_secret},
        }

    def close(self) -> None:
        """Ends all jobs and connections and frees the port; a second call does nothing."""
        if self._server.ended.is_set():
            return
        self.jobs.close()
        self._server.close()
        if self._directory is not None:
            save(self.warehouse, self.tunnel, self._directory)


def _all_routes() -> list[Route]:
    from services.sandbox.maxcompute import metadata, tunnel
    from services.sandbox.maxcompute.jobs import answers

    return [*tunnel.ROUTES, *answers.ROUTES, *metadata.ROUTES]
