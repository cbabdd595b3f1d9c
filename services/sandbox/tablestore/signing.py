"""Signatures of requests (versions 2 and 4) and of answers.

The string to sign: the API's path, `POST`, an empty query and the sorted `x-ots-*` headers, a line each. Version 2 is
HMAC-SHA1 with the secret; version 4 adds the salt `ots` and is HMAC-SHA256 with a key derived from date and region. An
answer is signed over its sorted headers and the path, HMAC-SHA1 with the same key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from services.sandbox.tablestore.errors import auth_failed

PREFIX = "x-ots-"
SIGNATURE, SIGNATURE_V4 = "x-ots-signature", "x-ots-signaturev4"
SIGN_DATE, SIGN_REGION = "x-ots-signdate", "x-ots-signregion"


def signing_key(headers: dict[str, str], secret: str) -> bytes:
    """The key for a request and its answer: the secret, or what version 4 derives from it."""
    if SIGNATURE_V4 not in headers:
        return secret.encode()
    key = b"aliyun_v4" + secret.encode()
    for word in (headers.get(SIGN_DATE, ""), headers.get(SIGN_REGION, ""), "ots", "aliyun_v4_request"):
        key = hmac.digest(key, word.encode(), hashlib.sha256)
    return base64.b64encode(key)


def check_request(path: str, headers: dict[str, str], key: bytes) -> None:
    """Checks the signature of a request.

    Raises:
        OtsError: there is none, or it is another one.
    """
    is_v4 = SIGNATURE_V4 in headers
    given = headers.get(SIGNATURE_V4 if is_v4 else SIGNATURE)
    if given is None:
        raise auth_failed("The signature is missing.")
    signed = _lines({name: value for name, value in headers.items() if name not in (SIGNATURE, SIGNATURE_V4)})
    text = f"{path}\nPOST\n\n{signed}\n{'ots' if is_v4 else ''}"
    wanted = base64.b64encode(hmac.digest(key, text.encode("latin-1"), hashlib.sha256 if is_v4 else hashlib.sha1))
    if not hmac.compare_digest(given.encode("latin-1"), wanted):
        raise auth_failed("Signature mismatch.")


def sign_answer(path: str, headers: dict[str, str], access_key_id: str, key: bytes) -> str:
    """The Authorization header of an answer."""
    signature = hmac.digest(key, f"{_lines(headers)}\n{path}".encode(), hashlib.sha1)
    return f"OTS {access_key_id}:{base64.b64encode(signature).decode()}"


def _lines(headers: dict[str, str]) -> str:
    return "\n".join(sorted(f"{name.lower()}:{value}" for name, value in headers.items() if name.startswith(PREFIX)))
