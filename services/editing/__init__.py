"""Staged edits: a journal that survives, one review over all stores, and the commit. No Arrow, no user interface."""
