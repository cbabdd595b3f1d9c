"""What the console's side of a session brings along."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("pyarrow", "numpy", "keyring", "sqlglot", "tomlkit", "requests", "textual", "pyignite")


def test_the_console_side_imports_nothing_heavy() -> None:
    """Importing the proxy and the sessions loads no Arrow, keyring, SDK or parser."""
    program = (
        "import sys, services.connections.proxy, services.connections.sessions\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
