"""Laying out statements by sqlglot, in a process of its own; what would change more than the layout is left alone.

sqlglot writes statements from their meaning, so that functions may get other names and hints get lost. Therefore the
words of both texts are compared: only white space, the case of words, `AS`, and the signs of comments may differ.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from services.connections.process import child_environment
from services.errors import StoredeckError
from services.queries.lexing import COMMENT, MARK, NAMED, lexemes
from services.queries.statements import split
from services.text import one_line

_WORD: Final = re.compile(r"\w+|<>|!=|[^\w\s]")
_ARGUMENT: Final = "storedeck_argument_{}_"
_EQUAL: Final = {"!=": "<>"}
_LEFT_OUT: Final = frozenset({"AS"})
MOST_WORDS: Final = 120


@dataclass(frozen=True, slots=True)
class Layout:
    """A text laid out.

    Attributes:
        count: statements in it.
        left: the number of each statement that stayed as it was, and why.
    """

    text: str
    count: int
    left: tuple[tuple[int, str], ...] = ()


async def laid_out_elsewhere(text: str, dialect: str) -> Layout:
    """The text laid out by a child process: the parser is large and would hold up the keys.

    Raises:
        StoredeckError: the process ended without an answer.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.queries.formatting",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=child_environment(),
    )
    try:
        answer, problem = await process.communicate(json.dumps([text, dialect]).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = one_line(problem.decode(errors="replace")[-300:])
        raise StoredeckError(f"format: its process ended with code {process.returncode}: {last}")
    new, count, left = json.loads(answer)
    return Layout(new, count, tuple((number, why) for number, why in left))


def laid_out(text: str, dialect: str) -> Layout:
    """Every statement of a text laid out, what stands between them as it is."""
    parts: list[str] = []
    left: list[tuple[int, str]] = []
    last = 0
    pieces = split(text, dialect)
    for number, piece in enumerate(pieces, 1):
        head = _head(piece.text, dialect)
        try:
            new = piece.text[:head] + _statement(piece.text[head:], dialect)
        except _LeftAlone as reason:
            new = piece.text
            left.append((number, str(reason)))
        between = text[last : piece.start]
        parts += [";\n" if between.strip() == ";" and "\n" not in between else between, new]
        last = piece.end
    return Layout("".join(parts) + text[last:], len(pieces), tuple(left))


class _LeftAlone(Exception):
    """Why a statement stays as it is."""


def _head(text: str, dialect: str) -> int:
    """Where the statement begins behind the comments before it, which keep their signs."""
    end = 0
    for lexeme in lexemes(text, dialect):
        if lexeme.kind != COMMENT or text[end : lexeme.start].strip() or text.startswith("/*+", lexeme.start):
            break
        end = lexeme.end
    return end + len(text[end:]) - len(text[end:].lstrip())


def _statement(text: str, dialect: str) -> str:
    import sqlglot
    from sqlglot.errors import SqlglotError

    plain, arguments = _without_arguments(text, dialect)
    try:
        trees: list[Any] = sqlglot.parse(plain, read=dialect or None)
        if len(trees) != 1 or trees[0] is None or isinstance(trees[0], sqlglot.exp.Command):
            raise _LeftAlone("it is not understood")
        new = str(trees[0].sql(dialect=dialect or None, pretty=True, normalize_functions=False))
    except SqlglotError as error:
        raise _LeftAlone(one_line(str(error).splitlines()[0])[:MOST_WORDS]) from error
    for number, argument in enumerate(arguments):
        new = new.replace(_ARGUMENT.format(number), argument)
    _compare(text, new, dialect)
    return new


def _without_arguments(text: str, dialect: str) -> tuple[str, list[str]]:
    """The text with a name in the place of each argument, and the arguments."""
    parts: list[str] = []
    arguments: list[str] = []
    last = 0
    for lexeme in lexemes(text, dialect):
        if lexeme.kind in (NAMED, MARK):
            parts += [text[last : lexeme.start], _ARGUMENT.format(len(arguments))]
            arguments.append(text[lexeme.start : lexeme.end])
            last = lexeme.end
    return "".join(parts) + text[last:], arguments


def _compare(old: str, new: str, dialect: str) -> None:
    """Refuse a layout that changes words, quotes or comments."""
    old_words, old_comments = _words(old, dialect)
    new_words, new_comments = _words(new, dialect)
    for one, other in zip([*old_words, ""], [*new_words, ""], strict=False):
        if other not in (one, one.upper()):
            raise _LeftAlone(f"{(one or other)[:40]} would change")
    if old_comments != new_comments:
        raise _LeftAlone("a comment would change")


def _words(text: str, dialect: str) -> tuple[list[str], list[str]]:
    """Words and quotes in order, and the words of the comments, sorted."""
    words: list[str] = []
    comments: list[str] = []
    for is_plain, part in _stretches(text, dialect):
        if is_plain:
            words += [_EQUAL.get(word, word) for word in _WORD.findall(part) if word.upper() not in _LEFT_OUT]
        elif part.startswith(("--", "#", "/*")):
            sign = "+" if part.startswith("/*+") else ""
            comments.append(sign + " ".join(part.strip("-/*#+ \n").split()))
        else:
            words.append(part)
    return words, sorted(comments)


def _stretches(text: str, dialect: str) -> Iterator[tuple[bool, str]]:
    """Plain text, and each quote, comment or argument as it stands."""
    last = 0
    for lexeme in lexemes(text, dialect):
        yield True, text[last : lexeme.start]
        yield False, text[lexeme.start : lexeme.end]
        last = lexeme.end
    yield True, text[last:]


def main() -> None:
    """Answer one request: JSON in, JSON out."""
    text, dialect = json.load(sys.stdin)
    layout = laid_out(text, dialect)
    json.dump([layout.text, layout.count, layout.left], sys.stdout)


if __name__ == "__main__":
    main()
