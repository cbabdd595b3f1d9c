"""Jobs: statements as the service runs them, with their state, progress, cost and end."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Mapping
from typing import Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, ProtocolError, Refused, StoredeckError, UsageError
from services.stores.maxcompute import hints, markup
from services.stores.maxcompute.faults import statement_refused, translated
from services.stores.maxcompute.job_facts import JobState, Source, Stage, source_of
from services.stores.maxcompute.link import Link

TASK_ENDS: Final = frozenset({"SUCCESS", "FAILED", "CANCELLED"})
LOGVIEW_HOURS: Final = 24
KEPT_JOBS: Final = 1000
_ID: Final = re.compile(r"[\w-]+")


class Jobs:
    """Submits, watches and stops jobs; what no longer changes is remembered."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._sources: dict[str, Source] = {}
        self._ends: dict[str, str] = {}
        self._lock = threading.Lock()

    def _url(self, identifier: str) -> str:
        if not _ID.fullmatch(identifier):
            raise UsageError(f"{identifier}: no id of a job", hint="`jobs PROFILE list` shows ids.")
        return f"{self._link.project_url}/instances/{identifier}"

    def _ask(self, identifier: str, params: Mapping[str, str], cancel: CancelToken = NEVER) -> Any:
        url = self._url(identifier)
        return self._link.call(
            lambda: self._link.client.get(url, params=dict(params)), what=f"job {identifier}", cancel=cancel
        )

    def submit(
        self, text: str, settings: Mapping[str, str], cancel: CancelToken = NEVER, *, is_cost: bool = False
    ) -> str:
        """Start a statement; its id.

        Args:
            is_cost: the job only tells what running it would cost.
        Raises:
            StatementRefused: the service does not take it.
        """
        from odps.models.tasks import SQLCostTask, SQLTask

        # The SDK puts the statement into one CDATA section as it is, which `]]>` would end.
        safe = text.replace("]]>", "]]]]><![CDATA[>")
        task = SQLCostTask(query=safe) if is_cost else SQLTask(query=safe)
        asked = {name: value for name, value in settings.items() if name != hints.PRIORITY}
        (task.update_sql_cost_settings if is_cost else task.update_sql_settings)(asked)
        priority = hints.priority_of(settings)

        unique = str(uuid.uuid4())

        begun: list[str] = []

        def create() -> str:
            instances = self._link.project.instances
            made = str(instances.create(task=task, priority=priority, unique_identifier_id=unique).id)
            begun.append(made)
            # Whoever waited has gone, so nobody else could stop what has just begun.
            if cancel.is_cancelled and not cancel.is_leaving:
                self.stop(made)
            return made

        try:
            # By its unique id the service knows a job again whose answer was lost.
            identifier = self._link.call(create, what="statement", cancel=cancel, is_repeatable=True)
        except StoredeckError as error:
            if begun and cancel.is_cancelled and not cancel.is_leaving:
                self.stop(begun[-1])  # cancelled after it began and before its id was taken
            refused = statement_refused(error)
            if refused is error:
                raise
            raise refused from error
        submitted = Source(text, task.name, "" if priority is None else str(priority), dict(settings))
        self._remember(self._sources, identifier, submitted)
        return identifier

    def _remember(self, known: dict[str, Any], identifier: str, value: Any) -> None:
        """Keep what no longer changes, of the newest jobs."""
        with self._lock:
            while len(known) >= KEPT_JOBS:
                del known[next(iter(known))]
            known[identifier] = value

    def state(self, identifier: str, cancel: CancelToken = NEVER) -> JobState:
        """How it stands now.

        Raises:
            NotFound: the service knows no such job, or no longer.
        """
        answer = self._ask(identifier, {}, cancel)
        headers = answer.headers
        return JobState(
            identifier,
            markup.text(markup.root_of(answer), "Status"),
            str(headers.get("x-odps-owner", "")),
            str(headers.get("x-odps-start-time", "")),
            str(headers.get("x-odps-end-time", "")),
        )

    def task_status(self, identifier: str, cancel: CancelToken = NEVER) -> str:
        """The worst status of its tasks: Failed, Cancelled, Running, Waiting, Suspended or Success."""
        known = self._ends.get(identifier)
        if known:
            return known
        root = markup.root_of(self._ask(identifier, {"taskstatus": ""}, cancel))
        found = {markup.text(task, "Status").upper() for task in root.iter("Task")} - {""}
        order = ("FAILED", "CANCELLED", "RUNNING", "WAITING", "SUSPENDED", "SUCCESS")
        status = next((word for word in order if word in found), next(iter(found), ""))
        if found and found <= TASK_ENDS:
            self._remember(self._ends, identifier, status.capitalize())
        return status.capitalize()

    def source(self, identifier: str, cancel: CancelToken = NEVER) -> Source:
        """What was submitted, also by others."""
        known = self._sources.get(identifier)
        if known is None:
            root = markup.root_of(self._ask(identifier, {"source": ""}, cancel))
            known = source_of(root)
            self._remember(self._sources, identifier, known)
        return known

    def progress(self, identifier: str, cancel: CancelToken = NEVER) -> tuple[Stage, ...]:
        """Its stages; none before it is planned."""
        task = self.source(identifier, cancel).task
        root = markup.root_of(self._ask(identifier, {"instanceprogress": task, "taskname": task}, cancel))
        return tuple(Stage.read(stage) for stage in root.iter("Stage"))

    def result_text(self, identifier: str, cancel: CancelToken = NEVER) -> str:
        """The result as the service keeps it as text: CSV of at most 10,000 rows, a listing, or an error."""
        answer = self._ask(identifier, {"result": ""}, cancel)
        found = next(markup.root_of(answer).iter("Result"), None)
        if found is None:
            return ""
        text = found.text or ""
        if found.get("Transform") != "Base64":
            return text
        import base64
        import binascii

        try:
            return base64.b64decode(text).decode("utf-8", "replace")
        except binascii.Error as error:
            raise ProtocolError(f"job {identifier}: its result cannot be read") from error

    def failure(self, identifier: str) -> StoredeckError:
        """Why it failed, as the error to raise."""
        from odps.errors import parse_instance_error

        told = translated(
            parse_instance_error(self.result_text(identifier) or "no reason was given"), f"job {identifier}"
        )
        return statement_refused(told)

    def summary(self, identifier: str, cancel: CancelToken = NEVER) -> dict[str, Any]:
        """The service's account of a job that ended: text, outputs and costs; empty where it keeps none."""
        params = {"instancesummary": "", "taskname": self.source(identifier, cancel).task}
        try:
            data = self._ask(identifier, params, cancel).json().get("Instance") or {}
            told = json.loads(data.get("JsonSummary") or "{}")
        except (Refused, ValueError, AttributeError):
            return {}
        return {**(told if isinstance(told, dict) else {}), "text": str(data.get("Summary") or "")}

    def stop(self, identifier: str) -> str:
        """End it on the server; what happened, in words."""
        if self.state(identifier).is_over:
            return f"job {identifier} had ended: {self.task_status(identifier)}"
        url, body = self._url(identifier), "<Instance><Status>Terminated</Status></Instance>"
        headers = {"Content-Type": "application/xml"}
        try:
            self._link.call(lambda: self._link.client.put(url, body, headers=headers), what=f"job {identifier}")
        except NotFound:
            raise
        except Refused:
            if not self.state(identifier).is_over:
                raise
        return f"job {identifier} was told to stop"

    def link(self, identifier: str, cancel: CancelToken = NEVER) -> str:
        """Where a browser shows the job, for a day, to whoever has the address; empty where there is none."""
        odps = self._link.odps
        try:
            return str(
                self._link.call(lambda: self._address(odps, identifier), what=f"job {identifier}", cancel=cancel)
            )
        except StoredeckError:
            return ""

    def _address(self, odps: Any, identifier: str) -> Any:
        odps._logview_host = odps.get_logview_host()
        return self._link.project.instances[identifier].get_logview_address(hours=LOGVIEW_HOURS)
