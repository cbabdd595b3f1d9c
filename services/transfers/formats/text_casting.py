"""Text columns as typed ones, and back to the row for a text that its type does not hold exactly."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from services.transfers.formats.options import FileOptions

_BROKEN_UTF8: Final = "is not text in the file's encoding"
_BYTES_MARK: Final = '{"$bytes"'


@dataclass(frozen=True, slots=True)
class CastColumn:
    """A typed column; `reasons` has a line for each row whose text the type does not hold (the value there is NULL)."""

    values: pa.Array[Any]
    reasons: dict[int, str]


def cast_texts(raw: pa.Array[Any], kind: pa.DataType, options: FileOptions) -> CastColumn:
    """A column of raw bytes as one of a type.

    A number has to be written as the type would write it, apart from its exponent and from zeros at the end of a
    decimal's fraction: `007` is no integer, or a code would silently lose its zeros.
    """
    texts, reasons = _decoded(raw)
    if pa.types.is_string(kind):
        return CastColumn(texts, reasons)
    values = _cast_whole(texts, kind, options, is_padded=True)
    return CastColumn(values, reasons) if values is not None else _cast_singly(texts, kind, options, reasons)


def _cast_whole(
    texts: pa.Array[Any], kind: pa.DataType, options: FileOptions, *, is_padded: bool = False
) -> pa.Array[Any] | None:
    """All texts in the type, None when it does not hold one of them.

    Args:
        is_padded: `1.5` may become 1.50.
    """
    try:
        values = _cast(texts, kind, options)
    except (pa.ArrowInvalid, ValueError):
        return None
    return values if _is_kept(texts, values, is_padded=is_padded) else None


def _decoded(raw: pa.Array[Any]) -> tuple[pa.Array[Any], dict[int, str]]:
    try:
        return raw.cast(pa.string()), {}
    except pa.ArrowInvalid:
        texts: list[str | None] = []
        reasons = {}
        for row, value in enumerate(raw.to_pylist()):
            try:
                texts.append(None if value is None else value.decode("utf-8"))
            except UnicodeDecodeError:
                texts.append(None)
                reasons[row] = _BROKEN_UTF8
        return pa.array(texts, pa.string()), reasons


def _cast(texts: pa.Array[Any], kind: Any, options: FileOptions) -> pa.Array[Any]:
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _cast_times(texts, kind, options)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _cast_bytes(texts, kind)
    return texts.cast(kind)


def _cast_bytes(texts: pa.Array[Any], kind: Any) -> pa.Array[Any]:
    """Bytes as files of text have them (`{"$bytes": base64}`); any other text is its own bytes."""
    marked: Any = pc.starts_with(texts, _BYTES_MARK)
    if not pc.any(marked, min_count=0).as_py():
        return texts.cast(kind)
    found: pa.Array[Any] = pa.array([_bytes_of(text) for text in texts.to_pylist()], kind)
    return found


def _bytes_of(text: str | None) -> bytes | None:
    if text is None or not text.startswith(_BYTES_MARK):
        return None if text is None else text.encode()
    return base64.b64decode(json.loads(text)["$bytes"], validate=True)


def _cast_times(texts: pa.Array[Any], kind: Any, options: FileOptions) -> pa.Array[Any]:
    if options.date_pattern:
        zone = ZoneInfo(options.zone)
        parsed: pa.Array[Any] = pa.array(
            [_by_pattern(text, options.date_pattern, zone, kind) for text in texts.to_pylist()], kind
        )
        return parsed
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        try:
            return texts.cast(kind)
        except pa.ArrowInvalid:
            local: Any = texts.cast(pa.timestamp(kind.unit))
            found: pa.Array[Any] = pc.assume_timezone(local, options.zone, ambiguous="earliest").cast(kind)
            return found
    return texts.cast(kind)


def _by_pattern(text: str | None, pattern: str, zone: ZoneInfo, kind: Any) -> Any:
    if text is None:
        return None
    moment = datetime.strptime(text, pattern)
    if pa.types.is_date(kind):
        return moment.date()
    if kind.tz is None:
        return moment.replace(tzinfo=None)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _is_kept(texts: pa.Array[Any], values: pa.Array[Any], *, is_padded: bool) -> bool:
    """Whether a number written again is the text that was read."""
    kind: Any = values.type
    if is_padded and pa.types.is_decimal(kind):
        return pc.all(pc.equal(_bare(values.cast(pa.string())), _bare(texts)), min_count=0).as_py() is not False
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        equal: Any = pc.equal(values.cast(pa.string()), texts)
        return pc.all(equal, min_count=0).as_py() is not False
    if pa.types.is_floating(kind):
        return _is_every_digit_kept(texts, values)
    return True


def _bare(texts: Any) -> Any:
    """Decimals without the zeros at the end of their fraction."""
    compute: Any = pc
    shorter = compute.replace_substring_regex(texts, r"(\.[0-9]*?)0+$", r"\1")
    return compute.replace_substring_regex(shorter, r"\.$", "")


def _is_every_digit_kept(texts: Any, values: Any) -> bool:
    """Whether doubles are the numbers that were written: up to 15 digits always are, more have to come back."""
    compute: Any = pc
    digits = compute.replace_substring_regex(texts, r"[eE].*|[^0-9]", "")
    is_long = compute.greater(compute.utf8_length(digits), 15)
    is_lost = compute.and_(is_long, compute.not_equal(values.cast(pa.string()), texts))
    is_code = compute.match_substring_regex(texts, r"^-?0\d")
    return compute.any(compute.or_(is_lost, is_code), min_count=0).as_py() is not True


def _cast_singly(texts: pa.Array[Any], kind: Any, options: FileOptions, reasons: dict[int, str]) -> CastColumn:
    pieces: list[Any] = []
    for row in range(len(texts)):
        one = texts.slice(row, 1)
        value = _cast_whole(one, kind, options, is_padded=True)
        pieces.append(pa.nulls(1, kind) if value is None else value)
        if value is None:
            reasons[row] = f"{_shown(one[0].as_py())} is no {kind}"
    return CastColumn(pa.concat_arrays(pieces) if pieces else pa.nulls(0, kind), reasons)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def inferred_type(sample: pa.Array[Any], options: FileOptions) -> pa.DataType:
    """The narrowest type that holds every text of a sample exactly, text where there is none."""
    texts = _decoded(sample)[0].drop_null()
    if not len(texts):
        return pa.string()
    for kind in _candidates(texts):
        if _cast_whole(texts, kind, options) is not None:
            return kind
    return pa.string()


def _candidates(texts: pa.Array[Any]) -> list[pa.DataType]:
    first = texts[0].as_py()
    kinds: list[pa.DataType] = [pa.int64()]
    digits = first.partition(".")[2]
    if digits.isdecimal() and len(digits) <= 18:
        kinds.append(pa.decimal128(38, len(digits)))
    kinds.append(pa.float64())
    if first in ("true", "false"):
        kinds = [pa.bool_()]
    return [*kinds, pa.date32(), pa.timestamp("ns", "UTC") if _has_zone(first) else pa.timestamp("ns")]


def _has_zone(text: str) -> bool:
    return text.endswith("Z") or "+" in text or text.rfind("-") > 10
