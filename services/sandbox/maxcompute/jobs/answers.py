"""Jobs over HTTP: submit, list, status, result, cancel."""

from __future__ import annotations

import base64
from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.csv_text import rows_csv
from services.sandbox.maxcompute.documents import document, node, nodes, page_answer, read_document, rfc822, text_of
from services.sandbox.maxcompute.errors import OdpsError, invalid, job_text
from services.sandbox.maxcompute.jobs import details
from services.sandbox.maxcompute.jobs.details import PATH, check_expiry, job_of
from services.sandbox.maxcompute.jobs.job import FAILED, Job
from services.sandbox.maxcompute.jobs.requests import read_request
from services.sandbox.maxcompute.routes import Call, Route
from services.sandbox.maxcompute.types import parse_type

RESULT_ROWS = 10_000
POLL_SECONDS = 5.0


def _submit(call: Call) -> Answer:
    project = call.project
    job = call.sandbox.jobs.submit(project.name, read_request(call))
    return Answer(201, {"Location": f"{call.sandbox.endpoint}/projects/{project.name}/instances/{job.id}"}, b"")


def _status_word(job: Job) -> str:
    return "Terminated" if job.is_over else "Running"


def _list(call: Call) -> Answer:
    query = call.query
    start, _, end = query.get("daterange", "").partition(":")
    jobs = [
        job
        for job in call.sandbox.jobs.jobs(call.project.name)
        if query.get("status", "").capitalize() in ("", _status_word(job))
        and (not start or job.created.timestamp() >= int(start))
        and (not end or job.created.timestamp() <= int(end))
        and query.get("jobname", job.request.name) == job.request.name
        and query.get("quotaIndex", job.request.quota) == job.request.quota
    ]
    return page_answer(call, "Instances", jobs, _element)


def _element(job: Job) -> ET.Element:
    times = nodes(StartTime=rfc822(job.created), EndTime=rfc822(job.ended) if job.ended else None)
    return node("Instance", *nodes(Name=job.id, Owner=job.request.owner), *times, *nodes(Status=_status_word(job)))


def _headers(job: Job) -> dict[str, str]:
    """The end's time is there while the job runs, too, and then empty: the vendor's Java SDK wants it."""
    return {
        "x_odps_owner": job.request.owner,
        "x_odps_start_time": rfc822(job.created),
        "x_odps_end_time": rfc822(job.ended) if job.ended else "",
    }


def _get(call: Call) -> Answer:
    job = job_of(call)
    return document(node("Instance", *nodes(Status=_status_word(job))), **_headers(job))


def _wait(call: Call) -> Answer:
    """The status; asked of a job that runs, it comes when the job ends or after some seconds."""
    job_of(call).over.wait(POLL_SECONDS)
    return _get(call)


def _task_element(job: Job, *more: ET.Element) -> ET.Element:
    return node("Task", *nodes(Name=job.request.name), *more, *nodes(Status=job.status), Type=job.request.kind)


def _task_status(call: Call) -> Answer:
    job = job_of(call)
    times = nodes(StartTime=rfc822(job.created), EndTime=rfc822(job.ended) if job.ended else None)
    tasks = node("Tasks", _task_element(job, *times, node("Histories")))
    return document(node("Instance", *nodes(Status=_status_word(job)), tasks), **_headers(job))


def _result_text(job: Job) -> tuple[str, str]:
    """The result and its format."""
    if job.error is not None and job.status == FAILED:
        return job_text(job.error), "text"
    if job.result.rows is not None:
        return rows_csv(job.result.columns, job.result.rows, RESULT_ROWS), "csv"
    return job.result.text, "text"


def _descriptor(job: Job) -> dict[str, object]:
    rows = job.result.rows
    if rows is None:
        return {"IsSelect": False}
    columns = [{"Name": column.name, "Type": parse_type(column.type).lower()} for column in job.result.columns]
    is_cut = rows.num_rows > RESULT_ROWS
    return {
        "IsSelect": True,
        "SelectResultStatus": "TRUNCATED" if is_cut else "OK",
        "Schema": {"Columns": columns},
    }


def _result(call: Call) -> Answer:
    job = job_of(call)
    if not job.is_over:
        raise OdpsError(409, "InstanceNotTerminate", f"Instance {job.id} is still running.")
    check_expiry(job)
    shown, form = _result_text(job)
    # Texts may hold characters that no XML can.
    encoded = base64.b64encode(shown.encode()).decode()
    result = node("Result", encoded, Transform="Base64", Format=form)
    descriptor = node("ResultDescriptor", details.json_answer(_descriptor(job)).body.decode())
    return document(node("Instance", node("Tasks", _task_element(job, result, descriptor))), **_headers(job))


def _source(call: Call) -> Answer:
    return Answer(200, {"Content-Type": "application/xml"}, job_of(call).request.source)


def _change(call: Call) -> Answer:
    """Cancels a job; nothing else can be changed."""
    job, wanted = job_of(call), text_of(read_document(call), "Status")
    if wanted != "Terminated":
        raise invalid(f"An instance cannot be put to status '{wanted}'.")
    if job.is_over:
        raise OdpsError(400, "InvalidStateSetting", f"Instance {job.id} is already terminated.")
    job.cancel()
    return Answer(200, {}, b"")


ROUTES = (
    Route("SubmitJob", "POST", "/projects/{project}/instances", _submit),
    Route("ListJobs", "GET", "/projects/{project}/instances", _list),
    Route("GetJob", "GET", PATH, _get),
    Route("WaitForJob", "GET", PATH, _wait, ("instancestatus",)),
    Route("GetTaskStatus", "GET", PATH, _task_status, ("taskstatus",)),
    Route("GetResult", "GET", PATH, _result, ("result",)),
    Route("GetSource", "GET", PATH, _source, ("source",)),
    Route("CancelJob", "PUT", PATH, _change),
    *details.ROUTES,
)
