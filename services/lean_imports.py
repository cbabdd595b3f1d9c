"""Keeps pandas out of processes that do not need it: Arrow imports it for every array, at the price of 50 MB."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Refusing(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Say that pandas is not there."""
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is kept out of this process", name=fullname)
        return None


_refusing = _Refusing()


def keep_pandas_out() -> None:
    """Call it first thing in a process of one's own. Arrow looks for pandas once and does without it then."""
    if "pandas" not in sys.modules and _refusing not in sys.meta_path:
        sys.meta_path.insert(0, _refusing)
