"""The Java hash of a stored key, which chooses its partition."""

from __future__ import annotations

import struct

from services.sandbox.ignite.hashes import as_int32, bytes_hash, long_hash, string_hash
from services.sandbox.ignite.objects import COMPLEX


def key_hash(data: bytes) -> int:
    """Object.hashCode of the key as a node computes it; arrays and the rare types hash their bytes."""
    tag = data[0]
    if tag == 9:
        return string_hash(data[5:].decode("utf-8", "surrogatepass"))
    if tag in {1, 2, 3}:
        return int.from_bytes(data[1:], "little", signed=True)
    if tag in {4, 11, 36}:
        return long_hash(int.from_bytes(data[1:], "little", signed=True))
    if tag == COMPLEX:
        return int(struct.unpack_from("<i", data, 8)[0])
    if tag == 5:
        return int.from_bytes(data[1:5], "little", signed=True)
    if tag == 6:
        return long_hash(int.from_bytes(data[1:9], "little"))
    if tag == 7:
        return int.from_bytes(data[1:3], "little")
    if tag == 8:
        return 1231 if data[1] else 1237
    if tag == 10:
        high, low = struct.unpack_from("<QQ", data, 1)
        return long_hash(high ^ low)
    return as_int32(bytes_hash(data))
