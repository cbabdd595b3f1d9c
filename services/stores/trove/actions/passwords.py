"""Passwords that are made here, told once and kept nowhere."""

from __future__ import annotations

import secrets
import string
from typing import Any, Final

from services.logs import remember_secret
from services.secrets import Secret

LENGTH: Final = 24
LETTERS: Final = string.ascii_letters + string.digits
MASK: Final = "••••"


def new_password() -> Secret:
    """A password of letters and digits with some of each, which every database takes."""
    while True:
        text = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        if all(
            any(one in kind for one in text) for kind in (string.ascii_lowercase, string.ascii_uppercase, "23456789")
        ):
            return remember_secret(Secret(text))


def masked(body: Any) -> Any:
    """The same with every password hidden."""
    if isinstance(body, dict):
        return {key: MASK if key == "password" else masked(value) for key, value in body.items()}
    return [masked(one) for one in body] if isinstance(body, list) else body
