"""For every test: directories of its own, a keyring in memory."""

import gc
import resource
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import keyring
import pytest
from fake_keyring import FakeKeyring

from services.logs import forget_secrets

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("storedeck", deadline=None, derandomize=True)
hypothesis.settings.load_profile("storedeck")


MOST_DESCRIPTORS = 800
"""Open at the end of a module: servers for the session keep some 500."""

WANTED_DESCRIPTORS = 4096
"""A test that connects hundreds of times has both ends in this process; many machines allow 1024 unless asked."""


def pytest_configure() -> None:
    """Ask for as many descriptors as the tests need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(WANTED_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@pytest.fixture(autouse=True, scope="module")
def few_descriptors() -> Iterator[None]:
    """Files and sockets that tests leave open are noticed here, not where the machine refuses the next one."""
    yield
    gc.unfreeze()  # each console freezes what it starts with, which here outlives it
    if _open_descriptors() > MOST_DESCRIPTORS // 2:
        gc.collect()
        assert _open_descriptors() < MOST_DESCRIPTORS, "tests left files or sockets open"


def _open_descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


@pytest.fixture(autouse=True)
def storedeck_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own below the test's directory; child processes inherit it, with no keyring at all."""
    home = tmp_path / "storedeck-home"
    monkeypatch.setenv("STOREDECK_HOME", str(home))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return home


@pytest.fixture(autouse=True)
def fake_keyring() -> Iterator[FakeKeyring]:
    """The keyring of this process during the test."""
    backend = FakeKeyring()
    before = keyring.core._keyring_backend
    keyring.set_keyring(backend)
    yield backend
    keyring.core._keyring_backend = before
    forget_secrets()


@pytest.fixture
def without_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The console starts no runner: transfers stay in the state that a test gave them."""
    from tui.app import StoredeckApp

    async def nobody(app: StoredeckApp) -> None:
        """No process."""

    monkeypatch.setattr(StoredeckApp, "see_to_runner", nobody)
