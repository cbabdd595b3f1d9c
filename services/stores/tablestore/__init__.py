"""Alibaba Tablestore (OTS)."""
