"""A file's parsed content kept beside the caches: parsing a thousand profiles takes longer than all else at the start.

It holds what the file holds, so no secret, and counts only while the file is exactly the one it was made from.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.files import write_whole

WORTH_BYTES: Final = 16_384
"""A smaller file is parsed sooner than another one is opened."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one content of a file from another: time of change, size, inode."""

    mtime_ns: int
    size: int
    inode: int

    @classmethod
    def of(cls, facts: os.stat_result) -> Stamp:
        """From what `stat` says."""
        return cls(facts.st_mtime_ns, facts.st_size, facts.st_ino)

    def data(self) -> list[int]:
        """As JSON keeps it."""
        return [self.mtime_ns, self.size, self.inode]


class ParsedCache:
    """One small JSON file; anything wrong with it means that it holds nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, stamp: Stamp) -> Mapping[str, Any] | None:
        """The content parsed from the file of that stamp, None where it is not kept."""
        if stamp.size < WORTH_BYTES:
            return None
        try:
            kept = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return None
        if isinstance(kept, dict) and kept.get("stamp") == stamp.data() and isinstance(kept.get("content"), dict):
            content: Mapping[str, Any] = kept["content"]
            return content
        return None

    def keep(self, stamp: Stamp, content: Mapping[str, Any]) -> None:
        """Keep it for the next start; a disk that refuses, or content that JSON cannot hold, is no harm."""
        if stamp.size < WORTH_BYTES:
            return
        with contextlib.suppress(OSError, TypeError, ValueError):
            data = json.dumps({"stamp": stamp.data(), "content": content}).encode()
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self._path, data)
