"""The messages between the console and a session's process: frames of a length and pickled contract data.

Both ends are ours. Still, the session's process handles what servers send, so the console unpickles nothing but the
classes of the contract.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from services.errors import ProtocolError, StoredeckError
from services.results.types import ResultState

HEADER: Final = struct.Struct(">I")
MAX_FRAME: Final = 1 << 30
SESSION: Final = 0
"""The target of calls to the session itself; results have numbers from 1 on."""


class Ask(NamedTuple):
    """Call a method of the session or of a result; answered by items and one Answer or Failure of the same id."""

    id: int
    target: int
    method: str
    args: tuple[Any, ...]


class Stop(NamedTuple):
    """Stop the call of that id."""

    id: int


class Item(NamedTuple):
    """One of the values that a call yields."""

    id: int
    value: Any


class Answer(NamedTuple):
    """The end of a call."""

    id: int
    value: Any


class Failure(NamedTuple):
    """The end of a call that failed."""

    id: int
    error: StoredeckError


class StateNotice(NamedTuple):
    """A result's state changed; of two, the one with the higher stamp is newer."""

    target: int
    stamp: int
    state: ResultState


class ResultOpened(NamedTuple):
    """The answer to opening a result: its number and first state."""

    target: int
    stamp: int
    state: ResultState


Message = Ask | Stop | Item | Answer | Failure | StateNotice

_MODULES: Final = frozenset(
    {
        "services.connections.opening",
        "services.connections.wire",
        "services.errors",
        "services.results.types",
        "services.secrets",
        "services.stores.altering",
        "services.stores.cell_versions",
        "services.stores.changes",
        "services.stores.features",
        "services.stores.instances",
        "services.stores.limits",
        "services.stores.types",
        "services.times",
        "services.values",
    }
)
_CLASSES: Final = frozenset({("decimal", "Decimal"), ("uuid", "UUID"), ("uuid", "SafeUUID")})
_BUILTINS: Final = frozenset({"set", "frozenset", "bytearray", "complex"})


class _ContractUnpickler(pickle.Unpickler):
    """Loads classes of the contract only."""

    def find_class(self, module: str, name: str) -> Any:
        """The class, if it is one of the contract's."""
        is_known = (module, name) in _CLASSES or (module == "builtins" and name in _BUILTINS)
        if not is_known and (module not in _MODULES or "." in name):
            raise ProtocolError(f"session process: {module}.{name} is no part of the contract")
        found = super().find_class(module, name)
        if getattr(found, "__module__", module) != module:
            raise ProtocolError(f"session process: {module}.{name} is no part of the contract")
        return found


def encode(message: Message) -> bytes:
    """A message as a frame."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=5)
    # An SDK may have taken over how exceptions are pickled in its process; the console knows classes of ours only.
    pickler.dispatch_table = {}
    pickler.dump(message)
    body = buffer.getvalue()
    return HEADER.pack(len(body)) + body


def decode_trusted(body: bytes | bytearray | memoryview) -> Any:
    """A message from the console."""
    return pickle.loads(body)  # noqa: S301


def decode(body: bytes | bytearray | memoryview) -> Any:
    """A message from a session's process.

    Raises:
        ProtocolError: it is none of ours.
    """
    try:
        return _ContractUnpickler(io.BytesIO(body)).load()
    except StoredeckError:
        raise
    except Exception as error:
        raise ProtocolError(f"session process: a message makes no sense ({type(error).__name__})") from error


class Frames:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes | memoryview) -> Iterator[bytes]:
        """The bodies of the frames that are whole now.

        Raises:
            ProtocolError: a frame says it is too long.
        """
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= HEADER.size:
            (size,) = HEADER.unpack_from(buffer, start)
            if size > MAX_FRAME:
                raise ProtocolError(f"session process: a message of {size:,} bytes")
            end = start + HEADER.size + size
            if len(buffer) < end:
                break
            yield bytes(memoryview(buffer)[start + HEADER.size : end])
            start = end
        del buffer[:start]
