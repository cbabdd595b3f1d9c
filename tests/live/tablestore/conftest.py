"""An empty instance of the Tablestore sandbox, and a look at the headers that come in."""

from collections.abc import Iterator

import pytest

from services.sandbox.faults import Fault
from services.sandbox.http import Answer, HttpRequest
from services.sandbox.tablestore.gateway import Gateway
from services.sandbox.tablestore.limits import Limits
from services.sandbox.tablestore.server import TablestoreSandbox

PAGE_ROWS = 5


@pytest.fixture
def instance() -> Iterator[TablestoreSandbox]:
    """An instance whose pages are small: a filtered range has empty ones that carry a next key."""
    with TablestoreSandbox(samples=False, limits=Limits(page_rows=PAGE_ROWS)) as sandbox:
        yield sandbox


@pytest.fixture
def headers_seen(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the headers of all requests and answers of the test, in lower case."""
    seen: set[str] = set()
    real_answer = Gateway.answer

    def answer(self: Gateway, request: HttpRequest, faults: list[Fault]) -> Answer:
        answered = real_answer(self, request, faults)
        seen.update(request.headers, (name.lower() for name in answered.headers))
        return answered

    monkeypatch.setattr(Gateway, "answer", answer)
    return seen
