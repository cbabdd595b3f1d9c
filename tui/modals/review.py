"""The review: every staged change of all stores, the exact call of each, and the commit with one outcome each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.getters import query_one
from textual.widget import Widget

from services.editing.commit import commit
from services.editing.resolve import current_row
from services.editing.review import NOT_OPEN, ReviewGroup, planned
from services.editing.staged import Container, Staged
from services.editing.wording import key_words
from services.errors import StoredeckError
from services.events import StagedChanged
from services.stores.changes import Outcome, Result
from services.stores.features import Feature
from services.text import one_line
from tui.bridge import EventPublished
from tui.keys import key
from tui.modals.conflict import ConflictModal
from tui.modals.save_changes import save_changes
from tui.places import tag_of
from tui.screens.base import DeckScreen
from tui.widgets.empty import EmptyState
from tui.widgets.line_list import LineList
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane
from tui.widgets.review_list import ReviewLine, ReviewList
from tui.working import Work, start_told_work, start_work


class ReviewScreen(DeckScreen):
    """The changes above, the call of the one under the cursor below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ctrl+s", "commit", "Commit", id="review.commit", tooltip="Send every change listed here.", weight=110),
        key("space", "drop", "Drop", id="review.drop", tooltip="Unstage this change; u brings it back.", weight=90),
        key("b", "revert", "Revert cell", id="review.revert", tooltip="Take this one cell back.", weight=70),
        key("u", "undo", "Undo", id="review.undo", tooltip="Take the last step back.", weight=80),
        key("w", "save", "Save as file", id="review.save", tooltip="Save the changes as a file to apply.", weight=75),
        key("t", "join", "All or none", id="review.join", tooltip="Send this container's changes as one transaction."),
        key("ctrl+r", "redo", "Redo", id="review.redo", tooltip="Do again what was undone."),
        key("ctrl+g,f9", "stop", "Stop", id="review.stop", tooltip="Stop sending; what was not answered stays staged."),
        key("escape,q", "back", "Back", id="review.back", tooltip="Go back; everything stays staged.", weight=60),
    ]
    DEFAULT_CSS = """
    ReviewScreen {
        #review-body { width: 1fr; }
        #review-pane { height: 1fr; }
        #call-pane { height: 9; }
        #review-none { display: none; }
        &.-without { #review-list, #call-pane { display: none; } #review-none { display: block; } }
        &.-narrow #call-pane { height: 6; }
    }
    """

    review = query_one("#review-list", ReviewList)
    review_pane = query_one("#review-pane", Pane)
    call = query_one("#call", Lines)

    def __init__(self) -> None:
        super().__init__()
        self._groups: list[ReviewGroup] = []
        self._outcomes: dict[int, Outcome | None] = {}
        self._is_sending = False
        self._joined: set[Container] = set()

    def compose_body(self) -> Iterable[Widget]:
        """Changes and call."""
        explain = "What is staged and not sent. What is shown below a change is exactly what ctrl+s sends."
        none = EmptyState(
            "Staged changes of all stores", "Nothing is staged.", "e in the rows stages an edit", id="review-none"
        )
        with Vertical(id="review-body"):
            yield Pane("Review", ReviewList(self._kind_of, id="review-list"), none, id="review-pane", explain=explain)
            yield Pane("the call", Lines(id="call"), id="call-pane")

    def on_mount(self) -> None:
        """Show what is staged."""
        self.set_focus(self.review)
        self._plan()

    def _kind_of(self, profile: str) -> tuple[str, str]:
        found = self.deck.book.get(profile)
        return (tag_of(found), found.kind) if found is not None else ("??", "")

    def _plan(self) -> None:
        start_work(self, "plan", self._show_plan)

    async def _show_plan(self) -> None:
        snapshot = await asyncio.to_thread(self.deck.services.journal.load)
        self._groups = await planned(snapshot, self.deck.session, self._joined)
        count = len(snapshot)
        self.set_class(not count, "-without")
        if not count:
            self.query_one("#review-none").focus()
        elif not self.review.has_focus:
            self.set_focus(self.review)
        words = snapshot.words().replace("staged ", "")
        self.review_pane.notes = [words] if count else ["nothing staged"]
        self.review.outcomes = self._outcomes
        self.review.show(self._groups)
        self._show_call()
        self.refresh_bindings()

    @on(LineList.Moved, "#review-list")
    def _moved(self) -> None:
        self._show_call()
        line = self.review.current
        if line is not None:
            self.set_place(line.group.profile, line.group.path)
        self.refresh_bindings()

    @on(LineList.Chosen, "#review-list")
    def _line_chosen(self) -> None:
        self.action_resolve()

    def _show_call(self) -> None:
        line = self.review.current
        if line is None or line.staged is None:
            self.call.show([Line.of(Piece(self._group_words(line), "dim"))] if line else [])
            self.set_status(self._group_words(line) if line else "nothing is staged")
            return
        shown = line.call.text.split("\n") if line.call and line.call.text else []
        lines = [Line.of(text, indent=2) for text in shown]
        if line.call and line.call.reason:
            lines.append(Line.of(Piece(f"cannot be sent: {line.call.reason}", "warning"), indent=2))
        lines += self._outcome_lines(line.staged)
        self.call.show(lines)
        self.set_status(f"{'/'.join(line.staged.path)} · key {key_words(line.staged.change.key)} · staged, not sent")

    @staticmethod
    def _group_words(line: ReviewLine) -> str:
        group = line.group
        promise = f"{group.guarantee.value}: {group.guarantee.promise}" if group.guarantee else group.problem
        return f"{'/'.join(group.path)} · {len(group.items):,} changes · {promise}"

    def _outcome_lines(self, staged: Staged) -> list[Line]:
        outcome = self._outcomes.get(staged.id) or staged.outcome
        if outcome is None:
            return []
        style = {Result.APPLIED: "ok", Result.CONFLICT: "warning", Result.REFUSED: "error"}[outcome.result]
        lines = [Line.of(Piece(": ".join(filter(None, (outcome.result.value, outcome.message))), style), indent=2)]
        if outcome.request_id:
            lines.append(Line.of(Piece(f"request id {outcome.request_id}", "dim")))
        if outcome.result is Result.CONFLICT:
            lines.append(Line.of(Piece("enter: take mine, take theirs, or merge", "dim")))
        return lines

    def why_off(self, action: str) -> str:
        """Why something cannot be done now, or empty."""
        line = self.review.current if self.is_mounted and self.query(ReviewList) else None
        if action not in ("commit", "drop", "join", "revert", "undo", "redo", "resolve", "save", "stop"):
            return ""
        if action == "stop":
            return "" if self._is_sending else "nothing is being sent"
        if self._is_sending:
            return "changes are being sent; ctrl+g stops that"
        if action in ("undo", "redo"):
            return ""
        if action in ("commit", "save"):
            return "" if self._groups else "nothing is staged"
        if action == "join":
            return self._why_not_joined(line)
        if line is None or line.staged is None:
            return "choose a change"
        if action == "resolve" and (line.staged.outcome is None or line.staged.outcome.result is not Result.CONFLICT):
            return "the change is in no conflict"
        return "it is one row, drop it whole" if action == "revert" and line.source is None else ""

    def _why_not_joined(self, line: ReviewLine | None) -> str:
        session = self.deck.session(line.group.profile) if line is not None else None
        if session is None:
            return NOT_OPEN if line is not None else "nothing is staged"
        return "" if Feature.COMMITS_TOGETHER in session.features else "this store has no transactions of rows"

    def action_join(self) -> None:
        """Send the changes of the container under the cursor all or none, or one by one again."""
        line = self.review.current
        if line is not None and not self.why_off("join"):
            self._joined ^= {(line.group.profile, line.group.path)}
            self._outcomes = {}
            self._plan()

    def _work(self, work: Work, *arguments: object) -> None:
        start_told_work(self, "review", "review", work, *arguments)

    async def _edit(self, change: Callable[..., object], *arguments: object) -> None:
        """Change the journal in a thread, then show it; outcomes of the last commit are history then."""
        self._outcomes = {}
        await asyncio.to_thread(change, *arguments)
        await self._show_plan()

    def action_drop(self) -> None:
        """Unstage the change under the cursor, or every change of the container."""
        line = self.review.current
        if line is not None and line.staged is not None:
            self._work(self._edit, self.deck.services.journal.drop, [line.staged.id])

    def action_revert(self) -> None:
        """Take one cell back."""
        line = self.review.current
        if line is not None and line.staged is not None and line.source is not None:
            self._work(self._edit, self.deck.services.journal.revert_cell, line.staged.id, line.source)

    def action_undo(self) -> None:
        """Take the last step back."""
        self._work(self._edit, self.deck.services.journal.undo)

    def action_redo(self) -> None:
        """Do again what was undone."""
        self._work(self._edit, self.deck.services.journal.redo)

    def action_save(self) -> None:
        """Save all staged changes as a file that `storedeck apply` sends."""
        if not self.why_off("save"):
            self._work(self._save)

    async def _save(self) -> None:
        words = await save_changes(self)
        if words:
            self.set_status(words)

    def action_resolve(self) -> None:
        """Ask how a conflict ends."""
        line = self.review.current
        if line is not None and line.staged is not None and not self.why_off("resolve"):
            self._work(self._resolve, line.staged)

    async def _resolve(self, staged: Staged) -> None:
        session = await self.deck.open_session(staged.profile)
        current = await current_row(session, staged)
        chosen = await self.app.push_screen_wait(ConflictModal(staged, current))
        if chosen is not None:
            label, change = chosen
            await self._edit(self.deck.services.journal.resolve, staged.id, change, label)

    def action_commit(self) -> None:
        """Send everything, in the order shown."""
        if not self.why_off("commit"):
            self._is_sending = True
            start_work(self, "commit", self._sent)

    async def _sent(self) -> None:
        try:
            if await self._calls_are_shown():
                await self._send()
        finally:
            self._is_sending = False
            self.review_pane.idle()
            self.refresh_bindings()

    async def _calls_are_shown(self) -> bool:
        """Whether every call could be read before it is sent; opens the sessions that are closed otherwise."""
        closed = dict.fromkeys(group.profile for group in self._groups if group.problem == NOT_OPEN)
        if not closed:
            return True
        for profile in closed:
            self.review_pane.busy(f"opening {one_line(profile)}", cancel_key="ctrl+g")
            try:
                await self.deck.open_session(profile)
            except StoredeckError as error:
                self.deck.report(error, f"open {one_line(profile)}")
        await self._show_plan()
        self.set_status("read the calls; ctrl+s sends them")
        return False

    async def _send(self) -> None:
        if self._outcomes:
            self._outcomes = {}
            await self._show_plan()
        changes = [staged for group in self._groups for staged in group.items]
        self._outcomes = dict.fromkeys((staged.id for staged in changes), None)
        self.review.outcomes = self._outcomes
        self.review_pane.busy(f"sending {len(changes):,} changes", cancel_key="ctrl+g")
        self.refresh_bindings()
        journal, events = self.deck.services.journal, self.deck.services.events
        try:
            async for settled in commit(journal, changes, self.deck.open_session, events, self._joined):
                self._outcomes[settled.staged.id] = settled.outcome
                self.review.refresh()
        finally:
            self._tell_outcome()

    def _tell_outcome(self) -> None:
        """Say how it went, and let the browser read anew."""
        counts = dict.fromkeys(Result, 0)
        for outcome in self._outcomes.values():
            if outcome is not None:
                counts[outcome.result] += 1
        self._outcomes = {key: outcome for key, outcome in self._outcomes.items() if outcome is not None}
        left_by_id = {staged.id: staged for staged in self.deck.services.journal.snapshot}
        self._groups = [
            replace(group, items=tuple(left_by_id.get(staged.id, staged) for staged in group.items))
            for group in self._groups
        ]
        self.review.outcomes = self._outcomes
        self.review.show(self._groups)
        self._show_call()
        words = ", ".join(f"{count:,} {result.value}" for result, count in counts.items() if count)
        left = sum(counts.values()) - counts[Result.APPLIED]
        self.review_pane.notes = [words, *([f"{left:,} still staged"] if left else [])]
        self.set_status(f"{words}{'; what was not applied is still staged' if left else ''}")
        if counts[Result.APPLIED]:
            for screen in self.deck.deck_screens:
                tell = getattr(screen, "changes_sent", None)
                if tell is not None:
                    tell()

    def action_stop(self) -> None:
        """Stop sending."""
        self.workers.cancel_group(self, "commit")

    def on_event_published(self, message: EventPublished) -> None:
        """What others staged or dropped shows here, too; a commit's own events do not."""
        if isinstance(message.event, StagedChanged) and not self._is_sending and not self._outcomes:
            self._plan()

    def action_back(self) -> None:
        """Go back; while changes are being sent, stay."""
        if self._is_sending:
            self.set_status("changes are being sent; ctrl+g stops that")
        else:
            super().action_back()
