"""Processes that need no pandas do not pay for it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from services.lean_imports import keep_pandas_out
keep_pandas_out()
import pyarrow as pa
assert pa.array([1, None]).null_count == 1
assert "pandas" not in sys.modules, "Arrow imported it"
print("lean")
"""


def test_arrow_does_without_pandas():
    """Arrow makes arrays without it."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=50, check=False)
    assert (done.stdout.strip(), done.stderr) == ("lean", "")


EXACT = """
from services.lean_imports import keep_pandas_out
keep_pandas_out()
import pyarrow as pa
from services.transfers.formats.jsonl_reader import _scalar
from services.transfers.formats.options import file_options
from services.transfers.formats.text_casting import cast_texts
for kind, good in (
    (pa.timestamp("ns"), "2026-01-02T03:04:05.123456789"),
    (pa.timestamp("ns", "UTC"), "2026-01-02T03:04:05.123456789Z"),
    (pa.date32(), "2026-01-02"),
):
    expected = pa.array([good, None]).cast(kind)
    found = cast_texts(pa.array([good.encode(), b"x"]), kind, file_options("some.csv", {}))
    assert (expected, [1]) == (found.values, list(found.reasons)), kind
    assert expected == pa.array([_scalar(good, kind), None], kind), kind
print("exact")
"""


def test_times_in_files_keep_nanoseconds_without_pandas():
    """Beside a text that is no time, which sends rows one by one: Python's own times would lose them."""
    done = subprocess.run([sys.executable, "-c", EXACT], capture_output=True, text=True, timeout=50, check=False)
    assert (done.stdout.strip(), done.stderr) == ("exact", "")
