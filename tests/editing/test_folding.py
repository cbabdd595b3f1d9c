"""Folding: many edits of a row become the one change that leads from what was read to what is wanted."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.editing.cells import changed_sources, is_same, is_same_row, with_cell
from services.editing.folding import after_sending, difference, fold, target_of, without_cell
from services.errors import ValueRefused
from services.stores.changes import Change, Delete, Insert, Update
from services.values import ABSENT, Row, Typed, Value

PATH = ("PUBLIC", "City")
KEY = {"ID": Typed("Int", 7)}


def text(value: str) -> Typed:
    return Typed("String", value)


def update(before: Row, **after: Value) -> Update:
    return Update(PATH, KEY, before, after)


def test_insert_and_update_is_an_insert() -> None:
    """An edit of a staged row changes that row."""
    staged = fold(Insert(PATH, KEY, {"Name": text("a")}), update({}, Name=text("b"), Code=text("c")))
    assert staged == Insert(PATH, KEY, {"Name": text("b"), "Code": text("c")})


def test_update_back_to_the_old_value_vanishes() -> None:
    """What ends where it began is no change."""
    before = {"Name": text("Seoul"), "Code": text("KOR")}
    staged = fold(None, update(before, Name=text("Seoul City")))
    assert staged == update(before, Name=text("Seoul City"))
    assert fold(staged, update(before, Name=text("Seoul"))) is None


def test_delete_of_a_staged_insert_drops_it() -> None:
    """A row that never was on the server needs no delete."""
    assert fold(Insert(PATH, KEY, {}), Delete(PATH, KEY, {})) is None


def test_delete_after_update_keeps_what_was_read() -> None:
    """The condition of the delete is the row as it was read, not as it was edited."""
    before = {"Name": text("Seoul")}
    assert fold(update(before, Name=text("x")), Delete(PATH, KEY, {"Name": text("x")})) == Delete(PATH, KEY, before)


def test_edit_of_a_row_staged_to_go_is_refused() -> None:
    """A cell of a deleted row has nowhere to be."""
    with pytest.raises(ValueRefused, match="staged to be deleted"):
        fold(Delete(PATH, KEY, {"Name": text("a")}), update({"Name": text("a")}, Name=text("b")))


def test_insert_over_a_staged_row_is_refused() -> None:
    """Two rows cannot have one key."""
    with pytest.raises(ValueRefused, match="staged already"):
        fold(Insert(PATH, KEY, {}), Insert(PATH, KEY, {}))


def test_delete_then_insert_is_an_update() -> None:
    """A row put in the place of a deleted one changes it; a column it lacks becomes absent."""
    before = {"Name": text("a"), "Code": text("c")}
    staged = fold(Delete(PATH, KEY, before), Insert(PATH, KEY, {"Name": text("b")}))
    assert staged == update(before, Name=text("b"), Code=ABSENT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Typed("Double", 0.0), Typed("Double", -0.0)),
        (Typed("Decimal", Decimal("1.0")), Typed("Decimal", Decimal("1.00"))),
        (Typed("Int", 1), Typed("Long", 1)),
        (Typed("Int", 1), Typed("Int", True)),
        (Typed("String", None), Typed("String", "")),
        (Typed("String", None), ABSENT),
    ],
)
def test_exact_sameness(old: Value, new: Value) -> None:
    """Values that Python calls equal but the store does not are different cells."""
    assert [is_same(old, old), is_same(old, new)] == [True, False]
    assert fold(None, update({"v": old}, v=new)) == update({"v": old}, v=new)


def test_not_a_number_is_itself() -> None:
    """NaN put where NaN was is no change."""
    assert fold(None, update({"v": Typed("Double", math.nan)}, v=Typed("Double", float("nan")))) is None


def test_fields_of_an_object_are_told_apart() -> None:
    """Of an object value only the changed field counts as changed, and can be taken back alone."""
    old = Typed("City", {"Name": text("a"), "Code": text("c")})
    row = {
        "value": with_cell(
            {"value": with_cell({"value": old}, ("value", "Name"), text("b"))}, ("value", "Code"), text("d")
        )
    }
    assert changed_sources({"value": old}, row) == [("value", "Name"), ("value", "Code")]
    change = update({"value": old}, **row)
    assert without_cell(change, ("value", "Name")) == update(
        {"value": old}, value=Typed("City", {"Name": text("a"), "Code": text("d")})
    )


def test_edit_during_sending_stays_on_top_of_what_was_sent() -> None:
    """A second edit made while the first is on its way starts from the row as the first left it."""
    before = {"Name": text("a")}
    sent = update(before, Name=text("b"))
    assert after_sending(sent, sent) is None
    assert after_sending(sent, update(before, Name=text("c"))) == update({"Name": text("b")}, Name=text("c"))
    assert after_sending(sent, Delete(PATH, KEY, before)) == Delete(PATH, KEY, {"Name": text("b")})


CELLS = st.sampled_from([text("a"), text("b"), Typed("Int", 1), Typed("String", None), ABSENT])
ROWS = st.dictionaries(st.sampled_from(["x", "y"]), CELLS.filter(lambda cell: cell is not ABSENT), max_size=2)
EDITS = st.one_of(
    st.builds(lambda row: Insert(PATH, KEY, row), ROWS),
    st.builds(lambda row: Update(PATH, KEY, {}, row), st.dictionaries(st.sampled_from(["x", "y"]), CELLS, max_size=2)),
    st.just(Delete(PATH, KEY, {})),
)


def model_step(row: Row | None, edit: Change) -> Row | None:
    """What a store with one row would do at once; raises KeyError where it would refuse."""
    if isinstance(edit, Insert):
        if row is not None:
            raise KeyError
        return dict(edit.after)
    if row is None:
        raise KeyError
    if isinstance(edit, Delete):
        return None
    return {name: cell for name, cell in {**row, **edit.after}.items() if cell is not ABSENT}


def read_from(base: Row | None, edit: Change) -> Change:
    """The edit as the console makes it: with the row as it was read."""
    match edit:
        case Update():
            return Update(PATH, KEY, base or {}, edit.after)
        case Delete():
            return Delete(PATH, KEY, base or {})
    return edit


@given(base=st.none() | ROWS, edits=st.lists(EDITS, max_size=8))
def test_any_sequence_equals_the_model(base: Row | None, edits: list[Change]) -> None:
    """After any edits the staged change leads from the row as read to where applying each at once would have led."""
    wanted, staged = base, None
    for edit in edits:
        if staged is None and isinstance(edit, Insert) != (wanted is None):
            continue
        try:
            expected = model_step(wanted, edit)
        except KeyError:
            with pytest.raises(ValueRefused):
                fold(staged, read_from(base, edit))
            continue
        staged, wanted = fold(staged, read_from(base, edit)), expected
        reached = base if staged is None else target_of(staged)
        assert (reached is None) == (wanted is None)
        assert is_same_row(reached or {}, wanted or {})
        assert staged == difference(PATH, KEY, base, wanted)
