"""Delimited text is cut where its records end, whatever its quotes."""

from __future__ import annotations

import csv
import io
import random

import pytest

from services.transfers.formats import csv_splitting
from services.transfers.formats.csv_splitting import Dialect, record_ends, split_records

COMMA = Dialect(ord(","), ord('"'))


def reference_ends(data: bytes) -> list[int]:
    """Record ends by the four states of a reader."""
    ends, state = [], "start"
    for position, byte in enumerate(data, 1):
        character = chr(byte)
        if state == "quoted":
            state = "closed" if character == '"' else state
        elif character == '"' and state != "plain":
            state = "quoted"
        elif character in ",\n":
            state = "start"
            if character == "\n":
                ends.append(position)
        else:
            state = "plain"
    return ends if not data or (ends and ends[-1] == len(data)) else [*ends, len(data)]


@pytest.mark.parametrize("chunk_bytes", [1, 3, 7, 1 << 20])
def test_ends_are_those_of_a_reader(tmp_path, monkeypatch, chunk_bytes):
    """Quotes, doubled quotes, stray quotes and unfinished records, cut into chunks anywhere."""
    monkeypatch.setattr(csv_splitting, "CHUNK_BYTES", chunk_bytes)
    chance = random.Random(chunk_bytes)
    path = tmp_path / "file.csv"
    for _ in range(300):
        data = "".join(chance.choice('ab",\n"\n') for _ in range(chance.randrange(40))).encode()
        path.write_bytes(data)
        found = [int(end) for ends in record_ends(path, 0, COMMA) for end in ends.positions]
        assert found == reference_ends(data), data


@pytest.mark.parametrize(("part_bytes", "part_rows"), [(1, None), (100, None), (10_000, 7), (10_000, 1), (64, 3)])
def test_parts_join_to_the_whole_file(tmp_path, part_bytes, part_rows):
    """Every record is in exactly one part, numbered on, and no part has more rows than asked for."""
    rows = [[str(number), "with\nbreak" if number % 3 else 'with "quote"', ""] for number in range(100)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    path = tmp_path / "file.csv"
    path.write_bytes(text.getvalue().encode())
    parts = split_records(record_ends(path, 0, COMMA), 0, part_bytes=part_bytes, part_rows=part_rows)
    data = path.read_bytes()
    read = [list(csv.reader(io.StringIO(data[part.start : part.end].decode(), newline=""))) for part in parts]
    assert [row for part in read for row in part] == rows
    assert [part.records for part in parts] == [len(part) for part in read]
    assert [part.first_record for part in parts] == [
        1 + sum(len(part) for part in read[:at]) for at in range(len(read))
    ]
    assert part_rows is None or max(part.records for part in parts) <= part_rows


def test_blank_lines_are_no_records(tmp_path):
    """Lines with nothing but a line break are left out of the count, whichever break it is."""
    path = tmp_path / "file.csv"
    path.write_bytes(b"\n1,2\n\r\n\n3,4\r\n\n")
    (part,) = split_records(record_ends(path, 0, COMMA), 0, part_bytes=1000, part_rows=None)
    assert (part.start, part.end, part.records) == (0, path.stat().st_size, 2)
