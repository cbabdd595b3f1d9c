"""Drafts in the history's file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from services.queries.drafts import CLOSED_KEPT, Draft, new_name
from services.queries.history import History

OPENER = """
import sys
from pathlib import Path
from services.queries.drafts import Draft, new_name
from services.queries.history import History
history = History(Path(sys.argv[1]))
for number in range(50):
    history.drafts.keep(Draft(new_name("grid"), f"{sys.argv[2]} {number}"))
"""


def texts(drafts: list[Draft]) -> list[tuple[str, str]]:
    """Profile and text of each."""
    return [(draft.profile, draft.text) for draft in drafts]


def test_drafts_are_there_again_until_they_are_emptied(tmp_path: Path) -> None:
    """Another console finds text, file and profile of each, in the order they were made; an empty one is none."""
    first, second = Draft(new_name("grid"), "select 1", "/q/a.sql", "abc"), Draft(new_name("ots"), "select 2")
    with closing(History(tmp_path / "history.db")) as history:
        for draft in (first, second, Draft(first.name, "select 3", "/q/a.sql", "abc")):
            history.drafts.keep(draft)
    with closing(History(tmp_path / "history.db")) as history:
        found = history.drafts.open()
        assert texts(found) == [("grid", "select 3"), ("ots", "select 2")]
        assert (found[0].path, found[0].saved, found[0].closed) == ("/q/a.sql", "abc", None)
        history.drafts.keep(Draft(second.name, " \n"))
        assert texts(history.drafts.open()) == [("grid", "select 3")]


def test_drafts_of_an_earlier_version_stay(tmp_path: Path) -> None:
    """A file with one draft a profile is read, and taken on."""
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE drafts (name TEXT PRIMARY KEY, text TEXT NOT NULL, changed REAL NOT NULL)")
        database.execute("INSERT INTO drafts VALUES ('console:grid', 'select old', 100.0)")
    with closing(History(path)) as history:
        assert history.drafts.open() == [Draft("console:grid", "select old", changed=100.0)]
        assert history.drafts.open()[0].profile == "grid"
        history.drafts.keep(Draft("console:grid", "select new"))
        assert texts(history.drafts.open()) == [("grid", "select new")]


def test_closed_drafts_can_be_taken_back(tmp_path: Path) -> None:
    """A closed draft is not among the open ones, keeps its text, and comes back; a text kept late opens none."""
    with closing(History(tmp_path / "history.db")) as history:
        draft = Draft(new_name("grid"), "select 1")
        history.drafts.keep(draft)
        history.drafts.close(draft.name)
        history.drafts.keep(Draft(draft.name, "select 2"))
        assert (history.drafts.open(), texts(history.drafts.closed())) == ([], [("grid", "select 2")])
        history.drafts.reopen(draft.name)
        assert (texts(history.drafts.open()), history.drafts.closed()) == ([("grid", "select 2")], [])


def test_only_the_last_closed_drafts_are_kept(tmp_path: Path) -> None:
    """The oldest of many closed drafts go, the open ones never."""
    with closing(History(tmp_path / "history.db")) as history:
        history.drafts.keep(Draft("console:grid", "open"))
        for number in range(CLOSED_KEPT + 2):
            draft = Draft(new_name("grid"), f"select {number}")
            history.drafts.keep(draft)
            history.drafts.close(draft.name)
        assert texts(history.drafts.open()) == [("grid", "open")]
        assert [draft.text for draft in history.drafts.closed()] == [
            f"select {number}" for number in range(CLOSED_KEPT + 1, 1, -1)
        ]


def test_two_consoles_open_an_old_file_at_once(tmp_path: Path) -> None:
    """Both give it what it lacks and lose no draft."""
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE drafts (name TEXT PRIMARY KEY, text TEXT NOT NULL, changed REAL NOT NULL)")
    root = Path(__file__).parents[2]
    openers = [subprocess.Popen([sys.executable, "-c", OPENER, str(path), name], cwd=root) for name in ("a", "b")]
    assert [opener.wait(timeout=60) for opener in openers] == [0, 0]
    with closing(History(path)) as history:
        assert sorted(draft.text for draft in history.drafts.open()) == sorted(
            f"{name} {number}" for name in "ab" for number in range(50)
        )
