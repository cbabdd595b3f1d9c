"""The way to one instance: the SDK's client with our decoders, our retries and our errors."""

from __future__ import annotations

import logging
import ssl
import threading
import time
import warnings
from collections import deque
from contextlib import suppress
from typing import Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import ExtraMissing, StoredeckError, UnsupportedOperation
from services.stores.tablestore import hooks, put_hooks, sdk_answers
from services.stores.tablestore.answers import Answer, Cost
from services.stores.tablestore.faults import UNSURE_HINT, is_retryable, is_unanswered, translated
from services.stores.tablestore.options import TablestoreOptions
from services.stores.waiting import Pending, wait_for

CONNECT_SECONDS: Final = 10.0
FIRST_DELAY_SECONDS: Final = 0.1
LONGEST_DELAY_SECONDS: Final = 1.0
KEPT_REQUEST_IDS: Final = 100


class Link:
    """One client; any number of threads may call at once.

    Attributes:
        cost: capacity units used so far.
        last_cost: those of the newest request that told any.
        requests: answers so far.
        request_ids: of the newest answers, the newest last.
        has_own_decoders: False where the SDK decodes, because it has no place for ours.
        is_extended: False where the SDK has no place for what it lacks, such as the request of split points.
    """

    def __init__(self, options: TablestoreOptions) -> None:
        self.options = options
        self.cost = Cost()
        self.last_cost = Cost()
        self.requests = 0
        self.request_ids: deque[str] = deque(maxlen=KEPT_REQUEST_IDS)
        self.has_own_decoders = True
        self.is_extended = True
        self._lock = threading.Lock()
        self._newest = threading.local()
        self._client: Any = None
        self._is_closed = False

    @property
    def client(self) -> Any:
        """The SDK's client, made at the first call."""
        with self._lock:
            if self._client is None:
                self._client = self._made()
                self.has_own_decoders = hooks.install(self._client)
                self.is_extended = hooks.extend(self._client)
                put_hooks.install(self._client)
                self._watch(self._client)
            return self._client

    def _made(self) -> Any:
        try:
            return new_client(self.options)
        except StoredeckError:
            raise
        except Exception as error:
            raise translated(error, self.options.instance) from error

    def call(
        self,
        api: str,
        *arguments: Any,
        what: str,
        cancel: CancelToken = NEVER,
        is_write: bool = False,
        seconds: float | None = None,
        **named: Any,
    ) -> Any:
        """Ask the service, again and again where it is busy, until the retry budget is spent.

        Args:
            api: the service's name of the operation, with the arguments that the SDK's encoder takes.
            what: the thing asked for, in words for errors.
            is_write: not sent again where the service may have done it.
            named: more for the encoder.
        Raises:
            StoredeckError: whatever went wrong, with the request id where there is one.
        """
        return wait_for(lambda: self._retried(api, arguments, what, cancel, is_write, named), cancel, seconds)

    def create_table(self, arguments: tuple[Any, ...], what: str, *, has_transactions: bool) -> None:
        """Create a table.

        Raises:
            UnsupportedOperation: this version of the SDK has no place to ask for local transactions.
        """
        if not has_transactions:
            self.call("CreateTable", *arguments, what=what, is_write=True)
        elif not self.client or not self.is_extended:
            hint = "Leave local_transactions out, or install the version of the SDK that this program names."
            raise UnsupportedOperation(f"{what}: this SDK cannot ask for local transactions", hint=hint)
        else:
            self.call("CreateTable", *arguments, what=what, is_write=True, has_transactions=True)

    def start(self, api: str, *arguments: Any, what: str, cancel: CancelToken = NEVER) -> Pending[Any]:
        """Ask without waiting; only for reads."""
        return Pending(lambda: self._retried(api, arguments, what, cancel, False, {}))

    def _retried(
        self,
        api: str,
        arguments: tuple[Any, ...],
        what: str,
        cancel: CancelToken,
        is_write: bool,
        named: dict[str, Any],
    ) -> Any:
        client = self.client
        deadline = time.monotonic() + self.options.retry_seconds
        delay = FIRST_DELAY_SECONDS
        while True:
            cancel.check()
            try:
                return self._counted(api, client._request_helper(api, *arguments, **named))
            except Exception as error:
                has_time = time.monotonic() + delay < deadline
                if self._is_closed or not has_time or not is_retryable(error, is_write=is_write):
                    raise self._told(error, what, is_write=is_write) from error
            cancel.wait(delay)
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)

    def _told(self, error: Exception, what: str, *, is_write: bool) -> StoredeckError:
        """The error with the request id of the answer, which the SDK gives with the service's own errors only."""
        told = translated(error, what)
        if is_write and is_unanswered(error):
            told.hint = UNSURE_HINT
        told.request_id = told.request_id or getattr(self._newest, "request_id", "")
        return told

    def _watch(self, client: Any) -> None:
        """Note the request id of every answer for the thread that asked."""
        send = getattr(getattr(client, "connection", None), "send_receive", None)
        if send is None:
            return

        def send_and_note(*arguments: Any) -> Any:
            self._newest.request_id = ""
            answer = send(*arguments)
            headers = {str(name).lower(): value for name, value in answer[2].items()}
            self._newest.request_id = str(headers.get("x-ots-requestid", ""))
            if self._newest.request_id:
                self.request_ids.append(self._newest.request_id)
            return answer

        client.connection.send_receive = send_and_note

    def _counted(self, api: str, result: Any) -> Any:
        answer = result if self.has_own_decoders else sdk_answers.converted(api, result)
        with self._lock:
            self.requests += 1
            if isinstance(answer, Answer) and answer.cost != Cost():
                self.last_cost = answer.cost
                self.cost += answer.cost
        return answer

    def close(self) -> None:
        """Close all connections; a request under way ends by itself."""
        with self._lock:
            self._is_closed = True
            client = self._client
        if client is not None:
            with suppress(AttributeError):
                client.connection.pool.clear()


def new_client(options: TablestoreOptions) -> Any:
    """A client of the SDK that neither prints, nor retries on its own, nor waits for minutes.

    Raises:
        ExtraMissing: the SDK cannot be imported.
        UsageError: there is no access key.
    """
    options.require_key()
    otsclient = _sdk()
    from tablestore.retry import NoRetryPolicy
    from urllib3 import Timeout

    token = options.sts_token.reveal() if options.sts_token else None
    # The SDK's signer of version 4 refuses an encoding by name, and has UTF-8 without one.
    encoding = {} if options.region else {"encoding": options.encoding}
    client = otsclient(
        options.endpoint,
        options.access_key_id,
        options.access_key_secret.reveal(),
        options.instance,
        region=options.region or None,
        sts_token=token,
        max_connection=options.max_connection,
        socket_timeout=Timeout(connect=min(CONNECT_SECONDS, options.timeout_seconds), read=options.timeout_seconds),
        retry_policy=NoRetryPolicy(),
        **encoding,
    )
    # At its default level the SDK formats every request as text; its errors hold whole answers, and we tell them.
    client.logger.setLevel(logging.CRITICAL)
    _tune_pool(client, options)
    return client


def _sdk() -> Any:
    """The client's class. The SDK logs while it is imported, and without a handler that reaches the screen."""
    logger = logging.getLogger("tablestore")
    logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from tablestore import OTSClient
    except ImportError as error:
        hint = 'Run: uv tool install "storedeck[tablestore]"'
        raise ExtraMissing(f"Tablestore: its SDK cannot be loaded: {error}", hint=hint) from error
    finally:
        logger.setLevel(logging.WARNING)
    return OTSClient


def _tune_pool(client: Any, options: TablestoreOptions) -> None:
    """No connection is tried four times over, and the TLS version is at least the one asked for."""
    settings = getattr(getattr(getattr(client, "connection", None), "pool", None), "connection_pool_kw", None)
    if settings is None:
        return
    settings["retries"] = False
    if options.ssl_version:
        settings["ssl_minimum_version"] = {
            "TLSv1.2": ssl.TLSVersion.TLSv1_2,
            "TLSv1.3": ssl.TLSVersion.TLSv1_3,
        }[options.ssl_version]
