"""Profiles for tests, and services over a test's own directories."""

from pathlib import Path

from services.bootstrap import Services, build_services
from services.connections.profiles import Profile, SecretRef
from services.paths import Paths


def services_in(folder: Path) -> Services:
    """Services whose directories lie in `folder`."""
    return build_services(Paths(folder / "config", folder / "state", folder / "cache"))


def ignite_profile(name: str = "grid", **changes) -> Profile:
    """A profile of an Ignite cluster that nobody connects to."""
    return Profile(name, "ignite", {"nodes": "127.0.0.1:10800", "username": "console"}, **changes)


def prompting(name: str = "grid") -> Profile:
    """A profile whose password is asked for."""
    return ignite_profile(name, secrets={"password": SecretRef.prompt()})
