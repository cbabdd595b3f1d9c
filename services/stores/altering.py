"""Options of a container that can be changed while it holds rows: what they were, what they will be, by which call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.stores.changes import Call, Path


@dataclass(frozen=True, slots=True)
class OptionChange:
    """One option; values are JSON-able."""

    name: str
    was: Any
    will: Any


@dataclass(frozen=True, slots=True)
class Alteration:
    """A change of options before it is sent.

    Attributes:
        changes: only the options that differ, in the order of the definition.
        call: what will be sent; its `reason` says why nothing can be.
        notes: limits of the service, and what the change does to rows that are there.
    """

    changes: tuple[OptionChange, ...]
    call: Call
    notes: tuple[str, ...] = ()


class AltersContainers(ABC):
    """Changes options of a container."""

    @abstractmethod
    def alterable(self, path: Path) -> Mapping[str, Any]:
        """The options that can be changed, as they are now.

        Raises:
            UnsupportedOperation: the container has none.
        """

    @abstractmethod
    def plan_alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """What `alter` would change, against the options as they are now; sends nothing that changes anything.

        Args:
            definition: the shape that `describe` gives; of its `options` those given count, the others stay.
        Raises:
            UsageError: an option is none that can be changed, or its value is none.
        """

    @abstractmethod
    def alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """Change the options by one request; what was changed.

        Raises:
            Refused: the service refuses it, or the plan has a reason; nothing is changed then.
        """
