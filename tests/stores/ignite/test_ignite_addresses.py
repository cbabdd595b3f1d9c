"""Addresses of an Ignite cluster lead back to their node, whatever caches and schemas are called."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.errors import UsageError
from services.stores.ignite.names import format_address, parse_address

NAMES = st.one_of(st.text('ab:/".', min_size=1, max_size=6), st.text(min_size=1, max_size=6))


@given(NAMES)
@example("sql:PUBLIC/City")
@example("cache:x")
@example("cluster:nodes")
def test_any_cache_has_an_address(name: str) -> None:
    """Also one whose name looks like another address."""
    assert parse_address(format_address(("caches", name))) == ("caches", name)


@given(NAMES, NAMES)
@example("a/b", 'c"/d')
@example('"a"', "b")
def test_any_table_has_an_address(schema: str, table: str) -> None:
    """Slashes and quotes in both names."""
    assert parse_address(format_address(("sql", schema, table))) == ("sql", schema, table)
    assert parse_address(format_address(("sql", schema))) == ("sql", schema)


def test_the_usual_addresses_are_plain() -> None:
    """No quotes and no prefix where none is needed."""
    paths = [(), ("caches", "Orders"), ("sql", "PUBLIC", "City"), ("sql", "PUBLIC"), ("cluster", "nodes")]
    assert [format_address(path) for path in paths] == ["", "Orders", "sql:PUBLIC/City", "sql:PUBLIC", "cluster:nodes"]


@pytest.mark.parametrize("path", [("caches",), ("sql",), ("cluster",), ("cluster", "other"), ("other", "x")])
def test_groups_have_none(path: tuple[str, ...]) -> None:
    """Nothing but the listing leads there."""
    with pytest.raises(UsageError, match="has no address"):
        format_address(path)
