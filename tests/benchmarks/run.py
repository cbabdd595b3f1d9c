"""All benchmarks in turn, each in a process of its own: what `make bench` prints.

Run: python tests/benchmarks/run.py [NAME ...]

The real Ignite node needs Java 17 and Maven; without them its table is left out with a word.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = {
    "startup": ["startup_speed.py"],
    "grid": ["grid_speed.py"],
    "keys": ["key_latency.py"],
    "completion": ["completion_speed.py"],
    "windows": ["window_speed.py"],
    "decode": ["decode_speed.py", "4096"],
    "ikv": ["ikv_speed.py"],
    "ignite": ["real_ignite_speed.py"],
    "tablestore": ["tablestore_speed.py"],
    "maxcompute": ["maxcompute_speed.py"],
    "transfers": ["transfer_speed.py"],
    "transfer-keys": ["transfer_keys.py"],
    "uploads": ["upload_speed.py"],
    "bulk": ["bulk_speed.py"],
    "trove": ["trove_speed.py"],
    "trove-keys": ["trove_keys.py"],
}
NEEDS = {"ignite": ("java", "mvn")}


def main() -> int:
    """Run the benchmarks named, or all; the exit code counts those that failed."""
    names = sys.argv[1:] or list(SCRIPTS)
    unknown = [name for name in names if name not in SCRIPTS]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(SCRIPTS)}", file=sys.stderr)
        return 2
    failed = 0
    for name in names:
        missing = [program for program in NEEDS.get(name, ()) if shutil.which(program) is None]
        print(f"\n== {name}", flush=True)
        if missing:
            print(f"left out: {', '.join(missing)} is not installed")
            continue
        script, *arguments = SCRIPTS[name]
        failed += subprocess.run([sys.executable, str(HERE / script), *arguments], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
