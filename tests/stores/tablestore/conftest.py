"""The Tablestore sandbox, for the tests of the store."""

from tablestore_sandbox import fresh_tablestore, tablestore_sandbox

__all__ = ["fresh_tablestore", "tablestore_sandbox"]
