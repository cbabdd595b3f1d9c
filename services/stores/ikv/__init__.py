"""IKV (inlined.io): documents of typed fields, written through a gateway and read from a mounted index."""
