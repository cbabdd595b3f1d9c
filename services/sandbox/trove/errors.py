"""What the services refuse, and the bodies they say it with."""

from __future__ import annotations

import json

from services.sandbox.http import Answer

FAULT_NAMES = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflict",
    413: "overLimit",
    422: "unprocessableEntity",
    500: "instanceFault",
    501: "notImplemented",
    503: "serviceUnavailable",
}
JSON_HEADERS = {"Content-Type": "application/json"}
AUTH_TITLES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


class Refusal(Exception):
    """Trove's refusal: a status and words for people.

    Args:
        retry_after: seconds that a rate limit asks to wait.
    """

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after

    def answer(self) -> Answer:
        """One key that names the fault, with code and message below it."""
        fault: dict[str, object] = {"code": self.status, "message": self.message}
        headers = dict(JSON_HEADERS)
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
            fault |= {"details": self.message, "retryAfter": str(self.retry_after)}
        name = FAULT_NAMES.get(self.status, "computeFault")
        return Answer(self.status, headers, json.dumps({name: fault}).encode())


class AuthRefusal(Exception):
    """A refusal in keystone's form, which trove's authentication layer uses too."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def answer(self) -> Answer:
        error = {"code": self.status, "message": self.message, "title": AUTH_TITLES.get(self.status, "Error")}
        return Answer(self.status, dict(JSON_HEADERS), json.dumps({"error": error}).encode())


def bad_request(message: str) -> Refusal:
    return Refusal(400, message)


def not_found(name: str) -> Refusal:
    return Refusal(404, f"Resource {name} cannot be found.")


def not_ready(name: str, status: str = "") -> Refusal:
    """The instance has no server, or its database does not run."""
    return Refusal(422, f"Instance {name} is not ready" + (f", status: {status}." if status else "."))


def unauthenticated() -> AuthRefusal:
    return AuthRefusal(401, "The request you have made requires authentication.")


def page(status: int, title: str, text: str) -> Answer:
    """The HTML that the layers before the API answer with."""
    body = f"<html>\n <head>\n  <title>{status} {title}</title>\n </head>\n <body>\n  <h1>{status} {title}</h1>\n"
    body += f"  {text}<br /><br />\n\n\n </body>\n</html>"
    return Answer(status, {"Content-Type": "text/html; charset=UTF-8"}, body.encode())
