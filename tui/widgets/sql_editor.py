"""A text area for SQL: knows its statements, and shows quotes, comments and key words by a small lexer of our own."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import ClassVar, Final

from rich.text import Text
from textual.widgets.text_area import Selection

from services.queries.lexing import COMMENT, MARK, NAME, NAMED, TEXT, lexemes
from services.queries.statements import Piece, split, statement_at
from tui.widgets.completion_editor import CompletingEditor

HIGHLIGHT_LIMIT: Final = 200_000
"""Longer texts are shown plain."""

_WORDS: Final = re.compile(
    r"\b(?P<keyword>SELECT|FROM|WHERE|JOIN|LEFT|RIGHT|FULL|INNER|OUTER|CROSS|NATURAL|ON|USING|GROUP|BY|HAVING|ORDER|ASC"
    r"|DESC|LIMIT|OFFSET|FETCH|FIRST|NEXT|ROWS?|ONLY|UNION|ALL|DISTINCT|EXCEPT|INTERSECT|AS|AND|OR|NOT|IN|IS|NULL|LIKE"
    r"|BETWEEN|EXISTS|CASE|WHEN|THEN|ELSE|END|CAST|WITH|RECURSIVE|VALUES|INSERT|INTO|UPDATE|SET|DELETE|MERGE|MATCHED"
    r"|CREATE|ALTER|DROP|TRUNCATE|TABLE|VIEW|INDEX|SCHEMA|PRIMARY|KEY|FOREIGN|REFERENCES|UNIQUE|DEFAULT|CHECK|IF|ADD"
    r"|COLUMN|GRANT|REVOKE|EXPLAIN|SHOW|DESCRIBE|KILL|QUERY|TRUE|FALSE|OVER|PARTITION|WINDOW|FILTER)\b"
    r"|(?P<number>\b\d[\w.]*)",
    re.IGNORECASE,
)
_STYLE_NAMES: Final = {TEXT: "string", NAME: "name", COMMENT: "comment", NAMED: "argument", MARK: "argument"}


class SqlEditor(CompletingEditor):
    """Where statements are written."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sql-editor--keyword",
        "sql-editor--number",
        "sql-editor--string",
        "sql-editor--name",
        "sql-editor--comment",
        "sql-editor--argument",
    }
    DEFAULT_CSS = """
    SqlEditor {
        width: 1fr;
        height: 1fr;
        border: none;
        padding: 0;
        background: $ground;
        color: $foreground;
        &:focus { border: none; }
        .text-area--gutter { color: $dim; background: $ground; }
        .text-area--cursor-gutter { color: $accent; background: $ground; text-style: bold; }
        .text-area--cursor { background: $accent; color: $on-accent; }
        .text-area--selection { background: $cursor; }
        .text-area--placeholder { color: $dim; }
        .sql-editor--keyword { text-style: bold; }
        .sql-editor--string { color: $ok; }
        .sql-editor--name { color: $foreground; }
        .sql-editor--comment { color: $dim; text-style: italic; }
        .sql-editor--number { color: $foreground; }
        .sql-editor--argument { color: $accent; text-style: bold; }
    }
    """

    _spans: dict[int, list[tuple[int, int, str]]] | None = None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            id=id,
            theme="css",
            show_line_numbers=True,
            soft_wrap=False,
            tab_behavior="focus",
            placeholder="Write SQL here. f5 runs the statement at the cursor.",
        )
        self.cursor_blink = False
        self.highlight_cursor_line = False

    def statements_to_run(self) -> list[Piece]:
        """Those in the selection, else the one at the cursor."""
        selected = self.selected_text
        if selected.strip():
            return split(selected, self.dialect)
        piece = statement_at(self.plain_text, self.cursor_offset_in_text, self.dialect)
        return [piece] if piece is not None else []

    def all_statements(self) -> list[Piece]:
        """Every statement."""
        return split(self.plain_text, self.dialect)

    def place_words(self) -> str:
        """Where the cursor is, in words: line, column, which statement of how many."""
        line, column = self.cursor_location
        words = f"line {line + 1}, column {column + 1}"
        pieces = self.all_statements() if len(self.text) <= HIGHLIGHT_LIMIT else []
        if len(pieces) < 2:
            return words
        here = statement_at(self.plain_text, self.cursor_offset_in_text, self.dialect)
        number = next((place for place, piece in enumerate(pieces, 1) if piece == here), 0)
        return f"{words} · statement {number} of {len(pieces)}"

    def append(self, statement: str) -> None:
        """Put a statement behind all others, the cursor in it; nothing that is there gets lost."""
        before = self.text.rstrip()
        if before and not before.endswith(";"):
            before += ";"
        start = f"{before}\n\n" if before else ""
        self.load_text(start + statement)
        self.selection = Selection.cursor(self.document.end)

    def _build_highlight_map(self) -> None:
        super()._build_highlight_map()
        self._spans = None

    def get_line(self, line_index: int) -> Text:
        """A line with its parts styled."""
        text = super().get_line(line_index)
        if self._spans is None:
            self._spans = self._find_spans()
        for start, end, name in self._spans.get(line_index, ()):
            text.stylize(self.get_component_rich_style(f"sql-editor--{name}", partial=True), start, end)
        return text

    def _find_spans(self) -> dict[int, list[tuple[int, int, str]]]:
        found: dict[int, list[tuple[int, int, str]]] = {}
        whole = self.plain_text
        if len(whole) > HIGHLIGHT_LIMIT:
            return found
        starts = [0]
        for text in self.document.lines:
            starts.append(starts[-1] + len(text) + 1)
        for start, end, name in _styled(whole, self.dialect):
            line = bisect_right(starts, start) - 1
            while line + 1 < len(starts) and starts[line] < end:
                span = (max(start - starts[line], 0), min(end, starts[line + 1]) - starts[line], name)
                found.setdefault(line, []).append(span)
                line += 1
        return found


def _styled(text: str, dialect: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and style of everything that has one, in order."""
    last = 0
    for lexeme in lexemes(text, dialect):
        yield from _styled_words(text, last, lexeme.start)
        if lexeme.kind in _STYLE_NAMES:
            yield lexeme.start, lexeme.end, _STYLE_NAMES[lexeme.kind]
        last = lexeme.end
    yield from _styled_words(text, last, len(text))


def _styled_words(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    for match in _WORDS.finditer(text, start, end):
        yield match.start(), match.end(), match.lastgroup or ""
