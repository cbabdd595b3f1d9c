"""JSON that users write: numbers with all their digits, rows and keys of a container."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from services.errors import NotFound, UnsupportedOperation, UsageError, ValueRefused
from services.stores.base import WritesRows
from services.stores.changes import Condition, Existence, Path
from services.stores.features import Feature

if TYPE_CHECKING:
    from services.cli.connecting import Opened
    from services.values import Key, Row, Typed


NUMBER_WORDS: Final = frozenset({"Byte", "Short", "Int", "Long", "Float", "Double", "Decimal"})
TEXT_WORDS: Final = frozenset({"String", "Char"})


class WrittenNumber(float):
    """A fraction that remembers its digits: a double to those who want one, exact text to a decimal column."""

    text: str

    def __new__(cls, text: str) -> WrittenNumber:
        """From the text of the number."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text


def exact_json(text: str, what: str) -> Any:
    """Parse JSON.

    Raises:
        UsageError: the text is no JSON; `what` names the option.
    """
    try:
        return json.loads(text, parse_float=WrittenNumber, parse_constant=_no_constant)
    except RecursionError:
        raise UsageError(f"{what}: nested too deep", hint="JSON nests up to a few hundred levels here.") from None
    except ValueError as error:
        hint = """Quote it for the shell: '{"id": 1}'; a text needs its own quotes: '"abc"'."""
        raise UsageError(f"{what}: no JSON: {error}", hint=hint) from error


def _no_constant(word: str) -> Any:
    raise ValueError(f'{word} is no JSON; write {{"$float": "nan"}}, "inf" or "-inf"')


def read_text(source: str, what: str) -> str:
    """A file's text, or standard input for `-`.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        if source == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        with open(source, encoding="utf-8-sig") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"{what}: {source}: {error.strerror}", hint="Name a file that you can read.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{what}: {source}: no UTF-8 text", hint="Save the file as UTF-8.") from error


def _may_be(data: Any, word: str) -> bool:
    """Whether plain JSON may stand for another type than it looks like: 1 for a Long, "1.50" for a Decimal."""
    is_number = isinstance(data, int | float) and not isinstance(data, bool)
    return (is_number and word in NUMBER_WORDS) or (isinstance(data, str) and word not in TEXT_WORDS)


class Columns:
    """Reads rows, keys and conditions of one container with the types of its columns."""

    def __init__(self, opened: Opened, path: Path) -> None:
        self._store = opened.power(WritesRows, "writing rows")  # type: ignore[type-abstract]
        self._features = opened.store.features
        self._path = path
        self._columns = {column.name: column for column in opened.store.describe(path).columns}
        self.keys = [column.name for column in self._columns.values() if column.is_key]
        if not self.keys:
            raise UnsupportedOperation(
                f"{'/'.join(path)}: its rows have no key", hint="Only containers with a key have single rows."
            )

    def value(self, name: str, data: Any, what: str) -> Typed:
        """The value that JSON data stands for in a column.

        Raises:
            NotFound: there is no such column; `what` says where the name stands.
            ValueRefused: the data does not fit the column.
        """
        return self._value(self._name(name, what), data)

    def row(self, data: Any) -> Row:
        """A whole row of `--row`.

        Raises:
            UsageError: it is no object or lacks a key column.
        """
        values = self._values(data, "--row")
        missing = [name for name in self.keys if name not in values]
        if missing:
            raise UsageError(f"--row: key column {missing[0]} is missing", hint=f"The key is {', '.join(self.keys)}.")
        return values

    def key(self, data: Any) -> Key:
        """A key: an object with exactly the key columns, or the bare value of a single one.

        Raises:
            UsageError: columns are missing or are none of the key.
        """
        is_object = isinstance(data, Mapping) and set(data) == set(self.keys)
        if not is_object and len(self.keys) == 1:
            data = {self.keys[0]: data}
        elif not is_object:
            raise UsageError("--key: not the columns of the key", hint=f"The key is {', '.join(self.keys)}.")
        return self._values(data, "--key")

    def condition(self, text: str | None) -> Condition:
        """The condition of `--if`: nothing, `absent`, `exists`, or the expected values of columns."""
        if text is None:
            return None
        if text in Existence.__members__.values():
            return Existence(text)
        return self._values(exact_json(text, "--if"), "--if")

    def _values(self, data: Any, what: str) -> dict[str, Typed]:
        if not isinstance(data, Mapping):
            raise UsageError(f"{what}: not an object", hint='Write columns and values: {"id": 1, "name": "x"}.')
        return {name: self._value(self._name(name, what), value) for name, value in data.items()}

    def _value(self, name: str, data: Any) -> Typed:
        """A value of the type that the column's rows have, where the description tells it and the value fits it."""
        word = self._columns[name].type if name in self._columns else ""
        if _may_be(data, word) and word in self._store.type_words(self._path, name):
            with contextlib.suppress(ValueRefused):
                return self._store.from_json(self._path, name, {"$type": word, "value": data})
        return self._store.from_json(self._path, name, data)

    def _name(self, name: str, what: str) -> str:
        if name in self._columns or Feature.ABSENT_FIELDS in self._features:
            return name
        known = ", ".join(self._columns)
        raise NotFound(f"{what}: {name}: no column of that name", hint=f"The columns are {known}.")
