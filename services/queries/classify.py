"""Telling reads from writes by the parsed statement; what is not understood is not a read."""

from __future__ import annotations

import logging
import re
from typing import Final

from services.queries.lexing import bare
from services.queries.statements import split

_LEADING: Final = re.compile(r"\s*(\w+)\s*")
_EXPLAIN_OPTION: Final = re.compile(r"(?:PLAN\s+FOR|VERBOSE|\([\w\s,]*\))\s*", re.IGNORECASE)
_SETTING: Final = re.compile(r"SET(?:\s+[\w.]+\s*=.*)?", re.IGNORECASE)
_SETTING_DIALECTS: Final = frozenset({"hive"})
_SHOWING: Final = frozenset({"SHOW", "DESCRIBE", "DESC"})
_SERVER_FUNCTIONS: Final = {"pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "load_extension"}
_LOCK_FUNCTIONS: Final = {"pg_advisory_lock", "get_lock", "release_lock"}
_OUTSIDE_FUNCTIONS: Final = {"lo_import", "lo_export", "file_write", "csvwrite", "writefile", "link_schema"}
_CHANGING_FUNCTIONS: Final = (
    {"nextval", "setval", "set_config", "lo_create", "lo_unlink", "dblink", "dblink_exec", "query_to_xml"}
    | _SERVER_FUNCTIONS
    | _LOCK_FUNCTIONS
    | _OUTSIDE_FUNCTIONS
)


def is_read(text: str, dialect: str = "") -> bool:
    """Whether the text is one statement that only reads: SELECT, VALUES, WITH .. SELECT, SHOW, EXPLAIN of a read.

    Where `SET name=value;` gives a statement its settings, it may stand before one, or alone.

    Args:
        dialect: a sqlglot dialect; an unknown one makes nothing a read.
    """
    pieces = split(text, dialect)
    if dialect in _SETTING_DIALECTS and pieces:
        settings = [piece for piece in pieces[:-1] if not _is_setting(piece.text, dialect)]
        return not settings and (_is_setting(pieces[-1].text, dialect) or _reads(pieces[-1].text, dialect))
    return len(pieces) == 1 and _reads(pieces[0].text, dialect)


def _is_setting(text: str, dialect: str) -> bool:
    return _SETTING.fullmatch(bare(text, dialect).strip()) is not None


def _reads(text: str, dialect: str) -> bool:
    plain = bare(text, dialect)
    leading = _LEADING.match(plain)
    word = leading[1].upper() if leading else ""
    if leading is not None and word == "EXPLAIN":
        rest = plain[leading.end() :]
        option = _EXPLAIN_OPTION.match(rest)
        start = leading.end() + (option.end() if option else 0)
        return "ANALYZE" not in rest.upper().split() and _reads(text[start:], dialect)
    if word in _SHOWING:
        return re.search(r"[(;]|\bINTO\b", plain, re.IGNORECASE) is None
    return _is_query(text, dialect)


def _is_query(text: str, dialect: str) -> bool:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        trees = sqlglot.parse(text, dialect=dialect or None)
    except (SqlglotError, ValueError, RecursionError):
        return False
    if len(trees) != 1 or not isinstance(trees[0], (exp.Query, exp.Values)):
        return False
    changing = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock, exp.Drop, exp.Alter, exp.Copy, exp.Set, exp.Kill)
    for node in trees[0].walk():
        if isinstance(node, changing) and not isinstance(node, exp.Query):
            return False
        if isinstance(node, exp.Func) and _function_name(node) in _CHANGING_FUNCTIONS:
            return False
    return True


def _function_name(node: object) -> str:
    name = getattr(node, "name", "") if type(node).__name__ == "Anonymous" else type(node).__name__
    return str(name).lower()
