"""Steps of cells are edits like any other: staged, kept, folded, undone, reviewed, resolved, written to files."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from editing_rows import CITY, city, key, number

from services.editing.changeset import change_line, change_of, read_record
from services.editing.commit import commit
from services.editing.journal import Journal
from services.editing.resolve import rebased
from services.editing.review import planned
from services.editing.targets import RowTarget, dropped_times, settled, without_version
from services.editing.wording import cell_changes, value_words
from services.stores.changes import Call, Change, Outcome, Result, Update, is_step
from services.stores.features import Guarantee
from services.values import ABSENT, Row, Typed

POPULATION = ("Population", "")
FIVE = Typed("increment", 5)
TWO_VERSIONS = Typed("delete versions", [Typed("Integer", 1_700_000_000_123), Typed("Integer", 0)])


def read() -> Row:
    """A city as it was read."""
    return {**city("Seoul"), "Population": number(10)}


def stepped(step: Typed) -> Update:
    """A city whose population takes a step."""
    return Update(CITY, key(1), read(), {"Population": step})


@pytest.mark.parametrize("step", [FIVE, TWO_VERSIONS])
def test_a_step_survives_the_journal_and_a_file(tmp_path: Path, step: Typed) -> None:
    """Staged, read by another process, and through a change set it is the same step."""
    journal, other = Journal(tmp_path / "staged.db"), Journal(tmp_path / "staged.db")
    journal.stage("a", stepped(step))
    (staged,) = other.load()
    assert stepped(step) == staged.change
    journal.close()
    other.close()

    def never(column: str, data: Any) -> Typed:
        raise AssertionError(column)

    line = json.loads(change_line("a:x", stepped(step)))
    assert stepped(step) == change_of(read_record(line, "f: line 1"), CITY, never)


def test_a_step_folds_and_is_undone(tmp_path: Path) -> None:
    """A later step takes the place of the first, a value that of the step, and undo goes back one by one."""
    journal = Journal(tmp_path / "staged.db")
    seven = Typed("increment", 7)
    for value in (FIVE, seven, number(99)):
        journal.stage("a", stepped(value))
    assert [{"Population": number(99)}] == [staged.change.after for staged in journal.snapshot]  # type: ignore[union-attr]
    journal.undo()
    assert [stepped(seven)] == [staged.change for staged in journal.snapshot]
    journal.undo()
    assert [stepped(FIVE)] == [staged.change for staged in journal.snapshot]
    journal.stage("a", stepped(number(10)))
    assert 0 == journal.count()
    journal.close()


def test_a_step_is_told_in_words() -> None:
    """What is added with its sign, what goes with its time; never as if it were the new value."""
    assert "+5" == value_words(FIVE)
    assert "-1,000" == value_words(Typed("increment", -1000))
    words = "without the version of 2023-11-14 22:13:20.123, 1970-01-01 00:00:00"
    assert words == value_words(TWO_VERSIONS, 100)
    assert [(POPULATION, number(10), FIVE)] == cell_changes(stepped(FIVE))
    assert is_step(FIVE)
    assert not is_step(number(5))
    assert not is_step(ABSENT)


def test_a_step_is_kept_over_what_others_wrote() -> None:
    """After a conflict mine is the same step on the row as it is now."""
    theirs = {**read(), "Population": number(50)}
    assert Update(CITY, key(1), theirs, {"Population": FIVE}) == rebased(stepped(FIVE), theirs)


def test_versions_are_marked_one_by_one() -> None:
    """Marking adds a version, marking again takes it out; with none left the cell is as it was read."""
    target = RowTarget(CITY, key(1), read(), {**read(), "Population": TWO_VERSIONS})
    assert number(10) == settled(target, POPULATION)
    assert (1_700_000_000_123, 0) == dropped_times(TWO_VERSIONS)
    one = without_version(TWO_VERSIONS, 0, number(10))
    assert Typed("delete versions", [Typed("Integer", 1_700_000_000_123)]) == one
    assert number(10) == without_version(one, 1_700_000_000_123, number(10))
    assert (7,) == dropped_times(without_version(number(10), 7, number(10)))


class Joining:
    """A session that says which way changes came."""

    def __init__(self) -> None:
        self.ways: list[str] = []

    async def guarantee(self, path: tuple[str, ...]) -> Guarantee:
        """Of single changes."""
        return Guarantee.CONDITIONAL

    async def plan(self, changes: Sequence[Change]) -> list[Call]:
        """One by one."""
        return [Call("alone") for _ in changes]

    async def plan_together(self, changes: Sequence[Change]) -> list[Call]:
        """All or none."""
        return [Call("together") for _ in changes]

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """One by one."""
        self.ways.append("alone")
        for _ in changes:
            yield Outcome(Result.APPLIED)

    async def apply_together(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """All or none."""
        self.ways.append("together")
        for _ in changes:
            yield Outcome(Result.APPLIED)


async def test_only_joined_containers_are_sent_together(tmp_path: Path) -> None:
    """Review and commit agree on which containers go as one transaction, each with its own guarantee."""
    journal, session = Journal(tmp_path / "staged.db"), Joining()
    country = ("PUBLIC", "Country")
    journal.stage("a", stepped(FIVE))
    journal.stage("a", Update(country, key(1), read(), {"Population": FIVE}))
    joined = {("a", CITY)}
    groups = await planned(journal.snapshot, lambda profile: session, joined)  # type: ignore[arg-type, return-value]
    told = [(group.guarantee, group.is_joined, group.calls[0].text) for group in groups]
    assert [(Guarantee.TRANSACTION, True, "together"), (Guarantee.CONDITIONAL, False, "alone")] == told

    async def opened(profile: str) -> Joining:
        return session

    settled_ones = [one async for one in commit(journal, list(journal.snapshot), opened, None, joined)]  # type: ignore[arg-type]
    assert ["together", "alone"] == session.ways
    assert [Result.APPLIED] * 2 == [one.outcome.result for one in settled_ones]
    journal.close()
