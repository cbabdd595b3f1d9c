"""The steps of a connection check, which are the same for every store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from services.cancel import CancelToken
from services.errors import StoredeckError
from services.stores.types import CheckStep, StepState

STEPS: Final = ("resolve", "connect", "TLS", "sign in", "list")
Step = Callable[[], str | None]
"""Does one step and says what it found; None where the step does not apply."""


def checked(actions: Sequence[Step], cancel: CancelToken) -> Iterator[CheckStep]:
    """Take the five steps, yielding each when done; a failed one is the last."""
    for name, action in zip(STEPS, actions, strict=True):
        cancel.check()
        step = timed(name, action)
        yield step
        if step.state is StepState.FAILED:
            return


def timed(name: str, action: Step) -> CheckStep:
    """Take one step."""
    started = time.perf_counter()
    try:
        detail = action()
    except StoredeckError as error:
        return CheckStep(name, StepState.FAILED, time.perf_counter() - started, error.message, error.hint)
    seconds = time.perf_counter() - started
    if detail is None:
        return CheckStep(name, StepState.SKIPPED, seconds, "not asked for")
    return CheckStep(name, StepState.OK, seconds, detail)
