"""Queries of a search index, made into functions that score a document; 0 is no match."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from typing import Any

from services.sandbox.tablestore.errors import OtsError, invalid
from services.sandbox.tablestore.messages import parse, search_pb
from services.sandbox.tablestore.plainbuffer import read_value
from services.sandbox.tablestore.search.documents import TEXT, Document, SearchIndex

Score = Callable[[Document], float]
_WORD = re.compile(r"\w+")
MAX_DEPTH = 32


def read_query(message: Any, index: SearchIndex, depth: int = 0) -> Score:
    """A query as a function.

    Raises:
        OtsError: it names a field that is none, or is of a kind that is not supported here.
    """
    if depth > MAX_DEPTH:
        raise invalid("The query is nested too deep.")
    name = search_pb().QueryType.Name(message.type) if message.type else "none"
    if message.type not in _READERS:
        raise OtsError(400, "OTSUnsupportOperation", f"The sandbox does not support a query of type {name}.")
    kind, reader = _READERS[message.type]
    return reader(parse(getattr(search_pb(), kind), message.query), index, depth)


def words(text: str) -> list[str]:
    """The words of a text as the simplest analyzer cuts them."""
    return [word.lower() for word in _WORD.findall(text)]


def _terms(index: SearchIndex, name: str, values: list[Any]) -> list[Any]:
    """A field's values as terms: a text's are its words."""
    if index.fields[name].field_type == TEXT:
        return [word for value in values for word in words(value)]
    return values


def _on(index: SearchIndex, name: str, test: Callable[[Any], bool]) -> Score:
    index.field(name)
    return lambda document: float(any(test(value) for value in _terms(index, name, document.get(name, []))))


def _match_all(_message: Any, _index: SearchIndex, _depth: int) -> Score:
    return lambda _document: 1.0


def _match(message: Any, index: SearchIndex, _depth: int) -> Score:
    name = message.field_name
    if index.field(name).field_type != TEXT:
        return _on(index, name, lambda value: str(value) == message.text)
    wanted = words(message.text)
    needed = len(wanted) if message.operator == 2 else max(1, message.minimum_should_match)

    def score(document: Document) -> float:
        found = _terms(index, name, document.get(name, []))
        count = sum(word in found for word in wanted)
        return sum(found.count(word) for word in wanted) / len(found) if found and count >= needed else 0.0

    return score


def _match_phrase(message: Any, index: SearchIndex, _depth: int) -> Score:
    name = message.field_name
    index.field(name)
    wanted = words(message.text)

    def score(document: Document) -> float:
        found = _terms(index, name, document.get(name, []))
        size = len(wanted)
        return float(any(found[at : at + size] == wanted for at in range(len(found) - size + 1)) and size > 0)

    return score


def _term(message: Any, index: SearchIndex, _depth: int) -> Score:
    wanted = read_value(message.term)
    return _on(index, message.field_name, lambda value: value == wanted)


def _any_term(message: Any, index: SearchIndex, _depth: int) -> Score:
    wanted = [read_value(term) for term in message.terms]
    return _on(index, message.field_name, lambda value: value in wanted)


def _range(message: Any, index: SearchIndex, _depth: int) -> Score:
    low = read_value(message.range_from) if message.HasField("range_from") else None
    high = read_value(message.range_to) if message.HasField("range_to") else None

    def test(value: Any) -> bool:
        try:
            above = low is None or value > low or (message.include_lower and value == low)
            return above and (high is None or value < high or (message.include_upper and value == high))
        except TypeError:
            return False

    return _on(index, message.field_name, test)


def _prefix(message: Any, index: SearchIndex, _depth: int) -> Score:
    return _on(index, message.field_name, lambda value: isinstance(value, str) and value.startswith(message.prefix))


def _wildcard(message: Any, index: SearchIndex, _depth: int) -> Score:
    # Only * and ? are special here, brackets are not.
    pattern = re.compile(translate(message.value.replace("[", "[[]")))
    return _on(index, message.field_name, lambda value: isinstance(value, str) and bool(pattern.match(value)))


def _exists(message: Any, index: SearchIndex, _depth: int) -> Score:
    index.field(message.field_name)
    return lambda document: float(message.field_name in document)


def _bool(message: Any, index: SearchIndex, depth: int) -> Score:
    must = [read_query(query, index, depth + 1) for query in message.must_queries]
    must_not = [read_query(query, index, depth + 1) for query in message.must_not_queries]
    filters = [read_query(query, index, depth + 1) for query in message.filter_queries]
    should = [read_query(query, index, depth + 1) for query in message.should_queries]
    needed = message.minimum_should_match if message.HasField("minimum_should_match") else int(not (must or filters))
    needed = min(needed, len(should))

    def score(document: Document) -> float:
        needs = [query(document) for query in must]
        if not all(needs) or not all(query(document) for query in filters):
            return 0.0
        wishes = [found for query in should if (found := query(document))]
        if any(query(document) for query in must_not) or len(wishes) < needed:
            return 0.0
        return sum(needs) + sum(wishes) or 1.0

    return score


def _constant(message: Any, index: SearchIndex, depth: int) -> Score:
    inner = read_query(message.filter, index, depth + 1)
    return lambda document: float(inner(document) > 0)


def _function(message: Any, index: SearchIndex, depth: int) -> Score:
    inner = read_query(message.query, index, depth + 1)
    name = message.field_value_factor.field_name
    index.field(name)

    def score(document: Document) -> float:
        factors = [value for value in document.get(name, []) if isinstance(value, int | float)]
        return inner(document) * (factors[0] if factors else 1.0)

    return score


def _best(message: Any, index: SearchIndex, depth: int) -> Score:
    inner = [read_query(query, index, depth + 1) for query in message.queries]
    return lambda document: max((query(document) for query in inner), default=0.0)


_READERS: dict[int, tuple[str, Callable[[Any, SearchIndex, int], Score]]] = {
    1: ("MatchQuery", _match),
    2: ("MatchPhraseQuery", _match_phrase),
    3: ("TermQuery", _term),
    4: ("RangeQuery", _range),
    5: ("PrefixQuery", _prefix),
    6: ("BoolQuery", _bool),
    7: ("ConstScoreQuery", _constant),
    8: ("FunctionScoreQuery", _function),
    10: ("WildcardQuery", _wildcard),
    11: ("MatchAllQuery", _match_all),
    15: ("TermsQuery", _any_term),
    16: ("ExistsQuery", _exists),
    20: ("DisMaxQuery", _best),
}
