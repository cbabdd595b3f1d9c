"""One request from its headers to its signed answer."""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.sandbox.faults import Fault
from services.sandbox.http import Answer, HttpRequest
from services.sandbox.tablestore import signing
from services.sandbox.tablestore.dispatch import METADATA, run
from services.sandbox.tablestore.errors import OtsError, auth_failed, invalid
from services.sandbox.tablestore.faulty import corrupt_rows, refuse
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.limits import Rate
from services.sandbox.tablestore.messages import pb

MAX_SKEW = timedelta(minutes=15)
NEEDED = ("x-ots-date", "x-ots-apiversion", "x-ots-accesskeyid", "x-ots-instancename", "x-ots-contentmd5")
API_VERSION = "2015-12-31"
COMPRESS_REQUEST, COMPRESS_ANSWER = "x-ots-request-compress-type", "x-ots-response-compress-type"


@dataclass
class Access:
    """Who may ask: one key, the tokens that go with it, the instance it belongs to."""

    instance: str
    access_key_id: str = field(default_factory=lambda: "LTAI" + secrets.token_hex(8))
    access_key_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    sts_token: str = field(default_factory=lambda: "CAIS" + secrets.token_urlsafe(24))
    expired_sts_token: str = field(default_factory=lambda: "CAIS" + secrets.token_urlsafe(24))


class Gateway:
    """Checks requests, runs their operation, signs the answers."""

    def __init__(self, access: Access, instance: Instance) -> None:
        self._access = access
        self._instance = instance
        self._rate = Rate(instance.limits.requests_a_second)
        self._metadata_rate = Rate(instance.limits.metadata_a_second)

    def answer(self, request: HttpRequest, faults: list[Fault]) -> Answer:
        """The answer to a request; whatever is wrong with it becomes an error of the service."""
        operation = request.path.partition("?")[0].rsplit("/", 1)[-1]
        path = f"/{operation}"
        key: bytes | None = None
        status = 200
        try:
            key = self._authenticate(request, path)
            refuse(faults)
            self._throttle(operation)
            message = run(operation, _inflated(request), self._instance)
            if any(fault.action == "corrupt" for fault in faults):
                corrupt_rows(message)
        except OtsError as error:
            status = error.status
            message = pb().Error(code=error.code, message=error.message)
        except Exception as error:
            # A defect of ours is an answer, not the end of the server.
            status = 500
            message = pb().Error(code="OTSInternalServerError", message=f"Internal server error: {error!r}")
        body = message.SerializeToString()
        return Answer(status, *self._finished(path, body, key, faults, request.headers.get(COMPRESS_ANSWER)))

    def _authenticate(self, request: HttpRequest, path: str) -> bytes:
        """Checks the headers and gives the signing key."""
        limit = self._instance.limits.body_bytes
        if request.body_bytes > limit:
            raise OtsError(413, "OTSRequestBodyTooLarge", f"The size of body exceeds the upper limit: {limit}.")
        if request.method != "POST":
            raise invalid("Only the HTTP method POST is supported.")
        headers, access = request.headers, self._access
        for name in NEEDED:
            if name not in headers:
                raise OtsError(400, "OTSMissingHeader", f"Missing header: '{name}'.")
        if headers["x-ots-apiversion"] not in (API_VERSION, "2014-08-08"):
            raise invalid(f"Invalid API version: '{headers['x-ots-apiversion'][:32]}'.")
        if headers["x-ots-accesskeyid"] != access.access_key_id:
            raise auth_failed("The AccessKeyID does not exist.")
        key = signing.signing_key(headers, access.access_key_secret)
        signing.check_request(path, headers, key)
        _check_date(headers["x-ots-date"])
        if headers["x-ots-contentmd5"] != _md5(request.body):
            raise invalid("The MD5 of the body does not match x-ots-contentmd5.")
        if headers["x-ots-instancename"] != access.instance:
            raise auth_failed("The instance is not found.")
        token = headers.get("x-ots-ststoken")
        if token == access.expired_sts_token:
            raise auth_failed("The security token has expired.")
        if token not in (None, access.sts_token):
            raise auth_failed("The security token is invalid.")
        return key

    def _throttle(self, operation: str) -> None:
        if operation in METADATA and self._metadata_rate.is_exceeded():
            raise OtsError(403, "OTSQuotaExhausted", "Too frequent table operations.")
        if self._rate.is_exceeded():
            raise OtsError(503, "OTSServerBusy", "Server is busy.")

    def _finished(
        self, path: str, body: bytes, key: bytes | None, faults: list[Fault], compress: str | None
    ) -> tuple[dict[str, str], bytes]:
        ahead = sum(fault.seconds for fault in faults if fault.action == "skew")
        now = datetime.now(UTC) + timedelta(seconds=ahead)
        headers = {
            "x-ots-contentmd5": _md5(body),
            "x-ots-contenttype": "application/x.pb",
            "x-ots-date": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z",
            "x-ots-requestid": str(uuid.uuid4()),
        }
        sent = body
        if compress == "deflate" and body:
            headers[COMPRESS_ANSWER] = "deflate"
            headers["x-ots-response-compress-size"] = str(len(body))
            sent = zlib.compress(body)
        actions = {fault.action for fault in faults}
        if "wrong-md5" in actions:
            headers["x-ots-contentmd5"] = _md5(body + b"!")
        if key is not None:
            key = key + b"!" if "wrong-signature" in actions else key
            headers["Authorization"] = signing.sign_answer(path, headers, self._access.access_key_id, key)
        return headers, sent


def _inflated(request: HttpRequest) -> bytes:
    if request.headers.get(COMPRESS_REQUEST) != "deflate":
        return request.body
    try:
        return zlib.decompress(request.body)
    except zlib.error as error:
        raise invalid("The body is no deflated data.") from error


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _check_date(text: str) -> None:
    """The date with any number of digits behind the second; at most 15 minutes off."""
    try:
        sent = datetime.strptime(text.partition(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise invalid(f"Invalid date format: {text[:64]!r}.") from error
    if abs(datetime.now(UTC) - sent) > MAX_SKEW:
        raise auth_failed(f"Mismatch between system time and x-ots-date: {text}.")
