"""Every key-value operation through the unmodified SDK."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from ignite_raw import RawClient, Refusal, cache_id, head, number, string
from ignite_sandbox import wait_until
from pyignite import Client
from pyignite.cache import Cache
from pyignite.datatypes import ExpiryPolicy, IntObject, LongObject
from pyignite.datatypes.key_value import PeekModes
from pyignite.datatypes.primitive_objects import DoubleObject
from pyignite.exceptions import CacheError


@pytest.fixture
def cache(client: Client, request: pytest.FixtureRequest) -> Iterator[Cache]:
    """An empty cache of the test's own."""
    made = client.create_cache(request.node.name)
    yield made
    made.destroy()


def test_put_then_get_returns_the_value(cache: Cache) -> None:
    """A value comes back as it went in; an absent key is None."""
    cache.put("key", "value")
    assert [cache.get("key"), cache.get("other")] == ["value", None]


def test_bulk_operations_take_and_return_many_entries(cache: Cache) -> None:
    """put_all stores all, get_all returns those that exist."""
    cache.put_all({1: "a", 2: "b", 3: "c"})
    assert cache.get_all([1, 3, 4]) == {1: "a", 3: "c"}


def test_conditional_puts_answer_whether_they_took_effect(cache: Cache) -> None:
    """put_if_absent and replace say False when the key is there, or is not."""
    answers = [cache.replace("k", 1), cache.put_if_absent("k", 1), cache.put_if_absent("k", 2), cache.replace("k", 3)]
    assert (answers, cache.get("k")) == ([False, True, False, True], 3)


def test_get_and_operations_answer_the_old_value(cache: Cache) -> None:
    """Each get_and_... answers what was there before it."""
    answers = [
        cache.get_and_replace("k", 0),
        cache.get_and_put("k", 1),
        cache.get_and_put_if_absent("k", 2),
        cache.get_and_replace("k", 3),
        cache.get_and_remove("k"),
        cache.get_and_remove("k"),
    ]
    assert answers == [None, None, 1, 1, 3, None]


def test_replace_if_equals_compares_the_value(cache: Cache) -> None:
    """Only the expected value is replaced."""
    cache.put("k", "old")
    answers = [cache.replace_if_equals("k", "other", "new"), cache.replace_if_equals("k", "old", "new")]
    assert (answers, cache.get("k")) == ([False, True], "new")


def test_remove_if_equals_compares_the_value(cache: Cache) -> None:
    """Only the expected value is removed."""
    cache.put("k", 1)
    answers = [cache.remove_if_equals("k", 2), cache.contains_key("k"), cache.remove_if_equals("k", 1)]
    assert (answers, cache.contains_key("k")) == ([False, True, True], False)


@pytest.mark.parametrize(
    ("stored", "expected", "is_same"),
    [
        (number(3, 2), number(3, 2), True),
        (number(3, 2), number(4, 2), False),
        (b"\x1e\1\0\0\0\1\0\0\0\x0f", b"\x1e\2\0\0\0\2\0\0\0\0\x96", False),
        (b"\x06" + b"\0" * 6 + b"\xf8\x7f", b"\x06" + b"\0" * 6 + b"\xf8\x7f", True),
        (b"\x0c\2\0\0\0ab", b"\x0c\2\0\0\0ab", True),
        (b"\x1e\2\0\0\0\1\0\0\0\x80", b"\x1e\2\0\0\0\1\0\0\0\0", True),
        (b"\x18\1\0\0\0\0\x03\1\0\0\0", b"\x18\1\0\0\0\1\x03\1\0\0\0", True),
    ],
    ids=["int 2", "int is not long", "1.5 is not 1.50", "NaN", "bytes", "-0.00 is 0.00", "kind 0 is kind 1"],
)
def test_conditions_compare_typed_bytes(raw: RawClient, stored: bytes, expected: bytes, is_same: bool) -> None:
    """Conditional operations compare type, scale and bytes, after what a node normalises."""
    raw.request(1052, string("typed"))
    raw.request(1001, head("typed") + string("k") + stored)
    assert raw.request(1010, head("typed") + string("k") + expected + string("new")) == bytes((is_same,))


def test_keys_of_different_types_are_different_keys(cache: Cache) -> None:
    """Int 1, Long 1 and Double 1.0 live side by side."""
    cache.put(1, "int", key_hint=IntObject)
    cache.put(1, "long", key_hint=LongObject)
    cache.put(1.0, "double", key_hint=DoubleObject)
    values = [cache.get(1, key_hint=hint) for hint in (IntObject, LongObject, DoubleObject)]
    assert (values, cache.get_size()) == (["int", "long", "double"], 3)


def test_removal_by_key_by_keys_and_of_all(cache: Cache) -> None:
    """Removing and clearing take away exactly what they name."""
    cache.put_all({n: n for n in range(8)})
    assert [cache.remove_key(0), cache.remove_key(0)] == [True, False]
    cache.clear_key(1)
    cache.clear_keys([2, 3])
    cache.remove_keys([4, 5])
    assert sorted(key for key, _ in cache.scan()) == [6, 7]
    cache.remove_all()
    assert cache.get_size() == 0


def test_clear_empties_the_cache(cache: Cache) -> None:
    """clear leaves nothing."""
    cache.put_all({1: 1, 2: 2})
    cache.clear()
    assert cache.get_size() == 0


def test_contains_keys_wants_all_of_them(cache: Cache) -> None:
    """contains_keys is True only when every key is there."""
    cache.put_all({1: 1, 2: 2})
    assert [cache.contains_keys([1, 2]), cache.contains_keys([1, 3])] == [True, False]


def test_size_counts_primary_copies(cache: Cache) -> None:
    """The size is that of the primary copies; a cache without backups has no others."""
    cache.put_all({1: 1, 2: 2})
    assert [cache.get_size(), cache.get_size(PeekModes.PRIMARY), cache.get_size(PeekModes.BACKUP)] == [2, 2, 0]


def test_an_entry_with_expiry_goes_by_itself(cache: Cache) -> None:
    """A created entry with a life of 50 ms is gone after it; one without stays."""
    cache.put("stays", 1)
    mortal = cache.with_expire_policy(create=timedelta(milliseconds=50))
    mortal.put("goes", 1)
    wait_until(lambda: not cache.contains_key("goes"), "the entry expires")
    assert [cache.contains_key("stays"), cache.get_size()] == [True, 1]


def test_an_access_policy_prolongs_life(client: Client) -> None:
    """Reading under an access policy moves the end of life."""
    cache = client.create_cache({0: "access", 407: ExpiryPolicy(create=5_000, access=60_000)})
    cache.put(1, 1)
    begun = time.monotonic()
    assert (cache.get(1), time.monotonic() - begun < 5) == (1, True)
    cache.destroy()


def test_scan_pages_give_every_entry_once(cache: Cache) -> None:
    """Pages of 7 over 50 entries give each of them once."""
    cache.put_all({n: f"v{n}" for n in range(50)})
    with cache.scan(page_size=7) as cursor:
        assert sorted(cursor) == [(n, f"v{n}") for n in range(50)]


def test_the_partitions_of_a_scan_add_up(cache: Cache) -> None:
    """Scanning every partition by itself gives the whole cache, each entry once."""
    cache.put_all({n: n for n in range(30)})
    found = [key for partition in range(1024) for key, _ in cache.scan(page_size=50, partitions=partition)]
    assert sorted(found) == list(range(30))


def test_local_peek_finds_what_is_there(raw: RawClient) -> None:
    """Operation 1021 answers the value, or null."""
    raw.request(1052, string("peeked"))
    raw.request(1001, head("peeked") + number(3, 1) + string("v"))
    modes = b"\0\0\0\0"
    answers = [raw.request(1021, head("peeked") + number(3, key) + modes) for key in (1, 2)]
    assert answers == [string("v"), b"\x65"]


def test_a_missing_cache_is_named_in_the_error(client: Client, connect: Callable[..., Client]) -> None:
    """An operation on no cache answers status 1000's text with the id."""
    with pytest.raises(CacheError, match=rf"Cache does not exist \[cacheId= {cache_id('nowhere')}\]"):
        client.get_cache("nowhere").get(1)


def test_a_null_key_is_refused(raw: RawClient) -> None:
    """Null is neither a key nor a value."""
    raw.request(1052, string("nulls"))
    with pytest.raises(Refusal, match="Ouch! Argument cannot be null: key"):
        raw.request(1001, head("nulls") + b"\x65" + number(3, 1))
