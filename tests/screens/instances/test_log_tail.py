"""Following a log of an instance, over a real session and the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from app_driver import NARROW, until
from instances_driver import Instances, managing, sandbox_profile

from services.sandbox.faults import parse_faults
from services.sandbox.trove.server import TroveSandbox
from services.stores.instances import LogTail as Tail
from tui.modals import log_tail
from tui.modals.confirm import ConfirmModal
from tui.modals.log_tail import LogTail
from tui.modals.menu import MenuModal
from tui.widgets.lines import Lines

Fresh = Callable[..., TroveSandbox]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(log_tail, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(log_tail, "PUBLISH_SECONDS", 0.05)


async def publish(lab: Instances) -> None:
    """Publish the log under the cursor by its menu."""
    await lab.press("a")
    menu: MenuModal = await lab.top(MenuModal)
    labels = [entry.label for entry in menu._choices]
    await lab.press(*(["down"] * labels.index("Publish log")), "enter")
    await lab.top(ConfirmModal)
    await lab.press("y")
    await until(lambda: "error: Published" in lab.notices, "the answer")


async def opened_tail(lab: Instances) -> LogTail:
    """The error log of an instance, published."""
    await lab.go_to("wiki-db")
    await lab.press("l")
    await lab.shows("[logs]", "error")
    await lab.press("down", "down")
    await publish(lab)
    await lab.press("enter")
    tail: LogTail = await lab.top(LogTail)
    await until(lambda: tail._lines, "its lines")
    await lab.pilot.pause()
    return tail


async def test_a_tail_follows_filters_and_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """New lines come by themselves at the end; held, what is shown stays; a filter shows some; saved as a file."""
    sandbox = fresh_trove()
    monkeypatch.chdir(tmp_path)
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        tail = await opened_tail(lab)
        lines = tail.query_one(Lines)
        first = list(tail._lines)
        assert lines.text.splitlines()[-1] == first[-1]
        tail._lines.append("2026-11-21 99 [Note] the new line")
        tail._show()
        await lab.shows("the new line")
        await lab.press("space")
        await lab.shows("held")
        await lab.press("space", "slash", *"new", "enter")
        await lab.shows("1 of ", "the new line")
        assert 1 == len(lines.text.splitlines())
        await lab.press("w")
        await until(lambda: (tmp_path / "wiki-db-error.log").exists(), "the file")
        await until(lambda: any("wiki-db-error.log" in notice for notice in lab.notices), "the notice")
        assert "the new line" in (tmp_path / "wiki-db-error.log").read_text()


async def test_escape_stops_the_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh) -> None:
    """Nothing is asked of the service once the tail is closed."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        await opened_tail(lab)
        api = lab.screen.instances_api()
        assert api is not None
        asked: list[str] = []
        read = api.read_log

        async def counted(*words: str, **more: int) -> object:
            asked.append(words[1])
            return await read(*words, **more)  # type: ignore[arg-type]

        vars(api)["read_log"] = counted
        await until(lambda: asked, "a question")
        await lab.press("escape")
        await until(lambda: lab.app.screen is lab.screen, "the listing")
        asked.clear()
        await lab.press("a")
        await lab.top(MenuModal)
        await lab.press("escape")
        await lab.shows("[logs]")
        assert [] == asked


async def test_a_log_without_lines_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """The service's note, and what can be done; asked to publish, it says that the log is not collected."""
    async with managing(tmp_path, sandbox_profile(fresh_trove(), monkeypatch)) as lab:
        await lab.go_to("wiki-db")
        await lab.press("l")
        await lab.shows("[logs]", "general")
        await lab.press("enter")
        await lab.shows("It is disabled: nothing is collected until it is enabled.", "a in the list of logs")


async def unpublished_tail(lab: Instances) -> LogTail:
    """The error log of an instance, of which nothing is published."""
    await lab.go_to("wiki-db")
    await lab.press("l")
    await lab.shows("[logs]", "error")
    await lab.press("down", "down", "enter")
    tail: LogTail = await lab.top(LogTail)
    await lab.shows("bytes are not published yet")
    return tail


async def test_what_is_new_is_published_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """By its key lines come that nobody had published, each once, while it is said so; again by the key, no more."""
    sandbox = fresh_trove(speed=20.0)
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        tail = await unpublished_tail(lab)
        assert [] == list(tail._lines)
        await lab.press("p")
        await lab.shows("publishes")
        await until(lambda: tail._lines, "its lines")
        before = len(tail._lines)
        await until(lambda: len(tail._lines) > before, "more of them")
        assert len(set(tail._lines)) == len(tail._lines)
        await lab.press("p")
        await until(lambda: "publishes" not in tail.query_one("#modal-pane").notes, "the end of it")


async def test_a_read_only_profile_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """The key is refused in words, and what is published goes on to be followed."""
    sandbox = fresh_trove()
    profile = replace(sandbox_profile(sandbox, monkeypatch), is_read_only=True)
    async with managing(tmp_path, profile) as lab:
        tail = await unpublished_tail(lab)
        await lab.press("p")
        await until(lambda: any("read-only" in notice for notice in lab.notices), f"the refusal {lab.notices}")
        assert not tail._is_publishing
        await lab.shows("bytes are not published yet")


async def test_what_passes_does_not_end_the_following(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """While the service is busy its words stand below the lines; then they go, and new lines come."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        tail = await opened_tail(lab)
        count = len(tail._lines)
        sandbox.plan.add(*parse_faults("trove:error=Too busy,status=503,op=ListLogs"))
        await lab.shows("Too busy")
        assert count == len(tail._lines)
        sandbox.plan.clear()
        await until(lambda: "Too busy" not in lab.text, "the end of the trouble")
        assert count == len(tail._lines)


async def test_who_reads_further_up_is_left_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """Lines that come do not move what is read, unless the end is on the screen."""
    async with managing(tmp_path, sandbox_profile(fresh_trove(), monkeypatch)) as lab:
        tail = await opened_tail(lab)
        lines = tail.query_one(Lines)
        tail._take(Tail(tuple(f"line {number}" for number in range(500)), tail._token))
        assert lines.is_at_end
        lines.top = 10
        tail._take(Tail(("one more",), tail._token))
        assert 10 == lines.top


async def test_the_newest_line_is_seen_at_80x24(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """Lines that take two rows each are followed to their end, too."""
    async with managing(tmp_path, sandbox_profile(fresh_trove(), monkeypatch), size=NARROW) as lab:
        tail = await opened_tail(lab)
        long = tuple(f"{number} {'word ' * 20}" for number in range(100))
        tail._take(Tail((*long, "the newest"), tail._token))
        await lab.shows("the newest")
        assert tail.query_one(Lines).is_at_end
