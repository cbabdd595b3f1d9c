"""The sandbox as a process of its own, and what it keeps from one start to the next."""

from __future__ import annotations

from pathlib import Path

from maxcompute_tunnels import entry
from odps import ODPS

from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.sandbox.process import start


def test_the_process_serves_with_what_it_says() -> None:
    """The fields of the profile that the process prints lead to its data."""
    with start(["maxcompute"], rows=1000, job_seconds=0.1) as process:
        fields = process.endpoints["maxcompute"]
        secrets = fields["secrets"]
        assert isinstance(secrets, dict)
        client = ODPS(
            fields["access_key_id"],
            secrets["access_key_secret"],
            fields["project"],
            fields["endpoint"],
            tunnel_endpoint=fields["tunnel_endpoint"],
            logview_host=fields["tunnel_endpoint"],
            overwrite_global=False,
        )
        with client.execute_sql("SELECT count(*) FROM events").open_reader(tunnel=True) as rows:
            assert [1000] == [row[0] for row in rows]


def test_all_is_kept_from_an_orderly_end(tmp_path: Path) -> None:
    """Tables, partitions, rows, views, functions, resources and volumes are there again, with their times."""
    directory = tmp_path / "maxcompute"
    with MaxComputeSandbox(directory=directory) as first:
        client = entry(first)
        client.execute_sql("CREATE TABLE kept (v STRING) PARTITIONED BY (pt STRING) LIFECYCLE 4")
        client.execute_sql("INSERT INTO kept PARTITION (pt='a/b,c') VALUES ('x')")
        before = {table.name: table for table in first.warehouse.project("sandbox").tables()}
    with MaxComputeSandbox(directory=directory) as second:
        project = second.warehouse.project("sandbox")
        after = {table.name: table for table in project.tables()}
        assert list(before) == list(after)
        for name, table in before.items():
            assert (table.columns, table.properties, table.created) == (
                after[name].columns,
                after[name].properties,
                after[name].created,
            )
            assert [(part.spec, part.modified, str(part.read().to_pylist()[:50])) for part in table.partitions()] == [
                (part.spec, part.modified, str(part.read().to_pylist()[:50])) for part in after[name].partitions()
            ]
        assert b"Sales of January\n" == project.volumes.get("default", "reports").read("2026/january.txt")
        assert ["shout"] == [function.name for function in entry(second).list_functions()]
        assert "def shout" in entry(second).open_resource("shout.py").read()
        assert ["default", "staging"] == second.warehouse.project("lab").schemas()


def test_benchmark_rows_are_made_anew_for_another_number(tmp_path: Path) -> None:
    """`events` has the rows that the start asks for."""
    for rows in (10, 10, 20):
        with MaxComputeSandbox(rows=rows, directory=tmp_path / "maxcompute") as sandbox:
            assert rows == sandbox.warehouse.project("sandbox").table("events").record_num
