"""Formats of the command line's output."""
