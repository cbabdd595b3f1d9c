"""What a statement would cost, asked of the service without running it."""

from __future__ import annotations

import json
from typing import Any, Final

from services.cancel import CancelToken
from services.errors import ProtocolError, UsageError
from services.stores.maxcompute import hints
from services.stores.maxcompute.jobs import Jobs
from services.stores.maxcompute.sql import SqlRunner
from services.stores.types import Description, Group, Statement

GIB: Final = 1024**3
_SHOWN: Final = (("Complexity", "Complexity"), ("UDF", "Functions"))


def estimate(runner: SqlRunner, jobs: Jobs, statement: Statement, cancel: CancelToken) -> Description:
    """Input, complexity and functions of a statement.

    Raises:
        StatementRefused: the service does not understand it.
    """
    given = hints.prepared(statement.text)
    if not given.text:
        raise UsageError("statement: nothing to estimate", hint="Write a query.")
    identifier = runner.submit(given, statement.schema, cancel, is_cost=True)
    runner.wait(identifier, cancel, statement.timeout_seconds)
    cost = _cost(jobs.result_text(identifier, cancel))
    size = cost.get("Input")
    facts = [("Input", f"{size:,} bytes ({size / GIB:.3g} GiB)" if isinstance(size, int) else str(size))]
    facts += [(label, str(cost[name])) for name, label in _SHOWN if name in cost]
    if isinstance(size, int) and isinstance(cost.get("Complexity"), int | float):
        facts.append(("Where paid by the query", f"{size / GIB * float(cost['Complexity']):.6g} GiB x complexity"))
    return Description((), "estimate", "cost", groups=(Group("Cost", tuple(facts)),))


def _cost(text: str) -> dict[str, Any]:
    try:
        cost = json.loads(text)["Cost"]["SQL"]
    except (ValueError, KeyError, TypeError) as error:
        raise ProtocolError("statement: the service's estimate cannot be read") from error
    if not isinstance(cost, dict):
        raise ProtocolError("statement: the service's estimate cannot be read")
    return cost
