"""The row under the cursor as the base of edits: what was read, what is staged, keys of new rows."""

from __future__ import annotations

import pytest
from editing_rows import CITY, added, city, gone, key, renamed, text

from services.editing.staged import Staged
from services.editing.targets import RowTarget
from services.errors import ValueRefused
from services.results.types import RowRecord
from services.stores.changes import Change, Delete, Insert, Update
from services.values import ABSENT, Typed


def staged(change: Change) -> Staged:
    """A staged change."""
    return Staged(1, "grid", change)


def test_a_row_as_read() -> None:
    """The key is apart, absent columns are left out, an edit carries all that was read."""
    record = RowRecord(dict(key(1)), {**key(1), **city("x"), "Gone": ABSENT})
    target = RowTarget.of_record(CITY, record, None)
    assert (target.key, target.before, target.is_new) == (key(1), city("x"), False)
    assert target.changed({("Name", ""): text("y")}) == [renamed(1, "x", "y")]
    assert target.deleted() == gone(1, "x")


def test_a_row_with_a_staged_edit() -> None:
    """A further edit starts from what is staged; its condition stays what was read."""
    target = RowTarget.of_staged(staged(renamed(1, "x", "y")))
    assert (target.cell(("Name", "")), target.before) == (text("y"), city("x"))
    assert target.changed({("Code", ""): text("JPN")}) == [Update(CITY, key(1), city("x"), {"Code": text("JPN")})]


def test_a_row_staged_to_go() -> None:
    """Nothing is left of it to edit."""
    assert RowTarget.of_staged(staged(gone(1, "x"))).now is None


def test_a_new_row_can_change_its_key() -> None:
    """The row moves to the new key as one delete of a staged row and one insert."""
    target = RowTarget.of_staged(staged(added(1, "x")))
    assert target.changed({("ID", ""): Typed("Int", 2)}) == [Delete(CITY, key(1), {}), Insert(CITY, key(2), city("x"))]


@pytest.mark.parametrize("value", [ABSENT, Typed("Int", None)])
def test_a_key_needs_a_value(value: object) -> None:
    """Neither NULL nor absent can name a row."""
    target = RowTarget.of_staged(staged(added(1, "x")))
    with pytest.raises(ValueRefused, match="ID: the key needs a value"):
        target.changed({("ID", ""): value})  # type: ignore[dict-item]


def test_one_field_of_an_object() -> None:
    """A field is set inside its object, the others stay; absent takes it out."""
    place = Typed("Place", {"x": Typed("Int", 1), "y": Typed("Int", 2)})
    target = RowTarget(CITY, key(1), {"value": place}, {"value": place})
    (change,) = target.changed({("value", "x"): Typed("Int", 7), ("value", "y"): ABSENT})
    assert change == Update(CITY, key(1), {"value": place}, {"value": Typed("Place", {"x": Typed("Int", 7)})})
