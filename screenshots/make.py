"""Renders `screenshots/*.svg` from the running console over the sandbox: the same pictures in every run.

What differs from run to run (times, ports) is replaced by words of the same length before it is drawn or written.
Run: make shots
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tui import ages  # noqa: E402

HOUR = 3600
real_age = ages.age
ages.duration = lambda seconds: "4 ms"
ages.clock = lambda at: "09:41:00"
ages.age = lambda seconds: "2 min"

from textual.pilot import Pilot  # noqa: E402

from services.bootstrap import Services  # noqa: E402
from services.cli.demo_home import prepare_demo  # noqa: E402
from services.transfers.ledger import Ledger, Turn  # noqa: E402
from services.transfers.model import ItemState, TransferOptions  # noqa: E402
from tui import instance_words  # noqa: E402
from tui.app import StoredeckApp  # noqa: E402

instance_words.age = lambda seconds: real_age(max(seconds // HOUR, 1) * HOUR)

SIZE = (120, 32)
SECONDS = 30.0
STATEMENT = "SELECT Name, Population FROM City ORDER BY Population DESC"
UNFINISHED = "SELECT c.Name, l.Language FROM City c JOIN CountryLanguage l ON c."
CELL_WIDTH = 12.2
BLANK = "&#160;"
_STABLE = (
    (re.compile(r"127\.0\.0\.1:\d+"), lambda match: "127.0.0.1:10800"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), lambda match: "2026-11-20T09:41:00Z"),
    (re.compile(r"\b\d:\d\d:\d\d\b"), lambda match: "2:00:00"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), lambda match: "09:41:00"),
    (re.compile(r"\b\d\.\d(?=(&#160;| )s\b)"), lambda match: "0.1"),
    (re.compile(r"[▁▂▃▄▅▆▇█]{24}"), lambda match: "▂▃▅▆▇▆▅▆▇▇▆▇▇█▇▇▆▇█▇▇▇█▇"),
    (re.compile(r"terminal-\d+"), lambda match: "terminal-storedeck"),
)

Step = Callable[[StoredeckApp, Pilot[None]], Awaitable[None]]


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for the screen to be as it shall be drawn."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: did not come within {SECONDS:.0f} s")
        await asyncio.sleep(0.02)


def shown(app: StoredeckApp) -> str:
    """The screen as text."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def connections(app: StoredeckApp, pilot: Pilot[None]) -> None:
    """The list with a check of the first profile."""
    await pilot.press("t")
    await until(lambda: (check := app.states.checks.get("demo-ignite")) and not check.is_running, "the check")


async def browser(app: StoredeckApp, pilot: Pilot[None]) -> None:
    """The rows of a table beside the tree."""
    app.open_path("demo-ignite", ("sql", "PUBLIC", "CITY"))
    await until(lambda: "4,079 of 4,079" in shown(app) or "of at least" in shown(app), "the rows")
    await pilot.press("down", "down")


async def console(app: StoredeckApp, pilot: Pilot[None]) -> None:
    """A statement and its rows, and names offered for the next one."""
    await pilot.press("alt+3")
    await until(lambda: "schema" in shown(app), "the console")
    names = {" ": "space", ",": "comma", ".": "full_stop"}
    await pilot.press(*(names.get(char, char) for char in STATEMENT), "f5")
    await until(lambda: "4,079 of 4,079" in shown(app), "the result")
    await pilot.press("semicolon", "enter", *(names.get(char, char) for char in UNFINISHED))
    await until(lambda: "▸ID" in shown(app), "the names")


async def events(app: StoredeckApp, pilot: Pilot[None]) -> None:
    """What was asked of the store."""
    await pilot.press("alt+6")
    await until(lambda: app.current_mode == "events" and "Event " in shown(app), "the events")


async def instances(app: StoredeckApp, pilot: Pilot[None]) -> None:
    """Database servers, one of them with its replicas."""
    await app.open_session("demo-trove")
    await pilot.press("alt+4")
    await until(lambda: app.current_mode == "instances" and "30 of 30" in shown(app), "the instances")
    screen: Any = app.screen
    names = [one.name for one in screen.board.visible]
    screen.shown_list.cursor = names.index("orders-db")
    await until(lambda: "mysql://" in shown(app), "the detail")


async def transfers(app: StoredeckApp, pilot: Pilot[None]) -> None:
    """An upload under way, opened; others wait, are paused, ended with rejected rows, or failed."""
    await asyncio.to_thread(fill_queue, app.services)
    await pilot.press("alt+5")
    await until(lambda: app.current_mode == "transfers" and "visits.parquet" in shown(app), "the transfers")
    await pilot.press("home", "enter")
    await until(lambda: "Transfer 1" in shown(app) and "Columns" in shown(app), "the upload")
    await pilot.pause(1.5)


def fill_queue(services: Services) -> None:
    """Transfers as a runner would note them, with the same figures in every run."""
    queue = services.transfers
    upload = queue.add("/data/visits.parquet", "demo-maxcompute:visits", TransferOptions(is_verified=True))
    copy = queue.add("demo-tablestore:orders", "demo-ignite:sql:PUBLIC/ORDERS", TransferOptions(bandwidth=4_400_000))
    people = queue.add("/data/people.csv", "demo-ikv:user_profiles", TransferOptions(rejects="/data/rejects.jsonl"))
    paused = queue.add("demo-maxcompute:sales", "/data/sales.parquet")
    queue.add("demo-ignite:sql:PUBLIC/CITY", "/data/city.csv")
    ledger = Ledger(services.paths.transfers)
    with ledger.turn() as turn:
        _work(turn, upload, Figures(120, 61, 8, 12_000_000, 9_800_000.0))
        _work(turn, copy, Figures(50, 9, 4, 5_000_000, 4_400_000.0))
        _work(turn, paused, Figures(40, 12, 0, 400_000, 0.0))
        _work(turn, people, Figures(10, 10, 0, 1_000, 0.0))
        turn.set(people, rejected=3)
        turn.ends(people, ItemState.DONE)
    ledger.close()
    queue.pause([paused])


@dataclass(frozen=True)
class Figures:
    """How far a transfer is."""

    parts: int
    done: int
    flying: int
    rows: int
    rate: float


def _work(turn: Turn, identifier: int, figures: Figures) -> None:
    columns = [
        {"source": name, "source_type": kind, "target": name, "target_type": there, "cast": cast}
        for name, kind, there, cast in (
            ("id", "int64", "BIGINT", "same"),
            ("visitor", "string", "STRING", "same"),
            ("at", "timestamp[ns]", "TIMESTAMP", "same"),
            ("seconds", "double", "DECIMAL(9,1)", "checked"),
        )
    ]
    each = figures.rows // figures.parts
    parts = [[n, {}, each, None] for n in range(figures.parts)]
    read = {"parts": parts, "count": ["exact", figures.rows], "fingerprint": "", "expires_at": None}
    shown = {"guarantee": "", "notes": [], "mode": "append", "columns": columns}
    turn.planned(identifier, {"read": read, "write": {"expires_at": None}, "shown": shown})
    turn.move(identifier, ItemState.RUNNING, when=[ItemState.QUEUED])
    turn.start_parts(identifier, range(figures.done + figures.flying))
    for part in range(figures.done):
        receipt = {"rows": each, "size_bytes": each * 400}
        turn.acknowledge(identifier, part, {"receipt": receipt, "checksum": "0", "rejects": []})
    turn.set(identifier, phase="writing", rate=figures.rate, rate_rows=figures.rate / 400)


async def keys_help(app: StoredeckApp, pilot: Pilot[None]) -> None:
    """The keys of the list of connections."""
    await pilot.press("alt+1")
    await until(lambda: app.current_mode == "connections", "connections")
    await pilot.press("question_mark")
    await until(lambda: "type to search" in shown(app), "the help")


async def form(app: StoredeckApp, pilot: Pilot[None]) -> None:
    """A new profile."""
    await pilot.press("escape", "n", *"grid-lab")
    await until(lambda: "grid-lab" in shown(app), "the form")


async def change(app: StoredeckApp, pilot: Pilot[None], place: tuple[str, ...], column: str, text: str) -> None:
    """Stage another value in the row below the cursor; `place` is the profile and the path of the table in it."""
    profile, *path = place
    app.open_path(profile, tuple(path))
    await until(lambda: getattr(app.screen, "rows", None) and app.screen.rows.shown, "the rows")
    rows = app.screen.rows
    await until(lambda: (rows.shown.profile, rows.shown.path) == (profile, tuple(path)), f"{place}")
    await until(lambda: rows.grid.is_settled and rows.grid.cursor_key, "the rows")
    rows.grid.move_to((rows.grid.cursor_row or 0) + 1, [found.name for found in rows.grid.state.columns].index(column))
    before = app.staged_count
    await pilot.press("e")
    await until(lambda: "ctrl+s Stage" in shown(app), "the editor")
    await pilot.press(*text, "enter")
    await until(lambda: app.staged_count > before, "the staged change")


async def review(app: StoredeckApp, pilot: Pilot[None]) -> None:
    """Staged changes of two stores."""
    await pilot.press("escape")
    await change(app, pilot, ("demo-ignite", "sql", "PUBLIC", "CITY"), "NAME", "Yokohama-shi")
    await change(app, pilot, ("demo-ignite", "sql", "PUBLIC", "CITY"), "POPULATION", "664000")
    await change(app, pilot, ("demo-tablestore", "users"), "name", "Ada")
    await pilot.press("down", "D")
    await until(lambda: app.staged_count > 2, "the staged deletion")
    await pilot.press("c")
    await until(lambda: "Review" in shown(app) and "UPDATE" in shown(app), "the review")


STEPS: dict[str, Step] = {
    "connections": connections,
    "browser": browser,
    "console": console,
    "instances": instances,
    "events": events,
    "help": keys_help,
    "profile": form,
    "review": review,
    "transfers": transfers,
}


def stable(svg: str) -> str:
    """The picture without what differs from run to run."""
    for pattern, replacement in _STABLE:
        svg = pattern.sub(replacement, svg)
    return _TEXT.sub(_without_outer_blanks, svg)


_TEXT = re.compile(r'<text (class="[^"]*") x="([\d.]+)" (y="[\d.]+") textLength="([\d.]+)" ([^>]*)>([^<]*)</text>')


def _without_outer_blanks(match: re.Match[str]) -> str:
    """A text without the blanks at its ends, at the place where it begins: some viewers drop such blanks."""
    kind, left, top, length, rest, text = match.groups()
    if not text.replace(BLANK, ""):
        return ""
    before = after = 0
    while text.startswith(BLANK):
        text, before = text[len(BLANK) :], before + 1
    while text.endswith(BLANK):
        text, after = text[: -len(BLANK)], after + 1
    x = float(left) + before * CELL_WIDTH
    width = float(length) - (before + after) * CELL_WIDTH
    return f'<text {kind} x="{x:.1f}" {top} textLength="{width:.1f}" {rest}>{text}</text>'


async def run(services: Services, folder: Path) -> None:
    """Walk through the screens and write each."""
    app = StoredeckApp(services)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for name, step in STEPS.items():
            await step(app, pilot)
            await pilot.pause(0.3)
            (folder / f"{name}.svg").write_text(stable(app.export_screenshot(title="Storedeck")), "utf-8")
            print(f"{name}.svg")
        await app.close_sessions()


def main() -> None:
    """Write every picture beside this file."""
    with prepare_demo() as services:
        asyncio.run(run(services, Path(__file__).parent))


if __name__ == "__main__":
    main()
