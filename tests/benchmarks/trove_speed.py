"""Trove: the whole list of 1,000 instances beside the server's own time for its 50 pages; the cost of the import.

Run: python tests/benchmarks/trove_speed.py [instances, default 1000] [rounds, default 7]
Goals: the list complete within 1.2 times the bare pages; the import of keystoneauth1 at most 0.25 s of a quiet machine.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).parents[2]))

from services.sandbox.process import start
from services.secrets import Secret
from services.stores.trove.rest import next_marker
from services.stores.trove.store import TroveStore

SAMPLES = 30
IMPORT = """
import time
begun = time.process_time()
from keystoneauth1.session import Session
from keystoneauth1.identity import v3
print(time.process_time() - begun)
"""


def bare_pages(store: TroveStore) -> float:
    """Seconds for all pages with a plain session of requests, where nothing is taken but the marker."""
    url = f"{store._rest.identity.service_url}/instances/detail"
    headers = {"X-Auth-Token": store._rest.session.get_token()}
    with requests.Session() as session:
        marker, begun = "", time.perf_counter()
        while True:
            query = f"?marker={marker}" if marker else ""
            marker = next_marker(session.get(f"{url}{query}", headers=headers, timeout=60).json())
            if not marker:
                return time.perf_counter() - begun


def listed(store: TroveStore) -> tuple[float, int]:
    """Seconds for the whole list, and its length."""
    begun = time.perf_counter()
    count = sum(len(page) for page in store.list_instances())
    return time.perf_counter() - begun, count


def import_seconds() -> float:
    """The processor's seconds for the SDK, best of five new interpreters."""
    runs = [
        subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True) for _ in range(5)
    ]
    return min(float(run.stdout) for run in runs)


def main() -> None:
    """Both in turn, the best of all rounds."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with start(("trove",), rows=wanted - SAMPLES) as sandbox:
        facts = dict(sandbox.endpoints["trove"])
        secrets = facts.pop("secrets")
        assert isinstance(secrets, dict)
        store = TroveStore(
            {name: str(value) for name, value in facts.items()},
            {name: Secret(str(text)) for name, text in secrets.items()},
        )
        store.connect()
        count = listed(store)[1]
        bare, ours = [], []
        for _ in range(rounds):
            bare.append(bare_pages(store))
            ours.append(listed(store)[0])
        store.close()
    print(f"{count:,} instances: bare pages {min(bare):.3f} s, the store's list {min(ours):.3f} s", end="")
    print(f", ratio {min(ours) / min(bare):.2f} (goal 1.2)")
    print(f"import of the client: {import_seconds():.3f} s of the processor (goal 0.25)")


if __name__ == "__main__":
    main()
