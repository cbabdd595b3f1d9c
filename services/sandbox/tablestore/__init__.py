"""A Tablestore instance on loopback that speaks the service's wire protocol."""
