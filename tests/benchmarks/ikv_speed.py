"""IKV: how fast an index of a million documents opens, and what batches win. Prints; run by hand or by `make bench`.

The index is written by the tests' own encoder, which shares nothing with the store or the sandbox.
"""

from __future__ import annotations

import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from services.secrets import Secret

DOCUMENTS = 1_000_000
SINGLE, BATCHED = 1_000, 20_000


def write_index(mount: Path, documents: int) -> None:
    """An index with five fields a document, each written once."""
    from ikv_index_files import IndexFiles

    files = IndexFiles("id")
    for number in range(documents):
        fields = {
            "name": ("STRING", b"name of %d" % number),
            "age": ("INT32", struct.pack("<i", number % 100)),
            "score": ("FLOAT64", struct.pack("<d", number / 7)),
            "city": ("STRING", b"city %d" % (number % 1000)),
        }
        files.upsert(b"user%08d" % number, fields)
    files.save(mount, "bench")


def measure_reading(mount: Path) -> None:
    """Open, read a page, find a key, describe; in a process of its own for the memory."""
    from services.stores.ikv.store import IkvStore
    from services.stores.types import RowQuery
    from services.values import Typed

    path = ("bench",)
    store = IkvStore({"store_name": "bench", "endpoint": "none", "mount_directory": str(mount)}, {})
    before = time.perf_counter()
    store.connect()
    first = next(iter(store.read_rows(path, RowQuery())))
    opened = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"open {first.count.rows:,} documents and the first page: {opened - before:.2f} s, {peak:.0f} MB at most")
    timed("a page of 1,024", lambda: next(iter(store.read_rows(path, RowQuery()))))
    timed("get by key", lambda: store.read_keys(path, [{"id": Typed("STRING", "user00777777")}]))
    keys = [{"id": Typed("STRING", f"user{number:08d}")} for number in range(0, 100_000, 100)]
    timed("multi-get of 1,000", lambda: store.read_keys(path, keys))
    timed("describe, every value measured", lambda: store.describe(path))
    whole = timed("every row", lambda: sum(page.batch.num_rows for page in store.read_rows(path, RowQuery())))
    print(f"{DOCUMENTS / whole:,.0f} rows/s")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most in all, mapped files counted")


def timed(what: str, act: Any) -> float:
    """Print how long it took."""
    started = time.perf_counter()
    act()
    seconds = time.perf_counter() - started
    print(f"{what}: {seconds * 1000:.1f} ms")
    return seconds


def measure_writing() -> None:
    """Single upserts and batches against the sandbox."""
    from ikv_sandbox import profile_fields

    from services.sandbox.ikv.server import IkvSandbox
    from services.stores.changes import Insert
    from services.stores.ikv.store import IkvStore
    from services.values import Typed

    def document(number: int) -> dict[str, Any]:
        return {"firstname": Typed("STRING", f"bench {number}"), "age": Typed("INT32", number)}

    with IkvSandbox() as sandbox:
        fields, secrets = profile_fields(sandbox)
        store = IkvStore(fields, {name: Secret(text) for name, text in secrets.items()})
        store.connect()
        rows = [document(number) for number in range(BATCHED)]
        changes = [
            Insert((sandbox.store_name,), {"firstname": row["firstname"]}, {"age": row["age"]}) for row in rows[:SINGLE]
        ]
        single = SINGLE / timed(f"{SINGLE:,} upserts one by one", lambda: list(store.apply(changes)))
        batched = BATCHED / timed(f"{BATCHED:,} upserts in batches", lambda: list(store.write_many("upsert", rows)))
        print(f"{single:,.0f} and {batched:,.0f} documents/s: batches {batched / single:.1f} times")
        store.close()


def main() -> None:
    """Everything; with a directory as argument only the reading of the index there."""
    if len(sys.argv) > 1:
        measure_reading(Path(sys.argv[1]))
        return
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    with tempfile.TemporaryDirectory() as folder:
        write_index(Path(folder), DOCUMENTS)
        subprocess.run([sys.executable, __file__, folder], check=True)
    measure_writing()


if __name__ == "__main__":
    main()
