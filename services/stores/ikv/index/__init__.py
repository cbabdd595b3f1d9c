"""The files that an IKV reader keeps under its mount directory, read without that reader and never written."""
