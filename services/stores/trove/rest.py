"""Requests to one Trove service: answers as JSON, pages by the marker of the next link, failures as our errors."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from services.cancel import NEVER, CancelToken
from services.errors import ProtocolError, SessionLost
from services.stores.trove.faults import is_passing, refused, request_id_of, retry_seconds, translated
from services.stores.trove.options import TroveOptions
from services.stores.trove.signing_in import Identity, identity_of, new_session

KEPT_REQUEST_IDS: Final = 100
READ_ATTEMPTS: Final = 3
FIRST_DELAY_SECONDS: Final = 0.2
LONGEST_DELAY_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request to be sent.

    Attributes:
        path: below the project, segments already quoted by `path_of`.
        masked: what stands in `body` in the places of secrets, for showing.
    """

    method: str
    path: str
    body: Any = None
    masked: Any = None

    @property
    def text(self) -> str:
        """For people: method, path and body, secrets masked."""
        import json

        shown = self.body if self.masked is None else self.masked
        body = f"\n{json.dumps(shown, ensure_ascii=False, indent=2)}" if shown is not None else ""
        return f"{self.method} {self.path}{body}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the JSON of the body, None where there was none."""

    status: int
    data: Any
    request_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def path_of(*segments: str) -> str:
    """A path of raw segments."""
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)


class Rest:
    """One signed-in session; any number of threads may ask at once.

    Attributes:
        requests: answers so far.
        request_ids: of the newest answers, the newest last.
    """

    def __init__(self, options: TroveOptions) -> None:
        self.options = options
        self.requests = 0
        self.request_ids: deque[str] = deque(maxlen=KEPT_REQUEST_IDS)
        self._lock, self._making = threading.Lock(), threading.Lock()
        self._session: Any = None
        self._open_session: Any = None
        self._identity: Identity | None = None

    @property
    def identity(self) -> Identity:
        """Who one is; signs in where that was not done yet.

        Raises:
            ConnectError, TimedOut: signing in failed.
        """
        with self._lock:
            if self._identity is None:
                self._identity = self._signed_in()
            return self._identity

    @property
    def session(self) -> Any:
        """The session of keystoneauth."""
        with self._making:
            if self._session is None:
                self._session = new_session(self.options)
            return self._session

    def _unsigned(self) -> Any:
        """A session for what anybody may ask; it needs no secret."""
        with self._making:
            if self._open_session is None:
                self._open_session = new_session(self.options, is_signed=False)
            return self._open_session

    def _signed_in(self) -> Identity:
        what = self.options.first_url or "Trove"
        session = self.session
        from keystoneauth1.exceptions import ClientException

        try:
            return identity_of(session, self.options)
        except ClientException as error:
            raise translated(error, what) from error

    def get(self, path: str, what: str, cancel: CancelToken = NEVER, **query: str) -> Any:
        """The JSON of a GET; asked again where the connection ended or the service is away for a moment.

        Args:
            what: the thing asked for, in words for errors.
        """
        return self.ask(Request("GET", path), what, cancel, query).data

    def ask(
        self, request: Request, what: str, cancel: CancelToken = NEVER, query: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request; only a GET is ever sent twice, but for a token that has expired.

        Raises:
            StoredeckError: whatever went wrong, with the request id where there is one.
        """
        url = self.identity.service_url + request.path
        return self.ask_at(url, request, what, cancel, query)

    def ask_at(
        self,
        url: str,
        request: Request,
        what: str,
        cancel: CancelToken = NEVER,
        query: Mapping[str, str] | None = None,
        *,
        is_signed: bool = True,
    ) -> Answer:
        """As `ask`, at an address of its own."""
        answer = self._asked(url, request, what, cancel, query, is_signed=is_signed)
        return self._read(answer, what, is_signed=is_signed)

    def _asked(
        self,
        url: str,
        request: Request,
        what: str,
        cancel: CancelToken = NEVER,
        query: Mapping[str, str] | None = None,
        *,
        is_signed: bool = True,
    ) -> Any:
        """The answer as it came, after as many attempts as are safe."""
        delay = FIRST_DELAY_SECONDS
        attempts = READ_ATTEMPTS if request.method == "GET" else 1
        while True:
            cancel.check()
            attempts -= 1
            try:
                answer = self._sent(url, request, what, query, is_signed)
            except SessionLost:
                if not attempts:
                    raise
            else:
                if not attempts or not is_passing(answer):
                    return answer
                delay = max(delay, min(retry_seconds(answer), LONGEST_DELAY_SECONDS))
            cancel.wait(delay)
            delay = min(4 * delay, LONGEST_DELAY_SECONDS)

    def _read(self, answer: Any, what: str, *, is_signed: bool) -> Answer:
        request_id = request_id_of(answer)
        with self._lock:
            self.requests += 1
            if request_id:
                self.request_ids.append(request_id)
        # The versions come as 300 Multiple Choices where the service has several.
        if answer.status_code >= 300 and (is_signed or answer.status_code != 300):
            raise refused(answer, what)
        return Answer(answer.status_code, _data(answer, what, request_id), request_id, answer.headers)

    def _sent(self, url: str, request: Request, what: str, query: Mapping[str, str] | None, is_signed: bool) -> Any:
        session = self.session if is_signed else self._unsigned()
        from keystoneauth1.exceptions import ClientException

        body = {} if request.body is None else {"json": request.body}
        try:
            return session.request(
                url,
                request.method,
                params=dict(query or {}),
                headers={"Accept": "application/json"},
                authenticated=is_signed,
                raise_exc=False,
                redirect=False,
                log=False,
                **body,
            )
        except ClientException as error:
            raise translated(error, what) from error

    def text_at(self, url: str, what: str) -> str:
        """The text at an address of the same cloud."""
        answer = self._asked(url, Request("GET", "/"), what)
        if answer.status_code >= 300:
            raise refused(answer, what)
        return bytes(answer.content).decode("utf-8", "replace")

    def pages(self, path: str, key: str, what: str, cancel: CancelToken = NEVER, **query: str) -> Iterator[list[Any]]:
        """The lists under `key`, page by page; where to go on is the marker of the next link, and nothing else of it.

        Raises:
            ProtocolError: a page has no such list, or a marker comes twice.
        """
        seen: set[str] = set()
        marker = ""
        while True:
            data = self.get(path, what, cancel, **query, **({"marker": marker} if marker else {}))
            yield items(data, key, what)
            marker = next_marker(data)
            if not marker:
                return
            if marker in seen:
                raise ProtocolError(f"{what}: the service gives page {marker!r} twice", hint="Try again.")
            seen.add(marker)

    def every(self, path: str, key: str, what: str, cancel: CancelToken = NEVER, **query: str) -> list[Any]:
        """All items of all pages."""
        return [item for page in self.pages(path, key, what, cancel, **query) for item in page]

    def versions(self) -> list[dict[str, Any]]:
        """The versions of the service, asked without a token."""
        base = self.options.service_url or self.identity.service_url
        root = "{0.scheme}://{0.netloc}".format(urlsplit(base))
        prefix = urlsplit(base).path.partition("/v1")[0]
        answer = self.ask_at(f"{root}{prefix}/", Request("GET", "/"), root, is_signed=False)
        return [one for one in items(answer.data, "versions", root) if isinstance(one, dict)]

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        for session in (self._session, self._open_session):
            if session is not None:
                session.session.close()


def items(data: Any, key: str, what: str) -> list[Any]:
    """The list under a key.

    Raises:
        ProtocolError: there is none.
    """
    found = data.get(key) if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise ProtocolError(f"{what}: the answer has no {key}", hint="Check that the address is Trove's.")
    return found


def item(data: Any, key: str, what: str) -> dict[str, Any]:
    """The object under a key.

    Raises:
        ProtocolError: there is none.
    """
    found = data.get(key) if isinstance(data, dict) else None
    if not isinstance(found, dict):
        raise ProtocolError(f"{what}: the answer has no {key}", hint="Check that the address is Trove's.")
    return found


def next_marker(data: Any) -> str:
    """The marker of the next page, empty at the end."""
    links = data.get("links") if isinstance(data, dict) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "next":
            return next(iter(parse_qs(urlsplit(str(link.get("href", ""))).query).get("marker", [])), "")
    return ""


def _data(answer: Any, what: str, request_id: str) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError as error:
        hint = "A page answers in place of Trove: check the address."
        raise ProtocolError(f"{what}: the answer is no JSON", hint=hint, request_id=request_id) from error
