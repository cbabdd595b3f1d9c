"""The set menu: NULL, absent, empty text, the store's default, an increment."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from services.stores.features import Feature
from tui.modals.menu import MenuEntry, MenuModal

NULL: Final = "null"
ABSENT_ID: Final = "absent"
EMPTY: Final = "empty"
DEFAULT: Final = "default"
INCREMENT: Final = "increment"


def set_menu(
    title: str,
    features: Collection[Feature],
    *,
    is_new: bool,
    is_nullable: bool,
    is_field: bool,
    is_number: bool = True,
) -> MenuModal:
    """The menu for one cell; what cannot be set says why.

    Args:
        is_new: the row is staged to be added, so a column can be left to the store.
        is_field: the cell is a field inside an object value.
        is_number: the cell holds a whole number, or nothing, so that a store that increments can add to it.
    """
    no_null = "" if is_nullable else "the column takes no NULL"
    has_absent = is_field or Feature.ABSENT_FIELDS in features
    no_absent = "" if has_absent else "this store has no absent columns"
    no_default = "" if is_new and not is_field else "only a new row can leave a column to the store"
    absent = "the row has no such column"
    if Feature.KEEPS_VERSIONS in features:
        absent += "; all its versions go"
    entries = [
        MenuEntry(NULL, "NULL", "n", "∅", no_null),
        MenuEntry(ABSENT_ID, "absent", "a", absent, no_absent),
        MenuEntry(EMPTY, "empty text", "e", '""'),
        MenuEntry(DEFAULT, "default", "d", "left out: the store decides", no_default),
    ]
    if Feature.INCREMENTS_CELLS in features:
        no_step = "a new row takes values only" if is_new else "" if is_number else "the cell holds no whole number"
        entries.append(MenuEntry(INCREMENT, "increment", "i", "the store adds a number to what is there", no_step))
    return MenuModal(title, entries)
