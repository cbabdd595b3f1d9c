"""Facts about tables and partitions, and lists of all kinds, a page at a time, as the service tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote
from xml.etree.ElementTree import Element

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, ProtocolError
from services.stores.maxcompute import markup
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.names import DEFAULT_SCHEMA, Place
from services.stores.maxcompute.types import parse_type

PAGE_ITEMS: Final = 500
VIEW_TYPES: Final = frozenset({"VIRTUAL_VIEW"})
SCHEMAS_PROPERTY: Final = "odps.schema.model.enabled"


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column as the service describes it; its type in capitals."""

    name: str
    type: str
    is_nullable: bool = True
    comment: str = ""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """All that the service says about a table.

    Attributes:
        type: MANAGED_TABLE, EXTERNAL_TABLE, VIRTUAL_VIEW, MATERIALIZED_VIEW and so on.
        details: everything else, by the service's names.
    """

    place: Place
    type: str
    owner: str
    comment: str
    columns: tuple[ColumnFacts, ...]
    partition_keys: tuple[ColumnFacts, ...]
    primary_key: tuple[str, ...]
    is_transactional: bool
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_view(self) -> bool:
        """Whether rows can be had by a statement only."""
        return self.type in VIEW_TYPES or bool(self.details.get("isVirtualView"))

    def number(self, name: str) -> int | None:
        """A count among the details; None where the service does not know it."""
        value = self.details.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


class Metadata:
    """Asks for facts; remembers the model of the project and what a table's columns are."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._has_schemas: bool | None = None

    def project(self, cancel: CancelToken = NEVER) -> Element:
        """The project itself with its properties; also tells whether it has schemas."""
        name = self._link.options.project
        root = self.ask(self._link.project_url, f"project {name}", {"properties": "all"}, cancel)
        self._has_schemas = _property(root, SCHEMAS_PROPERTY).lower() == "true"
        return root

    @property
    def has_schemas(self) -> bool:
        """Whether tables lie in schemas; a schema in the profile says so, too."""
        if self._link.options.schema:
            return True
        if self._has_schemas is None:
            self.project()
        return bool(self._has_schemas)

    def schema_of(self, schema: str) -> str:
        """The schema to name in a request: the one given, the profile's, or `default`; empty where there are none."""
        return schema or self._link.options.schema or (DEFAULT_SCHEMA if self.has_schemas else "")

    def ask(self, url: str, what: str, params: Mapping[str, str] | None = None, cancel: CancelToken = NEVER) -> Element:
        """The XML at an address."""
        client = self._link.client
        return self._link.call(
            lambda: markup.root_of(client.get(url, params=dict(params or {}))), what=what, cancel=cancel
        )

    def listed(
        self, url: str, what: str, params: Mapping[str, str], marker: str | None, cancel: CancelToken = NEVER
    ) -> tuple[list[Element], str | None]:
        """A page of a list, and the marker of the next one, None at the end."""
        asked = {**params, "expectmarker": "true", "maxitems": str(PAGE_ITEMS)}
        root = self.ask(url, what, asked | ({"marker": marker} if marker else {}), cancel)
        items = [element for element in root if element.tag not in ("Marker", "MaxItems")]
        return items, markup.text(root, "Marker") or None

    def scope(self, schema: str) -> dict[str, str]:
        """The query that stands for a schema."""
        name = self.schema_of(schema)
        return {"curr_schema": name} if name else {}

    def table_url(self, place: Place) -> str:
        """Where the facts of a table are."""
        return f"{self._link.project_url}/tables/{quote(place.table, safe='')}"

    def tunnel_path(self, place: Place) -> str:
        """Where the rows of a table are, below the project at the tunnel."""
        schema = self.schema_of(place.schema)
        return (f"schemas/{schema}/" if schema else "") + f"tables/{place.table}"

    def table(self, place: Place, cancel: CancelToken = NEVER) -> TableFacts:
        """The facts of a table, asked anew.

        Raises:
            NotFound: there is none of that name.
        """
        url, scope = self.table_url(place), self.scope(place.schema)
        root = self.ask(url, place.shown, scope, cancel)
        more = self.ask(url, place.shown, {"extended": "", **scope}, cancel)
        details = {**markup.json_at(root, "Schema"), **_dated(root), **_extended(more)}
        reserved = details.get("Reserved")
        reserved = reserved if isinstance(reserved, dict) else {}
        with markup.understood(place.shown):
            return TableFacts(
                place=Place(place.schema, markup.text(root, "Name") or place.table),
                type=(markup.text(root, "Type") or _type_of(details)).upper(),
                owner=markup.text(root, "Owner") or str(details.get("owner", "")),
                comment=markup.text(root, "Comment") or str(details.get("comment") or ""),
                columns=_columns(details.get("columns")),
                partition_keys=_columns(details.get("partitionKeys")),
                primary_key=_names(reserved.get("PrimaryKey")),
                is_transactional=str(reserved.get("Transactional", "")).lower() == "true",
                details={**details, "Reserved": reserved},
            )

    def partition(self, place: Place, cancel: CancelToken = NEVER) -> dict[str, Any]:
        """The facts of a partition.

        Raises:
            NotFound: there is none.
        """
        spec = ",".join(f"{name}='{value}'" for name, value in place.spec)
        url, params = self.table_url(place), {"partition": spec, **self.scope(place.schema)}
        root = self.ask(url, place.shown, params, cancel)
        details = markup.json_at(root, "Schema")
        if not details and root.tag != "Partition":
            raise NotFound(f"{place.shown}: no such partition", hint="Refresh the catalog.")
        return {**details, **_extended(self.ask(url, place.shown, {"extended": "", **params}, cancel))}

    def partitions(
        self, place: Place, marker: str | None, cancel: CancelToken = NEVER
    ) -> tuple[list[tuple[tuple[str, str], ...]], str | None]:
        """A page of a table's partitions, each as names and values."""
        params = {"partitions": "", **self.scope(place.schema)}
        items, following = self.listed(self.table_url(place), place.shown, params, marker, cancel)
        specs = [
            tuple((column.get("Name", ""), column.get("Value", "")) for column in item.findall("Column"))
            for item in items
            if item.tag == "Partition"
        ]
        return specs, following


def _property(root: Element, name: str) -> str:
    for one in root.iter("Property"):
        if markup.text(one, "Name") == name:
            return markup.text(one, "Value")
    return ""


def _dated(root: Element) -> dict[str, str]:
    names = ("CreationTime", "LastModifiedTime", "LastAccessTime", "TableLabel")
    return {name: text for name in names if (text := markup.text(root, name))}


def _extended(root: Element) -> dict[str, Any]:
    """The extended facts; what stands as JSON text in them is read."""
    import json

    details = markup.json_at(root, "Schema")
    reserved = details.get("Reserved")
    if isinstance(reserved, str):
        try:
            details["Reserved"] = json.loads(reserved or "{}")
        except ValueError:
            details["Reserved"] = {}
    return details


def _names(data: Any) -> tuple[str, ...]:
    return (data,) if isinstance(data, str) else tuple(map(str, data or ()))


def _type_of(details: Mapping[str, Any]) -> str:
    if details.get("isMaterializedView"):
        return "MATERIALIZED_VIEW"
    return "VIRTUAL_VIEW" if details.get("isVirtualView") else "MANAGED_TABLE"


def _type_text(text: str) -> str:
    """In capitals where it is one we know; the names of a struct's fields stay as they are."""
    try:
        return str(parse_type(text))
    except ProtocolError:
        return text


def _columns(data: Any) -> tuple[ColumnFacts, ...]:
    return tuple(
        ColumnFacts(
            name=str(one.get("name", "")),
            type=_type_text(str(one.get("type", ""))),
            is_nullable=one.get("isNullable") is not False,
            comment=str(one.get("comment") or ""),
        )
        for one in data or ()
    )
