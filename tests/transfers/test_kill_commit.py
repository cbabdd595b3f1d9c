"""Ended in the middle of tidying up after a commit: the commit is whole, and saying so again does no harm."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from services.stores.bulk import WriteMode, WriteWish
from services.transfers.formats import open_target

BATCH = pa.RecordBatch.from_pydict({"a": [1, 2]})


class EndedHere(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("removed", [1, 2, 3])
def test_a_commit_that_ended_while_it_tidied_up_is_whole(tmp_path, monkeypatch, removed):
    """Whichever of its parts and marks were gone already, the next commit finds the file there and leaves nothing."""
    target = tmp_path / "out.csv"
    writer = open_target(str(target), {})
    plan = writer.begin_write(writer.plan_write((str(target),), BATCH.schema, WriteWish(WriteMode.FAIL)))
    receipts = [writer.write_part(plan, part, iter([BATCH])) for part in range(2)]
    whole = shutil.rmtree

    def torn(path, **options):
        for entry in sorted(Path(path).iterdir(), reverse=True)[:removed]:
            entry.unlink()
        raise EndedHere

    monkeypatch.setattr(shutil, "rmtree", torn)
    with pytest.raises(EndedHere):
        writer.commit_write(plan, receipts)
    monkeypatch.setattr(shutil, "rmtree", whole)
    after = target.read_text()
    assert 4 == writer.commit_write(plan, receipts).rows
    assert "a\n1\n2\n1\n2\n" == after == target.read_text()
    assert [target] == list(tmp_path.glob("*out*"))
