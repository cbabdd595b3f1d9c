"""Tables and caches of Ignite as sources and targets of transfers."""
