"""Logs hold no secret: neither one that is known, in whatever spelling, nor what looks like one."""

import base64
import logging
from urllib.parse import quote

import pytest

from services.logs import MASK, SDK_LOGGERS, mask_known, redact, remember_secret, start_logging, stop_logging
from services.secrets import Secret

S3CRET = 'S3CRET/with+signs&"quotes" ü'


@pytest.fixture
def log(tmp_path):
    """A log file that is written during the test."""
    handler = start_logging(tmp_path / "log" / "storedeck.log", is_verbose=True)
    yield tmp_path / "log" / "storedeck.log"
    stop_logging(handler)


@pytest.mark.parametrize(
    "spelling",
    [
        S3CRET,
        quote(S3CRET, safe=""),
        base64.b64encode(S3CRET.encode()).decode(),
        repr({"pw": S3CRET})[8:-2],
    ],
)
def test_a_known_secret_is_masked_in_every_spelling(spelling):
    """Raw, in a URL, in base64 and quoted."""
    remember_secret(Secret(S3CRET))
    assert mask_known(f"before {spelling} after") == f"before {MASK} after"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Authorization: Bearer abc.def", f"Authorization: {MASK}"),
        ("{'password': 'hunter2', 'user': 'me'}", f"{{'password': {MASK}, 'user': 'me'}}"),
        ('{"access_key_secret": "LTAI x", "n": 1}', f'{{"access_key_secret": {MASK}, "n": 1}}'),
        ("GET /?Signature=abc%3D&x=1", f"GET /?Signature={MASK}&x=1"),
        ("X-Auth-Token: 5f2", f"X-Auth-Token: {MASK}"),
        ("http://me:hunter2@127.0.0.1/v3", f"http://me:{MASK}@127.0.0.1/v3"),
        ("plain words about 3 rows", "plain words about 3 rows"),
    ],
)
def test_what_looks_like_a_secret_is_masked(line, expected):
    """Fields named like credentials lose their value; other words stay."""
    assert redact(line) == expected


def test_a_traceback_in_the_log_is_masked_too(log):
    """The secret of an exception's words is not written."""
    remember_secret(Secret("S3CRET-in-an-error"))
    try:
        raise ValueError("server said: S3CRET-in-an-error")
    except ValueError:
        logging.getLogger("services.test").exception("call with %s failed", "S3CRET-in-an-error")
    written = log.read_text()
    assert "Traceback" in written
    assert "S3CRET" not in written
    assert log.stat().st_mode & 0o077 == 0


def test_sdk_loggers_are_quiet(log):
    """Loggers of SDKs say warnings at most, however verbose the log is."""
    for name in SDK_LOGGERS:
        logging.getLogger(name).info("request with headers")
    assert "request with headers" not in log.read_text()


def test_a_short_secret_is_not_searched_for():
    """Masking every `a` would destroy the log and tell the secret."""
    remember_secret(Secret("a"))
    assert mask_known("a banana") == "a banana"
