"""The shapes that bodies must have."""

from __future__ import annotations

import re
from typing import Any

from services.sandbox.trove.errors import Refusal, bad_request

NAME_LENGTH = 255
_NAME = re.compile(r".*[0-9a-zA-Z]+.*", re.DOTALL)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_POSITIVE = re.compile(r"0*[1-9]+[0-9]*")
_HOST = re.compile(r"[%]?[\w(-).]*[%]?")
_CIDR = re.compile(r"([0-9]{1,3}\.){3}[0-9]{1,3}(/([0-9]|[1-2][0-9]|3[0-2]))?")
_ADDRESS = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")


def invalid(where: str, why: str) -> Refusal:
    """A part of a body has not its form."""
    return bad_request(f"Validation error: {where} {why}")


def name(given: Any, where: str, *, length: int = NAME_LENGTH) -> str:
    """A text with a letter or digit in it."""
    if not isinstance(given, str):
        raise invalid(where, f"{given!r} is not of type 'string'")
    if not given or len(given) > length or not _NAME.fullmatch(given):
        raise invalid(where, f"{given[:64]!r} does not match '^.*[0-9a-zA-Z]+.*$', is empty or is too long")
    return given


def uuid(given: Any, where: str) -> str:
    if not isinstance(given, str) or not _UUID.fullmatch(given):
        raise invalid(where, f"{given!r} is no UUID")
    return given


def mapping(given: Any, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise invalid(where, f"{given!r} is not of type 'object'")
    return given


def only(given: dict[str, Any], where: str, allowed: frozenset[str]) -> None:
    """Refuses keys that are not allowed."""
    for key in given:
        if key not in allowed:
            raise invalid(where, f"Additional properties are not allowed ({key!r} was unexpected)")


def rows(given: Any, where: str) -> list[dict[str, Any]]:
    """A list of objects."""
    if not isinstance(given, list):
        raise invalid(where, f"{given!r} is not of type 'array'")
    return [mapping(one, f"{where}[{index}]") for index, one in enumerate(given)]


def flavor(given: Any, where: str) -> str:
    """The id of a flavor from a text, a number or the flavor's URL."""
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise invalid(where, f"{given!r} is not valid under any of the given schemas")
    return name(str(given), where).rstrip("/").rsplit("/", 1)[-1]


def volume(given: Any, where: str) -> int:
    """The size of a volume in GB."""
    size = mapping(given, where).get("size")
    if isinstance(size, str) and _POSITIVE.fullmatch(size):
        return int(size)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise invalid(f"{where}['size']", f"{size!r} is not valid under any of the given schemas")
    return size


def access(given: Any, where: str) -> dict[str, object]:
    """Who may reach an instance: `is_public`, `allowed_cidrs`."""
    found = mapping(given, where)
    if not isinstance(found.get("is_public", False), bool):
        raise invalid(f"{where}['is_public']", "is not of type 'boolean'")
    cidrs = found.get("allowed_cidrs", [])
    if not isinstance(cidrs, list) or not all(isinstance(one, str) and _CIDR.fullmatch(one) for one in cidrs):
        raise invalid(f"{where}['allowed_cidrs']", f"{cidrs!r} is no list of networks")
    return found


def nics(given: Any, where: str) -> dict[str, Any]:
    """The one network that an instance may name; empty without one."""
    found = rows(given, where)
    if len(found) > 1:
        raise invalid(where, f"{given!r} is too long")
    if not found:
        return {}
    nic = found[0]
    only(nic, where, frozenset({"net-id", "network_id", "subnet_id", "ip_address"}))
    for key in ("net-id", "network_id", "subnet_id"):
        if key in nic:
            uuid(nic[key], f"{where}[0][{key!r}]")
    if "ip_address" in nic and not _ADDRESS.fullmatch(str(nic["ip_address"])):
        raise invalid(f"{where}[0]['ip_address']", f"{nic['ip_address']!r} is no address")
    if not {"net-id", "network_id", "subnet_id"} & nic.keys():
        raise bad_request("Instance network or subnet needs to be specified.")
    if "ip_address" in nic and "subnet_id" not in nic:
        raise bad_request("Instance subnet needs to be specified.")
    return nic


def host(given: Any, where: str) -> str:
    """The host that a user may come from; `%` is any."""
    if not isinstance(given, str) or not given or not _HOST.fullmatch(given):
        raise invalid(where, f"{given!r} is no host")
    return given
