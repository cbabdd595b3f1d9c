"""Document stores written in parts: batches of blind upserts below the 4 MB of a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import UnsupportedOperation, UsageError, ValueRefused
from services.stores.bulk import Receipt, Reject, WriteMode, WritePlan, WriteWish
from services.stores.changes import Path
from services.stores.features import Guarantee
from services.stores.ikv.bulk import batches, send_batches
from services.stores.ikv.bulk_columns import ARROW_OF, given_word, json_value
from services.stores.ikv.gateway import Fields, Gateway, StoreSettings
from services.stores.ikv.types import encode
from services.stores.ikv.writes import write_from
from services.stores.loose_columns import is_json, planned_field, python_columns, word_of
from services.values import Typed

MODES: Final = frozenset((WriteMode.UPSERT,))
_NOTES: Final = (
    "fields of a document that a row lacks stay as they are",
    "readers of the index see the documents later, never at once",
)


def plan_write(
    path: Path, schema: pa.Schema, wish: WriteWish, settings: StoreSettings, known: Mapping[str, tuple[str, ...]]
) -> WritePlan:
    """See `BulkWrites.plan_write`.

    Args:
        known: the types of each field as the index has them; none without an index.
    """
    if len(path) != 1:
        raise UnsupportedOperation(f"{'/'.join(path)}: takes no documents", hint="Write to the store itself.")
    if wish.mode not in MODES:
        hint = "IKV checks nothing: use --mode upsert."
        raise UsageError(f"{path[0]}: mode {wish.mode.value} is not possible", hint=hint)
    keys = list(dict.fromkeys((settings.primary_key, settings.partitioning_key)))
    given = {field.name: field for field in schema}
    names = list(dict.fromkeys((*keys, *given)))
    fields, notes = [], list(_NOTES)
    for name in names:
        words = known.get(name, ())
        field = given.get(name)
        if field is not None and is_json(field) and len(words) != 1:
            fields.append(planned_field(name, ("INT32", "STRING"), ARROW_OF, is_key=False))
            continue
        word = words[0] if len(words) == 1 else given_word(field) if field is not None else "STRING"
        fields.append(planned_field(name, [word], ARROW_OF, is_key=name in keys))
        if field is not None and word == "STRING" and not _is_text(field.type):
            notes.append(f"{name}: {field.type} is no type of IKV, so as text")
    return WritePlan(path, pa.schema(fields), wish, Guarantee.BLIND_UPSERT, notes=tuple(notes))


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)


def write_part(
    plan: WritePlan,
    part: int,
    found: Iterator[pa.RecordBatch],
    settings: StoreSettings,
    gateway: Gateway,
    cancel: CancelToken,
) -> Receipt:
    """See `BulkWrites.write_part`; a batch that fails ends the part, which may be sent again."""
    documents = _Documents(plan.schema, settings)
    for batch in found:
        for outcome in send_batches(gateway, "upsert", batches(documents.of(batch)), (), cancel):
            if outcome.error is not None:
                raise outcome.error
    return Receipt(part, documents.seen - len(documents.rejects), documents.size, tuple(documents.rejects))


class _Documents:
    """Makes documents of rows, and counts.

    Attributes:
        rejects: rows of which none could be made.
        size: bytes in memory of the rows.
    """

    def __init__(self, schema: pa.Schema, settings: StoreSettings) -> None:
        self._kinds = [(field.name, word_of(field), is_json(field)) for field in schema]
        self._settings = settings
        self.seen = 0
        self.size = 0
        self.rejects: list[Reject] = []

    def of(self, batch: pa.RecordBatch) -> Iterator[Fields]:
        """The documents of a batch."""
        columns, misfits = python_columns(batch)
        for place, values in enumerate(zip(*columns, strict=True)):
            column, reason = misfits.get(place, ("", ""))
            if reason:
                self.rejects.append(Reject(self.seen, reason, column))
            document = None if reason else self._document(values)
            self.seen += 1
            if document is not None:
                yield document
        self.size += batch.nbytes

    def _document(self, values: tuple[object, ...]) -> Fields | None:
        fields: dict[str, Typed] = {}
        for (name, word, is_text_of_json), value in zip(self._kinds, values, strict=True):
            if value is None:
                continue
            try:
                fields[name] = json_value(str(value)) if is_text_of_json else Typed(word, value)
                encode(name, fields[name])
            except ValueRefused as error:
                self._reject(name, error)
                return None
        try:
            write = write_from(fields, fields, {}, self._settings)
        except ValueRefused as error:
            self._reject("", error)
            return None
        return {**write.key, **write.fields}

    def _reject(self, column: str, error: ValueRefused) -> None:
        self.rejects.append(Reject(self.seen, error.message, column))
