"""The MaxCompute sandbox with a store on it, for the tests of the store."""

from maxcompute_stores import fresh_warehouse, warehouse
from maxcompute_transfers import services, turns

__all__ = ["fresh_warehouse", "services", "turns", "warehouse"]
