"""An IKV gateway on loopback, and the index that a reader process would keep behind it.

The wire and the files follow the vendor's open repository (inlinedio/ikv-store, May 2024) and what was measured with
ikvpy 0.0.36; nothing of the vendor's package is imported, so that a misreading cannot hide on both sides.
"""
