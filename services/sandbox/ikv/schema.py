"""The schema of an index: the ids of its fields, in a file that is written whole on each change."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from services.sandbox.ikv import protobuf
from services.sandbox.ikv.files import overwrite

SCHEMA_FILE = "schema"


class Schema:
    """Names and ids of fields; the primary key has the id 0, an id is not given twice until compaction."""

    def __init__(self, directory: Path, primary_key: str) -> None:
        self._path = directory / SCHEMA_FILE
        self.primary_key = primary_key
        self.ids = {primary_key: 0}
        self._next = 1
        if self._path.exists():
            self._read(self._path.read_bytes())
        else:
            self._save()

    def add(self, names: Iterable[str]) -> None:
        """Gives new names their ids."""
        new = [name for name in names if name not in self.ids]
        for name in new:
            self.ids[name] = self._next
            self._next += 1
        if new:
            self._save()

    def drop(self, names: Iterable[str], prefixes: Iterable[str]) -> None:
        """Forgets fields by name or prefix, the primary key never; their values stay where they are."""
        starts = tuple(prefixes)
        gone = {name for name in self.ids if starts and name.startswith(starts)} | (set(names) & self.ids.keys())
        gone.discard(self.primary_key)
        for name in gone:
            del self.ids[name]
        if gone:
            self._save()

    def clear(self) -> None:
        """Forgets all fields but the primary key and starts counting anew."""
        self.ids, self._next = {self.primary_key: 0}, 1
        self._save()

    def compact(self) -> dict[int, int]:
        """Numbers the fields without gaps; gives the new id of each old one."""
        old = sorted(self.ids.items(), key=lambda item: item[1])
        self.ids = {name: number for number, (name, _) in enumerate(old)}
        self._next = len(old)
        self._save()
        return {before: number for number, (_, before) in enumerate(old)}

    def _save(self) -> None:
        entries = ((protobuf.chunk(1, name.encode()), b"\x10" + protobuf.varint(i)) for name, i in self.ids.items())
        names = protobuf.text(1, self.primary_key) + protobuf.mapping(2, entries)
        overwrite(self._path, names + protobuf.integer(3, self._next))

    def _read(self, data: bytes) -> None:
        for number, value, inner in protobuf.fields(data):
            if number == 1:
                self.primary_key = inner.decode()
            elif number == 2:
                entry = {n: (v, b) for n, v, b in protobuf.fields(inner)}
                self.ids[entry[1][1].decode()] = entry.get(2, (0, b""))[0]
            elif number == 3:
                self._next = value
