"""Secrets in a real Secret Service: stored, found again by another process, and nowhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from secret_service_session import SecretServiceSession, missing_programs, secret_service

S3CRET = "S3CRET ünïcode $HOME \\ \" ' \U0001f511"

HEAD = """
import json, sys
from services.bootstrap import build_services
from services.connections.profiles import Profile
from services.secrets import Secret
from services.errors import StoredeckError
services = build_services()
profiles, vault = services.profiles, services.vault
"""
ADD = """
import os
for name in ("one", "two"):
    profile = Profile(name, "ignite", {"nodes": "127.0.0.1:10800", "username": "console"})
    profiles.add(profile, {"password": Secret(os.environ["TEST_SECRET"] + name)})
print(json.dumps([vault.backend_name, vault.problem, vault.notice()]))
"""
READ = """
found = {p.name: vault.resolve_secrets(p)["password"].reveal() for p in profiles.all()}
print(json.dumps(found))
"""
COUNT = """
import secretstorage
from contextlib import closing
with closing(secretstorage.dbus_init()) as bus:
    items = list(secretstorage.get_default_collection(bus).search_items({"service": "storedeck"}))
    print(json.dumps(sorted(item.get_attributes()["username"].partition("/")[2] for item in items)))
"""


@pytest.fixture
def session() -> Iterator[SecretServiceSession]:
    """A private Secret Service; without its programs the test is skipped, but fails where CI is set."""
    missing = missing_programs()
    if missing:
        words = f"not installed: {', '.join(missing)} (Debian packages gnome-keyring and dbus)"
        if os.environ.get("CI"):
            pytest.fail(f"CI must run the live tests: {words}", pytrace=False)
        pytest.skip(words)
    with secret_service() as running:
        yield running


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_a_secret_is_found_by_another_process(session: SecretServiceSession) -> None:
    """What one process stores another finds, exactly, after the service was restarted; no file holds it in clear."""
    backend, problem, notice = session.run(HEAD + ADD, TEST_SECRET=S3CRET)
    assert (problem, notice) == ("", "")
    assert "SecretService" in backend
    assert session.run(HEAD + READ) == {"one": f"{S3CRET}one", "two": f"{S3CRET}two"}
    assert files_with(session.home, "S3CRET") == []


def test_each_profile_keeps_its_own_entry(session: SecretServiceSession) -> None:
    """Rename moves nothing, copy adds one entry, remove takes one away."""
    session.run(HEAD + ADD, TEST_SECRET="S3CRET")
    edits = 'profiles.rename("one", "uno"); profiles.copy("two", "three"); profiles.remove("two")\n'
    found = session.run(HEAD + edits + READ)
    assert found == {"uno": "S3CRETone", "three": "S3CRETtwo"}
    assert session.run(HEAD + COUNT) == ["password", "password"]


def test_a_locked_keyring_is_an_error_in_time(session: SecretServiceSession) -> None:
    """With a locked keyring and nobody to ask, reading ends with a clear error and does not hang."""
    session.run(HEAD + ADD, TEST_SECRET="S3CRET")
    program = """
from services.connections.vault import KeyringVault
try:
    print(json.dumps(KeyringVault(seconds=5).resolve_secrets(profiles.get("one"))["password"].reveal()))
except StoredeckError as error:
    print(json.dumps([type(error).__name__, error.hint]))
"""
    name, hint = session.run(HEAD + program, is_unlocked=False)
    assert name == "VaultUnusable"
    assert "nlock" in hint
