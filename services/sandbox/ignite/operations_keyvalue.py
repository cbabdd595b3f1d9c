"""Key-value operations 1000 to 1021."""

from __future__ import annotations

from services.sandbox.ignite import wire
from services.sandbox.ignite.access import Access
from services.sandbox.ignite.dispatch import Call, operation
from services.sandbox.ignite.errors import BadRequest
from services.sandbox.ignite.objects import NULL, read_stored, sent

YES, NO = b"\1", b"\0"


def _key(call: Call) -> bytes:
    return read_stored(call.reader, "key")


def _value(call: Call, role: str = "val") -> bytes:
    return read_stored(call.reader, role)


def _keys(call: Call) -> list[bytes]:
    return [_key(call) for _ in range(call.reader.count())]


def _writing(call: Call) -> Access:
    access = call.access()
    call.cluster.check_writable()
    return access


@operation(1000)
def get(call: Call) -> bytes:
    access = call.access()
    return access.get(_key(call)) or NULL


@operation(1001)
def put(call: Call) -> bytes:
    access, key, value = _writing(call), _key(call), _value(call)
    access.put(key, value)
    return b""


@operation(1002)
def put_if_absent(call: Call) -> bytes:
    access, key, value = _writing(call), _key(call), _value(call)
    access.hold(key)
    if access.get(key) is not None:
        return NO
    access.put(key, value)
    return YES


@operation(1003)
def get_all(call: Call) -> bytes:
    access = call.access()
    found = [(key, access.get(key)) for key in dict.fromkeys(_keys(call))]
    parts = [sent(key) + value for key, value in found if value is not None]
    return wire.int32(len(parts)) + b"".join(parts)


@operation(1004)
def put_all(call: Call) -> bytes:
    access = _writing(call)
    entries = [(_key(call), _value(call)) for _ in range(call.reader.count())]
    for key, value in entries:
        access.put(key, value)
    return b""


@operation(1005)
def get_and_put(call: Call) -> bytes:
    access, key, value = _writing(call), _key(call), _value(call)
    access.hold(key)
    old = access.get(key)
    access.put(key, value)
    return old or NULL


@operation(1006)
def get_and_replace(call: Call) -> bytes:
    access, key, value = _writing(call), _key(call), _value(call)
    access.hold(key)
    old = access.get(key)
    if old is not None:
        access.put(key, value)
    return old or NULL


@operation(1007)
def get_and_remove(call: Call) -> bytes:
    access, key = _writing(call), _key(call)
    access.hold(key)
    old = access.get(key)
    access.remove(key)
    return old or NULL


@operation(1008)
def get_and_put_if_absent(call: Call) -> bytes:
    access, key, value = _writing(call), _key(call), _value(call)
    access.hold(key)
    old = access.get(key)
    if old is None:
        access.put(key, value)
    return old or NULL


@operation(1009)
def replace(call: Call) -> bytes:
    access, key, value = _writing(call), _key(call), _value(call)
    access.hold(key)
    if access.get(key) is None:
        return NO
    access.put(key, value)
    return YES


@operation(1010)
def replace_if_equals(call: Call) -> bytes:
    access, key, expected, value = _writing(call), _key(call), _value(call, "oldVal"), _value(call, "newVal")
    access.hold(key)
    if access.get(key) != sent(expected):
        return NO
    access.put(key, value)
    return YES


@operation(1011)
def contains_key(call: Call) -> bytes:
    access = call.access()
    return wire.boolean(access.get(_key(call)) is not None)


@operation(1012)
def contains_keys(call: Call) -> bytes:
    access = call.access()
    return wire.boolean(all(access.get(key) is not None for key in _keys(call)))


@operation(1013)
def clear(call: Call) -> bytes:
    access = _writing(call)
    access.cache.clear()
    return b""


@operation(1014)
def clear_key(call: Call) -> bytes:
    access = _writing(call)
    access.cache.remove(_key(call))
    return b""


@operation(1015)
def clear_keys(call: Call) -> bytes:
    access = _writing(call)
    for key in _keys(call):
        access.cache.remove(key)
    return b""


@operation(1016)
def remove_key(call: Call) -> bytes:
    access = _writing(call)
    return wire.boolean(access.remove(_key(call)))


@operation(1017)
def remove_if_equals(call: Call) -> bytes:
    access, key, expected = _writing(call), _key(call), _value(call, "oldVal")
    access.hold(key)
    if access.get(key) != sent(expected):
        return NO
    return wire.boolean(access.remove(key))


@operation(1018)
def remove_keys(call: Call) -> bytes:
    access = _writing(call)
    for key in _keys(call):
        access.remove(key)
    return b""


@operation(1019)
def remove_all(call: Call) -> bytes:
    access = _writing(call)
    for key in access.cache.stored_keys():
        access.remove(key)
    return b""


def _peek_modes(call: Call) -> set[int]:
    """Peek modes: none or ALL (0) count everything that is primary."""
    modes = set(call.reader.take(call.reader.count()))
    if not modes <= {0, 1, 2, 3, 4, 5}:
        raise BadRequest(f"Unknown peek modes: {sorted(modes)}")
    return modes


@operation(1020)
def get_size(call: Call) -> bytes:
    cache = call.cache()
    modes = _peek_modes(call)
    copies = 1 if not modes or modes & {2, 5} else 0
    if not modes or modes & {0, 3, 5}:
        backups = min(cache.config.backups, len(call.cluster.alive) - 1)
        copies = (1 if 3 not in modes or modes & {0, 2} else 0) + (backups if modes else 0)
    return wire.int64(cache.size() * copies)


@operation(1021)
def local_peek(call: Call) -> bytes:
    access = call.access()
    key = _key(call)
    _peek_modes(call)
    return access.get(key) or NULL
