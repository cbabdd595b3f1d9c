"""Tabs in the title of a pane: which are shown, and how short."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.rule import cells
from tui.widgets.tabbed_pane import GAP, fitted

TABS = tuple((f"Result {number} (12 rows)", f"Result {number}", str(number)) for number in range(1, 6))


@pytest.mark.parametrize(
    ("room", "current", "expected"),
    [
        (200, 0, "Result 1 (12 rows)  Result 2 (12 rows)  Result 3 (12 rows)  Result 4 (12 rows)  Result 5 (12 rows)"),
        (60, 0, "Result 1  Result 2  Result 3  Result 4  Result 5"),
        (20, 0, "1  2  3  4  5"),
        (10, 2, "1  2  3  …"),
        (10, 4, "…  3  4  5"),
        (8, 2, "3"),
        (7, 0, "1  2  …"),
        (1, 3, "4"),
    ],
)
def test_tabs_shorten_then_give_way(room: int, current: int, expected: str) -> None:
    """The longest forms that fit all; then the current one and its neighbours, with a sign for those left out."""
    assert GAP.join(text for _, text in fitted(TABS, current, room)) == expected


@given(
    st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=40),
    st.integers(min_value=0),
    st.integers(min_value=1, max_value=120),
)
def test_the_current_tab_is_always_there(names: list[str], number: int, room: int) -> None:
    """Whatever the names are, nothing is wider than its room, and each place is of the tab it says."""
    current = number % len(names)
    shown = fitted([(name, name[:2]) for name in names], current, room)
    assert current in [index for index, _ in shown]
    assert [index for index, _ in shown if index >= 0] == sorted(index for index, _ in shown if index >= 0)
    assert sum(cells(text) for _, text in shown) + len(GAP) * (len(shown) - 1) <= room
