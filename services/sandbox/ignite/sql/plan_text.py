"""Names and constants as SQLite reads them."""

from __future__ import annotations


def without_nul(text: str) -> str:
    """Text for SQLite, which ends at NUL: in names a private character stands for it."""
    return text.replace("\0", "\ue000")


def quote(name: str) -> str:
    """A name in backticks."""
    return "`" + without_nul(name).replace("`", "``") + "`"


def literal(value: object) -> str:
    """A constant."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, (int, float)):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"
