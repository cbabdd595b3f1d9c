"""A transfer checked before it is queued, as far as that needs no connection."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from services.connections.guard import Guard
from services.errors import UsageError
from services.transfers.model import TransferOptions
from services.transfers.places import STANDARD, Place, place_of

if TYPE_CHECKING:
    from services.connections.profiles import Profiles

_RATE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)(?:b|bytes)?(?:/s|ps)?", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def prepared(
    profiles: Profiles, source: str, target: str, options: TransferOptions, *, is_read_only: bool = False
) -> tuple[str, str, TransferOptions]:
    """What `TransferQueue.add` takes: addresses that mean the same wherever the runner works.

    Args:
        is_read_only: refuse every store as a target.
    Raises:
        UsageError: no such profile, or both ends are one.
        ReadOnlyRefused: the target's profile takes no writes.
    """
    origin, goal = place_of(source), place_of(target)
    for place in (origin, goal):
        _check(profiles, place)
    if not goal.is_file:
        profile = profiles.get(goal.profile)
        Guard(profile.name, profile.is_read_only or is_read_only).write("transfer")
    if origin == goal:
        raise UsageError(f"{goal.text}: source and target are the same", hint="Name another target.")
    rejects = os.path.abspath(os.path.expanduser(options.rejects)) if options.rejects else ""
    return origin.text, goal.text, replace(options, rejects=rejects)


def _check(profiles: Profiles, place: Place) -> None:
    if place.path == STANDARD:
        raise UsageError("-: a queued transfer has no standard input or output", hint="Name a file, or add --wait.")
    if place.is_file:
        return
    try:
        profiles.get(place.profile)
    except UsageError as error:
        advice = f"{error.hint} A file of that name is written as ./{place.text}"
        raise UsageError(error.message, hint=advice) from error
    if not place.path:
        raise UsageError(f"{place.text}: names no table", hint=f"Write {place.text}TABLE.")


def rate_of(text: str) -> int:
    """Bytes a second of `10M`, `1.5 MB/s`, `512KiB` or `none`; a prefix is a power of 1000, with an `i` of 1024.

    Raises:
        ValueError: it is none of that.
    """
    if text.strip().lower() in ("none", "0", ""):
        return 0
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    number, prefix, binary = match.groups()
    return max(1, int(float(number) * (1024 if binary else 1000) ** _POWERS[prefix.lower()]))
