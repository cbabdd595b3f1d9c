"""The order of hits, and the token that a page hands to the next."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from services.sandbox.tablestore.errors import OtsError, invalid
from services.sandbox.tablestore.messages import parse, search_pb
from services.sandbox.tablestore.search.documents import Hit, SearchIndex

DESCENDING = 1
MODE_MAX, MODE_AVG = 1, 2
Order = Callable[[Hit, Hit], int]


def in_order(found: list[Hit], sort: Any, index: SearchIndex) -> list[Hit]:
    """The hits by the sorters in turn; then, and without any, by key.

    Raises:
        OtsError: a sorter names a field that cannot be sorted by.
    """
    orders = [_order(sorter, index) for sorter in sort.sorter]
    if not orders:
        return found

    def compare(left: Hit, right: Hit) -> int:
        return next((result for order in orders if (result := order(left, right))), 0)

    return sorted(found, key=cmp_to_key(compare))


def _order(sorter: Any, index: SearchIndex) -> Order:
    if sorter.HasField("field_sort"):
        return _field_order(sorter.field_sort, index)
    if sorter.HasField("score_sort"):
        # By score the best come first unless told otherwise.
        is_down = not sorter.score_sort.HasField("order") or sorter.score_sort.order == DESCENDING
        return lambda left, right: _compare(left.score, right.score, is_down=is_down)
    if sorter.HasField("pk_sort"):
        is_down = sorter.pk_sort.order == DESCENDING
        return lambda left, right: _compare(left.key, right.key, is_down=is_down)
    if sorter.HasField("doc_sort"):
        return lambda left, right: _compare(left.key, right.key, is_down=sorter.doc_sort.order == DESCENDING)
    raise OtsError(400, "OTSUnsupportOperation", "The sandbox does not sort by distance.")


def _field_order(sort: Any, index: SearchIndex) -> Order:
    name = sort.field_name
    index.field(name, sorts=True)
    is_down = sort.order == DESCENDING

    def value(hit: Hit) -> Any:
        values = hit.document.get(name)
        if not values:
            return None
        if sort.mode == MODE_AVG and all(isinstance(one, int | float) for one in values):
            return sum(values) / len(values)
        return max(values) if sort.mode == MODE_MAX else min(values)

    def compare(left: Hit, right: Hit) -> int:
        one, other = value(left), value(right)
        if one is None or other is None:
            # What is missing comes last in both directions.
            return (one is None) - (other is None)
        return _compare(one, other, is_down=is_down)

    return compare


def _compare(left: Any, right: Any, *, is_down: bool) -> int:
    try:
        result = int(left > right) - int(left < right)
    except TypeError:
        result = (str(left) > str(right)) - (str(left) < str(right))
    return -result if is_down else result


def write_token(offset: int, sort: Any) -> bytes:
    """Where the next page starts. SDKs drop the sort when they send a token, so it is inside."""
    return json.dumps({"offset": offset, "sort": sort.SerializeToString().hex()}).encode()


def read_token(token: bytes) -> tuple[int, Any]:
    """The offset and the sort of a token.

    Raises:
        OtsError: it is none of ours.
    """
    try:
        parts = json.loads(token)
        return int(parts["offset"]), parse(search_pb().Sort, bytes.fromhex(parts["sort"]))
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("The token is invalid.") from error
