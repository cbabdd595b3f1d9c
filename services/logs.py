"""Logging without secrets: what is known to be secret, or looks like it, is masked before a line is written."""

from __future__ import annotations

import base64
import json
import logging
import re
import threading
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

from services.secrets import Secret

MASK: Final = "••••"
SDK_LOGGERS: Final = (
    "pyignite",
    "odps",
    "keystoneauth",
    "keyring",
    "secretstorage",
    "jeepney",
    "urllib3",
    "requests",
    "asyncio",
    "sqlglot",
)
"""Loggers of others, held at WARNING: at lower levels some print requests with their headers."""

_NAMES = (
    r"(?:authorization|proxy-authorization|password|passwd|secret|token|passkey|signature|api[-_]?key|access[-_]?key)"
)
_FIELD = re.compile(
    rf"""(?ix)
    (?P<name> ["']? [\w-]* {_NAMES} [\w-]* ["']? \s* [:=] \s* )
    (?P<value>
        (?: b?"(?:[^"\\]|\\.)*" )
      | (?: b?'(?:[^'\\]|\\.)*' )
      | (?: (?: basic|bearer|digest|ots|odps|acs|aws4-\S+ ) \s+ )? [^\s,;&)}}\]]+
    )"""
)
_URL_PASSWORD = re.compile(r"(?P<head>\b[a-z][a-z0-9+.-]*://[^/\s:@]*:)[^/\s@]+(?=@)", re.IGNORECASE)
_SHORTEST: Final = 3
"""Shorter secrets are not searched for: masking each `a` of a log would tell the secret."""

_lock = threading.Lock()
_known: tuple[str, ...] = ()


def remember_secret(secret: Secret) -> Secret:
    """Mask this secret from now on in whatever `redact` sees; returns it."""
    global _known
    text = secret.reveal()
    if len(text) >= _SHORTEST and text not in _known:
        with _lock:
            _known = tuple(sorted({*_known, *_spellings(text)}, key=len, reverse=True))
    return secret


def forget_secrets() -> None:
    """Mask nothing more by value: when the secrets of a former home are of no concern."""
    global _known
    with _lock:
        _known = ()


def _spellings(text: str) -> set[str]:
    """The secret as it may stand in a line: raw, quoted, in a URL, in JSON, in base64."""
    raw = text.encode("utf-8", "surrogatepass")
    encoded = base64.b64encode(raw).decode("ascii")
    quoted = {repr(text)[1:-1], json.dumps(text)[1:-1]}
    if text.isprintable():
        quoted |= {quote(text, safe=""), quote_plus(text, safe="")}
    return {text, encoded, encoded.rstrip("=")} | quoted


def mask_known(text: str) -> str:
    """The text with every known secret masked: for words that people read."""
    for secret in _known:
        if secret in text:
            text = text.replace(secret, MASK)
    return text


def redact(text: str) -> str:
    """The text with every known secret and every field that looks like one masked: for logs and reports."""
    text = _FIELD.sub(lambda match: match["name"] + MASK, mask_known(text))
    return _URL_PASSWORD.sub(lambda match: match["head"] + MASK, text)


class RedactingFormatter(logging.Formatter):
    """Formats a record whole, traceback included, and then masks it."""

    def format(self, record: logging.LogRecord) -> str:
        """The masked line or lines."""
        return redact(super().format(record))


def start_logging(file: Path | None = None, *, is_verbose: bool = False) -> logging.Handler | None:
    """Log to a file (private, appended to), or nowhere; never to the terminal that the console draws on.

    Returns:
        The handler, for `stop_logging`.
    """
    for name in SDK_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    root = logging.getLogger()
    if file is None:
        if not root.handlers:
            root.addHandler(logging.NullHandler())
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    handler = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if is_verbose else logging.INFO)
    return handler


def stop_logging(handler: logging.Handler | None) -> None:
    """Close what `start_logging` opened."""
    if handler is not None:
        logging.getLogger().removeHandler(handler)
        handler.close()
