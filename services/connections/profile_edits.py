"""Edits of the profiles document that keep its comments, its order and keys that are not ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from services.connections.profile import Profile
from services.connections.profile_file import ENTRY, field_text, no_profile
from services.errors import UsageError
from services.stores.kinds import StoreKind
from services.stores.registry import store_kind

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Table


def entry_of(document: TOMLDocument, name: str) -> Table:
    """The table of a profile.

    Raises:
        UsageError: there is none.
    """
    for entry in document.get(ENTRY, []):
        if entry.get("name") == name:
            table: Table = entry
            return table
    raise no_profile(name, [str(entry.get("name")) for entry in document.get(ENTRY, [])])


def append_entry(document: TOMLDocument, profile: Profile) -> None:
    """Write a new profile at the end."""
    import tomlkit

    table = tomlkit.table()
    write_entry(table, profile)
    if ENTRY not in document:
        document.append(ENTRY, tomlkit.aot())
    entries: Any = document[ENTRY]
    if len(entries) and not tomlkit.dumps(document).endswith("\n\n"):
        entries[-1].add(tomlkit.nl())
    entries.append(table)


def write_entry(table: Table, profile: Profile) -> None:
    """Bring a table to what a profile says; what is equal already keeps its form and its comments."""
    import tomlkit

    wanted = _entry_data(profile)
    for name in [key for key in table if key not in wanted]:
        table.remove(name)
    for name, value in wanted.items():
        if name in table and _is_same(table[name], value):
            continue
        if isinstance(value, dict):
            inline = tomlkit.inline_table()
            inline.update(value)
            table[name] = inline
        else:
            table[name] = value


def _entry_data(profile: Profile) -> dict[str, Any]:
    kind = _known_kind(profile.kind)
    data: dict[str, Any] = {"name": profile.name, "kind": profile.kind, "id": profile.id}
    data["environment"] = profile.environment.value
    data["read_only"] = profile.is_read_only
    if profile.colour:
        data["colour"] = profile.colour
    for name, text in profile.fields.items():
        is_switch = kind is not None and "true" in kind.field(name).choices
        data[name] = text == "true" if is_switch and text in ("true", "false") else text
    return data | {name: ref.data() for name, ref in profile.secrets.items()}


def _known_kind(kind: str) -> StoreKind | None:
    try:
        return store_kind(kind)
    except UsageError:
        return None


def _is_same(item: Any, value: Any) -> bool:
    plain = item.unwrap() if hasattr(item, "unwrap") else item
    if isinstance(value, (dict, bool)):
        return type(plain) is type(value) and bool(plain == value)
    try:
        return not isinstance(plain, dict) and field_text("", plain) == value
    except ValueError:
        return False


_HEADER: Final = re.compile(r"\s*\[")


def without_entry(document: TOMLDocument, name: str) -> TOMLDocument:
    """The document without a profile; the comment above the next profile, which TOML counts to this one, stays."""
    import tomlkit

    expected = [entry for entry in document.unwrap()[ENTRY] if entry.get("name") != name]
    shorter = tomlkit.parse(_without_lines(document, name))
    if shorter.unwrap().get(ENTRY, []) == expected:
        return shorter
    entries = document[ENTRY]
    del entries[next(place for place, entry in enumerate(entries) if entry.get("name") == name)]
    return document


def _without_lines(document: TOMLDocument, name: str) -> str:
    """The text without the lines of a profile, found by its name in its own table."""
    import tomlkit

    text = tomlkit.dumps(document)
    entry_of(document, name)["name"] = marker = "\x00"
    marked = tomlkit.dumps(document).splitlines(keepends=True)
    entry_of(document, marker)["name"] = name
    place = next(index for index, line in enumerate(marked) if "\\u0000" in line or marker in line)
    headers = [index for index, line in enumerate(marked) if _HEADER.match(line)]
    first = max((index for index in headers if index < place), default=0)
    end = min((index for index in headers if index > place), default=len(marked))
    while end < len(marked) and end > place + 1 and marked[end - 1].lstrip().startswith("#"):
        end -= 1
    lines = text.splitlines(keepends=True)
    return "".join(lines[:first] + lines[end:])
