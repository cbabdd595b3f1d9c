"""Addresses of an IKV profile: the document store, one field, fields with a prefix, and views of the index."""

from __future__ import annotations

from typing import Final

from services.errors import NotFound, UsageError
from services.stores.changes import Path

INDEX: Final = "@index"
VIEWS: Final = ("fields", "segments", "history")
"""Tables made of the mounted index itself."""


def parse_address(text: str) -> Path:
    """`STORE`, `STORE/FIELD`, `STORE/PREFIX*`, `@index` or `@index/VIEW`.

    Raises:
        UsageError: it is none of them.
    """
    head, slash, rest = text.partition("/")
    if not head or (slash and not rest):
        raise UsageError(f"{text!r}: no address of an IKV store", hint="Write STORE, STORE/FIELD or STORE/PREFIX*.")
    return (head, rest) if slash else (head,)


def format_address(path: Path) -> str:
    """The address that `parse_address` reads as this path; empty for the root.

    Raises:
        UsageError: there is none.
    """
    text = "/".join(path)
    if path and parse_address(text) != tuple(path):
        raise UsageError(f"{text}: has no address", hint="The store, its fields and the views of its index have one.")
    return text


def is_view(path: Path) -> bool:
    """Whether it is a table made of the index."""
    return len(path) == 2 and path[0] == INDEX and path[1] in VIEWS


def check_store(path: Path, store_name: str) -> None:
    """Let only the profile's store and its fields through.

    Raises:
        NotFound: it is something else.
    """
    if path and path[0] == INDEX:
        raise NotFound(f"{'/'.join(path)}: no view of the index", hint=f"The views are {', '.join(VIEWS)}.")
    if not path or path[0] != store_name or len(path) > 2:
        name = "/".join(path) or "the root"
        raise NotFound(f"{name}: no document store of this profile", hint=f"Its store is {store_name}.")


def field_of(path: Path) -> str:
    """The field that a path names, or the prefix of names that ends in `*`; empty for the store itself."""
    return path[1] if len(path) == 2 else ""


def prefix_of(name: str) -> str | None:
    """The prefix that a name with `*` at its end stands for; a field of just that name comes first."""
    return name.removesuffix("*") if name.endswith("*") else None
