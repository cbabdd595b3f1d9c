"""The benchmark's data is on the node as it says, and the Java program reads all of it."""

import pytest
from ignite_clusters import LiveCluster
from ignite_load import load_benchmark
from java_reads import read_with_java
from pyignite.datatypes import IntObject

ROWS = 30_000


@pytest.fixture(scope="module")
def loaded_node(plain_node: LiveCluster) -> LiveCluster:
    """The plain node with the benchmark's tables and cache."""
    load_benchmark(plain_node, ROWS)
    return plain_node


def test_every_row_is_there(loaded_node: LiveCluster) -> None:
    """The tables hold each number once, and the cache its 21 characters under Int keys."""
    client = loaded_node.connect()
    for table in ("bench_decimal", "bench_boolean"):
        counted = list(client.sql(f"SELECT COUNT(*), MIN(id), MAX(id) FROM {table}"))
        assert counted == [[ROWS, 1, ROWS]]
    cache = client.get_cache("bench_scan")
    assert cache.get_size() == ROWS
    assert cache.get(ROWS, key_hint=IntObject) == f"row-{ROWS:017d}"
    client.close()


@pytest.mark.parametrize(("kind", "subject"), [("sql", "SELECT * FROM bench_decimal"), ("scan", "bench_scan")])
def test_the_java_program_reads_all_rows(loaded_node: LiveCluster, kind: str, subject: str) -> None:
    """Every measured run reads every row, and the same values."""
    runs = read_with_java(loaded_node.addresses, kind, subject, page_size=1024, runs=2, warm_up_seconds=0)
    assert [run.rows for run in runs] == [ROWS, ROWS]
    assert len({run.sum_of_hashes for run in runs}) == 1
    assert runs[0].sum_of_hashes != 0
