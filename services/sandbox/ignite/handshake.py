"""The first exchange of a connection: version, features, credentials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from services.sandbox.ignite import values, wire
from services.sandbox.ignite.errors import FAILED, SIGN_IN_FAILED, BadRequest
from services.sandbox.ignite.objects import MAP, NULL
from services.sandbox.ignite.wire import Reader

Version = tuple[int, int, int]

NEWEST: Version = (1, 7, 0)
VERSIONS: frozenset[Version] = frozenset((1, minor, 0) for minor in range(8))

USER_ATTRIBUTES = 0
CLUSTER_STATES = 2
NODE_ENDPOINTS = 3
CLUSTER_GROUPS = 4
DEFAULT_QUERY_TIMEOUT = 6
QUERY_PARTITIONS = 7
BINARY_CONFIGURATION = 8
SERVICE_DESCRIPTORS = 9
HEARTBEAT = 11
ALL_AFFINITY_MAPPINGS = 13
FORCE_DEACTIVATION = 19
SUPPORTED = frozenset(
    {
        USER_ATTRIBUTES, CLUSTER_STATES, NODE_ENDPOINTS, CLUSTER_GROUPS, DEFAULT_QUERY_TIMEOUT,
        QUERY_PARTITIONS, BINARY_CONFIGURATION, SERVICE_DESCRIPTORS, HEARTBEAT, ALL_AFFINITY_MAPPINGS,
        FORCE_DEACTIVATION,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Negotiated:
    """What a connection may use after its handshake."""

    version: Version
    features: frozenset[int] = frozenset()
    username: str = ""
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def has_flags(self) -> bool:
        """From 1.4 on, answers start with flags instead of a status."""
        return self.version >= (1, 4, 0)

    @property
    def has_expiry(self) -> bool:
        return self.version >= (1, 6, 0)


class Refused(Exception):
    """The handshake is answered with a refusal; the client may try again on the same connection."""

    def __init__(self, message: str, status: int = FAILED, version: Version = NEWEST) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.version = version


def mask_of(features: frozenset[int]) -> bytes:
    """A feature set as a little-endian bit mask."""
    number = sum(1 << bit for bit in features)
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "little")


def features_of(mask: bytes) -> frozenset[int]:
    number = int.from_bytes(mask, "little")
    return frozenset(bit for bit in range(number.bit_length()) if number >> bit & 1)


def negotiate(data: bytes, can_sign_in: Callable[[str | None, str | None], str]) -> Negotiated:
    """Reads a handshake request (without its length).

    Args:
        can_sign_in: takes user and password, returns the user's name as kept, raises `Refused`.
    """
    reader = Reader(data)
    if reader.byte() != 1:
        raise BadRequest("The first message is not a handshake")
    version = (reader.short(), reader.short(), reader.short())
    reader.byte()
    if version not in VERSIONS:
        raise Refused("Unsupported version: " + ".".join(map(str, version)))
    features: frozenset[int] = frozenset()
    attributes: dict[str, str] = {}
    if version >= NEWEST:
        features = features_of(_mask(reader)) & SUPPORTED
    if USER_ATTRIBUTES in features:
        attributes = _attributes(reader)
    user = reader.string() if reader.remaining else None
    password = reader.string() if reader.remaining else None
    return Negotiated(version, features, can_sign_in(user, password), attributes)


def _mask(reader: Reader) -> bytes:
    tag = reader.take(1)
    if tag == NULL:
        return b""
    if tag != b"\x0c":
        raise BadRequest("The feature mask is not a byte array")
    return reader.take(reader.count())


def _attributes(reader: Reader) -> dict[str, str]:
    """The user attributes: a map of strings, or null."""
    tag = reader.take(1)
    if tag == NULL:
        return {}
    if tag != bytes((MAP,)):
        raise BadRequest("The user attributes are not a map")
    count = reader.count()
    reader.byte()
    return {reader.text(): reader.string() or "" for _ in range(count)}


def accepted(negotiated: Negotiated, node: UUID) -> bytes:
    """The answer that opens the connection, length included."""
    body = b"\1"
    if negotiated.version >= NEWEST:
        body += values.byte_array(mask_of(negotiated.features))
    if negotiated.has_flags:
        body += values.uuid(node)
    return wire.int32(len(body)) + body


def refused(refusal: Refused) -> bytes:
    """The answer that refuses, length included."""
    numbers = b"".join(wire.short(part) for part in refusal.version)
    body = b"\0" + numbers + wire.string(refusal.message) + wire.int32(refusal.status)
    return wire.int32(len(body)) + body


def wrong_password() -> Refused:
    """A refused sign-in names version 0.0.0, as real nodes do."""
    return Refused("The user name or password is incorrect.", SIGN_IN_FAILED, (0, 0, 0))
