"""Saved queries as plain files."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.errors import UsageError
from services.queries.query_files import MOST_BYTES, fingerprint, held, query_path, read_query, write_query


def test_a_query_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Letters of any script, line ends and a last line without one stay; a byte order mark is none of the text."""
    path = tmp_path / "öre.sql"
    text = "select 'é✓'\r\nfrom a\n-- end"
    write_query(path, text)
    assert (path.read_bytes(), read_query(path)) == (text.encode(), text)
    path.write_bytes(b"\xef\xbb\xbfselect 1")
    assert read_query(path) == "select 1"


def test_line_ends_are_no_difference(tmp_path: Path) -> None:
    """A text and its file are alike whatever ends their lines; another word is a difference."""
    path = tmp_path / "a.sql"
    path.write_bytes(b"a\r\nb\rc")
    assert held(path) == fingerprint("a\nb\nc")
    assert fingerprint("a\nb") != fingerprint("a b")
    assert held(tmp_path / "none.sql") is None


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("none.sql", None, "No such file"),
        ("", None, "directory"),
        ("image.sql", b"select \xff\xfe", "no text in UTF-8, see byte 7"),
        ("big.sql", b"x" * (MOST_BYTES + 1), "larger than 4 MB"),
    ],
)
def test_what_is_no_query_is_refused_in_words(tmp_path: Path, name: str, data: bytes | None, words: str) -> None:
    """The file's name, what is wrong, and what to do."""
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=words) as caught:
        read_query(tmp_path / name)
    assert str(tmp_path) in caught.value.message
    assert caught.value.hint


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """No such folder: an error in words, nothing made."""
    with pytest.raises(UsageError, match="No such file"):
        write_query(tmp_path / "none" / "a.sql", "select 1")
    assert list(tmp_path.iterdir()) == []


def test_a_name_becomes_a_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`~` is the home, a bare name lies where the console was started."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert [query_path(name) for name in ("~/a.sql", " b.sql ")] == [tmp_path / "home" / "a.sql", tmp_path / "b.sql"]
