"""The filter language as queries of a search index; see `where` for its meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.errors import UsageError, ValueRefused
from services.stores.tablestore.names import sdk_value
from services.stores.tablestore.ranges import expanded
from services.stores.tablestore.where import All, Compare, Either, Not, Presence, Test
from services.values import Typed

FIELD_WORDS: Final = {
    "LONG": "Integer",
    "DOUBLE": "Double",
    "BOOLEAN": "Boolean",
    "KEYWORD": "String",
    "TEXT": "String",
}
_WANTED: Final = {"LONG": ("Integer",), "DOUBLE": ("Double", "Integer"), "BOOLEAN": ("Boolean",)}


def query_of(test: Test | None, fields: Mapping[str, str]) -> Any:
    """The query that finds the rows of a test.

    Args:
        fields: the index's fields with the service's words for their types.
    Raises:
        UsageError: a column is no field of the index, or is compared with a value of another type.
    """
    from tablestore.metadata import BoolQuery, MatchAllQuery

    match test:
        case None:
            return MatchAllQuery()
        case Presence():
            return _present(_known(test.name, fields), is_present=test.is_present)
        case Not():
            return BoolQuery(must_not_queries=[query_of(test.part, fields)])
        case All():
            return BoolQuery(must_queries=[query_of(part, fields) for part in test.parts])
        case Either():
            queries = [query_of(part, fields) for part in test.parts]
            return BoolQuery(should_queries=queries, minimum_should_match=1)
        case Compare() if len(test.names) > 1:
            return query_of(expanded(test), fields)
    return _compared(test, fields)


def _known(name: str, fields: Mapping[str, str]) -> str:
    if name not in fields:
        raise UsageError(f"{name}: no field of this index", hint=f"Its fields are {', '.join(fields)}.")
    return name


def _present(name: str, *, is_present: bool) -> Any:
    from tablestore.metadata import BoolQuery, ExistsQuery

    found = ExistsQuery(name)
    return found if is_present else BoolQuery(must_not_queries=[found])


def _compared(test: Compare, fields: Mapping[str, str]) -> Any:
    from tablestore.metadata import BoolQuery, MatchPhraseQuery, RangeQuery, TermQuery

    name = _known(test.names[0], fields)
    value = _value(name, fields[name], test.values[0])
    if test.operator in ("<", "<="):
        return RangeQuery(name, None, value, True, test.operator == "<=")
    if test.operator in (">", ">="):
        return RangeQuery(name, value, None, test.operator == ">=", False)
    # A text field holds words, not its text: it equals a phrase that it holds.
    equal = MatchPhraseQuery(name, value) if fields[name] == "TEXT" else TermQuery(name, value)
    if test.operator == "=":
        return equal
    return BoolQuery(must_queries=[_present(name, is_present=True)], must_not_queries=[equal])


def _value(name: str, field: str, value: Typed) -> Any:
    if value.type not in _WANTED.get(field, ("String",)):
        raise UsageError(f"filter: the field {name} is {field}, compared with {value.type}")
    if value.type == "Binary":
        raise ValueRefused(f"{name}: bytes cannot be searched for")
    found = sdk_value(value, name)
    return float(found) if field == "DOUBLE" else found


def sort_of(order: Sequence[str], fields: Mapping[str, str]) -> Any:
    """The sort that an order means; by the key where there is none, so that pages follow each other."""
    from tablestore.metadata import FieldSort, PrimaryKeySort, Sort, SortOrder

    if not order:
        return Sort([PrimaryKeySort(SortOrder.ASC)])
    return Sort(
        [
            FieldSort(_known(name.removeprefix("-"), fields), SortOrder.DESC if name.startswith("-") else SortOrder.ASC)
            for name in order
        ]
    )
