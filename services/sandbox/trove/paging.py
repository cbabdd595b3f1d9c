"""Pages as the service cuts them: by a key, the last key of a page being the next one's marker."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from services.sandbox.trove.calls import BrokenBody, Call
from services.sandbox.trove.cloud import PAGE

Item = TypeVar("Item")


def limit_of(call: Call) -> int:
    """What was asked for, at most 20. Zero, a negative number or text breaks the service instead of being refused."""
    asked = call.query.get("limit") or str(PAGE)
    if not asked.isdecimal() or int(asked) == 0:
        raise BrokenBody(f"limit {asked}")
    return min(int(asked), PAGE)


def cut(call: Call, items: Sequence[Item], key: Callable[[Item], str]) -> tuple[list[Item], str | None]:
    """A page in the order of the key, and the next one's marker. A marker that is no item's key is no error."""
    limit = limit_of(call)
    ordered = sorted(items, key=key)
    start = bisect_right(ordered, call.query.get("marker", ""), key=key)
    page = ordered[start : start + limit]
    return page, key(page[-1]) if start + limit < len(ordered) else None


def paged(call: Call, name: str, rows: list[Any], marker: str | None) -> dict[str, Any]:
    """The body of a page; the last one has no links. The marker is escaped twice, as the service does."""
    body: dict[str, Any] = {name: rows}
    if marker is not None:
        query = dict(parse_qsl(urlencode(call.query))) | {"marker": quote(marker)}
        body["links"] = [{"rel": "next", "href": f"https://{call.host}{call.path}?{urlencode(query)}"}]
    return body
