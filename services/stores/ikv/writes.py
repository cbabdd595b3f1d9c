"""Changes of documents: what is sent for each, and what it says to people. Nothing is checked by the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.cancel import CancelToken
from services.errors import Refused, StoredeckError, ValueRefused
from services.stores.changes import Call, Change, Delete, Outcome, Result
from services.stores.ikv.gateway import KEY_BYTES, Fields, Gateway, StoreSettings
from services.stores.ikv.types import encode
from services.value_json import json_text, plain_json
from services.values import ABSENT, Typed, Value

MESSAGE_BYTES: Final = 4 << 20
"""What gRPC takes by default; the gateway sets no other bound."""
HEAD_BYTES: Final = 4096
"""Room for account, passkey, store and time beside the documents."""
ENTRY_BYTES: Final = 24
"""Bytes around a field's name and value in a message, at most."""

ACCEPTED: Final = "the gateway took it; readers of the index see it later"


@dataclass(frozen=True, slots=True)
class Write:
    """What one change sends: fields to merge, names to delete, or the end of the document.

    Attributes:
        key: the primary key, and the partitioning key where it is another field.
    """

    key: Fields
    fields: Fields
    deleted: tuple[str, ...] = ()
    is_end: bool = False

    def send(self, gateway: Gateway, cancel: CancelToken) -> None:
        """Send it: one call, or two when fields are set and others deleted."""
        if self.is_end:
            gateway.delete_document(self.key, cancel)
            return
        if self.fields or not self.deleted:
            gateway.upsert({**self.key, **self.fields}, cancel)
        if self.deleted:
            gateway.delete_fields(self.key, self.deleted, cancel)

    @property
    def text(self) -> str:
        """The calls in the words of the SDK."""
        if self.is_end:
            return f"delete_document({_shown(self.key)})"
        calls = []
        if self.fields or not self.deleted:
            calls.append(f"upsert_fields({_shown({**self.key, **self.fields})})")
        if self.deleted:
            calls.append(f"delete_fields({_shown(self.key)}, {json_text(list(self.deleted))})")
        return "; ".join(calls)


def _shown(fields: Fields) -> str:
    return json_text({name: {value.type: plain_json(value)} for name, value in fields.items()})


def write_of(change: Change, settings: StoreSettings) -> Write:
    """What a change sends.

    Raises:
        ValueRefused: a value or the key cannot be written.
    """
    before: Mapping[str, Value] = getattr(change, "before", {})
    if isinstance(change, Delete):
        return write_from(change.key, {}, before, settings, is_end=True)
    return write_from(change.key, change.after, before, settings)


def write_from(
    key: Mapping[str, Value],
    after: Mapping[str, Value],
    before: Mapping[str, Value],
    settings: StoreSettings,
    *,
    is_end: bool = False,
) -> Write:
    """As `write_of`, from the parts of a change; ABSENT deletes a field."""
    known = {**before, **after, **key}
    names = {settings.primary_key, settings.partitioning_key}
    found = {name: value for name in sorted(names) if isinstance(value := known.get(name), Typed)}
    primary = found.get(settings.primary_key)
    if primary is None:
        raise ValueRefused(
            f"{settings.primary_key}: the primary key is missing", hint="Every document is named by its primary key."
        )
    check_key(settings.primary_key, primary)
    if settings.partitioning_key not in found:
        hint = f"The store is partitioned by {settings.partitioning_key}: give its value, too."
        raise ValueRefused(f"{settings.partitioning_key}: the partitioning key is missing", hint=hint)
    fields = {name: value for name, value in after.items() if name not in names and isinstance(value, Typed)}
    deleted = tuple(name for name, value in after.items() if value is ABSENT and name not in names)
    write = Write(found, fields, deleted, is_end)
    _check_size(write)
    return write


def check_key(name: str, value: Typed) -> bytes:
    """The bytes of a primary key.

    Raises:
        ValueRefused: it is empty or too long.
    """
    data = encode(name, value)
    if len(data) > KEY_BYTES:
        raise ValueRefused(
            f"{name}: a key of {len(data):,} bytes", hint=f"The index keeps keys of at most {KEY_BYTES:,} bytes."
        )
    return data


def wire_bytes(fields: Fields) -> int:
    """Bytes that a document takes in a message, at most."""
    return sum(
        len(encode(name, value)) + len(name.encode("utf-8", "replace")) + ENTRY_BYTES for name, value in fields.items()
    )


def _check_size(write: Write) -> None:
    size = wire_bytes({**write.key, **write.fields})
    if size > MESSAGE_BYTES - HEAD_BYTES:
        raise ValueRefused(
            f"a document of {size:,} bytes does not fit into one message",
            hint="The gateway takes 4 MB at once: write its fields one after the other.",
        )


def planned(changes: Sequence[Change], settings: StoreSettings) -> list[Call]:
    """One call a change."""
    calls = []
    for change in changes:
        try:
            calls.append(Call(write_of(change, settings).text))
        except Refused as error:
            calls.append(Call("", reason=error.message))
    return calls


def applied(
    changes: Sequence[Change], settings: StoreSettings, gateway: Gateway, cancel: CancelToken
) -> Iterator[Outcome]:
    """Send them in order, one outcome each."""
    for change in changes:
        cancel.check()
        yield outcome_of(lambda change=change: write_of(change, settings).send(gateway, cancel), cancel)


def outcome_of(send: Any, cancel: CancelToken) -> Outcome:
    """What became of a write; one whose answer did not come has an unknown end, and says so."""
    try:
        send()
    except Refused as error:
        return Outcome(Result.REFUSED, error.message, error.request_id, error=error)
    except StoredeckError as error:
        cancel.check()
        words = f"{error.message}; it may have been written: read the document again later"
        return Outcome(Result.REFUSED, words, error=error)
    return Outcome(Result.APPLIED, ACCEPTED)
