"""What every test of the contract stands on: how a store tells of itself, its declared gaps, fixtures and helpers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import pytest

from services.stores.altering import AltersContainers
from services.stores.base import (
    CancelsQueries,
    EmptiesContainers,
    KeepsJobs,
    ManagesContainers,
    ReadsKeys,
    ReadsRows,
    RunsSql,
    ShowsCluster,
    Store,
    WritesRows,
)
from services.stores.bulk import BulkReads, BulkWrites
from services.stores.cell_versions import ReadsVersions
from services.stores.changes import Insert, Path, Result
from services.stores.features import Feature
from services.stores.files import KeepsFiles
from services.stores.instances import ManagesInstances
from services.stores.together import CommitsTogether
from services.stores.types import Page, RowQuery
from services.values import Typed

if TYPE_CHECKING:
    import pyarrow as pa

POWERS = {
    Feature.READS_ROWS: ReadsRows,
    Feature.READS_KEYS: ReadsKeys,
    Feature.WRITES_ROWS: WritesRows,
    Feature.RUNS_SQL: RunsSql,
    Feature.CANCELS_QUERIES: CancelsQueries,
    Feature.MANAGES_CONTAINERS: ManagesContainers,
    Feature.SHOWS_CLUSTER: ShowsCluster,
    Feature.KEEPS_JOBS: KeepsJobs,
    Feature.KEEPS_FILES: KeepsFiles,
    Feature.EMPTIES_CONTAINERS: EmptiesContainers,
    Feature.MANAGES_INSTANCES: ManagesInstances,
    Feature.READS_IN_BULK: BulkReads,
    Feature.WRITES_IN_BULK: BulkWrites,
    Feature.ALTERS_CONTAINERS: AltersContainers,
    Feature.KEEPS_VERSIONS: ReadsVersions,
    Feature.COMMITS_TOGETHER: CommitsTogether,
}

Cells = dict[str, Typed]
_numbers = itertools.count(1)


class GapKind(StrEnum):
    """Why a store does not pass a test."""

    NOT_IMPLEMENTED = "notimpl"
    NOT_YET = "notyet"
    NEVER = "never"


@dataclass(frozen=True)
class Gap:
    """A declared gap: strict, so a gap that starts to pass fails the suite."""

    kind: GapKind
    reason: str


@dataclass
class Harness:
    """What the suite needs to know of a store.

    Attributes:
        open: a new connected store, closed by the caller.
        address: of a writable container that no one else uses; it may hold rows.
        row: the key and the other columns of the n-th row, for any n from 1.
        change: one column of that row with another value.
        select: a statement that answers `rows` rows, by number.
        slow_select: a statement that runs for minutes.
        bad_select: a statement that the system refuses.
        definition: of a container that may be created and dropped at `spare_address`.
        wrong_text: column and text that its type refuses.
        batch: the rows of these numbers as Arrow, as `row` gives them; with `True` each as `change` changes it. Every
            store that takes rows in bulk has one.
        file_folder: of a volume, as `VOLUME/FOLDER`, that no one else uses; every store that keeps files has one.
    """

    open: Callable[[], Store]
    address: str
    row: Callable[[int], tuple[Cells, Cells]]
    change: Callable[[int], Cells]
    select: Callable[[int], str] = lambda rows: ""
    slow_select: str = ""
    bad_select: str = "SELEC"
    spare_address: str = ""
    definition: Mapping[str, object] = field(default_factory=dict)
    wrong_text: tuple[str, str] = ("", "")
    batch: Callable[[Sequence[int], bool], pa.RecordBatch] | None = None
    file_folder: str = ""
    gaps: Mapping[str, Gap] = field(default_factory=dict)


def needs(store: Store, feature: Feature) -> None:
    """Skip where the store does not claim the feature: `test_features_are_powers` guards the claim."""
    if feature not in store.features:
        pytest.skip(f"the store does not claim: {feature}")


def new_row(harness: Harness) -> tuple[int, Cells, Cells]:
    """A row nobody used before in this run."""
    number = 1_000_000 + next(_numbers)
    key, values = harness.row(number)
    return number, key, values


def insert(store: Store, path: Path, harness: Harness) -> tuple[int, Cells, Cells]:
    """A new row that is in the store now: its number, its key, and the row as it reads."""
    number, key, values = new_row(harness)
    assert isinstance(store, WritesRows)
    assert isinstance(store, ReadsKeys)
    assert [Result.APPLIED] == [outcome.result for outcome in store.apply([Insert(path, key, values)])]
    (row,) = store.read_keys(path, [key])
    assert row is not None
    return number, key, {name: value for name, value in row.items() if name not in key}


def read_all(store: Store, path: Path, query: RowQuery) -> list[Page]:
    """All pages."""
    assert isinstance(store, ReadsRows)
    return list(store.read_rows(path, query))
