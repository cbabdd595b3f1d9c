"""What happens once when an item ends: the file of rejected rows, and a command that is told."""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from services.files import aside

HOOK_SECONDS: Final = 60.0


def write_rejects(path: str, lines: Iterable[str]) -> str:
    """Write rejected rows as JSON lines, whole or not at all; why that failed, or empty."""
    try:
        with aside(Path(path)) as file:
            for line in lines:
                file.write(json.dumps(json.loads(line), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    except OSError as error:
        return f"{path}: rejected rows cannot be written: {error.strerror}"
    return ""


def run_hook(command: str, item: dict[str, Any]) -> threading.Thread:
    """Run a command with the item as JSON on its standard input, beside everything else."""
    thread = threading.Thread(target=_run, args=(command, item), name="hook", daemon=True)
    thread.start()
    return thread


def _run(command: str, item: dict[str, Any]) -> None:
    log = logging.getLogger(__name__)
    try:
        done = subprocess.run(
            shlex.split(command),
            input=json.dumps(item).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=HOOK_SECONDS,
            check=False,
        )
        log.info("hook of transfer %s ended with code %s", item["id"], done.returncode)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        log.warning("hook of transfer %s failed: %s", item["id"], error)
