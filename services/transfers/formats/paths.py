"""Names of files: folders and wildcards, fingerprints, and remote names made safe."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from pathlib import Path
from typing import Final

from services.errors import NotFound, UsageError

_WILDCARDS: Final = re.compile(r"[*?\[]")
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
)
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
NAME_BYTES: Final = 200


def source_files(text: str) -> tuple[Path, ...]:
    """The files that a path names: one, all of a folder, or those that match a wildcard; sorted by name.

    Raises:
        NotFound: there is none.
        UsageError: it is no plain file.
    """
    path = Path(text).expanduser()
    if path.is_dir():
        found = [entry for entry in sorted(path.iterdir()) if entry.is_file() and not entry.name.startswith((".", "_"))]
    elif _WILDCARDS.search(text) and not path.exists():
        found = [entry for entry in map(Path, sorted(glob.glob(str(path)))) if entry.is_file()]
    elif path.exists() and not path.is_file():
        raise UsageError(f"{text}: is no plain file", hint="Name a file, a folder or a wildcard.")
    else:
        found = [path] if path.is_file() else []
    if not found:
        raise NotFound(f"{text}: no such file", hint="Check the path; wildcards are * ? and [abc].")
    return tuple(entry.resolve() for entry in found)


def fingerprint(files: tuple[Path, ...]) -> str:
    """Changes when a file is written, replaced, added or removed."""
    digest = hashlib.sha256()
    for path in files:
        facts = path.stat()
        digest.update(f"{path}\0{facts.st_ino}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]


def safe_name(remote: str) -> str:
    """A file name for a remote name: no path, no control character, no device, not hidden, and not too long.

    Different remote names keep different file names: one that had to be changed carries a mark of the original.
    """
    name = _UNSAFE.sub("_", remote).strip(" .")
    while len(os.fsencode(name)) > NAME_BYTES:
        name = name[:-1]
    if not name or name.split(".", 1)[0].lower() in _RESERVED:
        name = f"_{name}"
    if name == remote:
        return name
    mark = hashlib.sha256(remote.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    stem, dot, suffix = name.partition(".")
    return f"{stem}-{mark}{dot}{suffix}"
