"""Dropping fields of all documents, and everything: what the gateway does without asking back."""

from __future__ import annotations

from services.errors import NotFound, Refused
from services.stores.changes import Path
from services.stores.ikv import names
from services.stores.ikv.gateway import Gateway


def drop(path: Path, primary_key: str, known: list[str] | None, gateway: Gateway) -> None:
    """Drop what a path names.

    Args:
        known: the fields that there are, None where no index tells.
    Raises:
        NotFound: there is no such field.
        Refused: it is the primary key, which the service would leave alone without a word.
    """
    name = names.field_of(path)
    prefix = names.prefix_of(name)
    if not name:
        gateway.drop_all()
    elif prefix is not None and name not in (known or ()):
        _drop_prefix(prefix, primary_key, known, gateway)
    else:
        _drop_field(name, primary_key, known, gateway)


def _drop_field(field: str, primary_key: str, known: list[str] | None, gateway: Gateway) -> None:
    if field == primary_key:
        raise Refused(f"{field}: the primary key cannot be dropped", hint="Drop the store's own name to drop all.")
    if known is not None and field not in known:
        raise NotFound(f"{field}: no field of that name", hint="It may have been dropped already.")
    gateway.drop_fields(names=[field])


def _drop_prefix(prefix: str, primary_key: str, known: list[str] | None, gateway: Gateway) -> None:
    if not prefix:
        raise Refused("*: a prefix has at least one character", hint="Drop the store's own name to drop all.")
    if known is not None and not [name for name in known if name.startswith(prefix) and name != primary_key]:
        raise NotFound(f"{prefix}*: no field begins so", hint=f"The primary key {primary_key} is never dropped.")
    gateway.drop_fields(prefixes=[prefix])
