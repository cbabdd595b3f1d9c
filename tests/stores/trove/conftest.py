"""Trove clouds for the store's tests."""

from trove_sandbox import fresh_trove, trove_sandbox

__all__ = ["fresh_trove", "trove_sandbox"]
