"""What staged work looks like over the rows: marks on rows that exist, and rows that do not exist yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RowMark:
    """A staged change to one row.

    Attributes:
        mark: `~` changed, `-` deleted, `+` added, `✗` refused or in conflict.
        cells: displayable new texts by the name of the result's column.
    """

    mark: str
    cells: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InsertedRow:
    """A staged new row, shown above the first row.

    Attributes:
        token: what names the row to the one who staged it.
        cells: displayable texts by the name of the result's column.
    """

    token: str
    cells: Mapping[str, str]
    mark: str = "+"
