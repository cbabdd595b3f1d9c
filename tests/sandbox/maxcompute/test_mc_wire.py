"""Answers byte by byte: what the vendor's Java SDK demands beyond the Python one."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest
from odps import ODPS
from odps.errors import InvalidArgument, NoSuchObject
from requests import Response

from services.sandbox.maxcompute.server import MaxComputeSandbox

DEADLINE_SECONDS = 10


def get(client: ODPS, path: str, **params: str) -> Response:
    """A signed GET."""
    return client.rest.get(f"{client.endpoint}{path}", params=params)


def text(answer: Response, path: str) -> str | None:
    """The text of an element of an answer's document."""
    return ET.fromstring(answer.content).findtext(path)


def test_every_answer_has_a_request_id(reader: ODPS) -> None:
    """The id is in a header; no two are the same."""
    ids = {get(reader, "/projects").headers["x-odps-request-id"] for _ in range(3)}
    assert 3 == len(ids)


def test_a_project_has_times_in_headers(reader: ODPS) -> None:
    """When it was made and changed stands in RFC 822, its state in the document."""
    answer = get(reader, "/projects/sandbox")
    made = parsedate_to_datetime(answer.headers["x-odps-creation-time"])
    assert made <= parsedate_to_datetime(answer.headers["Last-Modified"])
    assert "AVAILABLE" == text(answer, "State")


def test_a_table_names_its_project(reader: ODPS) -> None:
    """The table's document has its project, schema and kind."""
    answer = get(reader, "/projects/sandbox/tables/sales")
    assert ("sandbox", "default", "MANAGED_TABLE") == (
        text(answer, "Project"),
        text(answer, "SchemaName"),
        text(answer, "Type"),
    )


def test_a_table_by_the_path_of_its_schema(reader: ODPS) -> None:
    """`/schemas/S` before `/tables` names the schema, as the parameter does."""
    by_path = get(reader, "/projects/lab/schemas/staging/tables/readings")
    by_parameter = get(reader, "/projects/lab/tables/readings", curr_schema="staging")
    assert by_path.content == by_parameter.content


def test_names_of_partitions_are_texts(reader: ODPS) -> None:
    """Beside its columns a listed partition has its name."""
    answer = get(reader, "/projects/sandbox/tables/visits", partitions="", name="")
    assert "dt=20260101/region=east" == text(answer, "Partition/Name")


def test_several_tables_at_once(reader: ODPS) -> None:
    """The body names tables; the answer has their whole definitions."""
    body = "<Tables><Table><Project>sandbox</Project><Name>sales</Name></Table><Table><Name>zoo</Name></Table></Tables>"
    answer = reader.rest.post(f"{reader.endpoint}/projects/sandbox/tables", data=body, params={"query": ""})
    tables = ET.fromstring(answer.content).findall("Table")
    assert ["sales", "zoo"] == [table.findtext("Name") for table in tables]
    assert all('"columns"' in (table.findtext("Schema") or "") for table in tables)


def test_the_end_of_a_job_is_empty_while_it_runs(reader: ODPS) -> None:
    """The header is there from the start, and has a time at the end."""
    job = reader.run_sql("SELECT count(*) FROM sales", hints={"sandbox.job.seconds": "20"})
    running = get(reader, f"/projects/sandbox/instances/{job.id}")
    assert ("", "Running") == (running.headers["x-odps-end-time"], text(running, "Status"))
    job.stop()
    over = get(reader, f"/projects/sandbox/instances/{job.id}")
    assert parsedate_to_datetime(over.headers["x-odps-end-time"]).year >= 2026


def test_waiting_ends_with_the_job(reader: ODPS) -> None:
    """A poll that waits is answered when the job is over, not before it is and not long after."""
    job = reader.run_sql("SELECT count(*) FROM sales", hints={"sandbox.job.seconds": "0.3"})
    deadline = time.monotonic() + DEADLINE_SECONDS
    while "Terminated" != text(get(reader, f"/projects/sandbox/instances/{job.id}", instancestatus=""), "Status"):
        assert time.monotonic() < deadline
    assert "Success" == text(get(reader, f"/projects/sandbox/instances/{job.id}", taskstatus=""), "Tasks/Task/Status")


def test_a_result_survives_any_character(reader: ODPS) -> None:
    """Characters that no XML can hold come through all the same."""
    job = reader.execute_sql("SELECT concat('a', chr(1), chr(27), '<&>') AS x")
    assert '"x"\n"a\x01\x1b<&>"\n' == job.get_task_result()


def test_quoted_and_qualified_definitions(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """Names in backquotes with the project, texts with escapes."""
    writer.execute_sql("CREATE TABLE IF NOT EXISTS `sandbox`.`t` (`id` BIGINT COMMENT 'it\\'s', `x y` STRING);")
    made = bare.warehouse.project("sandbox").table("t")
    assert [("id", "it's"), ("x y", "")] == [(column.name, column.comment) for column in made.columns]


def test_bodies_without_a_length(stocked: MaxComputeSandbox, reader: ODPS) -> None:
    """A POST without a body needs neither a length nor chunks."""
    with pytest.raises(InvalidArgument, match="no XML"):
        reader.rest.post(f"{reader.endpoint}/projects/sandbox/instances", data=None)


def test_errors_have_all_four_parts(reader: ODPS) -> None:
    """Code, message, request id and host are all there."""
    with pytest.raises(NoSuchObject) as caught:
        get(reader, "/projects/sandbox/registration/functions/none")
    assert all([caught.value.code, caught.value.request_id, caught.value.host_id])
    assert 404 == caught.value.status_code


@pytest.mark.parametrize(
    "body",
    ["<Instance><Job><Tasks/></Job></Instance>", "<Instance><Job><Tasks><MR/></Tasks></Job></Instance>", "<a", "<a/>"],
)
def test_what_is_no_job_is_refused(reader: ODPS, body: str) -> None:
    """A document that is no job of a known kind is refused at once."""
    with pytest.raises(InvalidArgument):
        reader.rest.post(f"{reader.endpoint}/projects/sandbox/instances", data=body)


@pytest.mark.parametrize("marker", ["%%%", "bm90IGEgbnVtYmVy"])
def test_a_marker_of_nobodys_is_refused(reader: ODPS, marker: str) -> None:
    """A marker that this server did not give is an error of the client's."""
    with pytest.raises(InvalidArgument, match="Invalid marker"):
        get(reader, "/projects/sandbox/tables", marker=marker)
