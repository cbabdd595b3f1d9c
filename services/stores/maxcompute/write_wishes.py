"""What a user wants of a bulk write, in the words of `--target NAME=VALUE`, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.errors import UsageError
from services.stores.bulk import WriteMode, WriteWish
from services.stores.maxcompute import names
from services.stores.maxcompute.metadata import TableFacts
from services.stores.maxcompute.names import Place
from services.stores.maxcompute.tunnel.encodings import USUAL, encoding_of

BLOCK_MEGABYTES: Final = 64
"""The service advises this much or more, as smaller blocks make small files."""

MOST_BLOCK_MEGABYTES: Final = 100_000
MOST_SLOTS: Final = 32
MOST_HOURS: Final = 24
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0", ""})
FORMS: Final = ("arrow", "record")
KNOWN: Final = (
    *("compress", "form", "block_size", "quota", "tags", "create_partition"),
    *("stream", "slots", "dynamic_partition", "zorder", "operation", "lifecycle"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options.

    Attributes:
        encoding: a Content-Encoding, empty for none.
        as_records: blocks go as records, for a service that takes no Arrow; it is slower.
        block_bytes: of rows in memory, at most for one part.
        quota, tags: of the tunnel.
        creates_partition: an absent partition is made.
        is_stream: rows go in at once and at least once, without a commit.
        slots: wanted of a stream or an upsert.
        is_dynamic: each row of a stream names its partition.
        zorder: columns that a stream's rows are sorted by at the service.
        deletes: an upsert removes the rows with these keys.
        hours: that an upsert session lives.
    """

    encoding: str
    as_records: bool
    block_bytes: int
    quota: str
    tags: str
    creates_partition: bool
    is_stream: bool
    slots: int
    is_dynamic: bool
    zorder: str
    deletes: bool
    hours: int


def wanted(wish: WriteWish) -> Wanted:
    """The options of a wish.

    Raises:
        UsageError: one is unknown, or has no sense.
    """
    given = wish.options
    unknown = next((name for name in given if name not in KNOWN), None)
    if unknown is not None:
        raise UsageError(f"{unknown}: no option of a MaxCompute target", hint=f"There are {', '.join(KNOWN)}.")
    operation = given.get("operation", "upsert")
    if operation not in ("upsert", "delete"):
        raise UsageError(f"operation: {operation!r} is none", hint="There are upsert and delete.")
    form = given.get("form", "arrow")
    if form not in FORMS:
        raise UsageError(f"form: {form!r} is none", hint=f"There are {' and '.join(FORMS)}.")
    found = Wanted(
        encoding=encoding_of(given.get("compress", USUAL)),
        as_records=form == "record",
        block_bytes=_number(given, "block_size", BLOCK_MEGABYTES, MOST_BLOCK_MEGABYTES) << 20,
        quota=given.get("quota", ""),
        tags=given.get("tags", ""),
        creates_partition=wish.is_created or _flag(given, "create_partition"),
        is_stream=_flag(given, "stream"),
        slots=_number(given, "slots", 1, MOST_SLOTS),
        is_dynamic=_flag(given, "dynamic_partition"),
        zorder=given.get("zorder", ""),
        deletes=operation == "delete",
        hours=_number(given, "lifecycle", MOST_HOURS, MOST_HOURS),
    )
    _check_together(found, wish.mode)
    return found


def _check_together(found: Wanted, mode: WriteMode) -> None:
    if (found.is_dynamic or found.zorder) and not found.is_stream:
        raise UsageError("dynamic_partition, zorder: only streams have them", hint="Give stream=true, too.")
    if found.is_stream and mode is not WriteMode.APPEND:
        raise UsageError(f"stream: adds rows and cannot {mode.value}", hint="Use --mode append, or no stream.")
    if found.deletes and mode is not WriteMode.UPSERT:
        raise UsageError("operation=delete: goes with mode upsert only", hint="Use --mode upsert.")


def _flag(given: Mapping[str, str], name: str) -> bool:
    word = given.get(name, "").lower()
    if word not in _YES | _NO:
        raise UsageError(f"{name}: {word!r} is neither true nor false")
    return word in _YES


def _number(given: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = given.get(name, "")
    if not text:
        return usual
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise UsageError(f"{name}: {text!r} is no number from 1 to {most:,}")
    return int(text)


def target_place(path: Sequence[str], wish: WriteWish) -> Place:
    """The table or partition that a wish is about, named by the address or beside it.

    Raises:
        UsageError: two different partitions are named.
    """
    place = names.place_of(tuple(path))
    if not wish.partition:
        return place
    spec = names.parse_spec(wish.partition)
    if place.spec and place.spec != spec:
        raise UsageError(f"{place.shown}: --partition names another one, {wish.partition}")
    return Place(place.schema, place.table, spec)


def checked_spec(place: Place, facts: TableFacts, given: Wanted) -> Place:
    """The place with its partition's columns in the table's order.

    Raises:
        UsageError: a partition is missing, or is none of this table's.
    """
    keys = [one.name for one in facts.partition_keys]
    spec: dict[str, Any] = {name.lower(): value for name, value in place.spec}
    if given.is_dynamic and keys and not spec:
        return place
    if sorted(spec) != sorted(key.lower() for key in keys):
        example = "/".join(f"{key}=..." for key in keys)
        hint = f"Write {place.table}/{example}, or --partition." if keys else "It has no partitions."
        words = f"partitioned by {', '.join(keys)}" if keys else "not partitioned"
        raise UsageError(f"{place.shown}: the table is {words}", hint=hint)
    return Place(place.schema, place.table, tuple((key, spec[key.lower()]) for key in keys))
