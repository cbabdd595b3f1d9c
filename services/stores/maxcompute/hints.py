"""`SET name=value;` before a statement, and what stays set for the session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.errors import UsageError

PRIORITY: Final = "odps.instance.priority"
QUOTA: Final = "odps.task.wlm.quota"
SCHEMA: Final = "odps.default.schema"
ONE_STATEMENT: Final = {"odps.sql.submit.mode": ""}
"""For statements of our own making: whatever the session has set, a condition cannot bring a second one along."""

_COMMENT: Final = re.compile(r"\s*(?:--[^\n]*(?:\n|\Z)|/\*.*?\*/)", re.DOTALL)
_SET: Final = re.compile(r"\s*set\s+([\w.]+)\s*=\s*([^;\n]*?)\s*(?:;|\Z)", re.IGNORECASE)
_SHOW: Final = re.compile(r"\s*set\s*;?\s*\Z", re.IGNORECASE)
_FIRST_WORD: Final = re.compile(r"[\s(]*([A-Za-z]+)")
_QUERIES: Final = frozenset({"SELECT", "WITH", "FROM", "VALUES"})
_CHANGES: Final = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement apart from what was set before it.

    Attributes:
        text: empty where nothing but settings was given.
        is_show: it asks for what is set.
    """

    text: str
    settings: Mapping[str, str]
    is_show: bool = False

    @property
    def word(self) -> str:
        """Its first word in capitals."""
        match = _FIRST_WORD.match(without_comments(self.text))
        return match[1].upper() if match else ""

    @property
    def may_have_rows(self) -> bool:
        """Whether it reads as a query."""
        return self.word in _QUERIES

    @property
    def changes_rows(self) -> bool:
        """Whether it changes rows."""
        words = set(re.findall(r"[A-Za-z]+", self.text.upper())) if self.word in ("WITH", "FROM") else {self.word}
        return bool(words & _CHANGES)


def prepared(text: str) -> Prepared:
    """Take the settings off the front of a statement."""
    if _SHOW.match(without_comments(text)):
        return Prepared("", {}, is_show=True)
    settings: dict[str, str] = {}
    rest = text
    while True:
        match = _SET.match(without_comments(rest))
        if match is None:
            return Prepared(rest.strip().rstrip(";").strip(), settings)
        settings[match[1]] = match[2].strip("'\"") if match[2][:1] == match[2][-1:] else match[2]
        rest = without_comments(rest)[match.end() :]


def without_comments(text: str) -> str:
    """The text from its first word that is no comment."""
    while (match := _COMMENT.match(text)) is not None:
        text = text[match.end() :]
    return text.lstrip()


def priority_of(settings: Mapping[str, str]) -> int | None:
    """The priority among the settings, 0 to 9, or None.

    Raises:
        UsageError: it is no such number.
    """
    text = settings.get(PRIORITY, "")
    if not text:
        return None
    if not text.isdigit() or int(text) > 9:
        raise UsageError(f"{PRIORITY}: {text!r} is no priority", hint="Write 0 (first) to 9 (last).")
    return int(text)
