"""What a kind of store is: what the profile form asks, which extra installs the SDK, where the class is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from services.errors import ExtraMissing, UsageError

if TYPE_CHECKING:
    from services.secrets import Secret
    from services.stores.base import Store


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One field of a profile: what it is called in files and on the command line, and how the form explains it.

    Attributes:
        choices: the only values allowed, or empty for any text.
    """

    name: str
    label: str
    help: str
    default: str = ""
    is_secret: bool = False
    is_required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreKind:
    """A kind of store.

    Attributes:
        kind: the word in profiles and on the command line.
        tag: two letters shown in reverse video.
        target: `module:Class`, imported only to connect; called with the profile's fields and its secrets.
        sdk: the module whose presence shows that the extra is installed, or empty.
    """

    kind: str
    tag: str
    title: str
    target: str
    fields: tuple[ProfileField, ...]
    extra: str = ""
    sdk: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether the SDK is there."""
        return not self.sdk or find_spec(self.sdk) is not None

    @property
    def install_command(self) -> str:
        """The one command that installs the SDK."""
        return f'uv tool install "storedeck[{self.extra}]"'

    def field(self, name: str) -> ProfileField:
        """The field of that name.

        Raises:
            UsageError: the kind has no such field.
        """
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        names = ", ".join(candidate.name for candidate in self.fields)
        raise UsageError(f"{name}: no field of {self.kind}", hint=f"Its fields are {names}.")

    def build(self, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> Store:
        """An unconnected store.

        Raises:
            ExtraMissing: the SDK is not installed.
        """
        if not self.is_installed:
            raise ExtraMissing(f"{self.title}: its SDK is not installed", hint=f"Run: {self.install_command}")
        module, _, name = self.target.partition(":")
        store: Store = getattr(import_module(module), name)(fields, secrets)
        return store
