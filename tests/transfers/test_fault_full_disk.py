"""A disk that is really full, where a small one can be mounted."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from transfer_runs import Turns, ended

from services.connections.profile import Profile
from services.transfers.model import ItemState, PartState, TransferOptions

PARTS, PART_ROWS = 6, 5_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux"):
        pytest.skip("mounts a tmpfs")
    words = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(folder)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no mount: {error}")
    if done.returncode:
        pytest.skip(f"no right to mount a tmpfs: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_up(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def test_a_full_disk_stops_and_space_lets_it_go_on(services, queue, small_disk):
    """It fails with the place and advice; after space was made a retry keeps the acknowledged parts."""
    services.profiles.add(Profile("big", "memory", {"generated": str(PARTS * PART_ROWS)}))
    target, filler = small_disk / "out.csv", small_disk / "filler"
    identifier = queue.add("big:numbers", str(target), TransferOptions(part_rows=PART_ROWS, parallel=1))
    turns = Turns(services)

    def fill(task) -> None:
        if task.part == 2 and not filler.exists():
            with pytest.raises(OSError, match="No space"):
                fill_up(filler)

    turns.engine.before = fill
    turns.drain()
    item = queue.item(identifier)
    states = [part.state for part in queue.parts(identifier)][:3]
    assert (ItemState.FAILED, 2, False) == (item.state, item.parts_done, target.exists())
    assert [PartState.ACKNOWLEDGED, PartState.ACKNOWLEDGED, PartState.FAILED] == states
    assert str(small_disk) in item.failure.message
    assert "No space left" in item.failure.message
    assert "space" in item.failure.hint
    turns.engine.before = lambda task: filler.unlink(missing_ok=True)
    turns.engine.done.clear()
    queue.retry([identifier])
    turns.drain()
    assert PARTS * PART_ROWS == ended(services, identifier).rows_done
    assert [f"part {part}" for part in range(2, PARTS)] == [one for one in turns.engine.done if "part" in one]
    assert PARTS * PART_ROWS + 1 == len(target.read_text().splitlines())
    assert [target] == list(small_disk.iterdir())
