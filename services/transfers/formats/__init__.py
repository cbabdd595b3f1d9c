"""Files as sources and targets of transfers: CSV, TSV, JSON Lines, Parquet and Arrow IPC, also compressed.

To the runner a file is a store with `BulkReads` or `BulkWrites` like any other; its path is `(text,)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.stores.bulk import BulkReads, BulkWrites


def open_source(text: str, options: Mapping[str, str]) -> BulkReads:
    """A file, the files of a folder, or those that match a wildcard, as a source.

    Args:
        options: see `FileOptions`; others are left alone.
    """
    from services.transfers.formats.source import FileSource

    return FileSource(text, options)


def open_target(text: str, options: Mapping[str, str]) -> BulkWrites:
    """A file, or a folder (with `/` at the end), as a target."""
    from services.transfers.formats.target import FileTarget

    return FileTarget(text, options)
