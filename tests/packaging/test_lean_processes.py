"""Processes that need no pandas do not pay for it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from services.lean_imports import keep_pandas_out, let_pandas_in
keep_pandas_out()
import pyarrow as pa
assert pa.array([1, None]).null_count == 1
assert "pandas" not in sys.modules, "Arrow imported it"
let_pandas_in()
import pandas
assert pa.table({"a": [1]}).num_rows == 1
print("lean")
"""


def test_arrow_does_without_pandas_until_it_is_let_in():
    """Arrow makes arrays without it; an SDK that needs it gets it later in the same process."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=50, check=False)
    assert (done.stdout.strip(), done.stderr) == ("lean", "")
