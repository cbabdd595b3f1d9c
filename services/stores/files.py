"""Files beside tables: volumes with folders and files in them, whose bytes a store takes and gives as they are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from services.cancel import NEVER, CancelToken
from services.stores.changes import Path


class FileKind(StrEnum):
    """What an entry is."""

    VOLUME = "volume"
    FOLDER = "folder"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A volume, or a folder or file in one.

    Attributes:
        path: as the catalog has it.
        size_bytes: of a file; None where the store does not tell.
        modified: in the store's own words, empty where it does not tell.
    """

    path: Path
    name: str
    kind: FileKind
    size_bytes: int | None = None
    modified: str = ""


class KeepsFiles(ABC):
    """Keeps files in volumes."""

    @abstractmethod
    def file_path(self, text: str) -> Path:
        """The path that `VOLUME/FOLDER/FILE` names, or that of all volumes where it is empty. Asks nothing."""

    @abstractmethod
    def list_files(self, path: Path, cancel: CancelToken = NEVER) -> Iterator[FileEntry]:
        """What lies directly in a folder or a volume, or all volumes."""

    @abstractmethod
    def file_entry(self, path: Path, cancel: CancelToken = NEVER) -> FileEntry:
        """One file or folder.

        Raises:
            NotFound: there is none.
        """

    @abstractmethod
    def get_file(self, path: Path, out: BinaryIO, cancel: CancelToken = NEVER) -> int:
        """Write a file's bytes to `out`; how many. It fails where it cannot give all of them.

        Raises:
            NotFound: there is no such file.
        """

    @abstractmethod
    def put_file(
        self, path: Path, source: BinaryIO, *, is_replacing: bool = False, cancel: CancelToken = NEVER
    ) -> None:
        """Put a file in its place, whole or not at all.

        Args:
            is_replacing: a file that is there is replaced. Without it the store looks first; it knows no condition
                that would hold until the end of the writing.
        Raises:
            Conflict: there is a file already, and it is not to be replaced.
        """

    @abstractmethod
    def remove_file(self, path: Path, *, is_recursive: bool = False, cancel: CancelToken = NEVER) -> None:
        """Remove a file or a folder.

        Args:
            is_recursive: a folder with all that is in it.
        """

    @abstractmethod
    def make_folder(self, path: Path, cancel: CancelToken = NEVER) -> None:
        """Make a folder, and those above it."""
