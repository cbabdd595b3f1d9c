"""Rows through the service's tunnels: sessions, framings and ranges."""
