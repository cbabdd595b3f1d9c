"""Jobs as the SDK runs, watches and cancels them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import requests
from maxcompute_tunnels import entry
from odps import ODPS
from odps.errors import InvalidStateSetting, NoSuchObject, NoSuchTable, ODPSError, ParseError
from odps.models import Instance

from services.sandbox.maxcompute.server import MaxComputeSandbox

SLOW = {"sandbox.job.seconds": "20"}
DEADLINE_SECONDS = 10
COUNT = "SELECT count(*) AS number FROM sales"


def wait_for_stages(job: Instance) -> None:
    """Waits until a job is at work."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not job.get_task_progress().stages:
        assert time.monotonic() < deadline


@pytest.fixture
def slow(reader: ODPS) -> Iterator[Instance]:
    """A job that runs for long."""
    job = reader.run_sql(COUNT, hints=SLOW, priority=3)
    yield job
    if not job.is_terminated():
        job.stop()


def test_a_query_gives_rows_with_types(reader: ODPS) -> None:
    """The result comes with the types of its columns."""
    job = reader.execute_sql("SELECT region, sum(quantity) AS total FROM sales GROUP BY region ORDER BY region")
    columns = job.get_result_descriptor().schema
    with job.open_reader(tunnel=False) as rows:
        regions = [row["region"] for row in rows]
    assert ["east", "north", "south", "west"] == regions
    assert [("region", "STRING"), ("total", "BIGINT")] == [
        (column.name, str(column.type).upper()) for column in columns
    ]


def test_a_result_comes_through_the_tunnel_too(reader: ODPS) -> None:
    """More rows than a result may hold come through the instance tunnel."""
    job = reader.execute_sql("SELECT order_id FROM sales WHERE pt = '20260101'")
    with job.open_reader(tunnel=True) as rows:
        assert (50_000, 0) == (rows.count, rows[0]["order_id"])
    short = job.get_task_result().splitlines()
    assert 10_001 == len(short)
    assert "TRUNCATED" == job.get_result_descriptor().select_result_status


def test_a_job_is_watched(slow: Instance) -> None:
    """A job tells its status, its stages with their workers, and how far they are."""
    wait_for_stages(slow)
    assert Instance.Status.RUNNING == slow.status
    first, second = slow.get_task_progress().stages
    assert ("M1_Stg1_job0", 4) == (first.name, first.total_workers)
    assert ("R2_1_Stg1_job0", 0) == (second.name, second.finished_percentage)
    assert 0 <= first.finished_percentage < 100


def test_stages_end_at_a_hundred(reader: ODPS) -> None:
    """A job that is done has done all of its stages."""
    job = reader.execute_sql(COUNT)
    assert [100, 100] == [stage.finished_percentage for stage in job.get_task_progress().stages]
    assert 1 == job.get_task_progress().stages[-1].output_records


def test_a_job_is_cancelled(reader: ODPS, slow: Instance) -> None:
    """After a stop the job is over, its task cancelled; waiting for success says so."""
    slow.stop()
    assert Instance.Status.TERMINATED == slow.status
    assert ["CANCELLED"] == [task.status.value for task in slow.get_task_statuses().values()]
    with pytest.raises(ODPSError, match="status=CANCELLED"):
        slow.wait_for_success()


def test_a_job_that_is_over_cannot_be_cancelled(reader: ODPS) -> None:
    """There is nothing to stop any more."""
    with pytest.raises(InvalidStateSetting):
        reader.execute_sql(COUNT).stop()


def test_a_cancelled_insert_writes_nothing(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """What is cancelled before its end leaves no rows."""
    writer.create_table("t", "id bigint")
    job = writer.run_sql("INSERT INTO t VALUES (1)", hints=SLOW)
    wait_for_stages(job)
    job.stop()
    bare.jobs.close()
    assert 0 == bare.warehouse.project("sandbox").table("t").record_num


def test_a_running_query_is_interrupted(stocked: MaxComputeSandbox, reader: ODPS) -> None:
    """A query that is at work ends with its job."""
    job = reader.run_sql("SELECT count(*) FROM sales a JOIN sales b ON a.quantity <> b.quantity + 100")
    wait_for_stages(job)
    job.stop()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while f"job-{job.id}" in [thread.name for thread in stocked.jobs.threads()]:
        assert time.monotonic() < deadline


def test_a_job_is_found_again(reader: ODPS) -> None:
    """By its id alone a job tells its query, hints, priority and result."""
    first = reader.run_sql(COUNT, hints={"odps.sql.mapper.split.size": "64"}, priority=2)
    first.wait_for_success()
    again = reader.get_instance(first.id)
    assert (COUNT + ";", 2) == (again.get_sql_query(), again.priority)
    assert "64" == json.loads(again.tasks[0].properties["settings"])["odps.sql.mapper.split.size"]
    with again.open_reader(tunnel=False) as rows:
        assert 200_000 == rows[0][0]
    assert again.end_time >= again.start_time


def test_jobs_are_listed_by_status_and_time(reader: ODPS, slow: Instance) -> None:
    """Jobs come the latest first; a status and times narrow them down."""
    done = reader.execute_sql(COUNT)
    wait_for_stages(slow)
    assert [done.id, slow.id] == [job.id for job in reader.list_instances()][:2]
    assert [slow.id] == [job.id for job in reader.list_instances(status="running")]
    assert [] == list(reader.list_instances(start_time=4_000_000_000))
    assert slow.id in [info.instance_id for info in reader.list_instance_queueing_infos()]


def test_a_missing_job_is_missed(reader: ODPS) -> None:
    """An id that nobody has is told as that."""
    assert not reader.exist_instance("20260101000000000gnothing")
    with pytest.raises(NoSuchObject):
        reader.get_instance("20260101000000000gnothing").reload()


@pytest.mark.parametrize(
    ("sql", "kind", "words"),
    [
        ("SELEC 1", ParseError, r"ODPS-0130161:\[1,1\] Parse exception"),
        ("SELECT FROM WHERE", ParseError, r"ODPS-0130161:\[1,\d+\] Parse exception"),
        ("CREATE TABLE t (id nothing)", ParseError, "invalid type 'nothing'"),
        ("SELECT * FROM nowhere", NoSuchTable, "ODPS-0130131:Table not found"),
        ("SELECT nothing FROM sales", ODPSError, "ODPS-0130071:.*column nothing cannot be resolved"),
        ("SELECT nothing(1)", ODPSError, "ODPS-0130071:.*'nothing' cannot be resolved"),
        ("SELECT cast('x' AS BIGINT)", ODPSError, "ODPS-0123144:Fuxi job failed"),
        ("SELECT 1; SELECT 2", ParseError, "expect '<EOF>'"),
        ("DELETE FROM sales", ODPSError, "not a transactional table"),
    ],
)
def test_a_failed_job_says_why(reader: ODPS, sql: str, kind: type[Exception], words: str) -> None:
    """The job fails with the service's number and words."""
    with pytest.raises(kind, match=words):
        reader.execute_sql(sql)


def test_the_cost_is_estimated_before(reader: ODPS) -> None:
    """The estimate tells the bytes of the partitions that a query reads, without running it."""
    one = reader.execute_sql_cost("SELECT * FROM sales WHERE pt = '20260101'")
    every = reader.execute_sql_cost("SELECT region, count(*) FROM sales GROUP BY region")
    assert reader.get_table("sales").get_partition("pt=20260101").size == one.input_size
    assert (reader.get_table("sales").size, 2.0) == (every.input_size, every.complexity)


def test_a_summary_comes_at_the_end(reader: ODPS, slow: Instance) -> None:
    """A job that runs has no summary; afterwards it tells what it cost and who worked."""
    assert slow.get_task_summary() is None
    done = reader.execute_sql("SELECT count(*) FROM visits WHERE dt = '20260101'")
    assert done.get_task_cost().input_size > 0
    assert "resource cost" in done.get_task_summary().summary_text
    workers = done.get_task_workers()
    assert ["M1_Stg1_job0", "R2_1_Stg1_job0"] == [worker.type for worker in workers]
    assert done.id in done.get_worker_log(workers[0].log_id, "stdout")


def test_the_logview_link_opens(reader: ODPS, slow: Instance) -> None:
    """The link of the SDK shows the job; without its token it does not."""
    link = slow.get_logview_address()
    page = requests.get(link, timeout=10)
    assert (200, True) == (page.status_code, slow.id in page.text)
    assert 401 == requests.get(link.split("&token=")[0], timeout=10).status_code


def test_a_second_submission_is_the_first(reader: ODPS) -> None:
    """With the same id of the client's a job is not run twice."""
    first = reader.run_sql(COUNT, unique_identifier_id="mine")
    assert first.id == reader.run_sql(COUNT, unique_identifier_id="mine").id


def test_a_quota_has_to_be_there(reader: ODPS) -> None:
    """A job is put on the quota that it names, if there is one of that name."""
    job = reader.execute_sql(COUNT, quota_name="batch_quota")
    assert "batch_quota" == job.get_task_quota()["quotaName"]
    with pytest.raises(NoSuchObject, match="Quota not found"):
        reader.execute_sql(COUNT, quota_name="no_quota")


def test_jobs_take_as_long_as_the_sandbox_says() -> None:
    """The sandbox's own time holds for jobs that read; definitions are done at once."""
    with MaxComputeSandbox(samples=False, job_seconds=20) as sandbox:
        client = entry(sandbox)
        client.execute_sql("CREATE TABLE t (id BIGINT)")
        job = client.run_sql("SELECT * FROM t")
        wait_for_stages(job)
        assert Instance.Status.RUNNING == job.status


def test_a_script_runs_its_statements_in_turn(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """In script mode several statements are one job; the last one's rows are its result."""
    script = "CREATE TABLE t (id BIGINT); INSERT INTO t VALUES (1), (2); SELECT sum(id) AS total FROM t"
    job = writer.execute_sql(script, hints={"odps.sql.submit.mode": "script"})
    with job.open_reader(tunnel=False) as rows:
        assert [3] == [row["total"] for row in rows]


def test_old_results_expire(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """When results take too much room the oldest go; the job itself is still known."""
    bare.jobs.result_bytes = 20_000
    first, second = (writer.execute_sql("SELECT explode(sequence(1, 2000)) AS x") for _ in range(2))
    bare.jobs.close()
    assert 2001 == len(second.get_task_result().splitlines())
    with pytest.raises(NoSuchObject, match="has expired"):
        writer.get_instance(first.id).get_task_result()
    assert first.is_successful()
