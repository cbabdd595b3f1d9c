"""The two calls that every kind of tunnel session begins with: make one, and ask how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.cancel import CancelToken
from services.stores.maxcompute.link import Link


def made(
    link: Link, url: str, params: Mapping[str, str], headers: Mapping[str, str], what: str, cancel: CancelToken
) -> Any:
    """The service's answer about a new session. Asked again if need be: a session that nobody uses ends by itself."""
    return link.call(
        lambda: link.tunnel.post(url, b"", params=dict(params), headers=dict(headers)).json(),
        what=what,
        cancel=cancel,
        is_repeatable=True,
    )


def asked(
    link: Link, url: str, params: Mapping[str, str], headers: Mapping[str, str], what: str, cancel: CancelToken
) -> Any:
    """The service's answer about a session that it has."""
    return link.call(
        lambda: link.tunnel.get(url, params=dict(params), headers=dict(headers)).json(), what=what, cancel=cancel
    )
