"""A name that a store gives never leads out of the folder, to a device, or to a file that is there."""

from __future__ import annotations

import os

import pytest

from services.transfers.formats.paths import NAME_BYTES, safe_name
from tui.screens.data_moves import free_file

HOSTILE = [
    *("../x", "/etc/passwd", "a\0b", "CON", "nul.txt", "..", ".", "", " . "),
    *("x" * 5000, "a\nb", "C:\\x", "~", ".hidden"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_plain_file_of_the_folder(tmp_path, name):
    """It can be made, lies in the folder, is no device of any system, and is not hidden."""
    path = free_file(name, tmp_path)
    path.write_text("rows")
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    stem = path.name.split(".", 1)[0].lower()
    assert (stem in ("con", "nul"), path.name.startswith(".")) == (False, False)
    assert len(os.fsencode(safe_name(name))) <= NAME_BYTES + 10


def test_names_that_had_to_be_changed_stay_apart():
    """Two remote names never share a file."""
    names = [*HOSTILE, "a/b", "a_b", "a:b", "A/B"]
    assert len({safe_name(name) for name in names}) == len(names)
    assert safe_name("a_b") == "a_b"


def test_neither_a_file_nor_a_link_is_written_over(tmp_path):
    """A link to nowhere counts as there: it would be written through."""
    (tmp_path / "rows.parquet").write_text("mine")
    (tmp_path / "rows-2.parquet").symlink_to(tmp_path / "elsewhere")
    assert free_file("rows", tmp_path).name == "rows-3.parquet"
