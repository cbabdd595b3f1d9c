"""The Ignite thin client protocol without a network: values in, bytes out; bytes in, Arrow out.

Reading pages: `PageDecoder`, `decode_sql_page`, `decode_scan_page`; single cells of their batches: `cell_value`.
Single objects: `decode_object`, `encode`, `skip`. Requests: `requests`, answers that are no pages: `answers`.
"""
