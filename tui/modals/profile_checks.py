"""What can be said of a profile's fields while they are typed, without connecting."""

from __future__ import annotations

from services.connections.profile import Profile, check_profile
from services.errors import UsageError
from services.stores.kinds import StoreKind


def field_problem(kind: StoreKind, name: str, value: str) -> str:
    """What is wrong with one field, or empty."""
    field = kind.field(name)
    if field.is_required and not value and not field.default:
        return "needed"
    if name == "nodes" and value:
        return nodes_problem(value)
    stand_ins = {other.name: "x" for other in kind.fields if other.is_required and not other.is_secret}
    try:
        check_profile(Profile(name="x", kind=kind.kind, fields={**stand_ins, name: value} if value else stand_ins))
    except UsageError as error:
        return error.hint or error.message
    return ""


def nodes_problem(value: str) -> str:
    """What is wrong with a list of `host:port`, or empty."""
    for node in value.split(","):
        host, colon, port = node.strip().rpartition(":")
        if not colon or "]" in port:
            host, port = node.strip(), "10800"
        if not host or any(char.isspace() for char in host):
            return f"{node.strip() or 'an empty entry'} is no host:port"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            return f"{port or 'nothing'} is no port; give 1 to 65535"
    return ""
