"""Imports Textual without two things that the console never uses: its own palette, and asyncio's TLS.

Together they are a fifth of the import: the palette brings five widgets of its own, TLS brings OpenSSL. Both can be
imported as usual afterwards; only Textual's palette cannot be opened then, and the app has it switched off.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


class _Placeholder(ModuleType):
    """A module in which every class that is asked for is an empty one."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__module__": self.__name__})


def import_textual() -> None:
    """Import `textual.app`; where a module was imported before, it is left as it is."""
    with _in_place_of("ssl", None), _in_place_of("textual.command", _Placeholder("textual.command")):
        import textual.app  # noqa: F401


@contextmanager
def _in_place_of(name: str, stand_in: ModuleType | None) -> Iterator[None]:
    if name in sys.modules:
        yield
        return
    sys.modules[name] = stand_in  # type: ignore[assignment]  # None makes an import fail, as documented
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
