"""Steps that UpdateRow takes on a cell in place of a value: adding to it, and deleting single versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from services.errors import ValueRefused
from services.stores.changes import CellStep, is_step
from services.values import Typed, Value

_VERSION_HINT: Final = "Write milliseconds since 1970, or a time such as 2026-11-21T16:50:00.123Z."


def increment(value: Typed) -> Typed:
    """The step that adds an Integer."""
    return Typed(CellStep.INCREMENT.value, value.value)


def versions_of(data: Any) -> Typed:
    """The step that deletes versions, from JSON: one timestamp or a list of them.

    Raises:
        ValueRefused: it holds no timestamp.
    """
    wanted = data if isinstance(data, Sequence) and not isinstance(data, str) else [data]
    times = [Typed("Integer", _milliseconds(one)) for one in wanted]
    if not times:
        raise ValueRefused("delete versions: no timestamp given", hint=_VERSION_HINT)
    return Typed(CellStep.DELETE_VERSIONS.value, times)


def _milliseconds(data: Any) -> int:
    data = data.value if isinstance(data, Typed) else data
    if isinstance(data, Mapping) and "value" in data:
        data = data["value"]
    if isinstance(data, int) and not isinstance(data, bool):
        return data
    text = str(data).strip()
    if text.isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueRefused(f"{text[:60]!r}: no timestamp of a version", hint=_VERSION_HINT) from None
    whole = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(whole.timestamp()) * 1000 + whole.microsecond // 1000


def parted(values: Mapping[str, Value]) -> tuple[dict[str, Typed], dict[str, tuple[int, ...]]]:
    """The increments and the versions to delete among new values.

    Raises:
        ValueRefused: a step has no sense.
    """
    increments: dict[str, Typed] = {}
    versions: dict[str, tuple[int, ...]] = {}
    for name, value in values.items():
        if not isinstance(value, Typed) or not is_step(value):
            continue
        if value.type == CellStep.INCREMENT:
            increments[name] = Typed("Integer", value.value)
        else:
            versions[name] = tuple(item.value for item in versions_of(value.value).value)
    return increments, versions


def check_increments(increments: Mapping[str, Typed], before: Mapping[str, Value]) -> None:
    """Refuse to add to what is known to be no Integer.

    Raises:
        ValueRefused: it is none.
    """
    for name in increments:
        value = before.get(name)
        if isinstance(value, Typed) and value.type != "Integer":
            raise ValueRefused(f"{name}: {value.type} cannot be incremented", hint="Only an Integer can, or no value.")
