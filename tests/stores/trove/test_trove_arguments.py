"""Arguments of actions as people give them: typed, chosen by value or by words, refused with their names."""

from __future__ import annotations

from typing import Any

import pytest

from services.errors import ValueRefused
from services.secrets import Secret
from services.stores.instances import ActionField, Choice
from services.stores.trove.actions.accounts import split_user
from services.stores.trove.actions.arguments import checked
from services.stores.trove.actions.configuring import read_values
from services.stores.trove.actions.passwords import masked, new_password

FIELDS = (
    ActionField("name", "Name", is_required=True),
    ActionField("size", "Size", kind="number"),
    ActionField("public", "Public", kind="flag", default="false"),
    ActionField("nets", "Networks", kind="list"),
    ActionField("password", "Password", kind="secret"),
    ActionField("flavor", "Flavor", kind="choice", choices=(Choice("1", "tiny · 1 CPU"), Choice("2", "small · 1 CPU"))),
    ActionField("group", "Group", kind="choice", choices=(Choice("a", "same"), Choice("b", "same"))),
)


def test_each_kind_is_typed() -> None:
    """Texts of the command line become what the field is."""
    given = {"name": "n", "size": "12", "public": "yes", "nets": "a, b\nc", "password": "p", "flavor": "small"}
    expected = {
        "name": "n",
        "size": 12,
        "public": True,
        "nets": ["a", "b", "c"],
        "password": Secret("p"),
        "flavor": "2",
    }
    assert expected == checked(FIELDS, given, "act")


def test_values_of_a_form_pass_as_they_are() -> None:
    """Numbers, flags, lists and secrets of the console; what is empty is left out or has its default."""
    given = {"name": "n", "size": 1.5, "public": True, "nets": ["a", " "], "password": Secret(""), "flavor": "1"}
    expected = {"name": "n", "size": 1.5, "public": True, "nets": ["a"], "flavor": "1"}
    assert expected == checked(FIELDS, given, "act")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "name: is missing"),
        ({"name": "n", "colour": "red"}, "colour: no argument"),
        ({"name": "n", "size": "big"}, "no number"),
        ({"name": "n", "size": "nan"}, "no such number"),
        ({"name": "n", "public": "perhaps"}, "neither true nor false"),
        ({"name": "n", "flavor": "huge"}, "not possible"),
        ({"name": "n", "group": "same"}, "names several"),
    ],
)
def test_what_does_not_do_is_named(given: dict[str, Any], words: str) -> None:
    """The argument and what is wrong with it."""
    with pytest.raises(ValueRefused, match=words) as told:
        checked(FIELDS, given, "act")
    assert told.value.message.startswith("act: ")


def test_users_with_hosts() -> None:
    """The host stands behind the last @, or beside the name."""
    assert {"name": "ann"} == split_user("ann")
    assert {"name": "ann", "host": "10.0.0.%"} == split_user("ann@10.0.0.%")
    assert {"name": "a@b", "host": "h"} == split_user("a@b@h")
    assert {"name": "a@b", "host": "h"} == split_user("a@b", "h")


def test_values_of_a_group() -> None:
    """Names and values in lines or with commas, numbers and flags as such; or JSON."""
    assert {"a": 1, "b": 1.5, "c": True, "d": "x=y"} == read_values("a=1, b=1.5\nc=true,d=x=y", "act")
    assert {"a": 1, "b": "2"} == read_values('{"a": 1, "b": "2"}', "act")
    for text in ("a", "=1", "{", '{"a": 1'):
        with pytest.raises(ValueRefused):
            read_values(text, "act")


def test_passwords_are_made_and_hidden() -> None:
    """Long, never the same, with letters and digits; hidden at every depth of a body."""
    first, second = new_password().reveal(), new_password().reveal()
    assert (24, True, True) == (len(first), first != second, first.isalnum())
    body = {"users": [{"name": "a", "password": "x"}], "password": "y"}
    assert {"users": [{"name": "a", "password": "••••"}], "password": "••••"} == masked(body)
