"""Where the fields of many binary objects of one class lie, all objects at once."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from services.errors import ProtocolError
from services.stores.ignite.codec import tags
from services.stores.ignite.codec.arrow import Ints, Mask, Numbers
from services.stores.ignite.codec.cells import Cells
from services.stores.ignite.codec.generic import has_references
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.row_plans import LENGTHS
from services.stores.ignite.codec.schemas import ObjectHeader
from services.stores.ignite.codec.skip import skip

_SELF_CONTAINED = frozenset((tags.BYTE_ARRAY, tags.WRAPPED, tags.JVM, *tags.PACKED_ARRAYS))


@dataclass(slots=True)
class FieldCells:
    """The cells of each field.

    Attributes:
        good: the objects that can be taken apart; cells of the others mean nothing.
    """

    columns: list[Cells]
    good: Mask

    def only_good(self) -> FieldCells:
        """Without the objects that cannot be taken apart."""
        return FieldCells([cells.at(self.good) for cells in self.columns], self.good[self.good])


def locate_fields(buffer: PageBuffer, header: ObjectHeader, cells: Cells) -> FieldCells:
    """The fields of objects that have the class of `header`."""
    assert header.names is not None
    flags = cells.gather(buffer, "<u2", 2)
    lengths = cells.gather(buffer, "<i4", 12).astype(np.int64)
    footers = cells.gather(buffer, "<i4", 20).astype(np.int64)
    sizes = np.where(flags & tags.OFFSET_ONE, 1, np.where(flags & tags.OFFSET_TWO, 2, 4))
    steps = sizes if header.flags & tags.COMPACT_FOOTER else sizes + 4
    good = (buffer.u8[cells.starts + 1] == 1) & (footers > tags.HEADER_BYTES)
    good &= cells.starts + lengths <= cells.ends
    good &= footers + steps * len(header.names) == lengths
    positions = np.where(good, cells.starts + footers + steps - sizes, 0)
    starts = []
    least = np.full(len(cells), tags.HEADER_BYTES, np.int64)
    for index in range(len(header.names)):
        offsets = _offsets(buffer, np.where(good, positions + steps * index, 0), sizes)
        good &= (offsets >= least) & (offsets < footers)
        least = offsets + 1
        starts.append(cells.starts + offsets)
    if not header.flags & tags.COMPACT_FOOTER:
        good &= _same_ids(buffer, header, positions - 4, steps, good)
    limits = [*starts[1:], cells.starts + footers]
    columns = [_measured(buffer, begin, limit, good) for begin, limit in zip(starts, limits, strict=True)]
    return FieldCells(columns, good)


def _offsets(buffer: PageBuffer, at: Ints, sizes: Numbers) -> Ints:
    smallest = int(sizes.min())
    if smallest == sizes.max():
        return buffer.gather({1: "u1", 2: "<u2", 4: "<u4"}[smallest], at).astype(np.int64)
    offsets = np.zeros(len(at), np.int64)
    for size, code in ((1, "u1"), (2, "<u2"), (4, "<u4")):
        mask = sizes == size
        offsets[mask] = buffer.gather(code, at[mask])
    return offsets


def _same_ids(buffer: PageBuffer, header: ObjectHeader, at: Ints, steps: Ints, good: Mask) -> Mask:
    """Whether the field ids in each footer are those of the first object."""
    assert header.names is not None
    same = good.copy()
    step = header.offset_bytes + 4
    for index in range(len(header.names)):
        place = header.start + header.footer + index * step
        expected = struct.unpack_from("<i", buffer.data, place)[0]
        same &= buffer.gather("<i4", np.where(good, at + steps * index, 0)) == expected
    return same


def _measured(buffer: PageBuffer, starts: Ints, limits: Ints, good: Mask) -> Cells:
    """The cells of one field; objects whose field does not fit are struck from `good`."""
    if not good.all():
        starts = np.where(good, starts, 0)
    found = buffer.u8[starts]
    tag = int(found[0])
    is_uniform = bool((found == tag).all())
    if is_uniform:
        ends = _ends(buffer, tag, starts, limits)
    else:
        ends = starts + 1
        for tag in np.flatnonzero(np.bincount(found[good], minlength=256)).tolist():
            rows = np.flatnonzero((found == tag) & good)
            ends[rows] = _ends(buffer, tag, starts[rows], limits[rows])
    good &= (ends > starts) & (ends <= limits)
    return Cells(found, starts, ends, 0, tag if is_uniform else -1, is_full=is_uniform and tag != tags.NULL)


def _ends(buffer: PageBuffer, tag: int, starts: Ints, limits: Ints) -> Ints:
    """Where cells of one tag end; before their start where they cannot stand on their own."""
    if tag == tags.HANDLE:
        return np.full(len(starts), -1)
    if tag in tags.WIDTHS:
        return starts + 1 + tags.WIDTHS[tag]
    if tag in LENGTHS:
        length_at, extra = LENGTHS[tag]
        fits = starts + length_at + 4 <= limits
        lengths = buffer.gather("<i4", np.where(fits, starts + length_at, 0)).astype(np.int64)
        ends = np.where(fits & (lengths >= 0), starts + lengths + extra, -1)
        if tag != tags.OBJECT:
            return ends
    is_plain = tag in _SELF_CONTAINED
    return np.array(
        [_end(buffer, start, limit, is_plain) for start, limit in zip(starts.tolist(), limits.tolist(), strict=True)]
    )


def _end(buffer: PageBuffer, start: int, limit: int, is_plain: bool) -> int:
    try:
        end = skip(buffer.data, start)
        if end > limit:
            return -1
        if is_plain or buffer.data.find(tags.HANDLE, start, end) < 0:
            return end
        return -1 if has_references(buffer.data, start, end, buffer.resolver) else end
    except ProtocolError:
        return -1
