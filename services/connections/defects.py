"""Errors that are none of ours, which would be defects of a store, told as ours."""

from __future__ import annotations

import logging

from services.errors import Refused, StoredeckError
from services.text import one_line

logger = logging.getLogger(__name__)


def as_ours(error: BaseException, what: str) -> StoredeckError:
    """The error itself if it is ours; else one that names it, its traceback being logged."""
    if isinstance(error, StoredeckError):
        return error
    logger.error("%s: unexpected", what, exc_info=error)
    words = one_line(str(error))[:500]
    return Refused(
        f"{what}: unexpected {type(error).__name__}" + (f": {words}" if words else ""),
        hint="This is a defect of Storedeck; the session's log has the details.",
    )
