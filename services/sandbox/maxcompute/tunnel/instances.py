"""Downloads of the results of jobs, which the service calls instances."""

from __future__ import annotations

from dataclasses import dataclass

from services.sandbox.maxcompute.errors import OdpsError, invalid
from services.sandbox.maxcompute.jobs.details import PATH, check_expiry, job_of
from services.sandbox.maxcompute.jobs.job import FAILED, Job
from services.sandbox.maxcompute.routes import Call, Reply, Route
from services.sandbox.maxcompute.tunnel.downloads import DownloadSession, described, read_range
from services.sandbox.maxcompute.tunnel.struct_times import with_struct_times
from services.sandbox.maxcompute.tunnel.tables import kinds_of

LIMITED_ROWS = 10_000


@dataclass(kw_only=True)
class InstanceDownload(DownloadSession):
    """The rows that a job gave."""

    job: Job


def create(call: Call) -> Reply:
    """Opens a download of a result; with the limit on, of its first 10,000 rows."""
    job, state = job_of(call), call.sandbox.tunnel
    if not job.is_over:
        raise OdpsError(409, "InstanceNotTerminate", f"Instance {job.id} is still running.")
    if job.status == FAILED and job.error is not None:
        raise OdpsError(400, job.error.code, job.error.message)
    check_expiry(job)
    if job.result.rows is None:
        raise invalid(f"Instance {job.id} has no rows: only the result of a SELECT can be downloaded.")
    is_limited = call.query.get("instance_tunnel_limit_enabled", "false").lower() in {"", "true"}
    session = InstanceDownload(
        expires=state.expires(),
        rows=job.result.rows.slice(0, LIMITED_ROWS) if is_limited else job.result.rows,
        columns=list(job.result.columns),
        partition_keys=[],
        quota=call.query.get("quotaName", ""),
        job=job,
    )
    return described(call, state.add(session))


def describe(call: Call) -> Reply:
    """The session and how many rows it holds."""
    return described(call, _session(call))


def read(call: Call) -> Reply:
    """A range of rows; as Arrow data TIMESTAMP columns are structs."""
    return read_range(call, _session(call), lambda rows, columns: with_struct_times(rows, kinds_of(columns)))


def _session(call: Call) -> InstanceDownload:
    found = call.sandbox.tunnel.find(InstanceDownload, call.query["downloadid"])
    if found is None or found.job is not job_of(call):
        raise OdpsError(404, "NoSuchDownload", f"There is no download {call.query['downloadid']} of this instance.")
    return found


ROUTES = [
    Route("CreateInstanceDownload", "POST", PATH, create, keys=("downloads",), is_tunnel=True),
    Route("GetInstanceDownload", "GET", PATH, describe, keys=("downloadid",), is_tunnel=True),
    Route("ReadInstanceRows", "GET", PATH, read, keys=("downloadid", "data"), is_tunnel=True),
]
