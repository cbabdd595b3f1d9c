"""Rows for benchmarks: tables filled by INSERT ... SELECT over a range of numbers, a cache by PUT ALL."""

import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyignite
from ignite_clusters import LiveCluster
from thin_requests import answer_body, cache_request, text_object

CHUNK_ROWS = 25_000
PUT_ENTRIES = 4096
TEXT_LENGTH = 21
WRITERS = 2
PUT_ALL = 1004
INT = 3


@dataclass(frozen=True)
class Shape:
    """A table's columns in SQL and, for each, the expression over X that fills it."""

    columns: tuple[tuple[str, str, str], ...]


_MIXED = (
    ("id", "INT", "CAST(X AS INT)"),
    ("name", f"VARCHAR({TEXT_LENGTH})", f"'row-' || LPAD(X, {TEXT_LENGTH - 4}, '0')"),
    ("price", "DOUBLE", "X * 0.25"),
    ("made", "TIMESTAMP", "DATEADD('SECOND', X, TIMESTAMP '2024-01-01 00:00:00.123')"),
)
DECIMAL_SHAPE = Shape((*_MIXED, ("amount", "DECIMAL(18, 2)", "CAST(X AS DECIMAL(18, 2)) / 100")))
BOOLEAN_SHAPE = Shape((*_MIXED, ("is_sold", "BOOLEAN", "MOD(X, 2) = 0")))


def load_benchmark(cluster: LiveCluster, rows: int) -> None:
    """Fill what the benchmark reads: tables BENCH_DECIMAL and BENCH_BOOLEAN, and the cache bench_scan."""
    load_table(cluster, "bench_decimal", DECIMAL_SHAPE, rows)
    load_table(cluster, "bench_boolean", BOOLEAN_SHAPE, rows)
    load_cache(cluster, "bench_scan", rows)


def load_table(cluster: LiveCluster, name: str, shape: Shape, rows: int) -> None:
    """Create a table of that shape and fill it with rows numbered from 1; replaces one of the same name."""
    columns = ", ".join(f"{column} {sql_type}" for column, sql_type, _ in shape.columns)
    names = ", ".join(column for column, _, _ in shape.columns)
    expressions = ", ".join(expression for _, _, expression in shape.columns)
    clients = [cluster.connect() for _ in range(WRITERS)]
    clients[0].sql(f"DROP TABLE IF EXISTS {name}")
    clients[0].sql(f"CREATE TABLE {name} ({columns}, PRIMARY KEY (id))")

    def fill(writer: int) -> None:
        for first in range(1 + writer * CHUNK_ROWS, rows + 1, WRITERS * CHUNK_ROWS):
            last = min(first + CHUNK_ROWS - 1, rows)
            source = f"SELECT {expressions} FROM SYSTEM_RANGE({first}, {last})"
            clients[writer].sql(f"INSERT INTO {name} ({names}) {source}")

    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(fill, range(WRITERS)))
    for client in clients:
        client.close()


def load_cache(cluster: LiveCluster, name: str, rows: int) -> None:
    """Create a cache of Int keys from 1 and Strings of 21 characters; replaces one of the same name."""
    client = cluster.connect()
    if name in client.get_cache_names():
        client.get_cache(name).destroy()
    client.create_cache(name)
    fill_cache(client, name, rows)
    client.close()


def fill_cache(client: pyignite.Client, name: str, rows: int) -> None:
    """Put Int keys from 1 with Strings of 21 characters into a cache that is there."""
    for first in range(1, rows + 1, PUT_ENTRIES):
        _put_all(client, name, range(first, min(first + PUT_ENTRIES, rows + 1)))


def _put_all(client: pyignite.Client, name: str, keys: range) -> None:
    entries = b"".join(struct.pack("<bi", INT, key) + text_object(f"row-{key:0{TEXT_LENGTH - 4}d}") for key in keys)
    answer_body(client, cache_request(PUT_ALL, name, struct.pack("<i", len(keys)) + entries))
