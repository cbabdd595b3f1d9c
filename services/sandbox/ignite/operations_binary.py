"""Binary type operations 3000 to 3004."""

from __future__ import annotations

from services.sandbox.ignite import wire
from services.sandbox.ignite.binary_types import read_type, write_type
from services.sandbox.ignite.dispatch import Call, operation
from services.sandbox.ignite.errors import RequestRefused

PLATFORMS = ("Java", "DotNet")


@operation(3000)
def get_class_name(call: Call) -> bytes:
    platform, type_id = call.reader.byte(), call.reader.int32()
    name = call.cluster.binary.class_names.get(type_id)
    if name is None:
        label = PLATFORMS[platform] if platform in {0, 1} else str(platform)
        raise RequestRefused(
            f"Failed to resolve class name [platformId={platform}, platform={label}, typeId={type_id}]"
        )
    return wire.string(name)


@operation(3001)
def register_class_name(call: Call) -> bytes:
    call.reader.byte()
    type_id, name = call.reader.int32(), call.reader.text()
    known = call.cluster.binary.class_names.setdefault(type_id, name)
    return wire.boolean(known == name)


@operation(3002)
def get_type(call: Call) -> bytes:
    kind = call.cluster.binary.by_id.get(call.reader.int32())
    return b"\0" if kind is None else b"\1" + write_type(kind)


@operation(3003)
def put_type(call: Call) -> bytes:
    call.cluster.binary.merge(read_type(call.reader))
    return b""


@operation(3004)
def get_configuration(call: Call) -> bytes:
    """Compact footers, and the name mapper that keeps full class names (0)."""
    return b"\1\0"
