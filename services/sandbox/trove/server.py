"""The sandbox cloud as an HTTP server."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

from services.sandbox.closing import ClosedAtEnd
from services.sandbox.faults import Fault, FaultPlan, parse_faults
from services.sandbox.http import Answer, HttpRequest
from services.sandbox.http_server import HttpServer
from services.sandbox.trove.clock import Clock
from services.sandbox.trove.cloud import Cloud
from services.sandbox.trove.gateway import Gateway, operation
from services.sandbox.trove.persistence import load, save
from services.sandbox.trove.samples import load_catalog, load_instances
from services.sandbox.trove.scale import load_rows
from services.sandbox.trove.tokens import Directory

KIND = "trove"
BODY_BYTES = 8 * 1024 * 1024


class TroveSandbox(ClosedAtEnd):
    """Keystone, trove and the object store on one loopback port, in threads of this process.

    A name with one of the words of `lifecycle` in it (`SERVER_ERROR`, ...) makes a build fail, and so on.

    Args:
        faults: a specification (see `services.sandbox.faults`) or faults; `plan` takes more later.
        rows: so many more instances in the project `demo`.
        samples: whether there are sample instances; datastores and flavors are always there.
        speed: how many times faster states change; with 0 only `advance` and `settle` change them.
        regions: of the catalog; the services are the same in all.
        tls: a server-side context; None is plain HTTP.
        directory: where all is kept from an orderly end to the next start; without it nothing is kept.
    """

    def __init__(
        self,
        faults: str | Iterable[Fault] = (),
        rows: int = 0,
        *,
        samples: bool = True,
        speed: float = 1.0,
        regions: tuple[str, ...] = ("RegionOne",),
        tls: ssl.SSLContext | None = None,
        directory: Path | None = None,
    ) -> None:
        self.plan = FaultPlan()
        self.plan.add(*(f for f in (parse_faults(faults) if isinstance(faults, str) else faults) if f.kind == KIND))
        self.regions = regions
        self.directory = Directory()
        self._kept = directory
        self.clock = Clock(speed)
        self.cloud = Cloud(self.clock, regions[0])
        self._server = HttpServer("trove-sandbox", self.plan, operation, self._answer, BODY_BYTES, tls)
        self.cloud.url = self._server.url
        self._gateway = Gateway(self.directory, self.cloud, self._server.url, regions)
        self._load(rows, samples=samples)

    def _load(self, rows: int, *, samples: bool) -> None:
        """Takes up the saved state, else loads the samples; rows that are missing are added."""
        project = self.directory.project("demo").id
        if self._kept is None or not load(self.cloud, self._kept):
            load_catalog(self.cloud)
            if samples:
                load_instances(self.cloud, project, self.directory.project("other").id)
        load_rows(self.cloud, project, rows)

    def _answer(self, request: HttpRequest, faults: list[Fault]) -> Answer:
        return self._gateway.answer(request, faults)

    @property
    def url(self) -> str:
        """Scheme, host and port: where the versions of the database service are listed."""
        return self._server.url

    @property
    def auth_url(self) -> str:
        """Where to sign in by version 3."""
        return f"{self.url}/identity/v3"

    @property
    def auth_url_v2(self) -> str:
        """Where to sign in by version 2, and (with `/tokens` behind it) by API key."""
        return f"{self.url}/identity/v2.0"

    def profile_of(self, username: str = "demo", project: str = "demo") -> dict[str, object]:
        """The fields of a profile that leads here as a user: admin, demo (a member), auditor (a reader), other."""
        return {
            "auth_url": self.auth_url,
            "username": username,
            "project_name": project,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "region_name": self.regions[0],
            "interface": "public",
            "auth_strategy": "keystone",
            "secrets": {"password": self.directory.user(username).password},
        }

    @property
    def profile(self) -> dict[str, object]:
        """The fields of a profile that leads here as a member of the project `demo`."""
        return self.profile_of()

    def advance(self, seconds: float) -> None:
        """Lets simulated seconds pass at once."""
        with self.cloud.lock:
            self.clock.advance(seconds)
            self.cloud.timeline.run()

    def settle(self) -> None:
        """Lets all that is under way come to its end."""
        with self.cloud.lock:
            self.cloud.timeline.finish()

    def expire_tokens(self) -> None:
        """Ends every token that was given out."""
        self.directory.expire_all()

    def close(self) -> None:
        """Ends all connections and frees the port; a second call does nothing."""
        if self._server.ended.is_set():
            return
        self._server.close()
        if self._kept is not None:
            with self.cloud.lock:
                save(self.cloud, self._kept)
