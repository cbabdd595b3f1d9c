"""Atomic long operations 9000 to 9007."""

from __future__ import annotations

from services.sandbox.ignite import wire
from services.sandbox.ignite.dispatch import Call, operation
from services.sandbox.ignite.errors import NO_SUCH_RESOURCE, RequestRefused

DEFAULT_GROUP = "default-ds-group"
Name = tuple[str, str]


def _name(call: Call) -> Name:
    """The counter's name and its group."""
    name = call.reader.text()
    return name, call.reader.string() or DEFAULT_GROUP


def _existing(call: Call) -> Name:
    name = _name(call)
    if name not in call.cluster.atomic_longs:
        raise RequestRefused(f"AtomicLong with name '{name[0]}' does not exist.", NO_SUCH_RESOURCE)
    return name


@operation(9000)
def create(call: Call) -> bytes:
    """Creates unless it is there; the configuration names a group, the rest has no meaning here."""
    call.cluster.check_active()
    name, value, group = call.reader.text(), call.reader.long(), DEFAULT_GROUP
    if call.reader.boolean():
        call.reader.int32()
        call.reader.byte()
        call.reader.int32()
        group = call.reader.string() or DEFAULT_GROUP
    call.cluster.atomic_longs.setdefault((name, group), value)
    return b""


@operation(9001)
def remove(call: Call) -> bytes:
    call.cluster.atomic_longs.pop(_name(call), None)
    return b""


@operation(9002)
def exists(call: Call) -> bytes:
    return wire.boolean(_name(call) in call.cluster.atomic_longs)


@operation(9003)
def get(call: Call) -> bytes:
    return wire.int64(call.cluster.atomic_longs[_existing(call)])


@operation(9004)
def add_and_get(call: Call) -> bytes:
    name = _existing(call)
    value = call.cluster.atomic_longs[name] + call.reader.long()
    value = (value + (1 << 63)) % (1 << 64) - (1 << 63)
    call.cluster.atomic_longs[name] = value
    return wire.int64(value)


@operation(9005)
def get_and_set(call: Call) -> bytes:
    name = _existing(call)
    old = call.cluster.atomic_longs[name]
    call.cluster.atomic_longs[name] = call.reader.long()
    return wire.int64(old)


def _swap(call: Call) -> tuple[int, bool]:
    name, expected, value = _existing(call), call.reader.long(), call.reader.long()
    old = call.cluster.atomic_longs[name]
    if old == expected:
        call.cluster.atomic_longs[name] = value
    return old, old == expected


@operation(9006)
def compare_and_set(call: Call) -> bytes:
    return wire.boolean(_swap(call)[1])


@operation(9007)
def compare_and_set_and_get(call: Call) -> bytes:
    """Answers the value that was there before."""
    return wire.int64(_swap(call)[0])
