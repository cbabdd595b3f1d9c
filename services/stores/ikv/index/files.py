"""The small files of an index: schema, header, Kafka offsets, and a segment's write offset.

They are rewritten in place while their reader runs, and some are appended to after it restarts; of a field that comes
more than once the last counts, as protocol buffers have it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from services.errors import NotFound, ProtocolError
from services.stores.ikv.index import wire

Found = TypeVar("Found")
ATTEMPTS: Final = 5
PAUSE_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class IndexSchema:
    """The names of the fields; dropped ones are gone from it.

    Attributes:
        fields: name by id, the primary key at 0, in the order of the ids.
    """

    primary_key: str
    fields: dict[int, str]


@dataclass(frozen=True, slots=True)
class KafkaOffset:
    """How far the index's reader had come in the stream when it last said so."""

    topic: str
    partition: int
    offset: int


def read_schema(path: Path) -> IndexSchema:
    """The schema; read again when it is just being rewritten.

    Raises:
        NotFound: there is none.
        ProtocolError: it makes no sense.
    """
    return _read(path, _schema)


def _schema(data: bytes) -> IndexSchema:
    key, ids = "", {}
    for number, value in wire.fields(data):
        if number == 1 and isinstance(value, bytes):
            key = value.decode("utf-8", "replace")
        elif number == 2 and isinstance(value, bytes):
            entry = dict(wire.fields(value))
            name, identifier = entry.get(1, b""), entry.get(2, 0)
            if isinstance(name, bytes) and isinstance(identifier, int):
                ids[identifier] = name.decode("utf-8", "replace")
    if not key:
        raise wire.BrokenMessage("it names no primary key")
    ids[0] = key
    return IndexSchema(key, dict(sorted(ids.items())))


def read_epoch_millis(path: Path) -> int:
    """When the base index was built, or 0."""
    return _read_number(path, 1)


def read_write_offset(path: Path) -> int:
    """Bytes in use of a segment's value file, as its metadata said last."""
    return _read_number(path, 1)


def read_kafka_offsets(path: Path) -> tuple[KafkaOffset, ...]:
    """How far the stream was read; empty where nothing was committed yet."""
    return _read(path, _kafka_offsets) if path.exists() else ()


def _kafka_offsets(data: bytes) -> tuple[KafkaOffset, ...]:
    """The file is rewritten without being cut, so bytes of a longer one may follow its entries."""
    found: dict[tuple[str, int], KafkaOffset] = {}
    with suppress(wire.BrokenMessage):
        for number, value in wire.fields(data):
            if number == 1 and isinstance(value, bytes):
                entry = _kafka_offset(dict(wire.fields(value)))
                found.setdefault((entry.topic, entry.partition), entry)
    return tuple(found.values())


def _kafka_offset(entry: dict[int, int | bytes]) -> KafkaOffset:
    topic, partition, offset = (entry.get(number, 0) for number in (1, 2, 3))
    name = topic.decode("utf-8", "replace") if isinstance(topic, bytes) else ""
    counted = (wire.signed64(raw) if isinstance(raw, int) else 0 for raw in (partition, offset))
    return KafkaOffset(name, *counted)


def _read_number(path: Path, number: int) -> int:
    def last(data: bytes) -> int:
        values = [value for found, value in wire.fields(data) if found == number and isinstance(value, int)]
        return values[-1] if values else 0

    return _read(path, last) if path.exists() else 0


def _read(path: Path, parse: Callable[[bytes], Found]) -> Found:
    """Parse a file; one that makes no sense may be half rewritten, so it is read again a few times."""
    for attempt in range(ATTEMPTS):
        try:
            return parse(path.read_bytes())
        except FileNotFoundError as error:
            raise NotFound(f"{path}: no such file", hint="The index is not whole: copy the directory again.") from error
        except OSError as error:
            raise NotFound(f"{path}: {error.strerror}", hint="Check the rights of the mount directory.") from error
        except wire.BrokenMessage as error:
            if attempt + 1 == ATTEMPTS:
                hint = "Copy the index again while its reader is stopped."
                raise ProtocolError(f"{path}: cannot be read: {error}", hint=hint) from error
            time.sleep(PAUSE_SECONDS)
    raise AssertionError("unreachable")
