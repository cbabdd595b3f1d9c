"""Saved queries: plain text files of the user's own, read and written whole."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from services.errors import UsageError
from services.files import write_whole

MOST_BYTES: Final = 4_000_000
"""More than an editor of statements should hold."""


def fingerprint(text: str) -> str:
    """Equal for equal texts, whatever their line ends."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def query_path(name: str) -> Path:
    """The whole path of a file that the user named, `~` and all.

    Raises:
        UsageError: that cannot be a path.
    """
    try:
        return Path(name.strip()).expanduser().absolute()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{name}: {error}", hint="Name a file in a folder that you can reach.") from error


def read_query(path: Path) -> str:
    """The text of a file, its line ends as they are.

    Raises:
        UsageError: there is none, it cannot be read, is too large, or is no text in UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path}: {why}", hint="Name a file that you can read.") from error
    if len(data) > MOST_BYTES:
        raise UsageError(
            f"{path}: larger than {MOST_BYTES // 1_000_000} MB", hint="Run such a file by `storedeck sql`."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: no text in UTF-8, see byte {error.start:,}", hint="Convert it first.") from error


def held(path: Path) -> str | None:
    """The fingerprint of what a file holds now; None where there is none, empty where it is no text of ours."""
    if not path.exists():
        return None
    try:
        return fingerprint(read_query(path))
    except UsageError:
        return ""


def write_query(path: Path, text: str) -> None:
    """Write a file whole, or leave what was there.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        write_whole(path, text.encode("utf-8", "surrogatepass"))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path}: {why}", hint="Name a file in a folder that you can write.") from error
