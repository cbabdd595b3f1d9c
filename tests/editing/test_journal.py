"""The journal: folds, undoes, redoes, reverts, keeps outcomes, and tells how much is staged."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from editing_rows import CITY, added, city, gone, key, recoded, renamed, text

from services.editing.journal import Journal
from services.errors import NotFound, ReadOnlyRefused, Refused, ValueRefused
from services.events import Event, EventBus, StagedChanged
from services.stores.changes import Insert, Outcome, Result, Update
from services.value_json import key_token
from services.values import Typed

COUNTRY = ("PUBLIC", "Country")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty journal."""
    journal = Journal(tmp_path / "staged.db")
    yield journal
    journal.close()


def changes(journal: Journal) -> list[object]:
    """What is staged, in order."""
    return [staged.change for staged in journal.snapshot]


def test_changes_are_in_the_order_of_profile_container_and_staging(journal: Journal) -> None:
    """Containers of a profile stay together, profiles in the order of their first change."""
    journal.stage("a", renamed(1, "x", "y"))
    journal.stage("b", renamed(1, "x", "y"))
    journal.stage("a", renamed(2, "x", "y", COUNTRY))
    journal.stage("a", renamed(3, "x", "y"))
    order = [(item.profile, item.path[-1], item.change.key["ID"].value) for item in journal.snapshot]
    assert order == [("a", "City", 1), ("a", "City", 3), ("a", "Country", 2), ("b", "City", 1)]
    assert (journal.count(), journal.count("a"), journal.count("c")) == (4, 3, 0)
    assert journal.snapshot.words() == "4 staged changes in 2 stores"


def test_rows_are_found_by_the_key_of_a_window(journal: Journal) -> None:
    """The grid marks rows by their canonical keys."""
    journal.stage("a", renamed(1, "x", "y"))
    assert list(journal.snapshot.rows("a", CITY)) == [key_token(key(1))]
    assert dict(journal.snapshot.rows("b", CITY)) == {}


def test_two_cells_of_a_row_are_one_change(journal: Journal) -> None:
    """Edits of a row fold, and undo takes them back one staging at a time."""
    journal.stage("a", renamed(1, "x", "y"))
    journal.stage("a", recoded(1, "x", text("JPN")))
    both = Update(CITY, key(1), city("x"), {"Name": text("y"), "Code": text("JPN")})
    assert changes(journal) == [both]
    assert journal.undo() == "edit"
    assert changes(journal) == [renamed(1, "x", "y")]
    journal.undo()
    assert (changes(journal), journal.undo()) == ([], None)
    journal.redo()
    journal.redo()
    assert (changes(journal), journal.redo()) == ([both], None)


def test_a_form_is_one_step(journal: Journal) -> None:
    """Rows staged together are undone together."""
    journal.stage("a", [renamed(n, "x", "y") for n in range(10)], "paste")
    assert journal.count() == 10
    assert journal.undo() == "paste"
    assert journal.count() == 0


def test_a_refused_step_stages_nothing(journal: Journal) -> None:
    """One bad change in a step takes the others with it."""
    with pytest.raises(ValueRefused):
        journal.stage("a", [added(1, "x"), added(2, "x"), added(1, "y")])
    assert (journal.count(), journal.undo()) == (0, None)


def test_a_new_edit_ends_redo(journal: Journal) -> None:
    """After an undo and another edit there is nothing to redo."""
    journal.stage("a", renamed(1, "x", "y"))
    journal.undo()
    journal.stage("a", renamed(2, "x", "y"))
    assert journal.redo() is None


def test_drop_is_undone_in_place(journal: Journal) -> None:
    """A dropped change comes back with its number, its place and its outcome."""
    journal.stage("a", renamed(1, "x", "y"))
    journal.stage("a", renamed(2, "x", "y"))
    first = next(iter(journal.snapshot))
    journal.settle(first, Outcome(Result.CONFLICT, "changed since", "r-1", city("z")))
    before = list(journal.snapshot)
    assert journal.drop([first.id, 999]) == 1
    assert [item.id for item in journal.snapshot] == [before[1].id]
    journal.undo()
    assert list(journal.snapshot) == before


def test_revert_one_column(journal: Journal) -> None:
    """One cell goes back, the rest of the change stays; the last cell takes the change with it."""
    journal.stage("a", [renamed(1, "x", "y"), recoded(1, "x", text("JPN"))])
    (staged,) = journal.snapshot
    journal.revert_cell(staged.id, ("Name", ""))
    assert changes(journal) == [recoded(1, "x", text("JPN"))]
    journal.revert_cell(staged.id, ("Code", ""))
    assert changes(journal) == []
    with pytest.raises(NotFound, match="not staged any more"):
        journal.revert_cell(staged.id, ("Code", ""))


def test_an_applied_change_leaves_and_undo_forgets_it(journal: Journal) -> None:
    """Of a step of two rows the sent one cannot come back by undo, the other is still undone."""
    journal.stage("a", [renamed(1, "x", "y"), renamed(2, "x", "y")])
    first, _ = journal.snapshot
    journal.settle(first, Outcome(Result.APPLIED))
    assert changes(journal) == [renamed(2, "x", "y")]
    journal.undo()
    assert (changes(journal), journal.undo()) == ([], None)


def test_a_conflict_stays_with_the_servers_words(journal: Journal) -> None:
    """Outcome and current row are kept over a restart, and through further edits of the row."""
    journal.stage("a", renamed(1, "x", "y"))
    (sent,) = journal.snapshot
    conflict = Outcome(Result.CONFLICT, "row changed", "req-7", city("z"))
    journal.settle(sent, conflict)
    journal.stage("a", recoded(1, "x", text("JPN")))
    assert [item.outcome for item in journal.snapshot] == [conflict]


def test_a_refusal_is_forgotten_once_the_value_is_another(journal: Journal) -> None:
    """`too long` says nothing about the shorter value."""
    journal.stage("a", renamed(1, "x", "y"))
    (sent,) = journal.snapshot
    journal.settle(sent, Outcome(Result.REFUSED, "too long"))
    journal.stage("a", renamed(1, "x", "z"))
    assert [item.outcome for item in journal.snapshot] == [None]


def test_an_edit_made_while_sending_stays(journal: Journal) -> None:
    """What was staged after the change was sent starts from the row as sent."""
    journal.stage("a", renamed(1, "x", "y"))
    (sent,) = journal.snapshot
    journal.stage("a", renamed(1, "x", "z"))
    journal.settle(sent, Outcome(Result.APPLIED))
    assert changes(journal) == [Update(CITY, key(1), city("y"), {"Name": text("z")})]


def test_what_was_dropped_while_sending_stays_dropped(journal: Journal) -> None:
    """A late outcome brings nothing back."""
    journal.stage("a", gone(1, "x"))
    (sent,) = journal.snapshot
    journal.drop([sent.id])
    journal.settle(sent, Outcome(Result.REFUSED, "no"))
    journal.settle(sent, Outcome(Result.APPLIED))
    assert changes(journal) == []


def test_resolve_replaces_and_forgets_the_outcome(journal: Journal) -> None:
    """A change based on the current row takes the place of the one in conflict."""
    journal.stage("a", renamed(1, "x", "y"))
    (sent,) = journal.snapshot
    journal.settle(sent, Outcome(Result.CONFLICT, "changed", "", city("z")))
    journal.resolve(sent.id, renamed(1, "z", "y"))
    assert [(item.id, item.change, item.outcome) for item in journal.snapshot] == [
        (sent.id, renamed(1, "z", "y"), None)
    ]


def test_staged_changes_follow_a_renamed_profile(journal: Journal) -> None:
    """Under the new name they are there, and undo still works."""
    journal.stage("old", renamed(1, "x", "y"))
    journal.stage("old", renamed(1, "x", "z"))
    journal.rename_profile("old", "new")
    assert journal.snapshot.profiles() == {"new": 1}
    journal.undo()
    assert [(item.profile, item.change) for item in journal.snapshot] == [("new", renamed(1, "x", "y"))]


def test_a_read_only_profile_takes_nothing(tmp_path: Path) -> None:
    """Staging is refused with the reason before anything is written."""
    journal = Journal(tmp_path / "staged.db", is_read_only=lambda profile: profile == "prod")
    with pytest.raises(ReadOnlyRefused, match="prod: this profile is read-only"):
        journal.stage("prod", renamed(1, "x", "y"))
    assert not (tmp_path / "staged.db").exists()


def test_every_change_is_told(tmp_path: Path) -> None:
    """The header's count follows the events."""
    heard: list[Event] = []
    bus = EventBus()
    bus.subscribe(heard.append)
    journal = Journal(tmp_path / "staged.db", bus)
    journal.stage("a", [renamed(1, "x", "y"), renamed(2, "x", "y")])
    journal.undo()
    journal.close()
    assert [event.count for event in heard if isinstance(event, StagedChanged)] == [2, 0]


def test_hostile_names_and_values_come_back_exactly(tmp_path: Path) -> None:
    """NUL, lone surrogates, escapes and markup in profile, path, column and value survive the file."""
    nasty = "\x00\x1b[31m\ud800[/]\u202e'\";--"
    change = Insert((nasty, "t"), {nasty: Typed("String", nasty)}, {nasty: Typed("Bytes", b"\x00\xff")})
    journal = Journal(tmp_path / "staged.db")
    journal.stage("p'\x00[/]", change)
    journal.close()
    again = Journal(tmp_path / "staged.db")
    assert [(item.profile, item.change) for item in again.load()] == [("p'\x00[/]", change)]
    again.close()


def test_the_file_is_the_users_own(journal: Journal, tmp_path: Path) -> None:
    """Nobody else may read staged values."""
    journal.load()
    assert stat.S_IMODE((tmp_path / "staged.db").stat().st_mode) == 0o600


def test_a_file_that_is_no_journal_is_told_in_words(tmp_path: Path) -> None:
    """Garbage in the place of the journal is an error for people, and is left as it is."""
    (tmp_path / "staged.db").write_bytes(b"not a database" * 100)
    with pytest.raises(Refused, match=r"staged edits .* cannot be opened: file is not a database"):
        Journal(tmp_path / "staged.db").load()
    assert (tmp_path / "staged.db").read_bytes() == b"not a database" * 100
