"""Parts on a Dask cluster: the same parts, on a scheduler with two workers; plan, journal and commit stay here."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from transfer_runs import EXTRA_KINDS, home

from services.transfers.model import ItemState, PartState, TransferOptions

pytest.importorskip("distributed")
pytestmark = pytest.mark.timeout(100)

CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def cluster(tmp_path: Path, storedeck_home: Path) -> Iterator[str]:
    """The address of a cluster whose two workers know this home; it ends when its standard input closes."""
    program = tmp_path / "cluster.py"
    program.write_text(CLUSTER)
    env = {**os.environ, "STOREDECK_EXTRA_KINDS": EXTRA_KINDS}
    process = subprocess.Popen(
        [sys.executable, program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=env,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    yield process.stdout.readline().decode().strip()
    process.stdin.close()
    process.stdout.close()
    process.wait(30)


def test_parts_run_on_the_cluster(cluster, started, tmp_path, storedeck_home):
    """A copy and a download arrive whole; a bad row is told as by workers of this machine."""
    services = home(storedeck_home, one={"rows": "30"})
    queue = services.transfers
    copy = queue.add("one:stock", "one:copied", TransferOptions(is_created=True, part_rows=2, parallel=4))
    file = tmp_path / "out.parquet"
    download = queue.add("one:stock", str(file), TransferOptions(part_rows=3, is_verified=True))
    (tmp_path / "bad.csv").write_text("shop,item,amount\neast,1,many\n")
    bad = queue.add(str(tmp_path / "bad.csv"), "one:stock")
    runner = started("transfers", "run", "--drain", "--engine", "dask", "--scheduler", cluster)
    _, words = runner.communicate(timeout=80)
    assert 1 == runner.returncode, words.decode()
    states = [queue.item(identifier).state for identifier in (copy, download, bad)]
    assert [ItemState.DONE, ItemState.DONE, ItemState.FAILED] == states, words.decode()
    assert (5, 10) == (queue.item(copy).parts_done, queue.item(copy).rows_done)
    assert {PartState.ACKNOWLEDGED} == {part.state for part in queue.parts(copy)}
    assert "10 rows verified by checksum" == queue.item(download).message
    assert "column amount" in queue.item(bad).failure.message
    assert "dask" == queue.runner().engine
    queue.close()


def test_a_wrong_address_is_told(started, storedeck_home):
    """No scheduler there: the command says so and ends as for any server that does not answer."""
    home(storedeck_home).transfers.close()
    runner = started("transfers", "run", "--drain", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9")
    _, words = runner.communicate(timeout=60)
    assert 3 == runner.returncode
    assert b"no Dask scheduler" in words
