"""The sample tables: `orders` with a composite key and mixed columns, `users` with versions, `events` by number."""

from __future__ import annotations

from services.sandbox.tablestore.event_rows import event_rows
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.messages import search_pb
from services.sandbox.tablestore.rows import Row
from services.sandbox.tablestore.schema import BINARY_KEY, INTEGER_KEY, STRING_KEY, Index, KeyColumn, Options, Schema
from services.sandbox.tablestore.search.documents import BOOLEAN, DOUBLE, KEYWORD, LONG, TEXT, SearchIndex, completed
from services.sandbox.tablestore.table import Table
from services.sandbox.tablestore.values import Value

DCT_INTEGER, DCT_DOUBLE, DCT_BOOLEAN, DCT_STRING = 1, 2, 3, 4
SAMPLE_EVENTS = 1000
ORDERS = 240
USERS = 24
REGIONS = ("amer-east", "apac", "emea", "zürich")
CUSTOMERS = ("ada", "boris", "chen", "dora", "emil", "fatima", "goran", "hana")


def load_samples(instance: Instance) -> None:
    """Loads `orders`, `users` and a short `events`."""
    _load_orders(instance)
    _load_users(instance)
    load_events(instance, SAMPLE_EVENTS)


def load_events(instance: Instance, rows: int) -> None:
    """Replaces `events` by that many rows, numbered from 0."""
    schema = Schema("events", [KeyColumn("id", INTEGER_KEY)], changed_at=instance.clock.now() // 1000)
    table = Table(schema, instance.clock)
    table.rows.keys = [(number,) for number in range(rows)]
    table.rows.values = list(event_rows(rows))
    instance.tables["events"] = table


def _load_orders(instance: Instance) -> None:
    schema = Schema(
        "orders",
        [KeyColumn("region", STRING_KEY), KeyColumn("id", INTEGER_KEY)],
        [("customer", DCT_STRING), ("amount", DCT_DOUBLE), ("quantity", DCT_INTEGER), ("paid", DCT_BOOLEAN)],
        changed_at=instance.clock.now() // 1000,
        has_transactions=True,
    )
    table = Table(schema, instance.clock)
    now = instance.clock.now()
    for number in range(ORDERS):
        key = (REGIONS[number % len(REGIONS)], number // len(REGIONS) + 1)
        columns = _order(number)
        table.apply(key, Row({name: [(now - number, value)] for name, value in columns.items()}, now))
    table.add_index(Index("orders_by_customer", ["customer"], ["amount", "paid"]), include_rows=True)
    table.search["orders_search"] = _search_index(schema.changed_at)
    instance.tables["orders"] = table


def _search_index(now: int) -> SearchIndex:
    fields = {"region": KEYWORD, "id": LONG, "customer": KEYWORD, "amount": DOUBLE, "paid": BOOLEAN, "note": TEXT}
    schema = search_pb().IndexSchema()
    for name, kind in fields.items():
        schema.field_schemas.add(
            field_name=name, field_type=kind, index=True, store=True, enable_sort_and_agg=kind != TEXT
        )
    return SearchIndex("orders_search", completed(schema), -1, now)


def _order(number: int) -> dict[str, Value]:
    """Columns of an order: some are missing, some empty, `amount` and `extra` mix types."""
    columns: dict[str, Value] = {
        "customer": CUSTOMERS[number * 5 % len(CUSTOMERS)],
        "quantity": number % 9 + 1,
        "amount": round(number * 3.75 + 0.5, 2),
        "paid": number % 3 != 0,
    }
    if number % 4 == 1:
        columns["note"] = "" if number % 8 == 1 else f"leave order {number} at the door"
    if number % 10 == 7:
        columns["amount"] = number if number % 20 == 7 else f"{number}.00 EUR"
    if number % 6 == 2:
        extras: tuple[Value, ...] = (number, f"text {number}", number / 7, number % 12 == 2, bytes([number, 0, 255]))
        columns["extra"] = extras[number // 6 % len(extras)]
    if number % 15 == 3:
        columns["receipt"] = b"\x89PNG\r\n" + bytes(range(number % 32)) if number % 30 == 3 else b""
    return columns


def _load_users(instance: Instance) -> None:
    schema = Schema(
        "users",
        [KeyColumn("team", STRING_KEY), KeyColumn("badge", BINARY_KEY), KeyColumn("seq", INTEGER_KEY, True)],
        options=Options(max_versions=3),
        reserved_read=0,
        changed_at=instance.clock.now() // 1000,
    )
    table = Table(schema, instance.clock)
    now = instance.clock.now()
    for number in range(USERS):
        row = Row({}, now)
        row.cells["name"] = [(now - number, f"user {number}")]
        row.cells["logins"] = [(now - 60_000 * age, number * 10 - age) for age in range(number % 3 + 1)]
        if number % 2:
            row.cells["mail"] = [(now, f"user{number}@example.org")]
        table.apply((("core", "field", "ops")[number % 3], bytes([number, 255 - number]), table.next_number()), row)
    instance.tables["users"] = table
