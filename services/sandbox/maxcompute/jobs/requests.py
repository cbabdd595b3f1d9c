"""Reads the document that submits a job."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from services.sandbox.maxcompute.documents import read_document, text_of
from services.sandbox.maxcompute.errors import OdpsError, invalid
from services.sandbox.maxcompute.jobs.job import Request
from services.sandbox.maxcompute.metadata.quotas import NAMES
from services.sandbox.maxcompute.routes import Call

KINDS = ("SQL", "SQLCost", "Merge")
_PRIORITY = 9


def read_request(call: Call) -> Request:
    """What is asked for, checked.

    Raises:
        OdpsError: the document is no job, or one that is not served here.
    """
    root = read_document(call)
    job = root.find("Job") if root.tag == "Instance" else root
    tasks = [] if job is None else list(job.find("Tasks") or ())
    if job is None or len(tasks) != 1:
        raise invalid("A job has exactly one task here.")
    task = tasks[0]
    if task.tag not in KINDS:
        raise invalid(f"Tasks of type {task.tag} are not served here.")
    settings = _settings(task)
    priority = text_of(job, "Priority", str(_PRIORITY))
    quota = settings.get("odps.task.wlm.quota", "")
    if quota and quota not in NAMES:
        raise OdpsError(404, "NoSuchObject", f"ODPS-0420111:Quota not found - {quota}")
    return Request(
        query=_query(task),
        kind=task.tag,
        name=text_of(task, "Name", "AnonymousSQLTask"),
        settings=settings,
        priority=int(priority) if priority.isdecimal() else _PRIORITY,
        unique_id=text_of(job, "Guid"),
        source=ET.tostring(job, "utf-8", xml_declaration=True),
        schema=call.target.schema or settings.get("odps.default.schema", ""),
    )


def _query(task: ET.Element) -> str:
    """The statement of a task; the merge of small files is one, too."""
    if task.tag == "Merge":
        return f"ALTER TABLE {text_of(task, 'TableName')} MERGE SMALLFILES"
    return text_of(task, "Query")


def _settings(task: ET.Element) -> dict[str, str]:
    for found in task.findall("Config/Property"):
        if text_of(found, "Name") == "settings":
            try:
                settings = json.loads(text_of(found, "Value", "{}"))
            except ValueError as error:
                raise invalid("The settings of the task are no JSON.") from error
            return {str(name): str(value) for name, value in settings.items()}
    return {}
