"""Statements as jobs: progress, results beyond ten thousand rows, stopping, and being found again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from maxcompute_stores import SLOW, Warehouse, opened
from waiting import DEADLINE_SECONDS

from services.cancel import CancelToken
from services.errors import (
    Cancelled,
    NotFound,
    StatementRefused,
    TimedOut,
    Unavailable,
    UnsupportedOperation,
    UsageError,
)
from services.sandbox.faults import parse_faults
from services.stores.types import RowQuery, Statement


class Waiter:
    """Runs a statement in a thread and keeps what it said and how it ended."""

    def __init__(self, warehouse: Warehouse, text: str) -> None:
        self.token = CancelToken()
        self.said: list[str] = []
        self.error: BaseException | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(warehouse, text), daemon=True)
        self._thread.start()

    def _run(self, warehouse: Warehouse, text: str) -> None:
        try:
            with self.token.heard_by(self._hear):
                list(warehouse.store.run_sql(Statement(text), self.token))
        except BaseException as error:
            self.error = error

    def _hear(self, words: str) -> None:
        self.said.append(words)
        if "%" in words:
            self._begun.set()

    def begun(self) -> str:
        """Wait until the job tells of its stages; its id."""
        assert self._begun.wait(DEADLINE_SECONDS), self.said
        return self.said[0].split()[1].rstrip(":")

    def end(self) -> BaseException | None:
        """Wait for the end; how it ended."""
        self._thread.join(DEADLINE_SECONDS)
        assert not self._thread.is_alive()
        return self.error


def fact(warehouse: Warehouse, identifier: str, group: str, name: str) -> str:
    """A fact about a job."""
    groups = {one.title: dict(one.facts) for one in warehouse.store.show_job(identifier).groups}
    return groups.get(group, {}).get(name, "")


def test_results_go_beyond_ten_thousand_rows(warehouse: Warehouse) -> None:
    """Every row comes, once, counted exactly; a limit says that there is more."""
    found = warehouse.run("SELECT order_id FROM sales WHERE pt IN ('20260101', '20260102')", page_rows=9000)
    ids = [n for page in found if page.batch is not None for n in page.batch.column(0).to_pylist()]
    assert (100_000, 100_000) == (len(ids), found[0].count.rows)
    limited = warehouse.run("SELECT order_id FROM sales", limit=5)
    assert ("at least", 5) == (limited[0].count.kind, limited[0].count.rows)


def test_a_running_job_tells_how_it_stands(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """Its id at once, its stages as they go on, and a link to watch it."""
    warehouse = fresh_warehouse(job_seconds=2.0)
    waiter = Waiter(warehouse, "SELECT COUNT(*) FROM orders")
    identifier = waiter.begun()
    assert waiter.end() is None
    assert waiter.said[0] == f"job {identifier}: submitted"
    assert all(words.startswith(f"job {identifier}: ") for words in waiter.said)
    assert any(f"i={identifier}" in words.partition("\n")[2] for words in waiter.said)
    assert len(set(waiter.said)) > 3


def test_cancelling_reaches_the_server(warehouse: Warehouse) -> None:
    """The job is cancelled there, not only given up here."""
    waiter = Waiter(warehouse, f"SET sandbox.job.seconds=60; {SLOW}")
    identifier = waiter.begun()
    waiter.token.cancel()
    assert isinstance(waiter.end(), Cancelled)
    assert "on the server" in str(waiter.error)
    assert fact(warehouse, identifier, "Job", "Status") == "Cancelled"


def test_leaving_lets_a_job_run_and_finds_it_again(warehouse: Warehouse) -> None:
    """When nobody waits any more the job goes on; another session lists it and reads its result by its id."""
    waiter = Waiter(warehouse, "SET sandbox.job.seconds=1; SELECT COUNT(*) AS n FROM orders")
    identifier = waiter.begun()
    waiter.token.leave()
    assert isinstance(waiter.end(), Cancelled)
    with closing(opened(warehouse.sandbox.profile)) as later:
        listed = {row["id"]: row for row in later.list_jobs().batch.to_pylist()}
        assert listed[identifier]["statement"] == "SELECT COUNT(*) AS n FROM orders"
        (page,) = later.job_result(identifier)
        assert page.batch is not None
        assert [{"n": 500}] == page.batch.to_pylist()
        assert fact(warehouse, identifier, "Job", "Status") == "Success"


def test_giving_up_a_look_at_a_job_does_not_stop_it(warehouse: Warehouse) -> None:
    """Waiting for the result of a job that someone else runs is no right to end it."""
    waiter = Waiter(warehouse, f"SET sandbox.job.seconds=60; {SLOW}")
    identifier = waiter.begun()
    token = CancelToken()
    token.cancel()
    with closing(opened(warehouse.sandbox.profile)) as other:
        with pytest.raises(Cancelled):
            list(other.job_result(identifier, cancel=token))
        assert fact(warehouse, identifier, "Job", "Status") == "Running"
        assert identifier in other.kill("job", identifier)
    error = waiter.end()
    assert error is not None
    assert "stopped" in str(error)


def test_a_time_limit_stops_the_job(warehouse: Warehouse) -> None:
    """On the server, too."""
    with pytest.raises(TimedOut) as caught:
        warehouse.run(f"SET sandbox.job.seconds=60; {SLOW}", timeout_seconds=0.3)
    identifier = caught.value.message.split()[1].rstrip(":")
    assert fact(warehouse, identifier, "Job", "Status") == "Cancelled"


def test_a_failed_job_tells_why(warehouse: Warehouse) -> None:
    """In the statement's error and when it is looked at later."""
    with pytest.raises(StatementRefused) as caught:
        warehouse.run("SELECT * FROM no_such_table")
    identifier = caught.value.message.split()[1].rstrip(":")
    assert "no_such_table" in caught.value.message
    assert "no_such_table" in fact(warehouse, identifier, "Error", "")
    failed = warehouse.store.list_jobs(status="failed").batch.to_pylist()
    assert identifier in {row["id"] for row in failed}
    assert {row["status"] for row in failed} == {"Failed"}
    with pytest.raises(StatementRefused):
        list(warehouse.store.job_result(identifier))


def test_a_job_shows_what_was_submitted(warehouse: Warehouse) -> None:
    """Statement, settings, priority and quota, as the service keeps them."""
    text = "SELECT 1 AS a, ']]>' AS b, '<&>' AS c"
    lines = "SET odps.instance.priority=3; SET odps.task.wlm.quota=batch_quota; SET my.hint=on;"
    (page,) = warehouse.run(f"{lines} {text}")
    identifier = page.note.removeprefix("job ")
    assert page.batch is not None
    assert [{"a": 1, "b": "]]>", "c": "<&>"}] == page.batch.to_pylist()
    with closing(opened(warehouse.sandbox.profile)) as other:
        shown = {one.title: dict(one.facts) for one in other.show_job(identifier).groups}
    assert (text, "3", "batch_quota", "on") == (
        shown["Statement"][""],
        shown["Job"]["Priority"],
        shown["Job"]["Quota"],
        shown["Settings"]["my.hint"],
    )
    assert f"i={identifier}" in shown["Logview"][""]


def test_settings_stay_for_the_session(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """`SET` alone holds for the statements after it; alone without a name it shows what is set."""
    warehouse = fresh_warehouse(samples=False)
    assert [{"setting": "my.hint", "value": "on"}] == warehouse.rows("SET my.hint=on")
    (page,) = warehouse.run("SELECT 1")
    assert fact(warehouse, page.note.removeprefix("job "), "Settings", "my.hint") == "on"
    assert [{"setting": "my.hint", "value": "on"}] == warehouse.rows("SET;")
    with pytest.raises(UsageError):
        warehouse.run("SET odps.instance.priority=urgent")


def test_listings_and_changes(warehouse: Warehouse) -> None:
    """What has no rows gives the service's text, or a word that it is done."""
    name = warehouse.table("(id BIGINT)")
    assert any(name in row["result"] for row in warehouse.rows("SHOW TABLES"))
    (dropped,) = warehouse.run(f"DROP TABLE {name}")
    assert (None, 0) == (dropped.batch, dropped.affected)


def test_costs_are_asked_before(warehouse: Warehouse) -> None:
    """Bytes read and complexity, without running; what is wrong is refused as it would be."""
    shown = dict(warehouse.store.estimate(Statement("SELECT * FROM sales")).groups[0].facts)
    assert "bytes" in shown["Input"]
    assert float(shown["Complexity"]) >= 1
    with pytest.raises(StatementRefused):
        warehouse.store.estimate(Statement("SELECT * FROM no_such_table"))


def test_what_cannot_be_is_told(warehouse: Warehouse) -> None:
    """Arguments, unknown jobs, and what is no job."""
    with pytest.raises(UnsupportedOperation):
        warehouse.run("SELECT ?", arguments=(1,))
    with pytest.raises(NotFound):
        warehouse.store.show_job("20260101000000000gnothing0000")
    with pytest.raises(UsageError):
        warehouse.store.show_job("../tables")
    with pytest.raises(UnsupportedOperation):
        warehouse.store.kill("transaction", "1")


def test_a_job_is_in_the_tree(warehouse: Warehouse) -> None:
    """Below its group, with its statement, readable by its address."""
    (page,) = warehouse.run("SELECT 41 + 1 AS answer")
    identifier = page.note.removeprefix("job ")
    nodes = {node.name: node for node in warehouse.store.list_children(("#jobs",)).nodes}
    assert nodes[identifier].note == "Success SELECT 41 + 1 AS answer"
    path = warehouse.store.parse_address(f"job:{identifier}")
    assert path == nodes[identifier].path
    (rows,) = warehouse.store.read_rows(path, RowQuery())
    assert [{"answer": 42}] == rows.batch.to_pylist()


def test_without_a_right_to_the_rows_the_service_keeps_text(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """Then at most ten thousand rows come, as text, and that is said."""
    warehouse = fresh_warehouse()
    for one in parse_faults("maxcompute:error,op=CreateInstanceDownload,status=403,code=NoPermission"):
        warehouse.sandbox.plan.add(one)
    token, said = CancelToken(), list[str]()
    with token.heard_by(said.append):
        found = list(warehouse.store.run_sql(Statement("SELECT order_id FROM sales", page_rows=6000), token))
    assert [6000, 4000] == [page.batch.num_rows for page in found if page.batch is not None]
    assert {("at least", 10_000)} == {(page.count.kind, page.count.rows) for page in found}
    assert any("at most 10,000" in words for words in said)
    assert [{"a": "1", "b": 'x,"y'}] == warehouse.rows("SELECT 1 AS a, 'x,\"y' AS b")


def test_a_condition_cannot_bring_a_statement_along(warehouse: Warehouse) -> None:
    """Whatever the session has set, what a filter runs is one statement."""
    name = warehouse.table("(id BIGINT)", "(1)")
    warehouse.run("SET odps.sql.submit.mode=script")
    with pytest.raises(StatementRefused):
        list(warehouse.store.read_rows((name,), RowQuery(where=f"id = 1); DROP TABLE {name}; SELECT (1")))
    warehouse.run("SET odps.sql.submit.mode=")
    assert [{"id": 1}] == warehouse.rows(f"SELECT id FROM {name}")


def test_a_service_out_of_reach_is_no_end_of_a_job(
    fresh_warehouse: Callable[..., Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait goes on over it and says so; when its patience ends, the job is said to go on."""
    warehouse = fresh_warehouse()
    warehouse.store._link.options = replace(warehouse.store._link.options, retry_seconds=0.1)
    for one in parse_faults("maxcompute:error,op=GetJob,after=1,times=6"):
        warehouse.sandbox.plan.add(one)
    token, said = CancelToken(), list[str]()
    with token.heard_by(said.append):
        (page,) = warehouse.store.run_sql(Statement("SET sandbox.job.seconds=0.5; SELECT 1 AS n"), token)
    assert page.batch is not None
    assert any("no word of it, it goes on" in words for words in said)
    monkeypatch.setattr("services.stores.maxcompute.running.PATIENCE_SECONDS", 0.2)
    for one in parse_faults("maxcompute:error,op=GetJob"):
        warehouse.sandbox.plan.add(one)
    with pytest.raises(Unavailable) as caught:
        warehouse.run("SELECT 2 AS n")
    assert "goes on" in caught.value.hint


def test_a_job_that_cannot_be_stopped_is_told_so(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """Stopped here is not stopped there."""
    warehouse = fresh_warehouse()
    waiter = Waiter(warehouse, f"SET sandbox.job.seconds=60; {SLOW}")
    identifier = waiter.begun()
    for one in parse_faults("maxcompute:error=no right to stop,op=CancelJob,status=403"):
        warehouse.sandbox.plan.add(one)
    waiter.token.cancel()
    assert isinstance(waiter.end(), Cancelled)
    assert "may go on: " in str(waiter.error)
    assert "no right to stop" in str(waiter.error)
    assert fact(warehouse, identifier, "Job", "Status") == "Running"
