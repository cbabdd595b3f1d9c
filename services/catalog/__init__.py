"""The catalog: one lazily read tree over all sessions. No user interface."""
