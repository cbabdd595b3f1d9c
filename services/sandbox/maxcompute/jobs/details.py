"""What a job tells of itself while it runs and afterwards: progress, summary, workers, queue."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from datetime import datetime
from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.documents import document, node, nodes
from services.sandbox.maxcompute.errors import OdpsError, job_text
from services.sandbox.maxcompute.jobs.job import SUCCESS, Job, Stage
from services.sandbox.maxcompute.objects import now
from services.sandbox.maxcompute.routes import Call, Route, text

PATH = "/projects/{project}/instances/{instance}"


def job_of(call: Call) -> Job:
    """The job of the path."""
    return call.sandbox.jobs.job(call.project.name, call.values["instance"])


def check_expiry(job: Job) -> None:
    """OdpsError when a job's result was dropped to make room."""
    if job.has_expired:
        raise OdpsError(404, "NoSuchObject", f"The result of instance {job.id} has expired.")


def json_answer(body: object, **headers: str) -> Answer:
    """An answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(200, {"Content-Type": "application/json", **named}, json.dumps(body).encode())


def _progress(call: Call) -> Answer:
    job = job_of(call)
    return document(node("Progress", *(_stage(job, number, stage) for number, stage in enumerate(job.stages))))


def _workers(job: Job, number: int, stage: Stage) -> tuple[int, int]:
    """How many workers run, how many are done."""
    share = job.progress(number)
    done = int(stage.workers * share)
    return (0 if share in (0.0, 1.0) or job.is_over else stage.workers - done), done


def _stage(job: Job, number: int, stage: Stage) -> ET.Element:
    share = job.progress(number)
    running, done = _workers(job, number, stage)
    return node(
        "Stage",
        *nodes(
            Name=stage.name,
            BackupWorkers=0,
            TerminatedWorkers=done,
            RunningWorkers=running,
            TotalWorkers=stage.workers,
            InputRecords=int(stage.input_records * share),
            OutputRecords=int(stage.output_records * share),
            FinishedPercentage=int(share * 100),
        ),
        ID=stage.name,
    )


def seconds_of(job: Job) -> float:
    """How long it ran until now, or until its end."""
    end: datetime = job.ended or now()
    return (end - job.created).total_seconds()


def _summary(call: Call) -> Answer:
    job = job_of(call)
    seconds, size = seconds_of(job), job.result.input_bytes
    summary = {
        "Cost": {"CPU": int(seconds * 100), "Memory": int(seconds * 1024), "GPU": 0, "Input": size},
        "Inputs": {stage.name: [stage.input_records, 0] for stage in job.stages},
        "Outputs": {stage.name: [stage.output_records, 0] for stage in job.stages[-1:]},
    }
    words = [
        f"resource cost: cpu {seconds / 60:.2f} Core * Min, memory {seconds / 60:.2f} GB * Min",
        f"inputs:\n\t{sum(stage.input_records for stage in job.stages[:1])} records, {size} bytes",
        f"job run time: {seconds:.3f}",
    ]
    body = {"Instance": {"JsonSummary": json.dumps(summary), "Summary": "\n".join(words)}} if job.is_over else {}
    return json_answer(body, x_odps_task_finalized=str(job.is_over).lower())


def _each_worker(job: Job) -> Iterator[dict[str, object]]:
    for number, stage in enumerate(job.stages):
        _, done = _workers(job, number, stage)
        for worker in range(stage.workers):
            is_done = worker < done or job.status == SUCCESS
            yield {
                "id": f"Odps/{job.project}_{job.id}_SQL_0_0_0_job0/{stage.name}#{worker}_0",
                "logId": f"{stage.name}-{worker}",
                "type": stage.name,
                "startTime": int(job.created.timestamp()),
                "endTime": int((job.ended or now()).timestamp()),
                "status": "Terminated" if is_done else "Running",
                "input_records": stage.input_records // stage.workers,
                "output_records": stage.output_records // stage.workers,
            }


def _detail(call: Call) -> Answer:
    job = job_of(call)
    tasks = []
    workers = list(_each_worker(job))
    for stage in job.stages:
        mine = [worker for worker in workers if worker["type"] == stage.name]
        tasks.append({"name": stage.name, "status": job.status, "instances": mine})
    return json_answer({"mapReduce": {"jobs": [{"name": job.request.name, "tasks": tasks}], "summary": ""}})


def _log(call: Call) -> Answer:
    job = job_of(call)
    lines = [f"{job.created.isoformat()} INFO worker {call.query.get('id', '')} of {job.id}: {job.status}"]
    if job.error is not None:
        lines.append(job_text(job.error))
    return text("\n".join(lines) + "\n")


def _info(call: Call) -> Answer:
    job_of(call)
    return text(json.dumps({"warnings": []}) if call.query.get("key") == "warnings" else "")


def _quota(call: Call) -> Answer:
    job = job_of(call)
    return json_answer({"quotaName": job.request.quota, "queuePosition": 0})


def queue_entry(job: Job) -> dict[str, object]:
    """A job as the list of the queue has it."""
    return {
        "instanceId": job.id,
        "instancePriority": job.request.priority,
        "instanceProcess": f"{int(job.progress(0) * 100)}%",
        "jobName": job.request.name,
        "projectName": job.project,
        "startTime": job.created.strftime("%Y-%m-%d %H:%M:%S"),
        "taskType": job.request.kind,
        "taskName": job.request.name,
        "userAccount": job.request.owner,
        "status": "Terminated" if job.is_over else "Running",
    }


def _queueing(call: Call) -> Answer:
    return json_answer(queue_entry(job_of(call)))


def _queue(call: Call) -> Answer:
    jobs = [job for job in call.sandbox.jobs.jobs(call.project.name) if not job.is_over]
    content = json.dumps([queue_entry(job) for job in jobs])
    return document(node("Instances", *nodes(Marker="", MaxItems=len(jobs), Content=content)))


_PAGE = """<!DOCTYPE html><html><head><title>{id}</title></head><body><h1>{id}</h1>
<p>Project {project}, {status}, started {started}</p><pre>{query}</pre><ul>{stages}</ul></body></html>"""


def _logview(call: Call) -> Answer:
    """A page about a job, for who has the token of the link."""
    query = call.query
    if query.get("token") != call.sandbox.access.bearer_token:
        raise OdpsError(401, "Unauthorized", "ODPS-0410041:Authentication failed - invalid bearer token")
    job = call.sandbox.jobs.job(query.get("p", ""), query.get("i", ""))
    parts = {
        "id": job.id,
        "project": job.project,
        "status": job.status,
        "started": job.created.isoformat(sep=" ", timespec="seconds"),
        "query": job.request.query,
    }
    stages = (f"<li>{stage.name}: {int(job.progress(number) * 100)} %</li>" for number, stage in enumerate(job.stages))
    page = _PAGE.format(**{name: html.escape(value) for name, value in parts.items()}, stages="".join(stages))
    return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, page.encode())


ROUTES = (
    Route("Logview", "GET", "/logview", _logview, ("i",), is_open=True),
    Route("GetProgress", "GET", PATH, _progress, ("instanceprogress",)),
    Route("GetSummary", "GET", PATH, _summary, ("instancesummary",)),
    Route("GetJobDetail", "GET", PATH, _detail, ("instancedetail",)),
    Route("GetJobDetail", "GET", PATH, _detail, ("detail",)),
    Route("GetJobLog", "GET", PATH, _log, ("log",)),
    Route("GetJobInfo", "GET", PATH, _info, ("info",)),
    Route("GetJobQuota", "GET", PATH, _quota, ("instancequota",)),
    Route("GetQueueing", "GET", PATH, _queueing, ("cached",)),
    Route("ListQueue", "GET", "/projects/{project}/cachedinstances", _queue),
)
