"""A transfer planned for someone who looks at it, in a process of its own: plans need SDKs and Arrow.

Run as `python -m services.transfers.preview --config=… --state=… --cache=…` with one JSON object on standard input
(`source`, `target`, `options`); prints one JSON object: `plan`, or `error` as `Failure.data`. Sends nothing but reads.
"""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from services.connections.process import child_environment
from services.errors import StoredeckError
from services.lean_imports import keep_pandas_out
from services.paths import Paths
from services.transfers.model import TransferOptions
from services.transfers.starting import folder_arguments

MODULE: Final = "services.transfers.preview"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be done, or why it cannot be.

    Attributes:
        source, target: the addresses as they are queued.
        options: the same, with relative paths made absolute.
        plan: see `TransferQueue.plan`.
        error, hint: empty when it can be done.
    """

    source: str
    target: str
    options: TransferOptions
    plan: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    hint: str = ""


async def preview(paths: Paths, source: str, target: str, options: TransferOptions) -> Preview:
    """Plan a transfer; cancelling ends the process that plans."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", MODULE, *folder_arguments(paths)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=child_environment(),
    )
    asked = {"source": source, "target": target, "options": options.data()}
    try:
        answer, _ = await process.communicate(json.dumps(asked).encode())
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    try:
        found = json.loads(answer)
    except ValueError:
        return Preview(source, target, options, error="the transfer could not be planned: the planner ended early")
    return Preview(
        found.get("source", source),
        found.get("target", target),
        TransferOptions.of_data(found.get("options", options.data())),
        found.get("plan", {}),
        found.get("error", ""),
        found.get("hint", ""),
    )


def main(words: Sequence[str]) -> int:
    """Plan what standard input asks for."""
    parser = ArgumentParser(prog=MODULE)
    for name in ("config", "state", "cache"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args(words)
    asked = json.load(sys.stdin)
    try:
        found = _planned(Paths(args.config, args.state, args.cache), asked)
    except StoredeckError as error:
        found = {"error": error.message, "hint": error.hint}
    json.dump(found, sys.stdout, default=str)
    return 0


def _planned(paths: Paths, asked: Mapping[str, Any]) -> dict[str, Any]:
    from services.bootstrap import build_services
    from services.cancel import CancelToken
    from services.transfers.adding import prepared
    from services.transfers.places import Places
    from services.transfers.planning import plan_transfer

    services = build_services(paths)
    options = TransferOptions.of_data(asked["options"])
    source, target, options = prepared(services.profiles, asked["source"], asked["target"], options)
    places = Places(services.profiles, services.vault)
    cancel = CancelToken()
    try:
        plan = plan_transfer(places, source, target, options, cancel)
        reader, _ = places.source(source, options.source, cancel)
        reader.end_read(plan.read)
    finally:
        places.close()
    return {"source": source, "target": target, "options": options.data(), "plan": dict(plan.shown)}


if __name__ == "__main__":
    keep_pandas_out()
    sys.exit(main(sys.argv[1:]))
