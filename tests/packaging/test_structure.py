"""What keeps the tree readable: short files, no shadowing packages, layers that hold at run time, too."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for folder in ("tui", "services", "tests", "screenshots") for path in (ROOT / folder).rglob("*.py")
)
MAX_LINES = 500
MAX_APP_LINES = 250

HEAVY = (
    "pyarrow",
    "numpy",
    "keyring",
    "pyignite",
    "tablestore",
    "ikvpy",
    "grpc",
    "sqlglot",
    "odps",
    "keystoneauth1",
    "tree_sitter",
    "requests",
)
STORE_SDKS = ("pyignite", "tablestore", "ikvpy", "grpc", "odps", "keystoneauth1")


def loaded_after(code: str) -> set[str]:
    """The top-level names of all modules that a new interpreter holds after running `code`."""
    script = f"{code}\nimport sys\nprint(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_no_file_is_too_long() -> None:
    """No source file has more than 500 lines, and the app's own not more than 250."""
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in SOURCES}
    assert {} == {name: length for name, length in lengths.items() if length > MAX_LINES}
    assert lengths["tui/app.py"] <= MAX_APP_LINES


def test_tests_have_no_packages() -> None:
    """An `__init__.py` under tests would shadow the real packages."""
    assert [] == list((ROOT / "tests").rglob("__init__.py"))


def test_names_are_ours_alone() -> None:
    """No other distribution brings a top-level package called tui or services."""
    owners = packages_distributions()
    assert {"storedeck"} == set(owners.get("services", ["storedeck"])) | set(owners.get("tui", ["storedeck"]))


@pytest.mark.parametrize(
    "module",
    [
        "services.bootstrap",
        "services.connections.sessions",
        "services.editing.journal",
        "services.stores.registry",
        "services.results.types",
        "tui.app",
    ],
)
def test_console_side_modules_load_nothing_heavy(module: str) -> None:
    """What the console's process imports brings in no SDK, no Arrow, no keyring and no parser."""
    assert set() == loaded_after(f"import {module}") & set(HEAVY)


@pytest.mark.parametrize("module", ["services.cli.main", "services.connections.host", "services.sandbox.ignite"])
def test_services_load_no_screen(module: str) -> None:
    """The services import neither the console nor its libraries."""
    assert set() == loaded_after(f"import {module}") & {"tui", "textual", "rich"}


def test_sdk_waits_for_its_store() -> None:
    """Importing the registry and the store's contract imports no SDK."""
    assert set() == loaded_after("import services.stores.registry, services.stores.base") & set(STORE_SDKS)


def test_sandbox_and_stores_stay_apart() -> None:
    """Neither side of the wire loads the other: a mistake they shared would hide itself."""
    script = "import {}, sys; print(any(name.startswith('{}') for name in sys.modules))"
    for one, other in (
        ("services.sandbox.ignite", "services.stores"),
        ("services.stores.ignite.store", "services.sandbox"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", script.format(one, other)], capture_output=True, text=True, check=True, cwd=ROOT
        )
        assert "False" == done.stdout.strip(), one
