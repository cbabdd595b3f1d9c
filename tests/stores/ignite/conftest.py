"""The Ignite sandbox, for the tests of the store."""

from ignite_sandbox import authority, fresh_ignite, ignite_sandbox

__all__ = ["authority", "fresh_ignite", "ignite_sandbox"]
