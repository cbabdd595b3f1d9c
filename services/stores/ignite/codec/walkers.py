"""Loops over the rows of a page, generated for the shape of its rows.

A generated loop does one addition for each column whose size varies; sizes that do not vary are folded into the
constants. It checks nothing (see `layout`) and may raise IndexError or struct.error where the page ends.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache

from services.errors import ProtocolError
from services.stores.ignite.codec import tags
from services.stores.ignite.codec.skip import skip

Step = tuple[int, int, int, int, bool, bool]
"""Of a column: tag or -1, fixed bytes or 0, where the length stands, what is added to it, nullable, long."""

Walker = Callable[[bytes, int, int, list[int], list[list[int]]], None]


def _end_of_any(data: bytes, offset: int) -> int:
    """Where any object ends; a malformed one ends the walk."""
    try:
        return skip(data, offset)
    except ProtocolError as error:
        raise IndexError(offset) from error


@lru_cache(maxsize=256)
def walker(steps: tuple[Step, ...]) -> Walker:
    """The loop for rows of these columns: appends where each row ends, and where the unplanned cells start and end."""
    names: dict[str, object] = {
        "length": struct.Struct("<i").unpack_from,
        "widths": [tags.WIDTHS.get(tag, -1) + 1 for tag in range(256)],
        "end_of_any": _end_of_any,
    }
    # The source is made of integers only, none of which comes from a server.
    exec(compile(source(steps), "<row walker>", "exec"), names)  # noqa: S102
    made: Walker = names["walk"]  # type: ignore[assignment]
    return made


def source(steps: tuple[Step, ...]) -> str:
    """The Python source of a walker."""
    lines = ["def walk(b, p, rows, ends, recorded):", "    append = ends.append"]
    unplanned = [index for index, step in enumerate(steps) if step[0] < 0]
    lines += [f"    record{order} = recorded[{order}].append" for order in range(2 * len(unplanned))]
    lines.append("    for _ in range(rows):")
    ahead, order = 0, 0
    for step in steps:
        tag, fixed, _, _, is_nullable, _ = step
        if tag < 0:
            lines += _unplanned(ahead, order)
            ahead, order = 0, order + 2
        elif fixed and not is_nullable:
            ahead += fixed
        else:
            lines.append(f"        p += {_advance(step, ahead)}")
            ahead = 0
    if ahead:
        lines.append(f"        p += {ahead}")
    return "\n".join([*lines, "        append(p)"])


def _advance(step: Step, ahead: int) -> str:
    tag, fixed, length_at, extra, is_nullable, is_long = step
    at = f"p + {ahead + length_at}"
    size = str(ahead + fixed)
    if not fixed:
        size = (f"length(b, {at})[0]" if is_long else f"b[{at}]") + f" + {ahead + extra}"
    return f"({size} if b[p + {ahead}] == {tag} else {ahead + 1})" if is_nullable else size


def _unplanned(ahead: int, order: int) -> list[str]:
    return [
        f"        p += {ahead}",
        f"        record{order}(p)",
        "        t = b[p]",
        "        w = widths[t]",
        f"        p = p + w if w else p + length(b, p + 1)[0] + 5 if t == {tags.STRING} else end_of_any(b, p)",
        f"        record{order + 1}(p)",
    ]
