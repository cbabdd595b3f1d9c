"""The logs of an instance's database: collected or not, published to the object store, thrown away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from services.stores.instances import ActionField, ActionResult
from services.stores.trove.actions.deed import Deed, Sending, Work
from services.stores.trove.actions.states import needs_database
from services.stores.trove.rest import Answer, Request, path_of

LOGS: Final = "logs"


def log_request(instance_id: str, log: str, word: str) -> Request:
    """One action on a log."""
    return Request("POST", path_of("instances", instance_id, "log"), {"name": log, word: 1})


def _row(work: Work) -> Sequence[ActionField]:
    return (ActionField("name", "Log", is_required=True),)


def _sending(word: str) -> Callable[[Work], Sending]:
    def make(work: Work) -> Sending:
        return Sending(log_request(work.instance.id, work.text("name"), word), subject=work.text("name"))

    return make


def _result(work: Work, sending: Sending, answer: Answer) -> ActionResult:
    log = (answer.data or {}).get("log") or {}
    words = f"{log.get('name', work.text('name'))}: {log.get('status', 'done')}"
    return ActionResult(words, work.instance.id, work.text("name"), answer.request_id)


def _deed(word: str, title: str, text: str, *, asks_name: bool = False) -> Deed:
    return Deed(
        f"{word}-log", title, LOGS, _sending(word), text, _row, needs_database, asks_name=asks_name, result=_result
    )


DEEDS: Final = (
    _deed("enable", "Enable log", "Collect it from now on; the database may ask for a restart."),
    _deed("disable", "Disable log", "Collect it no more."),
    _deed("publish", "Publish log", "Copy what is new to the object store."),
    _deed("discard", "Discard log", "Delete what was published.", asks_name=True),
)
