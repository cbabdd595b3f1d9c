"""Use cases over stores that manage instances: waiting for what takes time, and watching what changes."""
