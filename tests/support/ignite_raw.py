"""A bare thin client for tests that must see (or send) the very bytes."""

from __future__ import annotations

import socket
import struct
from types import TracebackType

NULL = b"\x65"


def string(value: str | None) -> bytes:
    """A string object."""
    if value is None:
        return NULL
    data = value.encode()
    return b"\x09" + struct.pack("<i", len(data)) + data


def number(tag: int, value: int) -> bytes:
    """A byte, short, int or long object by its type code."""
    return struct.pack("<B" + {1: "b", 2: "h", 3: "i", 4: "q"}[tag], tag, value)


def cache_id(name: str) -> int:
    """Java's hash of an ASCII name."""
    value = 0
    for character in name:
        value = (31 * value + ord(character)) & 0xFFFF_FFFF
    return value - (1 << 32) if value >> 31 else value


def head(name: str, flags: int = 0, *rest: bytes) -> bytes:
    """The head of a cache request."""
    return struct.pack("<ib", cache_id(name), flags) + b"".join(rest)


class Refusal(Exception):
    """The node answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class RawClient:
    """One connection: handshakes that can be repeated, requests whose answers come as bytes."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.has_flags = True
        self._request = 0

    def __enter__(self) -> RawClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, body: bytes) -> None:
        self.socket.sendall(struct.pack("<i", len(body)) + body)

    def receive(self) -> bytes:
        """One message without its length; empty when the node has closed."""
        length = self._take(4)
        return self._take(struct.unpack("<i", length)[0]) if length else b""

    def _take(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                return b""
            data += more
        return data

    def handshake(
        self, version: tuple[int, int, int] = (1, 7, 0), mask: bytes | None = b"\x04", rest: bytes = b""
    ) -> bytes:
        """Sends a handshake; the answer's first byte is 1 when it was accepted."""
        body = struct.pack("<bhhhb", 1, *version, 2)
        if version >= (1, 7, 0):
            body += NULL if mask is None else b"\x0c" + struct.pack("<i", len(mask)) + mask
        self.has_flags = version >= (1, 4, 0)
        self.send(body + rest)
        return self.receive()

    def request(self, code: int, body: bytes = b"") -> bytes:
        """The body of the answer.

        Raises:
            Refusal: the answer is an error.
            ConnectionError: the node closed instead.
        """
        self._request += 1
        self.send(struct.pack("<hq", code, self._request) + body)
        answer = self.receive()
        if not answer:
            raise ConnectionError("the node closed the connection")
        if not self.has_flags:
            status = struct.unpack_from("<i", answer, 8)[0]
            if status:
                raise Refusal(status, answer[17:].decode())
            return answer[12:]
        flags, at = struct.unpack_from("<h", answer, 8)[0], 10
        at += 12 if flags & 2 else 0
        if flags & 1:
            raise Refusal(struct.unpack_from("<i", answer, at)[0], answer[at + 9 :].decode())
        return answer[at:]
