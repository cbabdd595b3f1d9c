"""One value for the viewer: its lines, its bytes, its size."""

from __future__ import annotations

import json
from typing import Any, Final

from services.results.nested import scalar_text
from services.results.texts import NULL_TEXT
from services.results.types import Inspection
from services.text import displayable, displayable_lines
from services.value_json import json_text, plain_json
from services.values import Typed, Value

MIB: Final = 1 << 20
SHOWN_BYTES: Final = MIB
SHOWN_HEX_BYTES: Final = MIB // 4
HEX_LINE: Final = 16


def inspection(value: Value) -> Inspection:
    """What the viewer shows of a value."""
    if not isinstance(value, Typed):
        return Inspection("absent", ("(the row has no such column)",), (), 0)
    kind = displayable(value.type)
    match value.value:
        case None:
            return Inspection(kind, (NULL_TEXT,), (), 0)
        case str() as text:
            return _of_text(kind, text)
        case bytes() as data:
            return _of_bytes(kind, data)
        case dict() | list():
            return _of_nested(kind, value.value)
    text = _edit_text(value.value)
    return Inspection(kind, (displayable(text),), (), len(text.encode()), edit_text=text)


def _edit_text(value: Any) -> str:
    """The text that reads back as the same value; numbers without grouping, times with their zone."""
    return scalar_text(value)


def _of_text(kind: str, text: str) -> Inspection:
    raw = text.encode("utf-8", "surrogatepass")
    is_cut = len(raw) > SHOWN_BYTES
    lines = tuple(displayable_lines(text, SHOWN_BYTES)) if text else ('""',)
    return Inspection(kind, lines, hex_lines(raw), len(raw), is_cut, "" if is_cut else text)


def _of_bytes(kind: str, data: bytes) -> Inspection:
    is_cut = len(data) > SHOWN_HEX_BYTES
    edit_text = "" if is_cut else "0x" + data.hex()
    return Inspection(kind, (f"{len(data):,} bytes",), hex_lines(data), len(data), is_cut, edit_text)


def _of_nested(kind: str, value: Any) -> Inspection:
    data = plain_json(value)
    text = json.dumps(data, ensure_ascii=False, indent=2)
    raw = json_text(data).encode("utf-8", "surrogatepass")
    is_cut = len(text) > SHOWN_BYTES
    lines = tuple(displayable_lines(text, SHOWN_BYTES))
    return Inspection(kind, lines, (), len(raw), is_cut, "" if is_cut else text)


def hex_lines(data: bytes, limit: int = SHOWN_HEX_BYTES) -> tuple[str, ...]:
    """Lines of offset, 16 bytes in hex, and the same bytes as ASCII with dots for the rest."""
    return tuple(
        _hex_line(start, data[start : start + HEX_LINE]) for start in range(0, min(len(data), limit), HEX_LINE)
    )


def _hex_line(start: int, chunk: bytes) -> str:
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in chunk)
    return f"{start:08x}  {chunk[:8].hex(' '):<23}  {chunk[8:].hex(' '):<23}  {shown}"
