"""Errors of the service: a code, a message, an HTTP status; XML for metadata, JSON for tunnels."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

HOST_ID = "http://service.sandbox.maxcompute"


def new_request_id() -> str:
    """A request id in the service's form: the time and random digits."""
    return (datetime.now(UTC).strftime("%Y%m%d%H%M%S") + secrets.token_hex(8)).upper()


class OdpsError(Exception):
    """What a request is refused with.

    Args:
        status: of HTTP.
        code: a name (`NoSuchObject`) or, for SQL, a number (`ODPS-0130161`).
        message: the server's words.
        headers: more headers of the answer, such as `Retry-After`.
    """

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    def as_xml(self, request_id: str) -> bytes:
        """The body of a metadata answer; pyodps wants all four elements."""
        root = ET.Element("Error")
        parts = {"Code": self.code, "Message": self.message, "RequestId": request_id, "HostId": HOST_ID}
        for name, text in parts.items():
            ET.SubElement(root, name).text = text
        return bytes(ET.tostring(root, "utf-8", xml_declaration=True))

    def as_json(self, request_id: str) -> bytes:
        """The body of a tunnel answer."""
        return json.dumps({"Code": self.code, "Message": self.message, "RequestId": request_id}).encode()


_JOB_CODES = {
    "InvalidArgument": "ODPS-0420411:Invalid argument - ",
    "NoSuchPartition": "ODPS-0110061:Failed to run ddltask - ",
    "ObjectAlreadyExists": "ODPS-0110061:Failed to run ddltask - AlreadyExistsException: ",
}


def job_text(error: OdpsError) -> str:
    """An error as the result of a job tells it: it starts with a number."""
    if error.message.startswith("ODPS-"):
        return error.message
    return _JOB_CODES.get(error.code, f"{error.code}:") + error.message


def invalid(message: str) -> OdpsError:
    """A parameter is wrong."""
    return OdpsError(400, "InvalidArgument", message)


def no_such(kind: str, name: str) -> OdpsError:
    """An object (project, resource, function, instance) is not there; `kind` is its word in the message."""
    return OdpsError(404, f"NoSuch{kind}" if kind == "Project" else "NoSuchObject", f"{kind} not found - '{name}'")


def no_such_table(project: str, table: str) -> OdpsError:
    """A table is not there."""
    return OdpsError(404, "NoSuchTable", f"ODPS-0130131:Table not found - table {project}.{table} cannot be resolved")


def no_such_partition(spec: str) -> OdpsError:
    """A partition is not there."""
    return OdpsError(404, "NoSuchPartition", f"The specified partition does not exist: {spec}")


def no_permission(action: str, thing: str) -> OdpsError:
    """The account may not do that."""
    return OdpsError(
        403,
        "NoPermission",
        "ODPS-0130013:Authorization exception - Authorization Failed [4002], "
        f"You don't have privilege '{action}' on {{{thing}}}.",
    )


def already_there(kind: str, name: str) -> OdpsError:
    """An object of that name is there."""
    return OdpsError(409, "ObjectAlreadyExists", f"{kind} already exists - '{name}'")


def sql_error(code: str, message: str) -> OdpsError:
    """A statement that failed; `code` is the number of the service, as in `ODPS-0130161`."""
    return OdpsError(400, code, message)


def parse_error(message: str, line: int = 1, column: int = 1) -> OdpsError:
    """SQL that cannot be parsed, and where; both count from 1."""
    return sql_error("ODPS-0130161", f"[{line},{column}] Parse exception - {message}")
