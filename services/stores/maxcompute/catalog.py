"""The tree of a project: schemas, tables and views with partitions, and groups of everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from xml.etree.ElementTree import Element

from services.errors import NotFound
from services.stores.changes import Path
from services.stores.files import FileEntry, FileKind
from services.stores.maxcompute import markup, names
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.metadata import VIEW_TYPES, Metadata
from services.stores.maxcompute.names import GROUP_MARK, SCHEMA_MARK
from services.stores.maxcompute.volumes import Volumes
from services.stores.types import Children, Description, Group, Node

JOBS: Final = "jobs"
VOLUMES: Final = "volumes"
KINDS: Final = {
    "MANAGED_TABLE": "table",
    "EXTERNAL_TABLE": "external table",
    "OBJECT_TABLE": "object table",
    "VIRTUAL_VIEW": "view",
    "MATERIALIZED_VIEW": "materialized view",
    "SNAPSHOT": "snapshot",
}


@dataclass(frozen=True, slots=True)
class GroupKind:
    """A group of things beside tables.

    Attributes:
        kind: of one of its nodes.
        address: below the endpoint, or below the project where it begins with no slash.
        named: the element that holds a node's name.
        is_of_schema: each schema has a group of its own.
        action: asks for one thing's facts, not for its contents.
    """

    kind: str
    address: str
    named: str = "Name"
    note: str = "Owner"
    is_of_schema: bool = False
    action: str = ""


GROUPS: Final = {
    "functions": GroupKind("function", "registration/functions", "Alias", "ClassType", is_of_schema=True),
    "resources": GroupKind("resource", "resources", note="ResourceType", is_of_schema=True, action="meta"),
    "volumes": GroupKind("volume", "volumes", note="Type", is_of_schema=True, action="meta"),
    "quotas": GroupKind("quota", "/quotas", "Nickname", note="Status"),
    "projects": GroupKind("project", "/projects"),
}


class Catalog:
    """Lists nodes, a page at a time, and describes what is no table."""

    def __init__(self, link: Link, metadata: Metadata, volumes: Volumes) -> None:
        self._link = link
        self._metadata = metadata
        self._volumes = volumes

    def children(self, path: Path, page_token: str | None) -> Children:
        """The children of a node.

        Raises:
            NotFound: nothing is below the path.
        """
        rest = names.below_schema(path)
        if group := names.group_of(path):
            if len(rest) == 1 and group in GROUPS:
                return self._group(path, GROUPS[group], page_token)
            if group == VOLUMES:
                return self._in_volume(path, rest[1], "/".join(rest[2:]))
        elif not path and self._metadata.has_schemas:
            return self._schemas(page_token)
        elif not rest:
            return self._tables(path, page_token)
        elif len(rest) == 1:
            return self._partitions(path, page_token)
        raise NotFound(f"{names.shown(path)}: nothing below it", hint="Refresh the catalog.")

    def _in_volume(self, path: Path, volume: str, below: str) -> Children:
        """Partitions, directories and files of a volume."""
        return Children(tuple(_file_node(path, entry) for entry in self._volumes.entries(volume, below)))

    def _group_nodes(self, path: Path) -> list[Node]:
        """The groups below the project and below each schema, which has those of its own alone."""
        has_schemas, is_root = self._metadata.has_schemas, not path
        found = [
            Node((*path, GROUP_MARK + name), name, "group", has_children=True)
            for name, group in GROUPS.items()
            if (group.is_of_schema if has_schemas and not is_root else not (has_schemas and group.is_of_schema))
        ]
        return ([Node((GROUP_MARK + JOBS,), JOBS, "group", has_children=True, is_long=True)] if is_root else []) + found

    def _schemas(self, page_token: str | None) -> Children:
        items, following = self._metadata.listed(f"{self._link.project_url}/schemas", "schemas", {}, page_token)
        nodes = [] if page_token else self._group_nodes(())
        nodes += [
            Node((name + SCHEMA_MARK,), name, "schema", has_children=True, note=markup.text(item, "Description"))
            for item in items
            if (name := markup.text(item, "Name"))
        ]
        return Children(tuple(nodes), following)

    def _tables(self, path: Path, page_token: str | None) -> Children:
        scope = self._metadata.scope(names.schema_of(path))
        url = f"{self._link.project_url}/tables"
        items, following = self._metadata.listed(url, names.shown(path), scope, page_token)
        nodes = [] if page_token else self._group_nodes(path)
        nodes += [self._table_node(path, item) for item in items]
        return Children(tuple(nodes), following)

    def _table_node(self, path: Path, item: Element) -> Node:
        name, type_name = markup.text(item, "Name"), markup.text(item, "Type").upper()
        kind = KINDS.get(type_name, "table")
        has_parts = type_name not in VIEW_TYPES
        return Node((*path, name), name, kind, has_children=has_parts, is_readable=True, is_long=True)

    def _partitions(self, path: Path, page_token: str | None) -> Children:
        place = names.place_of(path)
        if page_token is None and not self._metadata.table(place).partition_keys:
            return Children(())
        specs, following = self._metadata.partitions(place, page_token)
        texts = [names.spec_text(spec) for spec in specs]
        nodes = tuple(Node((*path, text), text, "partition", is_readable=True) for text in texts)
        return Children(nodes, following)

    def _group(self, path: Path, group: GroupKind, page_token: str | None) -> Children:
        scope = self._metadata.scope(names.schema_of(path)) if group.is_of_schema else {}
        params = scope | ({"project": self._link.options.project, "version": "wlm"} if group.kind == "quota" else {})
        items, following = self._metadata.listed(self._address(group), names.group_of(path), params, page_token)
        is_volume = group.kind == "volume"
        nodes = [
            Node((*path, name), name, group.kind, is_volume, note=markup.text(item, group.note), is_long=is_volume)
            for item in items
            if (name := markup.text(item, group.named) or markup.text(item, "Name"))
        ]
        return Children(tuple(nodes), following)

    def _address(self, group: GroupKind) -> str:
        base = self._link.options.endpoint if group.address.startswith("/") else self._link.project_url
        return f"{base}/{group.address.removeprefix('/')}"

    def describe_project(self) -> Description:
        """The facts of the project itself, its settings among them."""
        return _described((), self._link.options.project, "project", _facts(self._metadata.project()))

    def describe(self, path: Path) -> Description:
        """The facts of a schema, a group or what lies in one.

        Raises:
            NotFound: there is nothing of that name.
        """
        name, rest = names.group_of(path), names.below_schema(path)
        if not name:
            schema = names.schema_of(path)
            url = f"{self._link.project_url}/schemas/{quote(schema, safe='')}"
            return _described(path, schema, "schema", self._answer(url, f"schema {schema}", {}))
        if len(rest) == 1 and (name in GROUPS or name == JOBS):
            return Description(path, name, "group")
        if name == VOLUMES and len(rest) > 2:
            return self._describe_file(path, self._volumes.entry(rest[1], "/".join(rest[2:])))
        if name not in GROUPS or len(rest) != 2:
            raise NotFound(f"{names.shown(path)}: no such thing", hint="Refresh the catalog.")
        group = GROUPS[name]
        params = self._metadata.scope(names.schema_of(path)) if group.is_of_schema else {}
        if group.kind == "quota":
            params |= {"project": self._link.options.project, "version": "wlm"}
        if group.action:
            params[group.action] = ""
        url = f"{self._address(group)}/{quote(rest[1], safe='')}"
        return _described(path, rest[1], group.kind, self._answer(url, f"{group.kind} {rest[1]}", params))

    def _describe_file(self, path: Path, entry: FileEntry) -> Description:
        size = "" if entry.size_bytes is None else f"{entry.size_bytes:,} bytes"
        facts = (("Volume", names.below_schema(path)[1]), ("Size", size), ("Modified", entry.modified))
        return _described(path, entry.name, entry.kind.value, tuple(fact for fact in facts if fact[1]))

    def _answer(self, url: str, what: str, params: dict[str, str]) -> tuple[tuple[str, str], ...]:
        """The facts in an answer's document and its headers."""
        client = self._link.client

        def ask() -> tuple[tuple[str, str], ...]:
            answer = client.get(url, params=params)
            told = {
                key.lower().removeprefix("x-odps-").replace("-", " "): value
                for key, value in answer.headers.items()
                if key.lower().startswith("x-odps-") and key.lower() != "x-odps-request-id"
            }
            is_xml = "xml" in str(answer.headers.get("Content-Type", "")) and answer.content.strip()
            return (*(_facts(markup.root_of(answer)) if is_xml else ()), *told.items())

        return self._link.call(ask, what=what)


def _file_node(above: Path, entry: FileEntry) -> Node:
    more = entry.kind is not FileKind.FILE
    size = "" if entry.size_bytes is None else f"{entry.size_bytes:,} bytes"
    return Node((*above, entry.name), entry.name, entry.kind.value, has_children=more, is_long=more, note=size)


def _described(path: Path, name: str, kind: str, facts: tuple[tuple[str, str], ...]) -> Description:
    return Description(path, name, kind, groups=(Group(kind, facts),) if facts else ())


def _facts(root: Element, prefix: str = "") -> tuple[tuple[str, str], ...]:
    """Every text in a document with the name of its element; properties by their own names."""
    found: list[tuple[str, str]] = []
    for element in root:
        if element.tag == "Property":
            found.append((markup.text(element, "Name"), markup.text(element, "Value")))
        elif len(element):
            found += _facts(element, f"{prefix}{element.tag} ")
        elif element.text and element.text.strip():
            found.append((f"{prefix}{element.tag}", element.text.strip()))
    return tuple(found)
