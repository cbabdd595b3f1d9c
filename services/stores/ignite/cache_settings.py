"""The configuration of a cache, all 31 properties by name: told in groups, and taken back to create another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from services.errors import UsageError, ValueRefused
from services.stores.ignite.codec import cache_config, requests
from services.stores.ignite.faults import asked
from services.stores.types import Group

if TYPE_CHECKING:
    from services.stores.ignite.pool import WirePool

NESTED: Final = ("query_entities", "key_configuration", "expiry_policy")


class CacheSettings:
    """Reads and applies configurations."""

    def __init__(self, pool: WirePool) -> None:
        self._pool = pool

    def read(self, name: str) -> tuple[tuple[Group, ...], dict[str, Any]]:
        """All properties as groups for people, and as options that `create` takes back.

        Raises:
            NotFound: there is no such cache.
        """
        body = requests.get(name, b"")
        with self._pool.lease() as wire:
            answer = asked(wire, name, requests.OP_CACHE_CONFIG, body)
            options = cache_config.read_cache_config(answer, has_expiry=wire.version >= (1, 6, 0))
        options = {key: value for key, value in options.items() if value is not None and key != "name"}
        return _groups(options), options

    def create(self, name: str, options: Mapping[str, Any]) -> None:
        """Create a cache.

        Raises:
            UsageError: an option is unknown or has no such value.
            Refused: the server would not.
        """
        try:
            body = cache_config.create_cache({**options, "name": name})
        except ValueRefused as error:
            raise UsageError(error.message, hint=error.hint) from error
        with self._pool.lease() as wire:
            asked(wire, name, requests.OP_CREATE_CACHE, body)


def _groups(options: Mapping[str, Any]) -> tuple[Group, ...]:
    plain = tuple((name, str(value)) for name, value in options.items() if name not in NESTED)
    groups = [Group("Cache", plain)]
    groups += [
        Group(f"Query entity {number}", _facts(entity)) for number, entity in enumerate(options["query_entities"], 1)
    ]
    groups += [Group("Key configuration", _facts(item)) for item in options["key_configuration"]]
    if options.get("expiry_policy"):
        groups.append(Group("Expiry policy in ms", _facts(options["expiry_policy"])))
    return tuple(groups)


def _facts(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, _words(value)) for name, value in values.items() if value not in (None, "", [], {}))


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(_words(item) for item in value.values() if item not in (None, "", -1, False))
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return str(value)
