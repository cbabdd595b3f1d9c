"""Statements: the whole answer comes at once and is handed on in pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from services.cancel import CancelToken
from services.errors import StoredeckError, TimedOut, UnsupportedOperation
from services.stores.tablestore import names
from services.stores.tablestore.answers import SqlAnswer, TableAnswer
from services.stores.tablestore.faults import statement_refused
from services.stores.tablestore.link import Link
from services.stores.tablestore.tables import Tables
from services.stores.types import Count, SqlPage, Statement

PAGE_ROWS: Final = 5000
SQL_TYPES: Final = {
    "Integer": "BIGINT",
    "Double": "DOUBLE",
    "Boolean": "BOOL",
    "String": "MEDIUMTEXT",
    "Binary": "MEDIUMBLOB",
}
KEY_SQL_TYPES: Final = {"Integer": "BIGINT", "String": "VARCHAR(1024)", "Binary": "VARBINARY(1024)"}
_MISSING: Final = re.compile(r"[Tt]able [`'\"]?(?:[\w-]+\.)?([A-Za-z_]\w*)[`'\"]? (?:doesn't|does not) exist")


def run(link: Link, tables: Tables, statement: Statement, cancel: CancelToken) -> Iterator[SqlPage]:
    """Pages of the answer.

    Raises:
        StatementRefused, TimedOut, Cancelled.
    """
    if statement.arguments:
        hint = "Write the values into the statement."
        raise UnsupportedOperation("statement: Tablestore's SQL takes no arguments", hint=hint)
    text = statement.text.strip().rstrip(";").strip()
    seconds = statement.timeout_seconds
    try:
        answer: SqlAnswer = link.call(
            "SQLQuery", text, what="statement", cancel=cancel, is_write=not _is_read(text), seconds=seconds
        )
    except TimedOut as error:
        if error.__cause__ is None and seconds is not None:
            words = f"statement: not done within {seconds:g} s; the service has no way to stop it and ends it itself"
            raise TimedOut(words, hint="Allow it more time, or narrow it down.") from error
        raise
    except StoredeckError as error:
        refused = statement_refused(error, _mapping_hint(tables, error.message))
        if refused is error:
            raise
        raise refused from error
    yield from _pages(answer, statement)


def _is_read(text: str) -> bool:
    return text[:6].upper() in ("SELECT", "SHOW T", "DESCRI")


def _pages(answer: SqlAnswer, statement: Statement) -> Iterator[SqlPage]:
    batch = answer.batch
    if batch is None:
        yield SqlPage(None, Count.exact(0), affected=0)
        return
    total = batch.num_rows
    wanted = total if statement.limit is None else min(statement.limit, total)
    step = statement.page_rows or PAGE_ROWS
    count = Count.exact(total) if wanted == total else Count.at_least(wanted)
    for start in range(0, max(wanted, 1), step):
        yield SqlPage(batch.slice(start, min(step, wanted - start)), count)


def _mapping_hint(tables: Tables, words: str) -> str:
    """The statement that maps a table which is there but cannot be reached by SQL yet; empty otherwise."""
    found = _MISSING.search(words)
    if found is None:
        return ""
    try:
        table = tables.known((found[1],))
    except StoredeckError:
        return "No table has that name either; SQL reaches tables that have a mapping."
    return f"The table has no mapping for SQL yet. Run: {mapping_statement(table)}"


def mapping_statement(table: TableAnswer) -> str:
    """CREATE TABLE for a mapping of the key and the defined columns."""
    columns = [f"`{name}` {KEY_SQL_TYPES[word]}" for name, word, _ in table.key]
    columns += [f"`{name}` {SQL_TYPES[word]}" for name, word in table.columns]
    key = ", ".join(f"`{name}`" for name, _, _ in table.key)
    return f"CREATE TABLE `{names.check_name(table.name)}` ({', '.join(columns)}, PRIMARY KEY ({key}))"
