"""Profiles, the vault for secrets, and sessions, each in a child process."""
