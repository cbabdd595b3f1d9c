"""Small rows and changes for tests of editing."""

from __future__ import annotations

from services.stores.changes import Delete, Insert, Path, Update
from services.values import Key, Row, Typed, Value

CITY: Path = ("PUBLIC", "City")


def text(value: str | None) -> Typed:
    """A text cell."""
    return Typed("String", value)


def number(value: int) -> Typed:
    """A whole number cell."""
    return Typed("Int", value)


def key(value: int) -> Key:
    """The key of a city."""
    return {"ID": number(value)}


def city(name: str, code: str = "KOR") -> Row:
    """A city without its key."""
    return {"Name": text(name), "Code": text(code)}


def renamed(identifier: int, old: str, new: str, path: Path = CITY) -> Update:
    """A city gets another name."""
    return Update(path, key(identifier), city(old), {"Name": text(new)})


def recoded(identifier: int, name: str, new: Value, path: Path = CITY) -> Update:
    """A city gets another country code."""
    return Update(path, key(identifier), city(name), {"Code": new})


def added(identifier: int, name: str, path: Path = CITY) -> Insert:
    """A new city."""
    return Insert(path, key(identifier), city(name))


def gone(identifier: int, name: str, path: Path = CITY) -> Delete:
    """A city that goes."""
    return Delete(path, key(identifier), city(name))
