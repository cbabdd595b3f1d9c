"""The tunnels' sessions: found by id, and gone after a day."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import TypeVar

from services.sandbox.maxcompute.errors import OdpsError
from services.sandbox.maxcompute.tunnel.answer_cache import AnswerCache

DAY_SECONDS = 24 * 3600.0


def new_session_id() -> str:
    """An id in the service's form: the time and random digits."""
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S") + secrets.token_hex(12)


class Clock:
    """Seconds that go by; a test may let a day pass at once."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass
class Session:
    """What all sessions have: an id, a lock for their state, the moment they end."""

    expires: float
    id: str = field(default_factory=new_session_id)
    lock: RLock = field(default_factory=RLock, repr=False)


SessionKind = TypeVar("SessionKind", bound=Session)


class TunnelState:
    """The sessions of a sandbox; safe for threads.

    Attributes:
        clock: the sessions' time.
        answers: Arrow bodies of downloads, which always give the same for the same request.
        initiating_polls: how often a download that may start later says `initiating` before it is ready.
        committing_polls: how often the commit of an upsert says `committing` before it is done.
        serves_arrow: whether downloads have an Arrow form; records they have always.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.answers = AnswerCache()
        self.initiating_polls = 0
        self.committing_polls = 0
        self.serves_arrow = True
        self._lock = RLock()
        self._sessions: dict[str, Session] = {}

    def expires(self, seconds: float = DAY_SECONDS) -> float:
        """When a session that is made now ends."""
        return self.clock.now() + seconds

    def add(self, session: SessionKind) -> SessionKind:
        """Keeps a session; those that ended a day ago are forgotten."""
        forgotten = self.clock.now() - DAY_SECONDS
        with self._lock:
            self._sessions = {key: kept for key, kept in self._sessions.items() if kept.expires > forgotten}
            self._sessions[session.id] = session
        return session

    def find(self, kind: type[SessionKind], session_id: str) -> SessionKind | None:
        """A session of that kind, an expired one too."""
        with self._lock:
            found = self._sessions.get(session_id)
        return found if isinstance(found, kind) else None

    def all(self) -> list[Session]:
        """Every session that is kept."""
        with self._lock:
            return list(self._sessions.values())

    def remove(self, session: Session) -> None:
        with self._lock:
            self._sessions.pop(session.id, None)

    def is_expired(self, session: Session) -> bool:
        return self.clock.now() >= session.expires

    def expire(self, session_id: str) -> None:
        """Ends a session's time; KeyError when there is none."""
        with self._lock:
            self._sessions[session_id].expires = self.clock.now()

    def count(self, kind: type[Session] = Session) -> int:
        """Sessions of a kind that are kept, expired ones too."""
        with self._lock:
            return sum(isinstance(session, kind) for session in self._sessions.values())


def status_conflict(status: str) -> OdpsError:
    """A session is past what was asked of it."""
    return OdpsError(
        400,
        "StatusConflict",
        f"You cannot complete the specified operation under the current upload or download status: {status}.",
    )
