"""The Python environment of the real servers and of the oracle, installed once for each set of versions."""

import hashlib
import subprocess
import sys
from functools import cache
from pathlib import Path

from live_cache import LiveUnavailable, kept

CONSTRAINTS = Path(__file__).with_name("constraints.txt")
PACKAGES = ("keystone", "trove", "python-troveclient")
INSTALL_SECONDS = 420
TRIES = "5"


@cache
def trove_python() -> Path:
    """Return the Python that has Keystone, Trove and troveclient; the first call on a machine installs them."""
    return kept(f"trove-{_digest()}", _install) / "bin" / "python"


def api_paste() -> Path:
    """Return the pipeline of the Trove API as its package ships it."""
    return trove_python().parents[1] / "etc" / "trove" / "api-paste.ini"


def _digest() -> str:
    """Tell environments apart by all that makes them: the versions and the Python they stand on."""
    base = f"{sys.version_info[:3]} {sys.base_prefix} {PACKAGES}"
    return hashlib.sha256(base.encode() + CONSTRAINTS.read_bytes()).hexdigest()[:12]


def _install(folder: Path) -> None:
    # A folder moved to its place when it is whole: all is run as `python -m`, never by the scripts that name a path.
    _run(sys.executable, "-m", "venv", str(folder))
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", TRIES]
    # Most of what comes along is never imported: what is gets compiled when the servers first start.
    pinned = ["--no-compile", "--constraint", str(CONSTRAINTS)]
    _run(str(folder / "bin" / "python"), "-m", "pip", "install", *quiet, *pinned, *PACKAGES)


def _run(*command: str) -> None:
    what = " ".join(command[1:4])
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise LiveUnavailable(f"{what} for the real Trove did not end within {INSTALL_SECONDS} s") from error
    if ran.returncode != 0:
        said = (ran.stdout + ran.stderr)[-2000:]
        raise LiveUnavailable(
            f"{what} failed, so the real Keystone and Trove are not there (is there a network?):\n{said}"
        )
