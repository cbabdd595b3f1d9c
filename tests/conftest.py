"""For every test: directories of its own, a keyring in memory."""

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
