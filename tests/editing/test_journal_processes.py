"""The journal over processes: killed at once, shared by two."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from editing_rows import renamed

from services.editing.journal import Journal

STAGER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from editing_rows import renamed
from services.editing.journal import Journal
journal = Journal(Path(sys.argv[2]))
first, count = int(sys.argv[3]), int(sys.argv[4])
for number in range(first, first + count):
    journal.stage("shared", renamed(number, "x", f"y{number}"))
    print(number, flush=True)
"""
SUPPORT = str(Path(__file__).parent.parent / "support")


def stager(path: Path, first: int, count: int) -> subprocess.Popen[str]:
    """A process that stages changes and prints the number of each once it is staged."""
    command = [sys.executable, "-c", STAGER, SUPPORT, str(path), str(first), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_staged_work_survives_kill_9(tmp_path: Path) -> None:
    """Every change that a killed process had reported as staged is there, in order, and can be undone."""
    path = tmp_path / "staged.db"
    with stager(path, 0, 1_000_000) as child:
        assert child.stdout is not None
        reported = [int(child.stdout.readline()) for _ in range(50)]
        child.kill()
        reported += [int(line) for line in child.stdout if line.endswith("\n")]
    journal = Journal(path)
    found = [item.change for item in journal.load()]
    assert len(found) - len(reported) in (0, 1)
    assert found == [renamed(number, "x", f"y{number}") for number in range(len(found))]
    assert journal.undo() == "edit"
    assert journal.count() == len(found) - 1
    journal.close()


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    """Two processes stage at once; both lists are whole, and a third that looks on sees all."""
    path = tmp_path / "staged.db"
    onlooker = Journal(path)
    onlooker.load()
    with stager(path, 0, 200) as one, stager(path, 1000, 200) as other:
        assert (one.communicate()[1], other.communicate()[1]) == (None, None)
    assert (one.returncode, other.returncode) == (0, 0)
    numbers = sorted(item.change.key["ID"].value for item in onlooker.load())
    assert numbers == [*range(200), *range(1000, 1200)]
    onlooker.close()


def test_an_undo_leaves_alone_what_another_process_did_since(tmp_path: Path) -> None:
    """Undo takes back a row only while it still is as that step left it."""
    mine, theirs = Journal(tmp_path / "staged.db"), Journal(tmp_path / "staged.db")
    mine.stage("a", [renamed(1, "x", "y"), renamed(2, "x", "y")])
    (first, _) = theirs.load()
    theirs.stage("a", renamed(1, "x", "z"))
    assert theirs.undo() == "edit"
    theirs.resolve(first.id, renamed(1, "w", "y"))
    assert [item.change for item in mine.load()] == [renamed(1, "w", "y"), renamed(2, "x", "y")]
    mine.close()
    theirs.close()
