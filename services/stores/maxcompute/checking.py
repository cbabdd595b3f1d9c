"""A connection check step by step: resolve, connect, TLS, sign in, list."""

from __future__ import annotations

from collections.abc import Iterator

from services.cancel import CancelToken
from services.stores.checks import Step, checked
from services.stores.maxcompute import markup
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.metadata import Metadata
from services.stores.maxcompute.options import MaxComputeOptions
from services.stores.maxcompute.transport import CONNECT_SECONDS
from services.stores.reaching import Reach
from services.stores.types import CheckStep


class ConnectionCheck:
    """One check, on connections of its own."""

    def __init__(self, options: MaxComputeOptions) -> None:
        self._options = options
        self._link = Link(options)
        self._metadata = Metadata(self._link)

    def steps(self, cancel: CancelToken) -> Iterator[CheckStep]:
        """Each step when done; a failed one is the last."""
        host, port = self._options.address
        seconds = min(CONNECT_SECONDS, self._options.timeout_seconds)
        reach = Reach(host, port, is_tls=self._options.is_tls, timeout_seconds=seconds)
        sign_in: Step = lambda: self._sign_in(cancel)  # noqa: E731
        try:
            yield from checked((reach.resolve, reach.connect, reach.tls, sign_in, lambda: self._list(cancel)), cancel)
        finally:
            reach.close()
            self._link.close()

    def _sign_in(self, cancel: CancelToken) -> str:
        root = self._metadata.project(cancel)
        owner = markup.text(root, "Owner")
        return f"{self._options.signer}, project {self._options.project}" + (f" of {owner}" if owner else "")

    def _list(self, cancel: CancelToken) -> str:
        url, scope = f"{self._link.project_url}/tables", self._metadata.scope("")
        items, following = self._metadata.listed(url, "tables", scope, None, cancel)
        tunnel = self._link.call(lambda: self._link.tunnel.endpoint, what="tunnel", cancel=cancel)
        return f"{len(items)}{' or more' if following else ''} tables; rows by {tunnel}"
