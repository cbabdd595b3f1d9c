"""The MaxCompute sandbox with a store on it, for the tests of the store."""

from maxcompute_stores import fresh_warehouse, warehouse

__all__ = ["fresh_warehouse", "warehouse"]
