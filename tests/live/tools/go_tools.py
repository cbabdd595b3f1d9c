"""Go programs for live tests, built once for each version of their sources and of Go."""

import hashlib
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from live_cache import LiveUnavailable, kept

OLDEST_GO = (1, 19)
BUILD_SECONDS = 240
# Neither a C compiler nor another version of Go is fetched or needed, and go.sum is the last word on the modules.
SETTINGS = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=readonly -buildvcs=false"}


@cache
def go_program() -> str:
    """Return the path of the Go on PATH."""
    program = shutil.which("go")
    needed = ".".join(map(str, OLDEST_GO))
    if program is None:
        raise LiveUnavailable(f"no go program found: install Go {needed} or newer")
    said = _run(program, "version").stdout
    found = re.search(r"go(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_GO:
        raise LiveUnavailable(f"{program} is too old, Go {needed} is needed; it says: {said.strip()}")
    return program


@cache
def built(name: str, module: Path) -> Path:
    """Return the program that the module in this folder makes, built when this version of it has not been."""
    sources = sorted(file for file in module.iterdir() if file.suffix in (".go", ".mod", ".sum"))
    version = _run(go_program(), "version").stdout.encode()
    digest = hashlib.sha256(b"".join([version, *(file.read_bytes() for file in sources)])).hexdigest()[:12]
    return kept(f"{name}-{digest}", lambda folder: _build(module, folder / name)) / name


def _build(module: Path, program: Path) -> None:
    # The modules are fetched apart from the build: without a network the test cannot run, a build must not fail.
    fetched = _run(go_program(), "list", "-deps", ".", folder=module)
    if fetched.returncode != 0:
        raise LiveUnavailable(f"Go could not fetch the modules of {module}:\n{fetched.stderr[-2000:]}")
    ran = _run(go_program(), "build", "-o", str(program), ".", folder=module)
    if ran.returncode != 0:
        raise RuntimeError(f"{module} does not build:\n{ran.stderr[-2000:]}")


def _run(*command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **SETTINGS},
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LiveUnavailable(f"{' '.join(command)} did not end within {BUILD_SECONDS} s") from error
