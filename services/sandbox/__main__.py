"""`python -m services.sandbox`: the sandbox servers in the foreground."""

from __future__ import annotations

import sys

from services.sandbox.foreground import main

if __name__ == "__main__":
    sys.exit(main())
