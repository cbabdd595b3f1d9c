"""What a project holds beside tables: resources, functions, volumes; each in a schema, under a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Generic, Protocol, TypeVar

from services.sandbox.maxcompute.errors import already_there, no_such

OWNER = "ALIYUN$owner@sandbox"


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class Named(Protocol):
    """An object that has a name."""

    name: str


Thing = TypeVar("Thing", bound=Named)


class Shelf(Generic[Thing]):
    """Objects of one kind by schema and name; safe for threads.

    Args:
        kind: the service's word in messages.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._lock = RLock()
        self._things: dict[tuple[str, str], Thing] = {}

    def all(self, schema: str) -> list[Thing]:
        """In the order of their names."""
        with self._lock:
            return [thing for (place, _), thing in sorted(self._things.items()) if place == schema]

    def get(self, schema: str, name: str) -> Thing:
        """One of them.

        Raises:
            OdpsError: NoSuchObject.
        """
        with self._lock:
            found = self._things.get((schema, name))
        if found is None:
            raise no_such(self._kind, name)
        return found

    def add(self, schema: str, thing: Thing) -> Thing:
        """Takes one in; OdpsError when there is one of that name."""
        with self._lock:
            if (schema, thing.name) in self._things:
                raise already_there(self._kind, thing.name)
            self._things[schema, thing.name] = thing
        return thing

    def replace(self, schema: str, thing: Thing) -> None:
        with self._lock:
            self._things[schema, thing.name] = thing

    def drop(self, schema: str, name: str) -> None:
        self.get(schema, name)
        with self._lock:
            self._things.pop((schema, name), None)

    def __iter__(self) -> Iterator[tuple[str, Thing]]:
        """Schemas and objects."""
        with self._lock:
            items = list(self._things.items())
        return iter([(schema, thing) for (schema, _), thing in items])


@dataclass
class Resource:
    """A file that functions use; `type` is py, jar, file, archive or table."""

    name: str
    type: str = "file"
    content: bytes = b""
    comment: str = ""
    owner: str = OWNER
    created: datetime = field(default_factory=now)
    modified: datetime = field(default_factory=now)


@dataclass
class Function:
    """A function of the user's own; `class_type` is the class, as in `shout.Shout`."""

    name: str
    class_type: str
    resources: list[str] = field(default_factory=list)
    owner: str = OWNER
    created: datetime = field(default_factory=now)


@dataclass
class Volume:
    """Files by path, as in `part/file`. `type` is old (with partitions), new (a file system) or external."""

    name: str
    type: str = "old"
    comment: str = ""
    owner: str = OWNER
    properties: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=now)
    modified: datetime = field(default_factory=now)
    lock: RLock = field(default_factory=RLock, repr=False)
    _files: dict[str, bytes] = field(default_factory=dict, repr=False)
    _directories: set[str] = field(default_factory=set, repr=False)

    def write(self, path: str, content: bytes) -> None:
        """Puts a file, and the directories above it."""
        path = path.strip("/")
        with self.lock:
            self._files[path] = content
            above = path.rpartition("/")[0]
            if above:
                self.make_directory(above)
            self.modified = now()

    def read(self, path: str) -> bytes:
        """A file; OdpsError when it is not there."""
        with self.lock:
            found = self._files.get(path.strip("/"))
        if found is None:
            raise no_such("VolumeFile", path)
        return found

    def make_directory(self, path: str) -> None:
        """Makes a directory and those above it; a volume's partition is one."""
        parts = path.strip("/").split("/")
        with self.lock:
            self._directories.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))

    def is_directory(self, path: str) -> bool:
        path = path.strip("/")
        with self.lock:
            return not path or path in self._directories

    def children(self, path: str = "") -> list[str]:
        """The paths of files and directories right below a directory."""
        start = f"{path.strip('/')}/" if path.strip("/") else ""
        with self.lock:
            below = [name for name in [*self._files, *self._directories] if name.startswith(start)]
        return sorted(name for name in below if "/" not in name[len(start) :])

    def files(self, path: str = "") -> dict[str, bytes]:
        """All files below a directory by path."""
        start = f"{path.strip('/')}/" if path.strip("/") else ""
        with self.lock:
            return {name: content for name, content in self._files.items() if name.startswith(start)}

    def remove(self, path: str) -> None:
        """Removes a file, or a directory with all that is in it."""
        path = path.strip("/")
        with self.lock:
            if path not in self._files and path not in self._directories:
                raise no_such("VolumeFile", path)
            self._files = {
                name: content
                for name, content in self._files.items()
                if name != path and not name.startswith(f"{path}/")
            }
            self._directories = {name for name in self._directories if name != path and not name.startswith(f"{path}/")}
