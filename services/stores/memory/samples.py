"""Sample tables: people, boundary values of every type, hostile texts, and a composite key."""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from uuid import UUID

from services.stores.memory.table import Row, Table
from services.stores.types import Column
from services.times import Day, Moment, TimeOfDay
from services.values import Typed

SCHEMA: Final = "main"
_FIRST: Final = ("Ada", "Béla", "Chloé", "Dmitri", "Eun-ji", "Fatima", "Grace", "Hồng", "Ines", "Jörg", "京子")
_CITIES: Final = ("Lisbon", "Osaka", "São Paulo", "Tromsø", "Wellington", "Łódź", "北京")
_START_NANOS: Final = 1_700_000_000_000_000_001

HOSTILE: Final = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]52;c;aGVsbG8=\x1b\\",
    "\x9b31m",
    "a\x00b",
    "back\x08space",
    "tab\tand\nnewline\r\n",
    "\u202eright to left",
    "zero\u200bwidth",
    "[red]markup[/red]",
    "x[/]y",
    "[@click=app.bell]click[/]",
    "z" + "\u0301" * 30,
    "漢字" * 50,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\ud800 lone",
    "=1+1",
    "../../etc/passwd",
    "L" * 1_000_000,
)


def people(count: int) -> Table:
    """A table of people; notes are missing, NULL, empty, blank or text in turn."""
    table = Table(
        (SCHEMA, "people"),
        (
            Column("id", "Int", is_key=True, is_nullable=False),
            Column("name", "String"),
            Column("city", "String"),
            Column("born", "Day"),
            Column("balance", "Decimal(18,2)"),
            Column("score", "Double"),
            Column("active", "Bool"),
            Column("seen", "Timestamp"),
            Column("note", "String"),
            Column("photo", "Bytes"),
            Column("address", "Object"),
            Column("tags", "List"),
            Column("extra", "Any"),
        ),
    )
    table.load(_person(number) for number in range(1, count + 1))
    return table


def _person(number: int) -> Row:
    row: Row = {
        "id": Typed("Int", number),
        "name": Typed("String", f"{_FIRST[number % len(_FIRST)]} {number}"),
        "city": Typed("String", _CITIES[number % len(_CITIES)]),
        "born": Typed("Day", Day(number * 37 % 20_000)),
        "balance": Typed("Decimal(18,2)", Decimal(number * 1999 % 1_000_000 - 250_000).scaleb(-2)),
        "score": Typed("Double", number / 7),
        "active": Typed("Bool", number % 3 != 0),
        "seen": Typed("Timestamp", Moment(_START_NANOS + number * 86_400_000_000_000, "UTC")),
        "photo": Typed("Bytes", bytes(range(number % 24))),
        "address": Typed("Object", {"zip": Typed("String", f"{number:05d}"), "floor": Typed("Int", number % 9)}),
        "tags": Typed("List", [Typed("String", f"tag{number % 5}")]),
        "extra": (Typed("Int", number), Typed("String", str(number)), Typed("Double", number / 2))[number % 3],
    }
    notes = (None, Typed("String", None), Typed("String", ""), Typed("String", "  "), Typed("String", f"note {number}"))
    note = notes[number % len(notes)]
    return row if note is None else {**row, "note": note}


def boundaries() -> Table:
    """One row a type, each with a value at the edge of what the type holds."""
    values = [
        Typed("Int", -(2**31)),
        Typed("Long", 2**63 - 1),
        Typed("Long", -(2**63)),
        Typed("Double", float("nan")),
        Typed("Double", float("-inf")),
        Typed("Double", 5e-324),
        Typed("Double", -0.0),
        Typed("Decimal(38,10)", Decimal("-9999999999999999999999999999.0000000001")),
        Typed("String", ""),
        Typed("String", "1"),
        Typed("String", " \t\n"),
        Typed("String", None),
        Typed("Bool", False),
        Typed("Bytes", b""),
        Typed("Bytes", bytes(range(256))),
        Typed("Timestamp", Moment(1, "UTC")),
        Typed("Timestamp", Moment(2**63 - 1, "UTC")),
        Typed("Day", Day(-719_162)),
        Typed("Time", TimeOfDay(86_399_999_999_999)),
        Typed("Uuid", UUID(int=1)),
        Typed("Object", {}),
        Typed("Object", {"a": Typed("List", [Typed("Int", 1), Typed("String", "1")])}),
        Typed("List", []),
        Typed("Map", [(Typed("String", "k"), Typed("Object", {"x": Typed("Long", 1)}))]),
    ]
    table = Table((SCHEMA, "boundaries"), (Column("id", "Int", is_key=True), Column("value", "Any")))
    table.load({"id": Typed("Int", number), "value": value} for number, value in enumerate(values))
    return table


def hostile() -> Table:
    """Texts that attack a terminal, a markup parser or a layout, as keys and as values."""
    table = Table(
        (SCHEMA, "hostile\x1b[1m"), (Column("key\u202e[/]", "String", is_key=True), Column("va\nlue", "String"))
    )
    table.load({"key\u202e[/]": Typed("String", text[:200]), "va\nlue": Typed("String", text)} for text in HOSTILE)
    return table


def stock() -> Table:
    """A table with a key of two columns."""
    table = Table(
        (SCHEMA, "stock"),
        (
            Column("shop", "String", is_key=True, is_nullable=False),
            Column("item", "Long", is_key=True, is_nullable=False),
            Column("amount", "Int"),
        ),
    )
    table.load(
        {"shop": Typed("String", shop), "item": Typed("Long", item), "amount": Typed("Int", item * 3)}
        for shop in ("north", "south")
        for item in range(1, 6)
    )
    return table
