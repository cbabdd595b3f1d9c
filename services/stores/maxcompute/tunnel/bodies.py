"""Bodies of requests that can be sent again: what was drawn from the source is kept until the server holds it."""

from __future__ import annotations

from collections.abc import Iterator

from services.cancel import NEVER, CancelToken
from services.errors import Unavailable
from services.stores.maxcompute.transport import PiecedBody
from services.stores.maxcompute.tunnel.frames import Piece

KEPT_BYTES = 256 << 20
"""A body that grows beyond it is not kept, so that memory stays bounded; its part is then read anew."""


class NotKept(Unavailable):
    """A body would have to be sent again and is not there any more."""


class KeptBody(PiecedBody):
    """A body that is drawn while it is sent the first time.

    Attributes:
        size_bytes: drawn so far.
        failure: what ended the source early; the request then fails, and the server keeps nothing.
    """

    def __init__(self, pieces: Iterator[Piece], cancel: CancelToken = NEVER, kept_bytes: int = KEPT_BYTES) -> None:
        self._source = pieces
        self._cancel = cancel
        self._most = kept_bytes
        self._kept: list[Piece] | None = []
        self.size_bytes = 0
        self.failure: BaseException | None = None

    def __iter__(self) -> Iterator[Piece]:
        """The body from its first byte; asked for again when it is sent again."""
        if self.failure is not None:
            raise self.failure
        if self._kept is None:
            self.failure = NotKept("block: too large to be kept, so it has to be read anew to be sent again")
            raise self.failure
        for piece in list(self._kept):
            self._cancel.check()
            yield piece
        while (drawn := self._drawn()) is not None:
            yield drawn

    def _drawn(self) -> Piece | None:
        try:
            self._cancel.check()
            piece = next(self._source, None)
        except BaseException as error:
            self.failure = error
            raise
        if piece is None:
            return None
        self.size_bytes += sum(map(len, piece))
        if self._kept is not None:
            self._kept.append(piece)
            if self.size_bytes > self._most:
                self._kept = None
        return piece
