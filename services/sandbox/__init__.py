"""Loopback servers that speak each system's real wire protocol, for demos, tests and benchmarks."""
