"""SQL of the sandbox cluster: Ignite's statements over an embedded SQLite database."""
