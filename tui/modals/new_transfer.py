"""Plans a transfer before it is queued: from where, to where, how columns fare, what happens to what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from services.errors import StoredeckError
from services.stores.bulk import WriteMode
from services.transfers.adding import rate_of
from services.transfers.model import TransferOptions
from services.transfers.preview import Preview, preview
from tui.keys import key
from tui.modals.base import DeckModal
from tui.transfer_plan_words import doubts_of, plan_lines
from tui.widgets.form_row import FormRow
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane
from tui.working import start_work

USUAL: Final = ""
_MODE_WORDS: Final = [(USUAL, "usual"), *((mode.value, mode.value) for mode in WriteMode)]
_CREATE_WORDS: Final = [("false", "stop"), ("true", "create it")]
_NOT_PLANNED: Final = "Press ctrl+r to see how it would be done; nothing is changed by that."


class NewTransfer(DeckModal[int]):
    """The id of the queued transfer, None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ctrl+s", "start", "Start", id="new_transfer.start", tooltip="Queue it.", weight=90),
        key("ctrl+r", "plan", "Plan", id="new_transfer.plan", tooltip="See how it would be done.", weight=80),
        key("enter", "next_field", "Next", id="new_transfer.next", tooltip="To the next field.", priority=True),
        key("escape", "cancel", "Close", id="new_transfer.close", tooltip="Close; nothing is queued.", weight=2),
    ]
    DEFAULT_CSS = """
    NewTransfer {
        #modal-box { height: 95%; max-height: 95%; max-width: 120; }
        #modal-pane { height: 1fr; }
        #transfer-rows { height: 1fr; scrollbar-size-vertical: 1; }
        #plan-pane { height: 3; }
        &.-planned #plan-pane { height: 45%; }
        FormRow { margin-bottom: 0; }
    }
    """

    def __init__(self, source: str = "", target: str = "") -> None:
        super().__init__()
        self._given = (source, target)
        self._preview: Preview | None = None
        self._planned_as: tuple[str, ...] = ()

    @property
    def title_words(self) -> str:
        """What is planned."""
        return "New transfer"

    def compose_body(self) -> Iterable[Widget]:
        """The fields, and the plan below."""
        source, target = self._given
        address = "PROFILE:PATH, or a file; a folder or a wildcard reads several."
        with VerticalScroll(id="transfer-rows", can_focus=False):
            yield FormRow("source", "From", address, source, placeholder="grid:sql:PUBLIC/City")
            yield FormRow("target", "To", "PROFILE:PATH, or a file whose suffix tells the format.", target)
            yield FormRow("mode", "What is there", "Usual: files must be new, tables take more.", options=_MODE_WORDS)
            yield FormRow("create", "If absent", "A table that is not there: an error, or made.", options=_CREATE_WORDS)
            yield FormRow("map", "Columns", "Only what differs: old=new, left_out=", placeholder="old=new, secret=")
            yield FormRow("where", "Rows where", "A filter in the source's own language; empty for all rows.")
            yield FormRow("parallel", "Parallel", "Parts in flight at once.", "2")
            yield FormRow("bandwidth", "Bandwidth", "A second at most, such as 10MB; empty for no cap.")
            yield FormRow("rejects", "Rejects", "A file for rows that do not fit; empty stops at the first.")
            yield FormRow("options", "File options", "Such as delimiter=; null_text=NULL header=false types=text")
            verify = [("false", "rows counted"), ("true", "every value, by checksum")]
            yield FormRow("verify", "Verify", "What is compared at the end.", options=verify)
        with Pane("Plan", id="plan-pane"):
            yield Lines([Line.of(Piece(_NOT_PLANNED, "dim"))], id="plan")

    def on_mount(self) -> None:
        """Begin with what is missing; both ends given are planned at once."""
        source, target = self._given
        self._row("source" if not source else "target").query_one(Input).focus()
        if source and target:
            self.action_plan()

    def _row(self, name: str) -> FormRow:
        return self.query_one(f"#row-{name}", FormRow)

    def _texts(self) -> tuple[str, ...]:
        return tuple(row.value for row in self.query(FormRow))

    def action_next_field(self) -> None:
        """To the next field."""
        self.focus_next()

    def action_plan(self) -> None:
        """See how it would be done."""
        start_work(self, "plan", self._show_plan)

    def action_start(self) -> None:
        """Queue it; what is not planned yet is planned first."""
        start_work(self, "plan", self._start)

    async def _show_plan(self) -> None:
        await self._plan()

    async def _plan(self) -> Preview | None:
        options = self._options()
        if options is None:
            return None
        pane, texts = self.query_one("#plan-pane", Pane), self._texts()
        source, target = self._row("source").value, self._row("target").value
        pane.busy("planning")
        try:
            found = await preview(self.deck.services.paths, source, target, options)
        finally:
            pane.idle()
        self._preview, self._planned_as = found, texts
        self.add_class("-planned")
        self.query_one("#plan", Lines).show(plan_lines(found))
        return found

    async def _start(self) -> None:
        found = self._preview
        if found is None or self._planned_as != self._texts():
            found = await self._plan()
        if found is None or found.error:
            return
        if not await self._is_sure(found):
            return
        services = self.deck.services
        try:
            identifier = await asyncio.to_thread(
                lambda: services.transfers.add(found.source, found.target, found.options)
            )
            await self.deck.see_to_runner()
        except StoredeckError as error:
            self.deck.report(error)
            return
        self.dismiss(identifier)

    async def _is_sure(self, found: Preview) -> bool:
        """Ask where what is there goes or changes, or where rows may be rejected; by the name in production."""
        doubts = doubts_of(found.plan)
        if not doubts:
            return True
        from tui.modals.confirm import ConfirmModal

        profile = self.deck.book.get(found.target.partition(":")[0])
        environment = profile.environment.value if profile is not None else ""
        is_weighty = found.plan.get("mode") == WriteMode.OVERWRITE and environment == "prod"
        lines = [*doubts, f"into {found.target}" + (f", {environment.upper()}" if environment else "")]
        mode = str(found.plan.get("mode", "transfer"))
        name = found.target.rpartition("/")[2].rpartition(":")[2] if is_weighty else ""
        question = ConfirmModal(f"Start, mode {mode}?", lines, yes=f"start with {mode}", type_name=name)
        answer = await self.deck.push_screen_wait(question)
        return answer is True

    def _options(self) -> TransferOptions | None:
        """What the fields ask for; None when one of them is wrong, which then says why."""
        for name in ("source", "target"):
            self._row(name).problem = "" if self._row(name).value else "is needed"
        parallel = self._row("parallel").value
        is_number = parallel.isdecimal() and 1 <= int(parallel) <= 64
        self._row("parallel").problem = "" if is_number else "a number from 1 to 64"
        bandwidth = self._rate()
        columns = _pairs(self._row("map"), self._row("map").value.split(","))
        own = _pairs(self._row("options"), self._row("options").value.split())
        wrong = next((row for row in self.query(FormRow) if row.problem), None)
        if wrong is not None:
            wrong.focus_field()
            return None
        mode, rejects = self._row("mode").value, self._row("rejects").value
        return TransferOptions(
            mode=WriteMode(mode) if mode else None,
            columns=columns,
            parallel=int(parallel),
            bandwidth=bandwidth,
            rejects=rejects,
            where=self._row("where").value,
            is_created=self._row("create").value == "true",
            is_verified=self._row("verify").value == "true",
            source=own,
            target=own,
        )

    def _rate(self) -> int:
        row = self._row("bandwidth")
        try:
            row.problem, rate = "", rate_of(row.value)
        except ValueError:
            row.problem, rate = "such as 10MB, 500kB or 1.5GB", 0
        return rate


def _pairs(row: FormRow, texts: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    row.problem = ""
    for text in filter(None, (text.strip() for text in texts)):
        name, equals, value = text.partition("=")
        if not equals or not name:
            row.problem = f"{text}: has no ="
        found[name] = value
    return found
