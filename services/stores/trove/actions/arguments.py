"""Arguments as people and programs give them, checked against the fields of their action."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.errors import ValueRefused
from services.secrets import Secret
from services.stores.instances import ActionField


def checked(fields: Sequence[ActionField], given: Mapping[str, Any], action: str) -> dict[str, Any]:
    """The arguments with their types; those left out have their default, or are missing.

    Raises:
        ValueRefused: one is unknown, missing, or not of its kind.
    """
    names = [field.name for field in fields]
    for name in given:
        if name not in names:
            hint = f"Its arguments are {', '.join(names)}." if names else "It takes none."
            raise ValueRefused(f"{action}: {name}: no argument of it", hint=hint)
    found: dict[str, Any] = {}
    for field in fields:
        value = given.get(field.name)
        if _is_empty(value):
            value = field.default
        if not _is_empty(value):
            found[field.name] = _typed(field, value, action)
        elif field.is_required:
            raise ValueRefused(f"{action}: {field.name}: is missing", hint=field.help or f"Give {field.label}.")
    return found


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or (isinstance(value, Secret) and not value)


def _typed(field: ActionField, value: Any, action: str) -> Any:
    what = f"{action}: {field.name}"
    match field.kind:
        case "number":
            return _number(value, what)
        case "flag":
            return _flag(value, what)
        case "list":
            return _list(value)
        case "secret":
            return value if isinstance(value, Secret) else Secret(str(value))
        case "choice":
            return _choice(field, str(value), what)
    return str(value)


def _number(value: Any, what: str) -> int | float:
    try:
        number = float(str(value).strip())
    except ValueError:
        raise ValueRefused(f"{what}: {value!r} is no number") from None
    if number != number or abs(number) > 2**53:
        raise ValueRefused(f"{what}: {value!r} is no such number")
    return int(number) if number.is_integer() else number


def _flag(value: Any, what: str) -> bool:
    word = str(value).strip().lower()
    if word not in ("true", "false", "yes", "no"):
        raise ValueRefused(f"{what}: {value!r} is neither true nor false")
    return word in ("true", "yes")


def _list(value: Any) -> list[str]:
    """Several texts, or one text with commas or line ends between."""
    if isinstance(value, list | tuple):
        return [str(one).strip() for one in value if str(one).strip()]
    return [one.strip() for one in re.split(r"[,\n]", str(value)) if one.strip()]


def _choice(field: ActionField, text: str, what: str) -> str:
    """The value of a choice, which may also be given by the words that it shows; where none is known, any text."""
    values = [choice.value for choice in field.choices]
    if text in values or not values:
        return text
    found = [choice.value for choice in field.choices if text in (choice.label, choice.label.partition(" · ")[0])]
    if len(found) == 1:
        return found[0]
    labels = ", ".join(choice.label.partition(" · ")[0] or choice.value for choice in field.choices)
    if found:
        raise ValueRefused(f"{what}: {text!r} names several", hint=f"Give one of {', '.join(found)}.")
    raise ValueRefused(f"{what}: {text!r} is not possible", hint=f"Possible are {labels}.")
