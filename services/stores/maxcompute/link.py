"""The way to one project: the SDK's signed requests over our transport, our retries and our errors."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests

from services.cancel import NEVER, CancelToken
from services.errors import Cancelled, ConnectFailed, SessionLost, StoredeckError
from services.stores.maxcompute import sdk
from services.stores.maxcompute.faults import is_retryable, translated
from services.stores.maxcompute.options import MaxComputeOptions
from services.stores.maxcompute.transport import Watch, new_session
from services.stores.waiting import wait_for

FIRST_DELAY_SECONDS: Final = 0.1
LONGEST_DELAY_SECONDS: Final = 1.0
KEPT_REQUEST_IDS: Final = 100
TUNNEL_VERSION: Final = "6"

T = TypeVar("T")


class Link:
    """One signed way to a project and to its tunnel; any number of threads may call at once.

    Attributes:
        requests: answers so far.
        request_ids: of the newest answers, the newest last.
        without_arrow: addresses of tables and jobs whose rows the tunnel gave as records alone.
    """

    def __init__(self, options: MaxComputeOptions) -> None:
        self.options = options
        self.requests = 0
        self.request_ids: deque[str] = deque(maxlen=KEPT_REQUEST_IDS)
        self.without_arrow: set[str] = set()
        self._lock = threading.RLock()
        self._calls = threading.local()
        self._session: requests.Session | None = None
        self._entry: Any = None
        self._tunnel: Any = None
        self._is_closed = False

    @property
    def odps(self) -> Any:
        """The SDK's entry object, made at the first call; making it asks nothing of the service."""
        with self._lock:
            if self._entry is None:
                self._entry = self._made()
            return self._entry

    def _made(self) -> Any:
        self.options.require_key()
        package = sdk.load()
        return package.ODPS(
            account=sdk.account(package, self.options),
            project=self.options.project,
            endpoint=self.options.endpoint,
            schema=self.options.schema or None,
            region_name=self.options.region or None,
            quota_name=None,
            logview_host=sdk.NO_LOGVIEW,
            overwrite_global=False,
            rest_client_cls=sdk.client_class(self._pooled, self._sent),
        )

    @property
    def client(self) -> Any:
        """Signs and sends requests to the service."""
        return self.odps.rest

    @property
    def project(self) -> Any:
        """The SDK's object of the profile's project."""
        return self.odps.get_project()

    @property
    def project_url(self) -> str:
        """Below it lies all of the project."""
        return f"{self.options.endpoint}/projects/{self.options.project}"

    @property
    def tunnel(self) -> Any:
        """Signs and sends requests to the tunnel, whose address the service tells where the profile does not."""
        with self._lock:
            known = self._tunnel
        if known is None:
            known = type(self.client)(
                self.client.account, self._tunnel_endpoint(), self.options.project, tag="TUNNEL", retry_enabled=False
            )
            with self._lock:
                self._tunnel = known
        return known

    @property
    def tunnel_project_url(self) -> str:
        """The project's address at the tunnel."""
        return f"{self.tunnel.endpoint}/projects/{self.options.project}"

    def _tunnel_endpoint(self) -> str:
        if self.options.tunnel_endpoint:
            return self.options.tunnel_endpoint
        answer = self.client.get(f"{self.project_url}/tunnel", action="service")
        host = answer.text.strip()
        if not host or "/" in host:
            hint = "Write the tunnel endpoint into the profile."
            raise ConnectFailed(f"{self.options.project}: the service names no tunnel, but {host[:80]!r}", hint=hint)
        return f"{urlsplit(self.options.endpoint).scheme}://{host}"

    def call(self, ask: Callable[[], T], *, what: str, cancel: CancelToken = NEVER, is_repeatable: bool = False) -> T:
        """Run what asks the service by `client` or `tunnel`; it is given up when cancelled.

        Args:
            what: the thing asked for, in words for errors.
            is_repeatable: the service takes the same request twice for once, also where its method does not say so.
        Raises:
            StoredeckError: whatever went wrong, with the request id where there is one.
        """
        watch = Watch()

        def watched() -> T:
            with watch.over_requests():
                return self._told(ask, what, cancel, is_repeatable, self.options.retry_seconds)

        # The wait ends at once, also while connecting; cutting ends the thread that asks.
        with cancel.on_cancel(watch.cut):
            return wait_for(watched, cancel)

    def call_here(
        self,
        ask: Callable[[], T],
        watch: Watch,
        *,
        what: str,
        cancel: CancelToken = NEVER,
        is_tried_again: bool = True,
    ) -> T:
        """Run what asks the service in this thread; who holds the watch can cut the connection.

        Args:
            is_tried_again: False leaves it to the caller what follows when the service is busy.
        Raises:
            StoredeckError: as `call`; Cancelled when it was cut because someone asked to stop.
        """
        cancel.check()
        try:
            with watch.over_requests():
                seconds = self.options.retry_seconds if is_tried_again else 0.0
                return self._told(ask, what, cancel, is_repeatable=False, retry_seconds=seconds)
        except StoredeckError as error:
            if cancel.is_cancelled and not isinstance(error, Cancelled):
                raise Cancelled("stopped: as asked") from error
            raise

    def _told(
        self, ask: Callable[[], T], what: str, cancel: CancelToken, is_repeatable: bool, retry_seconds: float
    ) -> T:
        before = self._call()
        self._calls.now = cancel, is_repeatable, retry_seconds
        try:
            return ask()
        except StoredeckError:
            raise
        except Exception as error:
            raise translated(error, what) from error
        finally:
            self._calls.now = before

    def _call(self) -> tuple[CancelToken, bool, float]:
        """Who may cancel what this thread asks for, whether it may go twice, and how long it is tried again."""
        found: tuple[CancelToken, bool, float] = getattr(self._calls, "now", (NEVER, False, self.options.retry_seconds))
        return found

    def _sent(self, method: str, url: str, send: Callable[[], Any]) -> Any:
        """Send a request, again and again where the service is busy, until the retry budget is spent."""
        cancel, is_repeatable, retry_seconds = self._call()
        # The time that a long request took before it failed is none spent on trying again.
        deadline: float | None = None
        delay = FIRST_DELAY_SECONDS
        while True:
            cancel.check()
            try:
                return self._counted(send())
            except Exception as error:
                deadline = deadline or time.monotonic() + retry_seconds
                has_time = time.monotonic() + delay < deadline
                if self._is_closed or not has_time or not is_retryable(error, method, is_repeatable):
                    raise
                cancel.tell(f"{translated(error, 'MaxCompute').message}; tried again in {delay:.1f} s")
            cancel.wait(delay)
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)

    def _counted(self, answer: Any) -> Any:
        with self._lock:
            self.requests += 1
            request_id = str(answer.headers.get("x-odps-request-id", ""))
            if request_id:
                self.request_ids.append(request_id)
        return answer

    def _pooled(self) -> requests.Session:
        with self._lock:
            if self._is_closed:
                raise SessionLost(f"project {self.options.project}: the connection was closed", hint="Open it again.")
            if self._session is None:
                self._session = new_session(self.options.timeout_seconds)
            return self._session

    def close(self) -> None:
        """Close all connections; a request under way ends by itself."""
        with self._lock:
            self._is_closed = True
            session, self._session = self._session, None
        if session is not None:
            session.close()
