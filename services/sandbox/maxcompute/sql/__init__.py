"""Statements of the service's SQL: definitions done on the model, queries by DuckDB over the partitions' Arrow rows."""
