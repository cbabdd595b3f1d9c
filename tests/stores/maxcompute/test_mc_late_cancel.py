"""A statement that is cancelled at the worst moment: it began, and nobody took its id yet."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from maxcompute_stores import SLOW, opened

from services.cancel import CancelToken
from services.errors import Cancelled
from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.stores.types import Statement


def test_what_began_before_it_was_cancelled_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job does not run on at the service without anybody who knows of it."""
    token = CancelToken()
    with MaxComputeSandbox() as sandbox, closing(opened(sandbox.profile)) as store:
        link: Any = store._link
        call = link.call

        def cancelled_on_the_way_back(ask: Callable[[], Any], *, what: str, **more: Any) -> Any:
            answer = call(ask, what=what, **more)
            if what == "statement":
                token.cancel()
                raise Cancelled("statement: as asked")
            return answer

        monkeypatch.setattr(link, "call", cancelled_on_the_way_back)
        with pytest.raises(Cancelled):
            list(store.run_sql(Statement(SLOW), token))
        assert ["Cancelled"] == [row["status"] for row in store.list_jobs().batch.to_pylist()]
