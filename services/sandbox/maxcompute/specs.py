"""Partition specs: `pt='20260101',region=cn`, with commas or slashes, with quotes or without."""

from __future__ import annotations

import re

from services.sandbox.maxcompute.errors import invalid

Spec = dict[str, str]
_PART = re.compile(r"\s*`?(\w+)`?\s*=\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([^,/'\"]*?))\s*(?:[,/]|$)")


def parse_spec(text: str) -> Spec:
    """The values by key, in the order of the text.

    Raises:
        OdpsError: it is no spec.
    """
    spec: Spec = {}
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _PART.match(text, position)
        if found is None or found.end() == position:
            raise invalid(f"Invalid partition specification: '{text}'")
        name, *values = found.groups()
        spec[name] = re.sub(r"\\(.)", r"\1", next((value for value in values if value is not None), ""))
        position = found.end()
    return spec


def spec_text(spec: Spec) -> str:
    """A spec as the service names a partition: `pt=20260101/region=cn`."""
    return "/".join(f"{key}={value}" for key, value in spec.items())
