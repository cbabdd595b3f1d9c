"""Lines of a database's log: published by the service to the object store, and read from there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from services.errors import NotFound, Refused, UnsupportedOperation
from services.stores.instances import LOG_START, LogTail
from services.stores.trove.actions.logs import log_request
from services.stores.trove.rest import Request, Rest, item, items, path_of

MAX_PIECES: Final = 10_000
WHOLE: Final = -1
"""The count of a piece that was read to its end: pieces never grow, each publication makes a new one."""


def read_log(rest: Rest, instance: str, log: str, token: str, line_count: int) -> LogTail:
    """The newest lines, or those after a token, of what is published; publishing is an action of its own.

    Args:
        token: where the last read ended: a piece and how many of its lines were read, or `WHOLE`.
    """
    what = f"log {log}"
    info = _log_of(rest, instance, log)
    container, prefix = str(info.get("container") or ""), str(info.get("prefix") or "")
    note = _note(info)
    if not container or container == "None" or not info.get("published"):
        return LogTail((), token, note or "nothing is published yet")
    pieces = _pieces(rest, container, prefix, str(info.get("metafile") or ""), what)
    if token:
        return _after(rest, container, pieces, token, line_count, note, what)
    return _newest(rest, container, pieces, line_count, note, what)


def _note(info: Mapping[str, Any]) -> str:
    """Why there may be more, or will be no more, than what is published."""
    if str(info.get("status", "")).lower() == "disabled":
        return "it is disabled: nothing is collected until it is enabled"
    pending = int(info.get("pending") or 0)
    return f"{pending:,} bytes are not published yet" if pending else ""


def _log_of(rest: Rest, instance: str, log: str) -> Mapping[str, Any]:
    """What the service knows of the log, asked so that nothing changes."""
    data = rest.get(path_of("instances", instance, "log"), f"logs of {instance}")
    for one in items(data, "logs", f"logs of {instance}"):
        if one.get("name") == log:
            return dict(one)
    raise NotFound(f"{log}: the instance has no such log", hint="List its logs to see their names.")


def publish(rest: Rest, instance: str, log: str) -> None:
    """Copy what is new to the object store."""
    item(rest.ask(log_request(instance, log, "publish"), f"publish {log}").data, "log", f"publish {log}")


def _store(rest: Rest) -> str:
    url = rest.identity.store_url
    if not url:
        raise UnsupportedOperation(
            "log: the catalog has no object store, where published logs are", hint="Ask for one of type object-store."
        )
    return url


def _pieces(rest: Rest, container: str, prefix: str, metafile: str, what: str) -> list[str]:
    """The names of the published pieces, oldest first."""
    url = f"{_store(rest)}/{quote(container, safe='')}"
    names: list[str] = []
    while len(names) < MAX_PIECES:
        query = {"format": "json", "prefix": prefix} | ({"marker": names[-1]} if names else {})
        data = rest.ask_at(url, Request("GET", "/"), what, query=query).data
        found = [str(one.get("name", "")) for one in data or () if isinstance(one, Mapping)]
        if not found:
            break
        names += found
    return sorted(name for name in names if name != metafile and not name.endswith("_metafile"))


def _lines(rest: Rest, container: str, piece: str, what: str) -> list[str]:
    """The lines of a piece, without the object store's own end of line."""
    url = f"{_store(rest)}/{quote(container, safe='')}/{quote(piece)}"
    text = rest.text_at(url, what)
    return text.splitlines()


def _newest(rest: Rest, container: str, pieces: list[str], line_count: int, note: str, what: str) -> LogTail:
    lines: list[str] = []
    for piece in reversed(pieces):
        lines = _lines(rest, container, piece, what) + lines
        if len(lines) >= line_count:
            break
    token = _token(pieces[-1], WHOLE) if pieces else ""
    return LogTail(tuple(lines[-line_count:]) if line_count > 0 else (), token, note)


def _after(rest: Rest, container: str, pieces: list[str], token: str, line_count: int, note: str, what: str) -> LogTail:
    last, count = _place(token, what)
    lines: list[str] = []
    for piece in pieces:
        if piece < last or (piece == last and count == WHOLE) or len(lines) >= line_count:
            continue
        skipped = count if piece == last else 0
        left = _lines(rest, container, piece, what)[skipped:]
        some = left[: line_count - len(lines)]
        lines += some
        token = _token(piece, WHOLE if len(some) == len(left) else skipped + len(some))
    return LogTail(tuple(lines), token, note)


def _place(token: str, what: str) -> tuple[str, int]:
    """The piece and the number of its lines that were read already."""
    if token == LOG_START:
        return "", 0
    try:
        piece, count = json.loads(token)
        return str(piece), int(count)
    except (ValueError, TypeError) as error:
        raise Refused(f"{what}: {token!r} is no place in it") from error


def _token(piece: str, count: int) -> str:
    return json.dumps([piece, count])
