"""An Apache Ignite 2 cluster that speaks the thin protocol on loopback."""
