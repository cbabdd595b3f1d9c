"""Finding names by what was typed of them, among very many."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import Final

FUZZY_LETTERS: Final = 3
"""From so many letters on, a name that holds them in order, with others between, is found, too."""

PREFIX, INSIDE, FUZZY = range(3)


class Finder:
    """Names, found by passes over all of them as one text.

    They are kept shortest first, so that the first ones found are the best and the search ends with them.
    """

    def __init__(self, names: Sequence[str]) -> None:
        folded = [name.casefold() for name in names]
        self._order = sorted(range(len(names)), key=folded.__getitem__)
        self._order.sort(key=lambda place: len(folded[place]))
        self._text = "".join(f"\n{folded[place]}" for place in self._order)
        self._starts = list(accumulate((len(folded[place]) + 1 for place in self._order), initial=0))

    def search(self, word: str, limit: int) -> list[tuple[int, int]]:
        """How a name is found and its index, best first: names that begin so, hold it, or hold its letters in order.

        All names in the order given, for no word.
        """
        wanted = word.casefold()
        if not wanted:
            return [(PREFIX, place) for place in range(min(limit, len(self._order)))]
        found: dict[int, int] = {}
        ways = ((PREFIX, self._holding(f"\n{wanted}")), (INSIDE, self._holding(f"_{wanted}")))
        for way, lines in (*ways, (INSIDE, self._holding(wanted)), (FUZZY, self._fuzzy(wanted))):
            fresh = (line for line in lines if line not in found)
            found |= dict.fromkeys(islice(fresh, limit - len(found)), way)
            if len(found) >= limit:
                break
        return [(way, self._order[line]) for line, way in found.items()]

    def _holding(self, wanted: str) -> Iterator[int]:
        place = self._text.find(wanted)
        while place >= 0:
            line = bisect_right(self._starts, place) - 1
            yield line
            place = self._text.find(wanted, self._starts[line + 1])

    def _fuzzy(self, wanted: str) -> Iterator[int]:
        if len(wanted) < FUZZY_LETTERS:
            return
        in_order = "".join(rf"[^{re.escape(letter)}\n]*{re.escape(letter)}" for letter in wanted)
        for match in re.finditer(f"\n{in_order}", self._text):
            yield bisect_right(self._starts, match.start()) - 1
