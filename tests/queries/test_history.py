"""The history of statements."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from services.bootstrap import build_services
from services.paths import Paths
from services.queries.drafts import Draft
from services.queries.history import History
from services.queries.masking import masked

WRITER = """
import sys
from pathlib import Path
from services.queries.history import History
history = History(Path(sys.argv[1]))
for number in range(200):
    entry = history.start(f"select {sys.argv[2]}, {number}", "grid")
    history.finish(entry, "done", seconds=0.1, rows=number)
"""


def test_an_entry_keeps_what_happened(tmp_path: Path) -> None:
    """Text, start, time, rows, profile, outcome and error are all there, newest first."""
    history = History(tmp_path / "history.db")
    first = history.start("select 1", "grid", started=100.0)
    history.finish(first, "done", seconds=0.5, rows=1)
    second = history.start("selec 2", "other", started=200.0)
    history.finish(second, "failed", seconds=0.1, error="syntax error")
    assert [
        (entry.text, entry.started, entry.seconds, entry.rows, entry.profile, entry.outcome, entry.error)
        for entry in history.search()
    ] == [
        ("selec 2", 200.0, 0.1, None, "other", "failed", "syntax error"),
        ("select 1", 100.0, 0.5, 1, "grid", "done", ""),
    ]


def test_search_wants_every_word_and_knows_no_patterns(tmp_path: Path) -> None:
    """Words are found in any order and case; % and _ are themselves."""
    history = History(tmp_path / "history.db")
    for text in ("SELECT Name FROM City", "select 100% of it", "select 1000 of it", "ÄPFEL"):
        history.start(text, "grid")
    assert [entry.text for entry in history.search("city name")] == ["SELECT Name FROM City"]
    assert [entry.text for entry in history.search("100%")] == ["select 100% of it"]
    assert [entry.text for entry in history.search("äpfel")] == ["ÄPFEL"]
    assert history.search("city", profile="other") == []
    assert len(history.search(limit=2)) == 2


def test_private_mode_writes_nothing(tmp_path: Path) -> None:
    """Neither statements nor drafts of private mode reach the file."""
    path = tmp_path / "history.db"
    history = History(path)
    history.is_private = True
    entry = history.start("select 'my own business'", "grid")
    history.finish(entry, "done", seconds=0.1)
    history.drafts.keep(Draft("console:grid", "my own draft"))
    assert (entry, history.search(), history.drafts.open()) == (None, [], [])
    history.close()
    assert b"my own" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    """Two consoles that write at once keep every entry with its own outcome."""
    path = tmp_path / "history.db"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=Path(__file__).parents[2])
        for name in ("one", "two")
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    entries = History(path).search(limit=1000)
    assert sorted((entry.text, entry.rows, entry.outcome) for entry in entries) == sorted(
        (f"select {name}, {number}", number, "done") for name in ("one", "two") for number in range(200)
    )


def test_the_file_is_the_users_own(tmp_path: Path) -> None:
    """Nobody else may read it."""
    history = History(tmp_path / "state" / "history.db")
    history.start("select 1", "grid")
    assert stat.S_IMODE((tmp_path / "state" / "history.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "CREATE USER a WITH PASSWORD 'S3CRET'",
        "alter user a identified by 'S3CRET'",
        'create connection c options (access_key = "S3CRET", x = 1)',
        "set api_key='S3''CRET'",
        "set password 'S3CRET",
    ],
)
def test_secrets_are_masked_before_they_are_kept(tmp_path: Path, text: str) -> None:
    """No password or key of a statement reaches the file, not even from an unclosed quote."""
    history = History(tmp_path / "history.db")
    history.finish(history.start(text, "grid"), "failed", seconds=0.1, error=f"near {text}")
    history.close()
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"CRET" not in written


def test_ordinary_texts_stay_as_they_are() -> None:
    """A column named like a secret is not one."""
    text = "select token, 'a' from password where secret = id"
    assert masked(text) == text


def test_only_the_newest_entries_are_kept(tmp_path: Path) -> None:
    """With room for three, the fourth statement ends the first one's stay."""
    history = History(tmp_path / "history.db", most_entries=3)
    for number in range(5):
        history.start(f"select {number}", "grid")
    assert ["select 4", "select 3", "select 2"] == [entry.text for entry in history.search()]
    history.close()


def test_the_setting_says_how_many_statements_are_kept(tmp_path: Path) -> None:
    """`history_size` reaches the file."""
    services = build_services(Paths(tmp_path / "config", tmp_path / "state", tmp_path / "cache"))
    services.settings_file.change(history_size=2)
    for number in range(4):
        services.history.start(f"select {number}", "grid")
    assert ["select 3", "select 2"] == [entry.text for entry in services.history.search()]
    services.close()
