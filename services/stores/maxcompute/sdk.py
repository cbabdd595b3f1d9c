"""The SDK, imported late and held back: it neither prints, nor asks on its own, nor loosens TLS for the process."""

from __future__ import annotations

import copyreg
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from services.errors import ExtraMissing
from services.stores.maxcompute.options import MaxComputeOptions

NO_LOGVIEW: Final = "http://logview.odps.aliyun.com"
"""Given at once, because without a host the SDK's client asks the service for one while it is made."""

_lock = threading.Lock()


def load() -> Any:
    """The SDK's package.

    Raises:
        ExtraMissing: it cannot be imported.
    """
    with _lock:
        try:
            with _process_kept():
                import odps
                import odps.models
                import odps.tunnel
        except ImportError as error:
            hint = 'Run: uv tool install "storedeck[maxcompute]"'
            raise ExtraMissing(f"MaxCompute: its SDK cannot be loaded: {error}", hint=hint) from error
        # Below WARNING its loggers print tokens and the Authorization header.
        logging.getLogger("odps").setLevel(logging.WARNING)
        odps.options.tunnel.require_stream_footer = True
        odps.options.use_legacy_logview = True
        odps.options.allow_antique_date = True
        return odps


@contextmanager
def _process_kept() -> Iterator[None]:
    """Keep for the process what the SDK changes while it is imported.

    It sets urllib3's ciphers to ALL, silences its warnings, and has every exception pickled in its own way, which no
    other process could read.
    """
    import urllib3.util.ssl_ as tls

    ciphers = {name: value for name, value in vars(tls).items() if name == "DEFAULT_CIPHERS"}
    pickling = dict(copyreg.dispatch_table)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        vars(tls).pop("DEFAULT_CIPHERS", None)
        vars(tls).update(ciphers)
        copyreg.dispatch_table.clear()
        copyreg.dispatch_table.update(pickling)


def account(odps: Any, options: MaxComputeOptions) -> Any:
    """Who signs the requests; tokens are the profile's alone, so the SDK's reloading from the environment stays off."""
    from odps import accounts

    if options.bearer_token is not None:
        made = accounts.BearerTokenAccount(options.bearer_token.reveal(), expired_hours=None)
    elif options.sts_token is not None:
        made = accounts.StsAccount(
            options.access_key_id,
            options.access_key_secret.reveal(),
            options.sts_token.reveal(),
            expired_hours=None,
        )
    else:
        return accounts.CloudAccount(options.access_key_id, options.access_key_secret.reveal())
    made.reload = lambda force=False: None
    return made


def client_class(session: Callable[[], Any], send: Callable[[str, str, Callable[[], Any]], Any]) -> Any:
    """The SDK's HTTP client with its holes closed and our transport below.

    The SDK signs and reads errors. Its own retries, its one session a thread, its usage survey and its rule that a
    308 is a success (which loses rows of an upsert) are replaced.

    Args:
        session: the pooled session to send by.
        send: called with method, URL and what sends the signed request once; retries as it sees fit.
    """
    from odps.rest import RestClient

    def sent(self: Any, url: str, method: str, stream: bool = False, **kwargs: Any) -> Any:
        return send(method, url, lambda: self._request(url, method, stream=stream, **kwargs))

    members = {
        "is_ok": lambda self, answer: answer.status_code < 300,
        "session": property(lambda self: session()),
        "upload_survey_log": lambda self: None,
        "_request_with_retry": sent,
    }
    return type("GuardedClient", (RestClient,), members)
