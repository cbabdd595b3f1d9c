"""The set menu: NULL, absent, empty text, the store's default."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from services.stores.features import Feature
from tui.modals.menu import MenuEntry, MenuModal

NULL: Final = "null"
ABSENT_ID: Final = "absent"
EMPTY: Final = "empty"
DEFAULT: Final = "default"


def set_menu(
    title: str, features: Collection[Feature], *, is_new: bool, is_nullable: bool, is_field: bool
) -> MenuModal:
    """The menu for one cell; what cannot be set says why.

    Args:
        is_new: the row is staged to be added, so a column can be left to the store.
        is_field: the cell is a field inside an object value.
    """
    no_null = "" if is_nullable else "the column takes no NULL"
    has_absent = is_field or Feature.ABSENT_FIELDS in features
    no_absent = "" if has_absent else "this store has no absent columns"
    no_default = "" if is_new and not is_field else "only a new row can leave a column to the store"
    return MenuModal(
        title,
        [
            MenuEntry(NULL, "NULL", "n", "∅", no_null),
            MenuEntry(ABSENT_ID, "absent", "a", "the row has no such column", no_absent),
            MenuEntry(EMPTY, "empty text", "e", '""'),
            MenuEntry(DEFAULT, "default", "d", "left out: the store decides", no_default),
        ],
    )
