"""The real troveclient as an oracle: a process of its own that signs in as one user and answers calls."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from live_processes import plain_environment
from trove_servers import FOREIGN, RealTrove

Json = dict[str, Any]
Found = TypeVar("Found")

DEADLINE_SECONDS = 40
LOOK_SECONDS = 0.1


class OracleRefused(Exception):
    """A call that the oracle could not do.

    Attributes:
        kind: the class of the client's error.
        status: the HTTP status, or nothing where none came.
    """

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['type']} ({error['status']}): {error['message']}")
        self.kind = str(error["type"])
        self.status = error["status"]
        self.message = str(error["message"])


class Oracle:
    """One signed-in troveclient."""

    def __init__(self, process: subprocess.Popen[str], access: Json) -> None:
        self._process = process
        self._said(access)

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a manager, as `instances.get`; returns what the server sent.

        Raises:
            OracleRefused: the client raised an error.
        """
        return self._said({"call": method, "args": args, "kwargs": kwargs})

    def pages(self, method: str, *args: Any, **kwargs: Any) -> list[Json]:
        """Call a method that lists, for every page; returns all rows."""
        rows: list[Json] = []
        marker = None
        while True:
            page = self.call(method, *args, **kwargs, marker=marker)
            rows += page["items"]
            marker = page["next"]
            if not marker:
                return rows

    def create(self, name: str, **more: Any) -> Json:
        """Ask for a small MySQL, or for what is said; returns it as it is before it is built."""
        small = {"flavor_id": "1", "volume": {"size": 1}, "datastore": "mysql", "datastore_version": "8.0.36"}
        made: Json = self.call("instances.create", name, **(small | more))
        return made

    def replicate(self, name: str, source: str, count: int = 1) -> Json:
        """Ask for replicas, which take all but their name from the source; returns the first, as it is before."""
        made: Json = self.call("instances.create", name, replica_of=source, replica_count=count)
        return made

    def delete(self, *instances: str) -> None:
        """Delete instances and wait until none is found any more."""
        for instance in instances:
            self.call("instances.delete", instance)
        for instance in instances:
            assert self.gone(instance)

    def ready(self, instance: str) -> Json:
        """Wait until an instance is ACTIVE and its database HEALTHY; returns it."""
        return self.settled(instance, "ACTIVE", "HEALTHY")

    def settled(self, instance: str, status: str, operating: str | None = None) -> Json:
        """Wait until an instance has a status; returns it."""

        def look() -> Json | None:
            found: Json = self.call("instances.get", instance)
            is_so = found["status"] == status and operating in (None, found["operating_status"])
            return found if is_so else None

        return until(look, lambda: f"{instance} is not {status}: {self.call('instances.get', instance)}")

    def gone(self, instance: str) -> bool:
        """Wait until an instance is not found any more."""

        def look() -> bool:
            try:
                self.call("instances.get", instance)
            except OracleRefused as refused:
                return bool(refused.status == 404)
            return False

        return until(look, lambda: f"{instance} is still there")

    def _said(self, asked: Json) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the oracle ended with exit code {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise OracleRefused(answer["error"])
        return answer["result"]


def until(look: Callable[[], Found | None], why: Callable[[], str]) -> Found:
    """Look again and again until something is found; returns it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{why()} after {DEADLINE_SECONDS} s")
        time.sleep(LOOK_SECONDS)
    return found


@contextmanager
def oracle_with(python: Path, folder: Path, access: Json) -> Iterator[Oracle]:
    """Run an oracle that signs in with a plugin of keystoneauth1."""
    process = subprocess.Popen(
        [str(python), str(FOREIGN / "oracle.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**plain_environment(folder), "PYTHONWARNINGS": "ignore"},
        text=True,
    )
    try:
        yield Oracle(process, access)
    finally:
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
        process.wait(DEADLINE_SECONDS)


def password_access(servers: RealTrove, user: str, **changed: str) -> Json:
    """Return how a user signs in by password."""
    known = servers.users[user]
    options = {
        "auth_url": servers.auth_url,
        "username": user,
        "password": known.password,
        "project_name": known.project,
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    return access_by("password", servers, options | changed)


def access_by(plugin: str, servers: RealTrove, options: Json) -> Json:
    """Return how to sign in with any plugin of keystoneauth1."""
    return {"plugin": plugin, "options": options, "region": servers.region, "interface": "publicURL"}
