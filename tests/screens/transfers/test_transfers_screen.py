"""The screen of transfers over a real queue whose states the test sets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from app_driver import NARROW, ignite_profile, notices, screen_lines, services_in, until
from transfer_items import acknowledge_one, at_work, ended, following, queued, rejecting, turn_of

from services.bootstrap import Services
from services.transfers.model import Failure, ItemState
from tui.modals.confirm import ConfirmModal
from tui.modals.reader import ReaderModal
from tui.modals.text_prompt import TextPrompt
from tui.screens.transfers import TransfersScreen


async def test_an_empty_queue_says_what_it_is_for(services: Services) -> None:
    """What, why, which key; keys for items do nothing."""
    async with following(services, size=NARROW) as work:
        await work.shows("nothing was queued", "n New")
        await work.press(*"pxtbwavKJPdX", "plus", "minus", "enter")
        assert isinstance(work.app.screen, TransfersScreen)
    assert not services.paths.transfers.exists()


async def test_progress_counts_acknowledged_parts_only(services: Services) -> None:
    """Bar, rows, rate and time left; a part in flight is a mark, and no row before it is acknowledged."""
    one = queued(services, "/data/sales.csv", "/data/sales.parquet")
    at_work(services, one, parts=14, done=7, flying=2)
    async with following(services, [one]) as work:
        line = next(line for line in screen_lines(work.app) if "sales.csv" in line)
        assert "▓▓▓▓▓▓▓▒▒░░░░░" in line
        assert "700 of 1,400" in line
        assert line.split()[-4:] == ["2.0", "MB/s", "7", "s"]
        await work.shows("1 running", "part 7 of 14 acknowledged", "⇅1 2.0 MB/s")
        await asyncio.to_thread(acknowledge_one, services, one, 7)
        await work.shows("▓▓▓▓▓▓▓▓▒░░░░░", "800 of 1,400", "part 8 of 14 acknowledged")


async def test_the_cursor_stays_on_its_transfer(services: Services) -> None:
    """Others come, change their order and end: the cursor does not leave the one it stands on."""
    ids = [queued(services, f"/data/{n}.csv", f"/data/{n}.parquet") for n in range(4)]
    async with following(services, ids) as work:
        await work.go_to(ids[2])
        await asyncio.to_thread(services.transfers.set_priority, ids[3], 5)
        await asyncio.to_thread(services.transfers.cancel, [ids[0]])
        new = await asyncio.to_thread(queued, services, "/data/new.csv", "/data/new.parquet")
        await until(lambda: [ids[3], ids[1], ids[2], new, ids[0]] == work.order, f"the new order, {work.order}")
        current = work.screen.transfers.current
        assert current is not None
        assert ids[2] == current.id


async def test_pause_and_resume(services: Services) -> None:
    """One key for both; all at once with its capital."""
    ids = [queued(services, f"/data/{n}.csv", f"/data/{n}.parquet") for n in range(3)]
    at_work(services, ids[0])
    async with following(services, ids) as work:
        await work.go_to(ids[0])
        await work.press("p")
        await work.is_in(ids[0], ItemState.PAUSED)
        await work.shows("paused")
        await work.press("p")
        await work.is_in(ids[0], ItemState.QUEUED)
        await work.press("P")
        for one in ids:
            await work.is_in(one, ItemState.PAUSED)
        await work.press("P")
        for one in ids:
            await work.is_in(one, ItemState.QUEUED)


async def test_cancel_asks_and_retry_lets_it_go_on(services: Services) -> None:
    """No is the answer of enter; an ended one has no more to cancel, and says why."""
    one = queued(services, "/data/a.csv", "/data/a.parquet")
    at_work(services, one)
    async with following(services, [one]) as work:
        await work.press("x")
        await work.top(ConfirmModal)
        await work.shows("/data/a.csv → /data/a.parquet", "What is not committed is dropped")
        await work.press("enter")
        assert work.item(one).state is ItemState.RUNNING
        await work.press("x")
        await work.top(ConfirmModal)
        await work.press("y")
        await work.is_in(one, ItemState.CANCELLED)
        assert "it is cancelled" == work.screen.why_off("stop")
        await work.press("t")
        await work.is_in(one, ItemState.QUEUED)


async def test_a_failure_is_told_in_full_and_retried(services: Services) -> None:
    """Message in the line and whole in the status line; advice and request id in the detail."""
    one = queued(services, "/data/a.csv", "/data/a.parquet")
    at_work(services, one)
    words = "a.csv: line 17: column age: 'abc' is no number, and the transfer names no file for such rows"
    ended(services, one, ItemState.FAILED, Failure("WrongSchema", words, "Correct the line.", "req-7"))
    async with following(services, [one]) as work:
        await work.shows(f"1 · {words}", "1 needs you", "✗")
        await work.press("enter")
        await until(lambda: "Correct the line." in work.detail, "the detail")
        assert "req-7" in work.detail
        await work.press("t")
        await work.is_in(one, ItemState.QUEUED)


async def test_a_changed_source_is_told_as_such(services: Services) -> None:
    """It stops with the cause, and a retry plans anew."""
    one = queued(services, "/data/a.csv", "/data/a.parquet")
    at_work(services, one)
    ended(services, one, ItemState.FAILED, Failure("SourceChanged", "a.csv: changed since the plan", "Retry it."))
    async with following(services, [one]) as work:
        await work.shows("changed since the plan")
        await work.press("t")
        await work.is_in(one, ItemState.QUEUED)
    with turn_of(services) as turn:
        held = turn.held(one)
    assert held is not None
    assert held.is_restarting


async def test_a_wait_for_the_next_attempt_counts_down(services: Services) -> None:
    """A passing failure says when it is tried again, and why it waits."""
    one = queued(services, "/data/a.csv", "/data/a.parquet")
    at_work(services, one)
    with turn_of(services) as turn:
        turn.waits(one, Failure("Unavailable", "the service is busy", is_passing=True), 55.0)
    async with following(services, [one]) as work:
        await work.shows("again in 5", "the service is busy")


async def test_priority_and_place(services: Services) -> None:
    """Each press counts, however fast; the order follows at once; only among equals by place."""
    ids = [queued(services, f"/data/{n}.csv", f"/data/{n}.parquet") for n in range(4)]
    async with following(services, ids) as work:
        await work.go_to(ids[2])
        await work.press("plus", "plus", "plus")
        await until(lambda: work.item(ids[2]).priority == 3, "the priority")
        assert [ids[2], ids[0], ids[1], ids[3]] == work.order
        await work.press("minus", "minus", "minus")
        await until(lambda: work.item(ids[2]).priority == 0, "the priority")
        await work.press("K", "K")
        await until(lambda: [ids[2], ids[0], ids[1], ids[3]] == work.order, "two places up")
        await work.press("J")
        await until(lambda: [ids[0], ids[2], ids[1], ids[3]] == work.order, "one place down")
        current = work.screen.transfers.current
        assert current is not None
        assert ids[2] == current.id


async def test_bandwidth_and_parallel_change_while_it_runs(services: Services) -> None:
    """Of one and of all; what is no rate or no number changes nothing and is said."""
    one = queued(services, "/data/a.csv", "/data/a.parquet")
    at_work(services, one)
    async with following(services, [one]) as work:
        for typed, bandwidth in (("2MB", 2_000_000), ("fast", 2_000_000), ("0", 0)):
            await work.press("b")
            await work.top(TextPrompt)
            await work.press(*typed, "enter")
            await until(lambda wanted=bandwidth: work.item(one).options.bandwidth == wanted, typed)
        assert any("none for no cap" in text for text in notices(work.app))
        await work.press("w")
        await work.top(TextPrompt)
        await work.press(*"8", "enter")
        await until(lambda: work.item(one).options.parallel == 8, "parallel")
        await work.press("B")
        await work.top(TextPrompt)
        await work.press(*"500kB", "enter")
        await work.shows("cap 500 kB/s")


async def test_drain_and_purge(services: Services) -> None:
    """Draining is said in the title until it is taken back; ended ones are forgotten, others stay."""
    first, second = (queued(services, f"/data/{n}.csv", f"/data/{n}.parquet") for n in range(2))
    at_work(services, first)
    ended(services, first, ItemState.DONE)
    async with following(services, [first, second]) as work:
        await work.press("d")
        await work.shows("draining")
        await work.press("d")
        await until(lambda: "draining:" not in work.text, "the end of draining")
        await work.press("X")
        await until(lambda: [second] == work.order, "the purge")


async def test_an_ended_one_runs_again_with_equal_settings(services: Services) -> None:
    """One key; the settings are the same to the last."""
    one = queued(services, "/data/a.csv", "/data/a.parquet", parallel=7, bandwidth=9, rejects="/r.jsonl")
    at_work(services, one)
    ended(services, one, ItemState.DONE)
    async with following(services, [one]) as work:
        await work.press("a")
        await until(lambda: len(work.order) == 2, "the new one")
        new = next(identifier for identifier in work.order if identifier != one)
        assert work.item(one).options == work.item(new).options
        assert (work.item(one).source, work.item(one).target) == (work.item(new).source, work.item(new).target)


async def test_rejected_rows_are_shown_with_line_and_cause(services: Services) -> None:
    """Some in the detail, all in a page of their own with their values."""
    one = queued(services, "/data/a.csv", "/data/a.parquet", rejects="/r.jsonl")
    at_work(services, one, done=10, flying=0)
    rejecting(services, one, 25)
    ended(services, one, ItemState.DONE)
    async with following(services, [one]) as work:
        await work.shows("25 rejected, see them", "▲")
        await work.press("enter")
        await until(lambda: "record 402  age: 'a0' is no number" in work.detail, "the detail")
        assert "v shows them all" in work.detail
        await work.press("v")
        reader: ReaderModal = await work.top(ReaderModal)
        await work.shows("25 of 25", "id=401  age=a0")
        await work.press("end")
        await work.shows("'a24' is no number")
        assert reader is work.app.screen


async def test_closing_the_console_changes_nothing(services: Services, tmp_path: Path) -> None:
    """Opened again, and a second one beside it, it shows the same queue; orders of one are seen by the other."""
    ids = [queued(services, f"/data/{n}.csv", f"/data/{n}.parquet") for n in range(3)]
    at_work(services, ids[1])
    async with following(services, ids) as first:
        shown = first.order
    async with following(services, ids) as work:
        assert shown == work.order
        other = services_in(tmp_path / "home")
        await asyncio.to_thread(lambda: other.transfers.pause([ids[1]]))
        await work.is_in(ids[1], ItemState.PAUSED)
        other.transfers.close()


async def test_the_end_is_told_wherever_one_is(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Toast and bell on another screen; what had ended before the start is no news."""
    old, one = (queued(services, f"/data/{n}.csv", f"/data/{n}.parquet") for n in range(2))
    ended(services, old, ItemState.DONE)
    at_work(services, one)
    async with following(services, [one]) as work:
        bells: list[bool] = []
        monkeypatch.setattr(work.app, "bell", lambda: bells.append(True))
        await work.press("1")
        await asyncio.to_thread(ended, services, one, ItemState.DONE)
        await until(lambda: work.app._notifications, "the toast")
        notices = [(notice.title, notice.message) for notice in work.app._notifications]
        assert [f"Transfer {one}"] == [title for title, _ in notices]
        assert notices[0][1].startswith("1.parquet: 400 rows in")
        assert [True] == bells


async def test_a_queue_at_rest_is_not_drawn_again(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking finds nothing new: no screen is told; what changes is told."""
    identifier = services.transfers.add("/a.csv", "/b.csv")
    services.transfers.pause([identifier])
    async with following(services, [identifier]) as driver:
        shown: list[int] = []
        await driver.app.look_at_transfers()
        monkeypatch.setattr(driver.app, "show_transfers", lambda: shown.append(len(driver.app.transfer_feed.items)))
        for _ in range(3):
            await driver.app.look_at_transfers()
        assert shown == []
        await asyncio.to_thread(services.transfers.add, "/c.csv", "/d.csv")
        await until(lambda: shown, "the news")
        assert shown[0] == 2


async def test_five_thousand_are_listed(services: Services) -> None:
    """All of them, from one look."""
    from services.transfers.model import TransferOptions

    wanted = [(f"/data/{n}.csv", f"/data/{n}.parquet", TransferOptions()) for n in range(5000)]
    ids = services.transfers.add_all(wanted)
    async with following(services, ids) as work:
        assert 5000 == work.screen.transfers.count
        await work.press("end")
        current = work.screen.transfers.current
        assert current is not None
        assert ids[-1] == current.id


@pytest.mark.parametrize("size", [NARROW, (60, 18)], ids=["80x24", "60x18"])
async def test_small_terminals_show_list_and_detail(services: Services, size: tuple[int, int]) -> None:
    """State, bar and names of both ends fit; the detail opens below and closes again."""
    services.profiles.add(ignite_profile("grid"))
    one = queued(services, "/data/some-long-name-of-a-file.csv", "grid:sql:PUBLIC/A_LONG_TABLE_NAME")
    at_work(services, one, done=10, flying=0)
    async with following(services, [one], size=size) as work:
        await until(lambda: "▓▓▓▓" in work.text, "the bar")
        await work.shows(" IG ", " ▓▓▓▓" if size == NARROW else " ▓")
        assert all(len(line) <= size[0] for line in screen_lines(work.app))
        await work.press("enter")
        await work.shows("Transfer 1", "grid:sql:PUBLIC/A_LONG_TABLE_NAME")
        assert all(len(line) <= size[0] for line in screen_lines(work.app))
        await work.press("escape")
        await until(lambda: "Transfer 1 " not in work.text, "the list alone")
        assert work.app.focused is work.screen.transfers


async def test_an_end_is_told_to_the_terminal(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Title and desktop notice, with nothing in them that a terminal would act on."""
    one = queued(services, "/data/a.csv", "/data/evil\x1b]0;x\x07.parquet")
    at_work(services, one)
    async with following(services, [one]) as work:
        written: list[str] = []
        monkeypatch.setattr(work.app, "_write_escape", written.append)
        await asyncio.to_thread(ended, services, one, ItemState.DONE)
        await until(lambda: len(written) == 2, "both")
        title, notice = written
        assert (title.startswith("\x1b]2;Storedeck: done: evil"), title[-1]) == (True, "\x07")
        assert (notice.startswith("\x1b]9;Storedeck: done: evil"), notice[-1]) == (True, "\x07")
        assert (1, 1) == (notice.count("\x1b"), notice.count("\x07"))


async def test_a_restart_is_stated(services: Services) -> None:
    """Whoever sees the parts begin again reads why."""
    one = queued(services, "/data/a.csv", "/data/a.parquet")
    at_work(services, one, restarts=2)
    async with following(services, [one]) as work:
        await work.shows("started anew 2 times")


async def test_why_nothing_starts_stands_in_the_title(services: Services) -> None:
    """The hours of transfers and that they are drained come first, also where there is little room."""
    one = queued(services, "/data/a.csv", "/data/a.parquet")
    services.transfers.change_settings(window="01:00-02:00", is_draining=True)
    async with following(services, [one], size=NARROW) as work:
        await work.shows("only 01:00-02:00", "draining: d lets others start again")
