"""The SQL console over a real session process and a service that runs statements as jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from app_driver import WIDE, running, screen_text, services_in, until
from console_driver import ConsoleDriver
from maxcompute_stores import SLOW, opened

from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef
from services.sandbox.faults import parse_faults
from services.sandbox.maxcompute.server import MaxComputeSandbox
from tui.modals.confirm import ConfirmModal
from tui.modals.jobs import FactsModal, JobsModal
from tui.widgets.lines import Lines

HOLD = "SET sandbox.job.seconds=60;"


@asynccontextmanager
async def console_on(
    sandbox: MaxComputeSandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ConsoleDriver]:
    """The console with a session on a sandbox."""
    facts = sandbox.profile
    monkeypatch.setenv("CONSOLE_SECRET", facts["secrets"]["access_key_secret"])  # type: ignore[index]
    fields = {name: str(text) for name, text in facts.items() if name != "secrets"}
    profile = Profile("mc", "maxcompute", fields, {"access_key_secret": SecretRef.env("CONSOLE_SECRET")})
    async with running(services_in(folder, profile), size=WIDE) as (app, pilot):
        await app.open_session("mc")
        await pilot.press("3")
        console = ConsoleDriver(app, pilot)
        await until(lambda: console.is_ready, "the console")
        yield console


def status_of(sandbox: MaxComputeSandbox, identifier: str) -> str:
    """How a job stands at the service."""
    with closing(opened(sandbox.profile)) as store:
        return {row["id"]: row["status"] for row in store.list_jobs().batch.to_pylist()}[identifier]


async def started(console: ConsoleDriver, text: str) -> str:
    """Run a statement until its link is shown; its job's id."""
    await console.write(text)
    await console.pilot.press("f6")
    await until(lambda: console.screen.has_class("-telling"), "the link")
    link = console.screen.query_one("#console-told", Lines).text
    return link.replace("\n", "").partition("i=")[2].partition("&")[0]


async def test_a_running_job_shows_how_it_stands_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages in the result's title, the link below the editor; stopping reaches the service."""
    with MaxComputeSandbox() as sandbox:
        async with console_on(sandbox, tmp_path, monkeypatch) as console:
            identifier = await started(console, f"{HOLD} {SLOW}")
            await until(lambda: f"job {identifier}: " in console.text and "%" in console.text, "the stages")
            await console.pilot.press("ctrl+g")
            await console.finished()
            assert "stopped" in console.error
            assert not console.screen.has_class("-telling")
            status = ""
            while status != "Cancelled":
                status = await asyncio.to_thread(status_of, sandbox, identifier)


async def test_a_result_is_read_again_from_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list has every job; details open and close, enter reads the result without running it again."""
    with MaxComputeSandbox() as sandbox:
        async with console_on(sandbox, tmp_path, monkeypatch) as console:
            await console.run("SELECT 41 + 1 AS answer")
            assert console.grid_lines[1].split() == ["42"]
            job = next(note for note in console.notes.split(" · ") if note.startswith("job "))
            await console.run("SELECT 'other' AS word")
            await console.pilot.press("f7")
            modal = await jobs_of(console)
            assert modal.grid.state.loaded == 2
            await console.pilot.press("down", "d")
            await until(lambda: isinstance(console.app.screen, FactsModal), "the details")
            await until(lambda: "SELECT 41 + 1" in screen_text(console.app), "the statement")
            assert "Logview" in screen_text(console.app)
            await console.pilot.press("escape")
            await until(lambda: console.app.screen is modal, "the list again")
            await console.pilot.press("enter")
            await until(lambda: console.app.screen is console.screen, "the console")
            await console.finished()
            assert console.grid_lines[1].split() == ["42"]
            assert job in console.notes
            sheet = console.screen.sheet
            assert sheet is not None
            assert [tab.words for tab in sheet.results] == ["SELECT 41 + 1 AS answer", "SELECT 'other' AS word", job]
            await console.pilot.press("ctrl+up")
            await console.finished()
            assert console.grid_lines[1].split() == ["other"]


async def jobs_of(console: ConsoleDriver) -> JobsModal:
    """The list of jobs, once it is read."""

    def modal() -> JobsModal | None:
        screen = console.app.screen
        return screen if isinstance(screen, JobsModal) else None

    await until(lambda: (found := modal()) is not None and found.grid.state.loaded and found.grid.is_settled, "jobs")
    found = modal()
    assert found is not None
    return found


async def test_a_job_is_stopped_from_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After asking; the statement that waits for it is told."""
    with MaxComputeSandbox() as sandbox:
        async with console_on(sandbox, tmp_path, monkeypatch) as console:
            identifier = await started(console, f"{HOLD} {SLOW}")
            await console.pilot.press("f7")
            await jobs_of(console)
            await console.pilot.press("x")
            await until(lambda: isinstance(console.app.screen, ConfirmModal), "the question")
            assert identifier in screen_text(console.app)
            await console.pilot.press("y")
            sheet = console.screen.sheet
            assert sheet is not None
            await until(lambda: not sheet.is_running, "the statement's end")
            assert await asyncio.to_thread(status_of, sandbox, identifier) == "Cancelled"


async def test_a_job_survives_the_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console ends while a job runs: it goes on, and the next console finds it and reads its result."""
    with MaxComputeSandbox() as sandbox:
        async with console_on(sandbox, tmp_path / "first", monkeypatch) as console:
            identifier = await started(console, "SET sandbox.job.seconds=2; SELECT 'found' AS word")
            await console.pilot.press("ctrl+q")
        assert status_of(sandbox, identifier) in ("Running", "Success")
        async with console_on(sandbox, tmp_path / "second", monkeypatch) as console:
            await console.pilot.press("f7")
            await jobs_of(console)
            await console.pilot.press("enter")
            await until(lambda: console.app.screen is console.screen, "the console")
            await console.finished()
            assert console.error == ""
            assert console.grid_lines[1].split() == ["found"]
        assert status_of(sandbox, identifier) == "Success"


async def test_a_refused_statement_is_told_and_the_session_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service's own words stand below the editor; the next statement runs in the same process."""
    with MaxComputeSandbox(samples=False) as sandbox:
        async with console_on(sandbox, tmp_path, monkeypatch) as console:
            await console.run("SELECT * FROM nowhere_at_all")
            assert "nowhere_at_all" in console.error
            await console.run("SELECT 2 AS two")
            assert (console.error, console.grid_lines[1].split()) == ("", ["2"])


async def test_the_cost_is_told_before_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the statement at the cursor; nothing is run."""
    with MaxComputeSandbox() as sandbox:
        async with console_on(sandbox, tmp_path, monkeypatch) as console:
            await console.write("SELECT * FROM sales")
            await console.pilot.press("f2")
            await until(lambda: isinstance(console.app.screen, FactsModal), "the estimate")
            await until(lambda: "Complexity" in screen_text(console.app), "its facts")
            await console.pilot.press("escape")
            await console.pilot.pause()
            assert console.screen.grid.state.loaded == 0


async def test_a_list_that_cannot_be_had_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error stands in a toast, and the console goes on."""
    with MaxComputeSandbox(samples=False) as sandbox:
        async with console_on(sandbox, tmp_path, monkeypatch) as console:
            for fault in parse_faults("maxcompute:error=no right to list,op=ListJobs,status=403,times=1"):
                sandbox.plan.add(fault)
            await console.pilot.press("f7")
            await until(lambda: "no right to list" in screen_text(console.app), "the error")
            await console.pilot.press("escape")
            await console.run("SELECT 2 AS two")
            assert (console.error, console.grid_lines[1].split()) == ("", ["2"])
