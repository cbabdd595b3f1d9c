"""Bulk writes planned with reads alone, then done by the kind of session that the table and the wish ask for."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, Refused, UnsupportedOperation, UsageError
from services.stores.bulk import Committed, Receipt, WriteMode, WritePlan, WriteWish
from services.stores.changes import Path
from services.stores.features import Guarantee
from services.stores.maxcompute import ddl, names
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.metadata import Metadata, TableFacts
from services.stores.maxcompute.names import Place
from services.stores.maxcompute.new_tables import definition_for
from services.stores.maxcompute.sql import SqlRunner
from services.stores.maxcompute.tunnel.download import open_table
from services.stores.maxcompute.tunnel.upload import Target
from services.stores.maxcompute.types import parse_type, shown_field
from services.stores.maxcompute.write_wishes import Wanted, checked_spec, target_place, wanted
from services.stores.types import KEY_METADATA

PLAIN_MODES: Final = frozenset({WriteMode.APPEND, WriteMode.OVERWRITE, WriteMode.FAIL})
KEYED_MODES: Final = frozenset({WriteMode.UPSERT})


class Way(ABC):
    """One kind of session."""

    max_parts: int | None = None

    @abstractmethod
    def guarantee(self) -> Guarantee:
        """What it promises."""

    @abstractmethod
    def begin(self, plan: WritePlan, cancel: CancelToken) -> Mapping[str, Any]:
        """Open a session; what to add to the plan's state."""

    @abstractmethod
    def part(self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken) -> Receipt:
        """See `BulkWrites.write_part`."""

    def acknowledged(self, plan: WritePlan) -> frozenset[int] | None:
        """See `BulkWrites.acknowledged`."""
        return None

    @abstractmethod
    def commit(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken) -> Committed:
        """See `BulkWrites.commit_write`."""

    @abstractmethod
    def abort(self, plan: WritePlan) -> None:
        """See `BulkWrites.abort_write`."""


@dataclass(frozen=True, slots=True)
class _Aim:
    """Where the rows of a plan go: an existing table, or the definition of one that is made first."""

    place: Place
    fields: list[Any]
    keys: tuple[str, ...]
    definition: Mapping[str, Any] | None
    notes: tuple[str, ...]
    columns: list[list[str]]
    creates: bool


class BulkWriting:
    """Plans writes and hands them to their way."""

    def __init__(self, link: Link, metadata: Metadata, runner: SqlRunner, ways: Mapping[str, Way]) -> None:
        self._link = link
        self._metadata = metadata
        self._runner = runner
        self._ways = ways

    def modes(self, path: Path) -> frozenset[WriteMode]:
        """See `BulkWrites.write_modes`."""
        facts = self._facts(names.place_of(path), NEVER) if not names.is_job(path) else None
        if facts is None:
            return frozenset() if names.is_job(path) else PLAIN_MODES | KEYED_MODES
        if facts.is_view:
            return frozenset()
        return KEYED_MODES if facts.primary_key else PLAIN_MODES

    def _facts(self, place: Place, cancel: CancelToken) -> TableFacts | None:
        try:
            return self._metadata.table(place, cancel)
        except NotFound:
            return None

    def plan(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        given = wanted(wish)
        place = target_place(path, wish)
        facts = self._facts(place, cancel)
        aim = self._new(place, schema, wish) if facts is None else self._known(place, facts, schema, given, cancel)
        _check_mode(place, wish.mode, aim.keys)
        if facts is not None and wish.mode is WriteMode.FAIL and not aim.creates:
            self._check_empty(aim.place, cancel)
        way = "stream" if given.is_stream else "upsert" if wish.mode is WriteMode.UPSERT else "upload"
        fields = _for_deletes(aim, schema) if given.deletes else aim.fields
        return WritePlan(
            path=tuple(path),
            schema=pa.schema(fields),
            wish=wish,
            guarantee=self._ways[way].guarantee(),
            state=self._state(way, aim, given),
            part_bytes=given.block_bytes,
            max_parts=self._ways[way].max_parts,
            expires_at=None,
            notes=aim.notes + _notes(way, aim, given, schema),
        )

    def _state(self, way: str, aim: _Aim, given: Wanted) -> dict[str, Any]:
        return {
            "way": way,
            "place": [aim.place.schema, aim.place.table, [list(part) for part in aim.place.spec]],
            "path": self._metadata.tunnel_path(aim.place),
            "partition": aim.place.wire_spec,
            "columns": aim.columns,
            "keys": list(aim.keys),
            "definition": aim.definition,
            "creates": aim.creates,
            "encoding": given.encoding,
            "records": given.as_records,
            "quota": given.quota,
            "tags": given.tags,
            "slots": given.slots,
            "dynamic": given.is_dynamic,
            "zorder": given.zorder,
            "deletes": given.deletes,
            "hours": given.hours,
        }

    def _new(self, place: Place, schema: pa.Schema, wish: WriteWish) -> _Aim:
        if not wish.is_created:
            raise NotFound(f"{place.shown}: no such table", hint="Let it be created with --create.")
        partitions = [name for name, _ in place.spec]
        keys = _keys_for(schema, partitions) if wish.mode is WriteMode.UPSERT else ()
        definition = definition_for(schema, partitions, keys)
        ddl.create_table(ddl.sql_name(place, ""), definition)
        columns = [[one["name"], one["type"]] for one in definition["columns"]]
        fields = [_field(name, text, name in keys, schema.field(name).nullable) for name, text in columns]
        told = f" with the key {', '.join(keys)}" if keys else ""
        notes = (f"table {place.table} is created{told}",)
        return _Aim(place, fields, keys, definition, notes, columns, creates=bool(place.spec))

    def _known(self, place: Place, facts: TableFacts, schema: pa.Schema, given: Wanted, cancel: CancelToken) -> _Aim:
        if facts.is_view:
            raise UnsupportedOperation(f"{place.shown}: a view holds no rows", hint="Write to one of its tables.")
        place = checked_spec(place, facts, given)
        is_absent = bool(place.spec) and self._is_absent(place, cancel)
        if is_absent and not given.creates_partition:
            raise NotFound(f"{place.shown}: no such partition", hint="Let it be created with --create.")
        columns = [*facts.columns, *(facts.partition_keys if given.is_dynamic else ())]
        asked = set(schema.names)
        fields = [
            _field(one.name, one.type, one.name in facts.primary_key, one.is_nullable)
            for one in columns
            if one.name in asked or not one.is_nullable or one.name in facts.primary_key
        ]
        notes = (f"partition {place.wire_spec} is created",) if is_absent else ()
        listed = [[one.name, one.type] for one in columns]
        return _Aim(place, fields, facts.primary_key, None, notes, listed, creates=is_absent)

    def _is_absent(self, place: Place, cancel: CancelToken) -> bool:
        try:
            self._metadata.partition(place, cancel)
        except NotFound:
            return True
        return False

    def _check_empty(self, place: Place, cancel: CancelToken) -> None:
        count = open_table(self._link, self._metadata.tunnel_path(place), place.wire_spec, cancel).count
        if count:
            raise Refused(f"{place.shown}: holds {count:,} rows", hint="Choose append or overwrite.")

    def begin(self, plan: WritePlan, cancel: CancelToken) -> WritePlan:
        """See `BulkWrites.begin_write`."""
        state = plan.state
        schema, table, spec = state["place"]
        place = Place(schema, table, tuple((name, value) for name, value in spec))
        if state["definition"] is not None and self._facts(place, cancel) is None:
            name = ddl.sql_name(place, self._metadata.schema_of(place.schema))
            self._runner.execute(ddl.create_table(name, state["definition"]), place.schema, cancel)
        more = self._ways[state["way"]].begin(plan, cancel)
        return replace(plan, state={**state, **more}, expires_at=time.time() + 3600.0 * state["hours"])

    def part(self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken) -> Receipt:
        """See `BulkWrites.write_part`."""
        return self._ways[plan.state["way"]].part(plan, part, batches, cancel)

    def acknowledged(self, plan: WritePlan) -> frozenset[int] | None:
        """See `BulkWrites.acknowledged`."""
        return self._ways[plan.state["way"]].acknowledged(plan)

    def commit(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken) -> Committed:
        """See `BulkWrites.commit_write`."""
        return self._ways[plan.state["way"]].commit(plan, receipts, cancel)

    def abort(self, plan: WritePlan) -> None:
        """See `BulkWrites.abort_write`."""
        if "id" in plan.state:
            self._ways[plan.state["way"]].abort(plan)


def target_of(plan: WritePlan) -> Target:
    """What a plan's session writes to."""
    state = plan.state
    return Target(state["path"], state["partition"], state["quota"], state["tags"])


def columns_of(plan: WritePlan) -> list[tuple[str, str]]:
    """The columns of a plan's table, names and type texts."""
    return [(name, text) for name, text in plan.state["columns"]]


def _field(name: str, text: str, is_key: bool, is_nullable: bool) -> Any:
    field = shown_field(name, str(parse_type(text)), is_key=is_key)
    return field.with_nullable(is_nullable and not is_key)


def _keys_for(schema: pa.Schema, partitions: Sequence[str]) -> tuple[str, ...]:
    """The columns that are a key where the rows come from, else the first one."""
    own = [field for field in schema if field.name not in partitions]
    marked = [field.name for field in own if KEY_METADATA in (field.metadata or {})]
    return tuple(marked or [field.name for field in own[:1]])


def _for_deletes(aim: _Aim, schema: pa.Schema) -> list[Any]:
    """Only the key matters; what else comes along is not looked at."""
    asked = set(schema.names)
    return [one if one.name in aim.keys else one.with_nullable(True) for one in aim.fields if one.name in asked]


def _check_mode(place: Place, mode: WriteMode, keys: Sequence[str]) -> None:
    if mode is WriteMode.SKIP:
        raise UsageError(f"{place.shown}: the service cannot leave known keys as they are", hint="Use another mode.")
    if mode is WriteMode.UPSERT and not keys:
        hint = "Use append or overwrite, or another table."
        raise UsageError(f"{place.shown}: has no primary key to upsert by", hint=hint)
    if mode is not WriteMode.UPSERT and keys:
        hint = "Use --mode upsert: a block that is added does not look for rows with the same key."
        raise UsageError(f"{place.shown}: has a primary key and takes upserts only", hint=hint)


def _notes(way: str, aim: _Aim, given: Wanted, schema: pa.Schema) -> tuple[str, ...]:
    if way == "stream":
        words = "at least once: rows show at once and are not taken back; a part that is sent again doubles its rows"
        return (words,)
    if way != "upsert":
        return ()
    if given.deletes:
        return ("rows with these keys are removed",)
    notes = ["a row replaces the one with its key, whoever wrote it last"]
    missing = [name for name, _ in aim.columns if name not in schema.names]
    if missing:
        # The service takes whole rows: what is not sent is not left as it was.
        notes.append(f"{', '.join(missing)}: not among the columns given, and NULL in every row that is replaced")
    return tuple(notes)
