"""The profiles file: read by anyone at any time, changed by one at a time, comments and unknown keys kept."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from services.connections.parsed_cache import ParsedCache, Stamp
from services.connections.profile import RESERVED, Environment, Profile, check_name
from services.connections.secret_refs import SecretRef
from services.errors import UsageError
from services.files import locked, write_whole
from services.stores.registry import store_kind

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

ENTRY: Final = "profile"


class ProfileFile:
    """`profiles.toml`: one `[[profile]]` table a profile."""

    def __init__(self, path: Path, cache: ParsedCache | None = None) -> None:
        self.path = path
        self._cache = cache
        self._seen: tuple[object, dict[str, Profile], dict[str, str]] | None = None

    def read(self) -> tuple[dict[str, Profile], dict[str, str]]:
        """The profiles by name in the file's order, and what is wrong with those that cannot be used.

        Raises:
            UsageError: the file is no TOML; the message names the line.
        """
        try:
            facts = self.path.stat()
        except FileNotFoundError:
            return {}, {}
        stamp = Stamp.of(facts)
        if self._seen is None or self._seen[0] != stamp:
            self._seen = (stamp, *_parse(self._content(stamp)))
        return self._seen[1], self._seen[2]

    def _content(self, stamp: Stamp) -> Mapping[str, Any]:
        content = self._cache.read(stamp) if self._cache is not None else None
        if content is None:
            content = _load(self.path, self.path.read_bytes())
            if self._cache is not None:
                self._cache.keep(stamp, content)
        return content

    def change(self, edit: Callable[[TOMLDocument], TOMLDocument]) -> None:
        """Edit the newest document under the file's lock and write the one that `edit` returns, whole.

        Raises:
            UsageError: the file is no TOML; it is left as it is.
        """
        import tomlkit

        with locked(self.path):
            data = self.path.read_bytes() if self.path.exists() else b""
            _load(self.path, data)
            document = edit(tomlkit.parse(data.decode("utf-8")))
            written = tomlkit.dumps(document).encode("utf-8")
            if written != data:
                write_whole(self.path, written)


def _load(path: Path, data: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}: line {line} is not UTF-8 text", hint=_BROKEN_HINT) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}", hint=_BROKEN_HINT) from error


_BROKEN_HINT: Final = "Correct that line in an editor. The file was left as it is."


def _parse(data: Mapping[str, Any]) -> tuple[dict[str, Profile], dict[str, str]]:
    profiles: dict[str, Profile] = {}
    problems: dict[str, str] = {}
    secret_names = cache(_secret_names)
    entries = data.get(ENTRY, [])
    if not isinstance(entries, list):
        return {}, {ENTRY: "write [[profile]] with double brackets before each profile"}
    for place, entry in enumerate(entries, 1):
        name = entry.get("name") if isinstance(entry, dict) else None
        label = name if isinstance(name, str) and name else f"profile {place}"
        try:
            if label in profiles:
                raise ValueError("the name stands twice")
            profiles[label] = profile_from_data(entry, secret_names)
        except (ValueError, UsageError) as error:
            problems[label] = str(error)
    return profiles, problems


def _secret_names(kind: str) -> frozenset[str]:
    try:
        return frozenset(field.name for field in store_kind(kind).fields if field.is_secret)
    except UsageError:
        return frozenset()


def profile_from_data(
    entry: Mapping[str, Any], secret_names: Callable[[str], frozenset[str]] = _secret_names
) -> Profile:
    """One profile as its table gives it.

    Args:
        secret_names: the secrets of a kind; one who reads many profiles remembers them.
    Raises:
        ValueError: a key has a wrong value.
        UsageError: the name is none.
    """
    for key in ("name", "kind", "id"):
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise ValueError(f"`{key}` is missing")
    read_only = entry.get("read_only", False)
    if not isinstance(read_only, bool):
        raise ValueError("`read_only` is true or false")
    fields, secrets = _fields_and_secrets(entry, secret_names(entry["kind"]))
    try:
        environment = Environment(entry.get("environment", Environment.DEV))
    except ValueError:
        raise ValueError(f"`environment` is one of {', '.join(Environment)}") from None
    return Profile(
        name=check_name(entry["name"]),
        kind=entry["kind"],
        id=entry["id"],
        fields=fields,
        secrets=secrets,
        environment=environment,
        is_read_only=read_only,
        colour=str(entry.get("colour", "")),
    )


def _fields_and_secrets(
    entry: Mapping[str, Any], secret_names: frozenset[str]
) -> tuple[dict[str, str], dict[str, SecretRef]]:
    fields: dict[str, str] = {}
    secrets: dict[str, SecretRef] = {}
    for name, value in entry.items():
        if name in RESERVED:
            continue
        if name in secret_names or isinstance(value, dict):
            try:
                secrets[name] = SecretRef.from_data(value)
            except ValueError as error:
                raise ValueError(f"`{name}` {error}") from None
        else:
            fields[name] = field_text(name, value)
    return fields, secrets


def field_text(name: str, value: Any) -> str:
    """A field's value in the file as the text that a store takes.

    Raises:
        ValueError: it has no such text.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case list() if all(isinstance(item, str) for item in value):
            return ",".join(value)
    raise ValueError(f"`{name}` is text, a number, true or false")


def no_profile(name: str, names: list[str]) -> UsageError:
    """The error that says which profiles there are."""
    known = (
        f"The profiles are {', '.join(names)}." if names else "There are none yet: add one by `storedeck profiles add`."
    )
    return UsageError(f"{name}: no profile of that name", hint=known)
