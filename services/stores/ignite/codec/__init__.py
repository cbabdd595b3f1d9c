"""The Ignite thin client protocol without a network: values in, bytes out; bytes in, Arrow out.

Reading pages: `pages` (`PageDecoder`, `decode_sql_page`, `decode_scan_page`); single cells of their batches:
`cell_values`. Single objects: `generic`, `encode`, `skip`. Requests and the answers that are no pages: `requests`,
`cache_config`; binary types to register before writing: `new_types`.
"""
