"""Sessions in these tests are real processes over the in-memory store."""

from memory_session import memory_sessions, open_memory

__all__ = ["memory_sessions", "open_memory"]
