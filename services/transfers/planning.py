"""A transfer planned with reads alone: what is read, where it goes, how columns fare, and in how many parts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import NotFound, Refused, UsageError, ValueRefused
from services.stores.base import Store
from services.stores.bulk import POSITION_METADATA, BulkReads, BulkWrites, ReadPlan, WriteMode, WritePlan, WriteWish
from services.stores.changes import Path
from services.stores.types import CountKind, RowQuery
from services.transfers.casting import cast_word
from services.transfers.model import TransferOptions
from services.transfers.places import Places, place_of
from services.transfers.plan_codec import TransferPlan

if TYPE_CHECKING:
    Field = pa.Field[Any]

_FILE_MODES: Final = (WriteMode.FAIL, WriteMode.OVERWRITE)
_STORE_MODES: Final = (WriteMode.APPEND, WriteMode.UPSERT, WriteMode.FAIL)


def position_column(schema: pa.Schema) -> str:
    """The column that is no data but tells where a row stands in its source, or empty."""
    for field in schema:
        if field.metadata and POSITION_METADATA in field.metadata:
            return str(field.name)
    return ""


def plan_transfer(
    places: Places, source: str, target: str, options: TransferOptions, cancel: CancelToken
) -> TransferPlan:
    """Plan with reads alone; nothing is changed anywhere.

    Raises:
        StoredeckError: what would fail later fails here, with the column or the mode named.
    """
    writer, target_path = places.target(target, options.target, cancel)
    mode = _mode(writer, target_path, target, options)
    reader, source_path = places.source(source, options.source, cancel)
    query = RowQuery(where=options.where, limit=options.limit)
    read = reader.plan_read(source_path, query, options.part_rows, cancel)
    try:
        names = _target_names(writer, target_path)
        columns = mapped_columns(read.schema, options.columns, names or ())
        wish = WriteWish(mode, options.partition, options.is_created, options.parallel, dict(options.target))
        is_new = options.is_created and names is None
        write = _planned_write(
            writer, target_path, _renamed(read.schema, columns), wish, cancel, is_free=is_new and options.mode is None
        )
        read = replace(read, schema=_typed_for(source, options, read.schema, write.schema, columns))
        shown_columns = _checked_columns(read.schema, write.schema, columns, target)
        read = _sized(reader, read, write, query, options, cancel)
    except BaseException:
        reader.end_read(read)
        raise
    shown = _shown(source, target, read, write, shown_columns, _modes(writer, target_path))
    shown["is_new"], shown["is_staged"] = is_new, writer.is_staged(write)
    return TransferPlan(read, write, _in_target_order(columns, write.schema), shown)


def _planned_write(
    writer: BulkWrites, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken, *, is_free: bool
) -> WritePlan:
    """The write; a target that will be created with a key may take nothing but upserts, which replace no row there."""
    try:
        return writer.plan_write(path, schema, wish, cancel)
    except (Refused, UsageError):
        can_upsert = is_free and WriteMode.UPSERT in writer.write_modes(path)
        if not can_upsert or wish.mode is WriteMode.UPSERT:
            raise
    return writer.plan_write(path, schema, replace(wish, mode=WriteMode.UPSERT), cancel)


def _target_names(writer: BulkWrites, path: Path) -> list[str] | None:
    """The columns of a store's container, as far as it tells them; None where there is none yet."""
    if not isinstance(writer, Store):
        return None
    try:
        return [column.name for column in writer.describe(path).columns]
    except NotFound:
        return None


def _typed_for(
    source: str, options: TransferOptions, read: pa.Schema, write: pa.Schema, columns: list[tuple[str, str]]
) -> pa.Schema:
    """Text files are read in the target's types: what a sample was taken for matters only to a target without any."""
    place = place_of(source)
    if not place.is_file or options.source.get("types") or not _is_text(place.path, options):
        return read
    kinds = {origin: write.field(name).type for origin, name in columns if name in write.names}
    return pa.schema(
        [field.with_type(kinds[field.name]) if _is_plain(kinds.get(field.name)) else field for field in read]
    )


def _is_text(path: str, options: TransferOptions) -> bool:
    """Whether the values of a file have the types that they are read as."""
    from services.transfers.formats.options import FileFormat, format_of

    given = options.source.get("format", "")
    form = FileFormat(given) if given else format_of(path)[0]
    return form is not None and form.is_text


def _is_plain(kind: Any) -> bool:
    """Whether one text is one value of a type."""
    return kind is not None and not (pa.types.is_nested(kind) or pa.types.is_null(kind))


def source_fingerprint(
    places: Places, source: str, options: TransferOptions, plan: ReadPlan, cancel: CancelToken
) -> str:
    """The source's fingerprint now; empty where the store cannot tell or every part sees the source as planned."""
    if plan.is_snapshot or not plan.fingerprint:
        return ""
    reader, path = places.source(source, options.source, cancel)
    again = reader.plan_read(path, RowQuery(where=options.where, limit=options.limit), options.part_rows, cancel)
    reader.end_read(again)
    return again.fingerprint


def _modes(writer: BulkWrites, path: Path) -> list[str]:
    return sorted(mode.value for mode in writer.write_modes(path))


def _mode(writer: BulkWrites, path: Path, target: str, options: TransferOptions) -> WriteMode:
    possible = writer.write_modes(path)
    if not possible:
        # Why nothing can be written there is for the plan of the write to tell.
        return options.mode or WriteMode.APPEND
    if options.mode is not None:
        if options.mode not in possible:
            raise UsageError(
                f"{target}: mode {options.mode.value} is not possible", hint=f"Possible: {', '.join(sorted(possible))}."
            )
        return options.mode
    usual = _FILE_MODES[:1] if place_of(target).is_file else _STORE_MODES
    for mode in usual:
        if mode in possible:
            return mode
    raise UsageError(f"{target}: no mode is named", hint=f"Name one with --mode: {', '.join(sorted(possible))}.")


def mapped_columns(schema: pa.Schema, wanted: Mapping[str, str], known: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Pairs of source and target column; `wanted` renames columns, and leaves out those named "".

    Args:
        known: columns of the target; a name that differs from one of them in nothing but upper and lower case is it.
    Raises:
        UsageError: a name is not in the source, or two columns go to one.
    """
    position = position_column(schema)
    names = [name for name in schema.names if name != position]
    for name in wanted:
        if name not in names:
            raise UsageError(f"--map {name}: no such column in the source", hint=f"It has {', '.join(names[:50])}.")
    alike = _names_alike(names, known)
    pairs = [(name, wanted.get(name, alike.get(name, name))) for name in names]
    pairs = [(source, target) for source, target in pairs if target]
    targets = [target for _, target in pairs]
    twice = next((name for name in targets if targets.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice}: two columns of the source go there", hint=f"Leave one out with --map {twice}=.")
    return pairs


def _names_alike(names: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """The target's spelling of names that it has in another case, where neither side has two spellings of one name."""
    by_folded: dict[str, list[str]] = {}
    for name in known:
        by_folded.setdefault(name.casefold(), []).append(name)
    folded = [name.casefold() for name in names]
    found = {name: by_folded.get(fold, []) for name, fold in zip(names, folded, strict=True) if folded.count(fold) == 1}
    return {name: spellings[0] for name, spellings in found.items() if len(spellings) == 1}


def _renamed(schema: pa.Schema, columns: list[tuple[str, str]]) -> pa.Schema:
    return pa.schema([schema.field(source).with_name(target) for source, target in columns])


def _in_target_order(columns: list[tuple[str, str]], schema: pa.Schema) -> tuple[tuple[str, str], ...]:
    by_target = {target: source for source, target in columns}
    return tuple((by_target[name], name) for name in schema.names if name in by_target)


def _checked_columns(
    source: pa.Schema, target: pa.Schema, columns: list[tuple[str, str]], where: str
) -> list[dict[str, Any]]:
    """How each column fares.

    Raises:
        UsageError: a column has no place, or a needed one has no source.
        ValueRefused: its type can never be the target's.
    """
    names = set(target.names)
    stray = next((pair for pair in columns if pair[1] not in names), None)
    if stray is not None:
        raise UsageError(
            f"{stray[1]}: no such column in {where}",
            hint=f"Name another with --map {stray[0]}=COLUMN, or leave it out with --map {stray[0]}= .",
        )
    by_target = {name: origin for origin, name in columns}
    missing = next((field.name for field in target if field.name not in by_target and not field.nullable), None)
    if missing is not None:
        raise UsageError(f"{missing}: {where} needs it and the source has no such column", hint="Use --map SRC=DST.")
    return [_shown_column(source.field(by_target[field.name]), field) for field in target if field.name in by_target]


def _shown_column(source: Field, target: Field) -> dict[str, Any]:
    try:
        word = cast_word(source.type, target.type)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise ValueRefused(
            f"{source.name}: {source.type} never becomes {target.type} of {target.name}",
            hint=f"Leave it out with --map {source.name}= , or change the target's column.",
        ) from error
    return {
        "source": source.name,
        "source_type": str(source.type),
        "target": target.name,
        "target_type": str(target.type),
        "cast": word,
    }


def _sized(
    reader: BulkReads, read: ReadPlan, write: WritePlan, query: RowQuery, options: TransferOptions, cancel: CancelToken
) -> ReadPlan:
    """The read in parts that the target takes: one part read is one part written."""
    wish = wished_rows(read, write, options.part_rows)
    if wish is None:
        return read
    again = replace(reader.plan_read(read.path, query, wish, cancel), schema=read.schema)
    reader.end_read(read)
    if write.max_parts is not None and len(again.parts) > write.max_parts:
        reader.end_read(again)
        raise ValueRefused(
            f"{len(again.parts):,} parts: the target takes {write.max_parts:,}",
            hint="Ask for larger ones: --part-rows N.",
        )
    return again


def wished_rows(read: ReadPlan, write: WritePlan, asked: int | None) -> int | None:
    """Rows a part to plan the read anew with; None where its parts suit the target as they are."""
    known = [part.rows for part in read.parts if part.rows is not None]
    rows = read.count.rows if read.count.kind is not CountKind.UNKNOWN else sum(known)
    bounds = [bound for bound in (write.part_rows, _rows_of_bytes(read, write.part_bytes)) if bound]
    most = min(bounds) if bounds else None
    if write.max_parts is not None and len(read.parts) > write.max_parts:
        wish = math.ceil(rows / write.max_parts)
        return (min(wish, most) if most else wish) or None
    is_small_enough = most is None or (len(known) == len(read.parts) and max(known, default=0) <= most)
    return None if is_small_enough or most == asked else most


def _rows_of_bytes(read: ReadPlan, part_bytes: int | None) -> int | None:
    """The rows that some bytes hold, by the parts whose rows and bytes are known."""
    known = [(part.rows, part.size_bytes) for part in read.parts if part.rows and part.size_bytes]
    if part_bytes is None or not known:
        return None
    rows, size = sum(rows for rows, _ in known), sum(size for _, size in known)
    return max(1, part_bytes * rows // size)


def _shown(
    source: str, target: str, read: ReadPlan, write: WritePlan, columns: list[dict[str, Any]], modes: list[str]
) -> dict[str, Any]:
    return {
        "source": source,
        "target": target,
        "mode": write.wish.mode.value,
        "modes": modes,
        "guarantee": write.guarantee.value,
        "columns": columns,
        "rows": read.count.rows if read.count.kind is not CountKind.UNKNOWN else None,
        "count": read.count.kind.value,
        "parts": len(read.parts),
        "part_rows": [part.rows for part in read.parts[:1000]],
        "size_bytes": sum(part.size_bytes or 0 for part in read.parts) or None,
        "parallel": write.wish.parallel,
        "is_snapshot": read.is_snapshot,
        "expires_at": min((at for at in (read.expires_at, write.expires_at) if at is not None), default=None),
        "notes": [*read.notes, *write.notes],
    }
