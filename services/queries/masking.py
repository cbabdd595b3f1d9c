"""Secrets in statements: what follows a word such as PASSWORD is masked before a text is kept."""

from __future__ import annotations

import re
from typing import Final

from services.logs import MASK, mask_known

_AFTER_WORD: Final = re.compile(
    r"""(?ix)
    (?P<head> \b (?: password | passwd | pwd | secret | token | passphrase | credentials?
                   | [\w-]*(?:access|secret|api)[_-]?key[\w-]* | identified \s+ by )
        ["'`]? \s* (?: := | = | => | : | \b(?:with|is|by|as|hash)\b )? \s* )
    (?P<value> '[^']*(?:''[^']*)*(?:'|\Z) | "[^"]*(?:"|\Z) )"""
)


def masked(text: str) -> str:
    """The statement with the values of passwords, keys and tokens replaced, and all secrets that are known."""
    text = _AFTER_WORD.sub(lambda match: f"{match['head']}{match['value'][0]}{MASK}{match['value'][0]}", text)
    return mask_known(text)
