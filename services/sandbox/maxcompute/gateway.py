"""One request from its head to its answer: route, signature, faults, handler, errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.sandbox.faults import Fault
from services.sandbox.http import Answer, BadRequest, HttpHead
from services.sandbox.http_streaming import ConnectionCut, StreamedRequest
from services.sandbox.maxcompute.errors import OdpsError, new_request_id
from services.sandbox.maxcompute.routes import Call, Reply, Routes, read_target

if TYPE_CHECKING:
    from services.sandbox.maxcompute.server import MaxComputeSandbox

REQUEST_ID = "x-odps-request-id"
_ERROR_CODES = {429: "FlowExceeded", 308: "SlotReassignment", 403: "NoPermission", 404: "NoSuchObject"}


class Gateway:
    """Finds the handler of a request, checks who asks, and turns what goes wrong into an error of the service."""

    def __init__(self, sandbox: MaxComputeSandbox, routes: Routes) -> None:
        self._sandbox = sandbox
        self._routes = routes

    def operation(self, head: HttpHead) -> str:
        """The name of a request in faults and counters."""
        try:
            return self._routes.find(head.method, read_target(head.path), head.headers)[0].operation
        except OdpsError:
            return "Unknown"

    def answer(self, request: StreamedRequest) -> Reply:
        """The answer to a request."""
        head, request_id, is_tunnel = request.head, new_request_id(), False
        try:
            target = read_target(head.path)
            route, values = self._routes.find(head.method, target, head.headers)
            is_tunnel = route.is_tunnel
            self._sandbox.counters.add(route.operation)
            if not route.is_open:
                self._sandbox.access.check(head.method, head.path, head.headers)
            refuse(request.faults)
            call = Call(
                head.method, target, head.headers, request.body, self._sandbox, request_id, request.faults, values
            )
            reply = route.handler(call)
        except OdpsError as error:
            reply = _refusal(error, request_id, is_tunnel=is_tunnel)
        except (ConnectionCut, BadRequest, OSError):
            raise
        except Exception as error:
            # A defect of ours is an answer, not the end of the server.
            defect = OdpsError(500, "InternalServerError", f"ODPS-0010000:System internal error - {error!r}")
            reply = _refusal(defect, request_id, is_tunnel=is_tunnel)
        if any(fault.action == "lost" for fault in request.faults):
            raise ConnectionCut
        reply.headers.setdefault(REQUEST_ID, request_id)
        return reply


def refuse(faults: list[Fault]) -> None:
    """Shows the faults that are errors of the service.

    Raises:
        OdpsError: one of them is due.
    """
    for fault in faults:
        if fault.action == "error":
            status = fault.status if fault.status > 1 else 503
            raise OdpsError(status, fault.code or _ERROR_CODES.get(status, "ServiceUnavailable"), fault.text)
        if fault.action == "expired":
            raise OdpsError(400, "AuthenticationRequestExpired", "ODPS-0410051:Invalid credentials - STS token expired")


def _refusal(error: OdpsError, request_id: str, *, is_tunnel: bool) -> Answer:
    body = error.as_json(request_id) if is_tunnel else error.as_xml(request_id)
    kind = "application/json" if is_tunnel else "application/xml"
    return Answer(error.status, {"Content-Type": kind, REQUEST_ID: request_id, **error.headers}, body)
