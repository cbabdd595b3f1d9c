"""Two sqlglot dialects: Ignite's SQL as it is read, and SQLite's as it is written here."""

from __future__ import annotations

from typing import ClassVar

from sqlglot import parser, tokens
from sqlglot.dialects.dialect import Dialect
from sqlglot.dialects.sqlite import SQLite


class IgniteSql(Dialect):
    """Near to the standard; integer division, binary literals."""

    TYPED_DIVISION = True
    SAFE_DIVISION = True

    class Parser(parser.Parser):
        # Read as plain calls: the readings built in take the arguments in another order.
        FUNCTIONS: ClassVar = {
            name: builder
            for name, builder in parser.Parser.FUNCTIONS.items()
            if name not in {"DATEDIFF", "DATE_DIFF", "DATEADD", "DATE_ADD", "TIMESTAMPDIFF", "TIMESTAMPADD"}
        }

    class Tokenizer(tokens.Tokenizer):
        HEX_STRINGS: ClassVar = [("x'", "'"), ("X'", "'")]
        # FLOAT has eight bytes, as DOUBLE; what is read as FLOAT from here on was written REAL.
        KEYWORDS: ClassVar = {**tokens.Tokenizer.KEYWORDS, "FLOAT": tokens.Tokenizer.KEYWORDS["DOUBLE"]}


class EngineSql(SQLite):
    """Names in backticks: SQLite reads an unknown name in double quotes as a string."""

    class Tokenizer(SQLite.Tokenizer):
        IDENTIFIERS: ClassVar = ["`"]
