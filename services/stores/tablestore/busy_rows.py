"""Rows of a batch that the service was too busy for: asked for again, they alone, while the retry budget lasts."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from services.cancel import CancelToken
from services.stores.tablestore.answers import KeysAnswer, RowResult
from services.stores.tablestore.link import FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS

Told = tuple[RowResult, str]
"""What became of a row, and the id of the request that told it."""


def until_free(
    ask: Callable[[list[int]], KeysAnswer], count: int, codes: Collection[str], seconds: float, cancel: CancelToken
) -> list[Told]:
    """The results of all rows in order; a row that is busy to the end keeps the service's words.

    Args:
        ask: sends the rows at these places of the batch.
        codes: of the rows that may be sent again.
        seconds: the retry budget.
    """
    told: dict[int, Told] = {}
    left = list(range(count))
    deadline, delay = time.monotonic() + seconds, FIRST_DELAY_SECONDS
    while True:
        answer = ask(left)
        told.update({place: (row, answer.request_id) for place, row in zip(left, answer.results, strict=True)})
        left = [place for place in left if told[place][0].code in codes]
        if not left or time.monotonic() + delay >= deadline or cancel.wait(delay):
            return [told[place] for place in range(count)]
        delay = min(2 * delay, LONGEST_DELAY_SECONDS)
