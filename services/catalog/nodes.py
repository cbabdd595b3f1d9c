"""Nodes of the catalog, and the rows that a list of them shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from services.stores.changes import Path
from services.stores.types import Count, Node
from services.text import displayable

CLUSTER_VIEW: Final = "cluster view"
"""Kind of a node that stands for a live table of the cluster."""

PROFILE: Final = "profile"


class Reading(StrEnum):
    """How far the children of a node are read."""

    UNREAD = "unread"
    LOADING = "loading"
    READ = "read"
    FAILED = "failed"


@dataclass(eq=False, slots=True)
class CatalogNode:
    """A node and what is known below it.

    Attributes:
        next_token: asks for the next page of children; None when there is none.
        round: grows with each reading from the start, so that a late answer of an older one is not taken.
        shown: the displayable name.
        folded: the name for finding, whatever its case.
    """

    profile: str
    node: Node
    parent: CatalogNode | None = None
    children: list[CatalogNode] = field(default_factory=list)
    reading: Reading = Reading.UNREAD
    error: str = ""
    hint: str = ""
    next_token: str | None = None
    is_open: bool = False
    round: int = 0
    shown: str = ""
    folded: str = ""

    def __post_init__(self) -> None:
        self.shown = displayable(self.node.name)
        self.folded = self.node.name.casefold()

    @property
    def path(self) -> Path:
        """Its path in the store; the profile itself is `()`."""
        return self.node.path

    @property
    def depth(self) -> int:
        """How deep it lies; a profile at 0."""
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def is_profile(self) -> bool:
        """Whether it stands for a whole session."""
        return self.parent is None

    @property
    def is_readable(self) -> bool:
        """Whether it has rows to show."""
        return self.node.is_readable

    @property
    def is_foldable(self) -> bool:
        """Whether something may lie in it: it says so, and was not found to be empty beside its rows."""
        is_empty = self.reading is Reading.READ and not self.children and self.is_readable
        return self.node.has_children and not is_empty

    @property
    def cluster_view(self) -> str:
        """The live table of the cluster that it stands for, or empty."""
        return self.node.name if self.node.kind == CLUSTER_VIEW else ""

    @property
    def count(self) -> Count | None:
        """How many rows it has, where the listing told."""
        return self.node.count


class RowKind(StrEnum):
    """What a row of the tree is."""

    NODE = "node"
    LOADING = "loading"
    MORE = "more"
    FAILED = "failed"
    EMPTY = "empty"


class CatalogRow(NamedTuple):
    """One line of the tree: a node, or a word about the children of one."""

    kind: RowKind
    node: CatalogNode
    depth: int


@dataclass(frozen=True, slots=True)
class KnownName:
    """A readable thing that was listed so far, for completion and the palette."""

    profile: str
    path: Path
    name: str
    kind: str
