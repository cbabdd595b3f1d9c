"""Arrow batches as JSON Lines, in the lossless JSON of the command line; whole columns are joined at once."""

from __future__ import annotations

import json
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from services.results.marks import marks_of
from services.results.records import BatchReader, unique_names
from services.transfers.formats.options import FileOptions
from services.transfers.formats.text_lines import LINE_END, bytes_of
from services.value_json import MAX_SAFE_INTEGER, json_text
from services.values import ABSENT

_WIDE: Final = pa.large_string()
_ESCAPED: Final = r'[\x00-\x1f"\\\\]'
_FIRST_SECOND: Final = -62_135_596_800
_LAST_SECOND: Final = 253_402_300_799
_compute: Any = pc


def json_lines(batch: pa.RecordBatch, options: FileOptions) -> bytes:
    """One object a line; what a row lacks is left out, NULL is null."""
    if not batch.num_rows:
        return b""
    names = unique_names(batch.schema.names)
    members = [_members(batch, place, name) for place, name in enumerate(names)]
    nothing = pa.scalar("", _WIDE)
    joined = _compute.binary_join_element_wise(*members, nothing) if members else pa.array([""] * batch.num_rows, _WIDE)
    bodies = _compute.utf8_rtrim(joined, characters=",")
    ended = _compute.binary_join_element_wise(pa.scalar("{", _WIDE), bodies, pa.scalar("}" + LINE_END, _WIDE), nothing)
    return bytes_of(ended, options.encoding)


def _members(batch: pa.RecordBatch, place: int, name: str) -> Any:
    """`"name":value,` of each row, or nothing where the row lacks the column."""
    values = _fast(batch.column(place), batch.schema.field(place))
    is_absent = None
    if values is None:
        cells = BatchReader().column(batch, place)
        values = pa.array(["" if cell is ABSENT else json_text(cell) for cell in cells], _WIDE)
        is_absent = pa.array([cell is ABSENT for cell in cells])
    lead = pa.scalar(json.dumps(name, ensure_ascii=False) + ":", _WIDE)
    members = _compute.binary_join_element_wise(lead, values, pa.scalar(",", _WIDE), pa.scalar("", _WIDE))
    return members if is_absent is None else _compute.if_else(is_absent, "", members)


def _fast(array: pa.Array[Any], entry: pa.Field[Any]) -> Any:
    """The JSON texts of a column of a usual type, None for all others."""
    marks, kind = marks_of(entry), array.type
    if marks.is_wire or (marks.null_is_absent and array.null_count):
        return None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _strings(array)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return _compute.fill_null(_whole(array), "null")
    if pa.types.is_float64(kind):
        is_finite = _compute.all(_compute.is_finite(array), min_count=0).as_py()
        return _compute.fill_null(array.cast(_WIDE), "null") if is_finite is not False else None
    texts = _times(array)
    return None if texts is None else _compute.fill_null(_wrapped(texts), "null")


def _times(array: Any) -> Any:
    """Days and moments of common years in ISO 8601, None for anything else."""
    kind = array.type
    if pa.types.is_date32(kind):
        return array.cast(_WIDE) if _is_within(array.cast(pa.int32()), 86_400) else None
    if not pa.types.is_timestamp(kind) or kind.tz not in (None, "UTC"):
        return None
    seconds = array.cast(pa.timestamp("s"), safe=False).cast(pa.int64())
    if not _is_within(seconds, 1):
        return None
    texts = _compute.replace_substring(array.cast(pa.timestamp(kind.unit)).cast(_WIDE), " ", "T")
    whole = _compute.replace_substring_regex(texts, r"\.?(?:000)+$", "")
    return (
        whole
        if kind.tz is None
        else _compute.binary_join_element_wise(whole, pa.scalar("Z", _WIDE), pa.scalar("", _WIDE))
    )


def _is_within(array: Any, unit_seconds: int) -> bool:
    """Whether all are in the years 1 to 9999, which Arrow and ISO 8601 write alike."""
    ends = _compute.min_max(array)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    return low is None or (low * unit_seconds >= _FIRST_SECOND and high * unit_seconds <= _LAST_SECOND)


def _whole(array: Any) -> Any:
    """Integers beyond what a double holds are texts."""
    texts = array.cast(_WIDE)
    if pa.types.is_boolean(array.type) or array.type.bit_width < 64:
        return texts
    is_long = _compute.or_(_compute.greater(array, MAX_SAFE_INTEGER), _compute.less(array, -MAX_SAFE_INTEGER))
    if not _compute.any(is_long, min_count=0).as_py():
        return texts
    return _compute.if_else(is_long, _wrapped(texts), texts)


def _wrapped(texts: Any) -> Any:
    quote = pa.scalar('"', _WIDE)
    return _compute.binary_join_element_wise(quote, texts, quote, pa.scalar("", _WIDE))


def _strings(array: Any) -> Any:
    """Texts in quotes; only those with a character that JSON escapes pass through Python."""
    wide = array.cast(_WIDE)
    wrapped = _compute.fill_null(_wrapped(wide), "null")
    is_special = _compute.fill_null(_compute.match_substring_regex(wide, _ESCAPED), False)
    if not _compute.any(is_special, min_count=0).as_py():
        return wrapped
    escaped = [json.dumps(text, ensure_ascii=False) for text in wide.filter(is_special).to_pylist()]
    return _compute.replace_with_mask(wrapped, is_special, pa.array(escaped, _WIDE))
