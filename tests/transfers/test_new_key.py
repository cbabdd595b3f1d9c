"""A table that is made with a guessed key says so where that could let rows replace one another."""

from __future__ import annotations

import pyarrow as pa
import pytest

from services.stores.bulk import WriteMode, WriteWish, new_key, new_key_notes

PLAIN = pa.schema([("region", pa.string()), ("id", pa.int64())])
MARKED = pa.schema([pa.field(name, pa.string(), metadata={b"storedeck.key": b"1"}) for name in ("region", "id")])
REPLACING = (WriteMode.UPSERT, WriteMode.SKIP, WriteMode.OVERWRITE)


@pytest.mark.parametrize("mode", list(WriteMode))
def test_a_guessed_key_is_told_where_rows_replace_one_another(mode):
    """The first column is taken; a mode that rejects a taken key loses nothing."""
    notes = new_key_notes(PLAIN, WriteWish(mode))
    assert (new_key(PLAIN), notes[0]) == (("region",), "is created with the key region")
    assert any("taken for the whole key" in note for note in notes) == (mode in REPLACING)


@pytest.mark.parametrize("mode", list(WriteMode))
def test_marked_columns_are_the_key(mode):
    """All of them, in order, and nothing is to be warned of."""
    assert (new_key(MARKED), new_key_notes(MARKED, WriteWish(mode))) == (
        ("region", "id"),
        ["is created with the key region, id"],
    )
