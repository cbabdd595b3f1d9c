"""The SQL console over a real session process and a server that speaks Tablestore's protocol."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import WIDE, running, services_in, until
from console_driver import ConsoleDriver

from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef
from services.sandbox.tablestore.server import TablestoreSandbox


async def test_a_mapping_is_offered_made_and_queried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table without a mapping: the error shows the statement that makes it; run, it lets the query answer."""
    with TablestoreSandbox() as sandbox:
        facts = sandbox.profile
        monkeypatch.setenv("CONSOLE_SECRET", facts["secrets"]["access_key_secret"])
        fields = {name: str(text) for name, text in facts.items() if name != "secrets"}
        profile = Profile("ots", "tablestore", fields, {"access_key_secret": SecretRef.env("CONSOLE_SECRET")})
        async with running(services_in(tmp_path, profile), size=WIDE) as (app, pilot):
            await app.open_session("ots")
            await pilot.press("3")
            console = ConsoleDriver(app, pilot)
            await until(lambda: console.is_ready, "the console")
            await console.run("SELECT COUNT(*) AS n FROM users")
            assert "no mapping for SQL yet" in console.error.replace("\n", " ")
            await console.run(
                "CREATE TABLE users (team VARCHAR(1024), badge VARBINARY(1024), seq BIGINT, "
                "PRIMARY KEY (team, badge, seq))"
            )
            assert console.error == ""
            await console.run("SELECT COUNT(*) AS n, COUNT(*) AS n FROM users")
            assert console.error == ""
            assert console.notes.startswith("1 of 1")
            assert [line.split() for line in console.grid_lines[:2]] == [["n", "n", "(2)"], ["24", "24"]]
            # A question mark is part of the text here: the store takes no arguments, so none are asked for.
            await console.run("SELECT COUNT(*) AS n FROM users WHERE team = '?' OR team = ?")
            assert isinstance(app.screen, type(console.screen))
            assert console.error
