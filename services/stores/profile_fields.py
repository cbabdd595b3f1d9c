"""Reading the fields of a profile that several kinds of store have in common."""

from __future__ import annotations

from collections.abc import Mapping

from services.errors import UsageError

MAX_SECONDS = 86_400.0


def flag(fields: Mapping[str, str], name: str) -> bool:
    """A field that is `true` or `false`; empty is false.

    Raises:
        UsageError: it is neither.
    """
    text = fields.get(name, "").strip().lower() or "false"
    if text not in ("true", "false"):
        raise UsageError(f"{name}: {text!r} is neither true nor false")
    return text == "true"


def number(fields: Mapping[str, str], name: str, default: str, least: float, most: float) -> float:
    """A field that is a number between bounds, both included.

    Raises:
        UsageError: it is none.
    """
    text = fields.get(name, "").strip() or default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise UsageError(f"{name}: {text!r} is no such number", hint=f"Write a number from {least:g} to {most:g}.")
    return value


def timeout_seconds(fields: Mapping[str, str]) -> float:
    """The seconds to wait for one answer, 30 unless said.

    Raises:
        UsageError: the field is no number of seconds.
    """
    return number(fields, "timeout_seconds", "30", 0.001, MAX_SECONDS)
