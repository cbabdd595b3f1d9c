"""A container's definition as JSON that `create` takes, and the facts of a description in groups."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from services.errors import ValueRefused
from services.stores.types import CountKind, Description

TEMPLATE: Final = {"columns": [{"name": "ID", "type": "", "key": True}], "options": {}}


def definition_text(description: Description | None) -> str:
    """The definition of a container as JSON text; a pattern to fill in where there is none."""
    if description is None:
        return data_text(TEMPLATE)
    columns = [
        {"name": column.name, "type": column.type, "key": column.is_key, "nullable": column.is_nullable}
        for column in description.columns
    ]
    return data_text({"columns": columns, "options": dict(description.options)})


def data_text(definition: Mapping[str, Any]) -> str:
    """A definition as JSON text to edit."""
    return json.dumps(dict(definition), indent=2, ensure_ascii=False)


def parse_definition(text: str) -> dict[str, Any]:
    """The definition that a text holds.

    Raises:
        ValueRefused: it is no JSON object.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueRefused(f"the definition is not JSON: {error}", hint="Correct it and try again.") from error
    if not isinstance(data, dict):
        raise ValueRefused("the definition is not a JSON object", hint='It holds "columns" and "options".')
    return data


def facts(description: Description) -> list[tuple[str, list[tuple[str, str]]]]:
    """Everything that the description tells, in titled groups of name and value, raw."""
    about = [("name", description.name), ("kind", description.kind)]
    count = description.count
    if count is not None and count.kind is not CountKind.UNKNOWN:
        about.append(("rows", f"{'' if count.kind is CountKind.EXACT else 'at least '}{count.rows:,}"))
    if description.sql:
        about.append(("SQL name", description.sql))
    about.append(("editing", f"locked: {description.locked}" if description.locked else "rows can be edited"))
    groups = [("About", about)]
    if description.columns:
        columns = []
        for column in description.columns:
            words = [column.type, "key" if column.is_key else "", "" if column.is_nullable else "not null", column.note]
            columns.append((column.name, " · ".join(word for word in words if word)))
        groups.append(("Columns", columns))
    groups += [(group.title, list(group.facts)) for group in description.groups]
    if description.options:
        options = [(name, _option_text(value)) for name, value in description.options.items()]
        groups.append(("Options", options))
    return groups


def _option_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
