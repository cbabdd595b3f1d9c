"""Real Keystone and Trove as processes of this machine: started, seeded, ended."""

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from live_processes import LiveProcess, free_block, plain_environment
from trove_configs import HOST, REGION, Ports, keystone_conf, trove_conf
from trove_environment import api_paste, trove_python
from trove_seed import GRANTS, Seeded, seed

FOREIGN = Path(__file__).with_name("foreign")
START_SECONDS = 150
LOOK_SECONDS = 0.05
ANSWER_SECONDS = 5
TIMEOUT_SECONDS = "30"


class TroveDidNotStart(Exception):
    """A server ended or fell silent before it answered; the text holds the end of its log."""


@dataclass(frozen=True)
class TroveUser:
    """Who signs in: the role holds in the project."""

    name: str
    password: str
    project: str
    project_id: str
    role: str


@dataclass(frozen=True)
class RealTrove:
    """The running servers, and all a client must know to sign in to them."""

    ports: Ports
    users: dict[str, TroveUser]
    application_credential: tuple[str, str]
    processes: tuple[LiveProcess, ...]

    @property
    def auth_url(self) -> str:
        """Where Keystone is, with its version."""
        return self.ports.auth_url

    @property
    def endpoint(self) -> str:
        """Where Trove is, with neither version nor project: it answers here without a token."""
        return self.ports.trove_url

    @property
    def region(self) -> str:
        """The only region."""
        return REGION

    def service_url(self, user: str = "demo") -> str:
        """Return Trove's address for the project of a user, as the catalog has it."""
        return f"{self.endpoint}/v1.0/{self.users[user].project_id}"

    def profile_fields(self, user: str = "demo", **changed: str) -> dict[str, str]:
        """Return the fields of a profile of kind trove, without the secret ones."""
        fields = {
            "auth_url": self.auth_url,
            "username": user,
            "project_name": self.users[user].project,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "region_name": self.region,
            "interface": "public",
            "auth_strategy": "keystone",
            "timeout_seconds": TIMEOUT_SECONDS,
        }
        return fields | changed

    def profile_secrets(self, user: str = "demo") -> dict[str, str]:
        """Return the secret fields of a profile of kind trove."""
        return {"password": self.users[user].password}

    def revoke(self, token: str) -> None:
        """Make a token as if it had expired; Trove refuses it about a second later."""
        itself = {"X-Auth-Token": token, "X-Subject-Token": token}
        with _direct() as session:
            session.delete(f"{self.auth_url}/auth/tokens", headers=itself, timeout=ANSWER_SECONDS).raise_for_status()

    def log_tail(self) -> str:
        """Return the end of the logs of both servers."""
        return "\n".join(f"--- {process.log_file.name}\n{process.log_tail()}" for process in self.processes)


@contextmanager
def real_trove_servers(folder: Path) -> Iterator[RealTrove]:
    """Run Keystone and Trove on new databases below a folder, with users and an endpoint."""
    ports = Ports(*free_block(3))
    passwords = {name: secrets.token_urlsafe(12) for name in ("admin", *(user for user, _, _ in GRANTS))}
    with ExitStack() as ended:
        # Trove asks for Keystone with the first token it sees, so both start at once.
        keystone = _keystone(folder, ports, passwords["admin"])
        ended.callback(keystone.stop)
        trove = _trove(folder, ports, passwords["trove"])
        ended.callback(trove.stop)
        _wait_until_up(keystone, ports.auth_url)
        seeded = seed(ports, passwords)
        _wait_until_up(trove, ports.trove_url)
        credential = (seeded.credential_id, seeded.credential_secret)
        yield RealTrove(ports, _users(seeded, passwords), credential, (keystone, trove))


def _keystone(folder: Path, ports: Ports, password: str) -> LiveProcess:
    config = folder / "keystone.conf"
    config.write_text(keystone_conf(folder))
    environment = {**plain_environment(folder), "PYTHONWARNINGS": "ignore", "OS_BOOTSTRAP_PASSWORD": password}
    command = [str(trove_python()), str(FOREIGN / "run_keystone.py"), str(config), HOST, str(ports.keystone)]
    return LiveProcess(command, folder / "keystone.log", environment)


def _trove(folder: Path, ports: Ports, password: str) -> LiveProcess:
    config = folder / "trove.conf"
    config.write_text(trove_conf(folder, ports, api_paste(), password))
    environment = {**plain_environment(folder), "PYTHONWARNINGS": "ignore"}
    command = [str(trove_python()), str(FOREIGN / "run_trove.py"), str(config)]
    return LiveProcess(command, folder / "trove.log", environment)


def _users(seeded: Seeded, passwords: dict[str, str]) -> dict[str, TroveUser]:
    return {
        name: TroveUser(name, passwords[name], project, seeded.projects[project], role)
        for name, project, role in GRANTS
    }


def _wait_until_up(process: LiveProcess, url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(url):
        if not process.is_running:
            raise TroveDidNotStart(
                f"{process.log_file.name}: the server ended; the end of its log:\n{process.log_tail()}"
            )
        if time.monotonic() > deadline:
            raise TroveDidNotStart(f"no answer at {url} within {START_SECONDS} s; the log:\n{process.log_tail()}")
        time.sleep(LOOK_SECONDS)


def _answers(url: str) -> bool:
    with _direct() as session:
        try:
            return session.get(url, timeout=ANSWER_SECONDS).ok
        except requests.RequestException:
            return False


def _direct() -> requests.Session:
    """Return a session that goes through no proxy."""
    session = requests.Session()
    session.trust_env = False
    return session
