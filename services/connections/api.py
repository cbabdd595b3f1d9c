"""What the console may ask of a session: the Store contract as seen from another process, plus result sets.

Everything is awaited on the console's event loop and answered by the session's process; nothing here blocks. Errors
are those of `services.errors`. Awaiting a call inside a cancelled task asks the session to cancel the call, too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Protocol

from services.results.types import Inspection, ResultState, RowRecord, Window
from services.stores.altering import Alteration
from services.stores.cell_versions import CellVersion
from services.stores.changes import Call, Change, Outcome, Path
from services.stores.features import Feature, Guarantee
from services.stores.instances import Action, ActionField, ActionResult, Instance, InstanceDetail, LogTail, Plan
from services.stores.limits import Limits
from services.stores.types import CheckStep, Children, Description, RowQuery, Statement
from services.values import Key, Typed


class ResultApi(Protocol):
    """One result set in a session's process."""

    @property
    def state(self) -> ResultState:
        """The newest state heard; never asks."""
        ...

    async def window(self, first_row: int, row_count: int, columns: Sequence[int]) -> Window:
        """The cells of these rows (fewer at the end) and columns (indices into `state.columns`)."""
        ...

    async def load_more(self, until_row: int) -> ResultState:
        """Load pages until that row is there, or all are; returns when done, cancelled or failed."""
        ...

    async def changed(self, after_version: ResultState) -> ResultState:
        """Wait until the state differs from the one given."""
        ...

    async def row(self, row: int) -> RowRecord:
        """One row, exact."""
        ...

    async def inspect(self, row: int, column: int) -> Inspection:
        """One value for the viewer."""
        ...

    async def find(self, text: str, start_row: int, *, is_backward: bool = False) -> int | None:
        """The next loaded row, from `start_row` on, with a cell that holds the text, whatever its case."""
        ...

    async def arrange(self, sort: str = "", *, is_descending: bool = False, contains: str = "") -> ResultState:
        """Sort and filter the loaded rows (the state's note says `loaded rows only`); empty texts clear."""
        ...

    async def stop(self) -> None:
        """Cancel what loads now, on the server too; loaded rows stay."""
        ...

    async def close(self) -> None:
        """Free the rows and the server's cursor."""
        ...


class InstancesApi(Protocol):
    """What the console asks of a store that manages instances; see `ManagesInstances` for each."""

    def list(self) -> AsyncIterator[Sequence[Instance]]:
        """All instances, pages as they arrive."""
        ...

    async def show(self, identifier: str) -> InstanceDetail:
        """Everything about one."""
        ...

    async def actions(self, identifier: str = "") -> Sequence[Action]:
        """What can be done, and why not now."""
        ...

    async def fields(
        self, action: str, identifier: str = "", given: Mapping[str, Any] | None = None
    ) -> Sequence[ActionField]:
        """The arguments of an action."""
        ...

    async def plan(self, action: str, identifier: str, arguments: Mapping[str, Any]) -> Plan:
        """What would be sent."""
        ...

    async def act(self, action: str, identifier: str, arguments: Mapping[str, Any]) -> ActionResult:
        """Send an action once."""
        ...

    async def is_reached(self, result: ActionResult) -> bool:
        """Whether what an action promised has come about."""
        ...

    async def open_listing(self, view: str, identifier: str = "") -> ResultApi:
        """A table of an instance or of the service."""
        ...

    async def read_log(self, identifier: str, log: str, token: str = "", line_count: int = 200) -> LogTail:
        """Lines of a log."""
        ...


class JobsApi(Protocol):
    """What the console asks of a store that keeps jobs; see `KeepsJobs` for each."""

    async def open_list(self, limit: int = 200, status: str = "") -> ResultApi:
        """Running and past jobs, newest first."""
        ...

    async def show(self, identifier: str) -> Description:
        """Everything about one."""
        ...

    async def open_result(
        self, identifier: str, limit: int | None = None, told: Callable[[str], None] | None = None
    ) -> ResultApi:
        """The result of a job, without running it again; `told` as for `SessionApi.open_sql`."""
        ...

    async def estimate(self, statement: Statement) -> Description:
        """What a statement would cost."""
        ...


class SessionApi(Protocol):
    """One open session."""

    @property
    def profile_name(self) -> str:
        """The profile it was opened from."""
        ...

    @property
    def is_lost(self) -> bool:
        """Whether its process is gone; nothing can be asked of it any more."""
        ...

    @property
    def features(self) -> frozenset[Feature]:
        """What the connected store can do."""
        ...

    @property
    def limits(self) -> Limits:
        """Its bounds."""
        ...

    @property
    def instances(self) -> InstancesApi:
        """For a store that manages instances."""
        ...

    @property
    def jobs(self) -> JobsApi:
        """For a store that keeps jobs."""
        ...

    async def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """See `Store.list_children`."""
        ...

    async def describe(self, path: Path) -> Description:
        """See `Store.describe`."""
        ...

    async def format_address(self, path: Path) -> str:
        """See `Store.format_address`."""
        ...

    async def open_rows(self, path: Path, query: RowQuery, told: Callable[[str], None] | None = None) -> ResultApi:
        """A result set over a container; returns when its first page is there. `told` as for `open_sql`."""
        ...

    async def open_sql(self, statement: Statement, told: Callable[[str], None] | None = None) -> ResultApi:
        """Run a statement; returns when the first page is there, the rest loads on.

        Args:
            told: called with displayable words on how it stands: one line, and maybe lines of details below it.
        Raises:
            StatementRefused, TimedOut, Cancelled, ReadOnlyRefused.
        """
        ...

    async def open_cluster(self, view: str) -> ResultApi:
        """A live table of the cluster: nodes, caches, queries or transactions."""
        ...

    async def kill(self, what: str, identifier: str) -> str:
        """See `CancelsQueries.kill`."""
        ...

    async def read_keys(self, path: Path, keys: Sequence[Key]) -> list[Mapping[str, Typed] | None]:
        """See `ReadsKeys.read_keys`."""
        ...

    async def guarantee(self, path: Path) -> Guarantee:
        """See `WritesRows.guarantee`."""
        ...

    async def plan(self, changes: Sequence[Change]) -> list[Call]:
        """See `WritesRows.plan`."""
        ...

    def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """See `WritesRows.apply`; outcomes arrive one by one."""
        ...

    async def plan_together(self, changes: Sequence[Change]) -> list[Call]:
        """See `CommitsTogether.plan_together`."""
        ...

    def apply_together(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """See `CommitsTogether.apply_together`."""
        ...

    async def read_versions(self, path: Path, key: Key) -> Mapping[str, tuple[CellVersion, ...]]:
        """See `ReadsVersions.read_versions`."""
        ...

    async def type_words(self, path: Path, column: str) -> tuple[str, ...]:
        """See `WritesRows.type_words`."""
        ...

    async def parse(self, path: Path, column: str, text: str, type_word: str = "") -> Typed:
        """See `WritesRows.parse`."""
        ...

    async def alterable(self, path: Path) -> Mapping[str, Any]:
        """See `AltersContainers.alterable`."""
        ...

    async def plan_alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """See `AltersContainers.plan_alter`."""
        ...

    async def alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """See `AltersContainers.alter`."""
        ...

    async def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """See `ManagesContainers.create`."""
        ...

    async def drop(self, path: Path) -> None:
        """See `ManagesContainers.drop`."""
        ...

    async def truncate(self, path: Path) -> None:
        """See `EmptiesContainers.truncate`."""
        ...

    async def save_file(self, path: Path, target: str) -> int:
        """Fetch a file of a volume into a new file here, whole or not at all; its bytes.

        Raises:
            Conflict: there is one already.
        """
        ...

    def check(self) -> AsyncIterator[CheckStep]:
        """See `Store.check`; steps arrive one by one."""
        ...

    async def close(self) -> None:
        """End the session and its process."""
        ...
