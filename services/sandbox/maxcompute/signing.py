"""Who asks: signatures v2 and v4 with an AccessKey, STS tokens, bearer tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlparse

from services.sandbox.maxcompute.errors import OdpsError

ENDPOINT_PATHS = ("/api", "")
_PREFIX = "aliyun_v4"


@dataclass
class Access:
    """The account: its key, the tokens that go with it."""

    access_key_id: str = field(default_factory=lambda: "LTAI" + secrets.token_hex(8))
    access_key_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    sts_token: str = field(default_factory=lambda: "CAIS" + secrets.token_urlsafe(24))
    expired_sts_token: str = field(default_factory=lambda: "CAIS" + secrets.token_urlsafe(24))
    bearer_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def check(self, method: str, target: str, headers: dict[str, str]) -> None:
        """Refuses a request that is not signed by the account.

        Args:
            target: path and query as they were sent.
            headers: with lower-case names.

        Raises:
            OdpsError: says what is wrong with the signature.
        """
        bearer = headers.get("x-odps-bearer-token")
        if bearer is not None:
            if bearer != self.bearer_token:
                raise OdpsError(401, "Unauthorized", "ODPS-0410041:Authentication failed - invalid bearer token")
            return
        self._check_token(headers.get("authorization-sts-token"))
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        credential, colon, signature = rest.rpartition(":")
        if scheme != "ODPS" or not colon:
            raise OdpsError(401, "Unauthorized", "ODPS-0410031:Authentication scheme not supported - no signature")
        key_id, *scope = credential.split("/")
        if key_id != self.access_key_id:
            raise OdpsError(400, "InvalidParameter", "ODPS-0410051:Invalid credentials - accessKeyId not found")
        key = self._signing_key(scope)
        wanted = {_signature(key, text) for text in _canonical_texts(method, target, headers)}
        if not any(hmac.compare_digest(signature, candidate) for candidate in wanted):
            raise OdpsError(
                400, "SignatureNotMatch", "ODPS-0410042:Invalid signature value - User signature does not match"
            )

    def _check_token(self, token: str | None) -> None:
        if token == self.expired_sts_token:
            raise OdpsError(400, "AuthenticationRequestExpired", "ODPS-0410051:Invalid credentials - STS token expired")
        if token not in (None, self.sts_token):
            raise OdpsError(400, "InvalidParameter", "ODPS-0410051:Invalid credentials - STS token not valid")

    def _signing_key(self, scope: list[str]) -> bytes:
        """The secret itself (v2), or the key derived for a date and region (v4)."""
        if not scope:
            return self.access_key_secret.encode()
        if len(scope) != 4 or scope[2:] != ["odps", f"{_PREFIX}_request"]:
            raise OdpsError(400, "InvalidParameter", "ODPS-0410051:Invalid credentials - unknown credential scope")
        key = (_PREFIX + self.access_key_secret).encode()
        for part in scope:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key


def _signature(key: bytes, text: str) -> str:
    return base64.b64encode(hmac.new(key, text.encode(), hashlib.sha1).digest()).decode()


def _canonical_texts(method: str, target: str, headers: dict[str, str]) -> Iterator[str]:
    """What may have been signed: the path without the endpoint's own; pyodps decodes the query twice, others once."""
    for prefix in ENDPOINT_PATHS:
        if target.startswith(prefix):
            rest = target[len(prefix) :]
            for text in (unquote(rest), rest):
                parts = urlparse(text, allow_fragments=False)
                yield _canonical(method, unquote(parts.path), dict(parse_qsl(parts.query, True)), headers)


def _canonical(method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> str:
    signed = {"content-type": "", "content-md5": "", "date": headers.get("date", "")}
    signed.update(
        {
            name: value
            for name, value in headers.items()
            if name in ("content-type", "content-md5") or name.startswith("x-odps-")
        }
    )
    signed.update({name: value for name, value in query.items() if name.startswith("x-odps-")})
    lines = [f"{name}:{signed[name]}" if name.startswith("x-odps-") else signed[name] for name in sorted(signed)]
    words = [f"{name}={value}" if value else name for name, value in sorted(query.items())]
    resource = f"{path}?{'&'.join(words)}" if words else path
    return "\n".join([method, *lines, resource])
