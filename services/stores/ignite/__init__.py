"""Apache Ignite 2 over the thin client protocol."""
