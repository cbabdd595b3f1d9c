"""The tours of the vendor's SDKs: how they are run, and the steps that each must pass."""

import os
import subprocess
from collections.abc import Sequence

from services.sandbox.tablestore.server import TablestoreSandbox

STEPS = (
    "create tables", "create a table twice", "wrong secret", "describe tables", "update a table's options",
    "put and get every type", "auto-increment", "conditions", "update, increment, delete columns", "versions",
    "delete a row", "batch write", "batch write, all or nothing", "batch get", "many requests at once",
    "range forward in pages", "range backward in pages", "range by iterator", "range with a filter",
    "range with columns", "range of a secondary index",
    "search index", "search in pages", "SQL mapping", "SQL query", "SQL without rows", "SQL error",
    "split points", "transaction aborted and committed", "list and delete tables",
)  # fmt: skip
TOUR_SECONDS = 60


def walk(
    command: Sequence[str], sandbox: TablestoreSandbox, *options: str, token: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a tour of the sandbox; return its exit code and what it printed."""
    access = sandbox.access
    key = {"OTS_AK_ENV": access.access_key_id, "OTS_SK_ENV": access.access_key_secret}
    return subprocess.run(
        [*command, sandbox.endpoint, access.instance, *options],
        env={**os.environ, **key, **({"OTS_STS_ENV": token} if token else {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TOUR_SECONDS,
        check=False,
    )


def passed(steps: Sequence[str]) -> list[str]:
    """What a tour prints when it passes all of these steps."""
    return [f"ok      {step}" for step in steps]
