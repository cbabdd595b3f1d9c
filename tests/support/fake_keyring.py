"""A keyring in memory that counts its writes, can be locked."""

import threading

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class FakeKeyring(KeyringBackend):
    """Secrets in a dict; `is_locked` refuses, `silence` makes it never answer."""

    priority = 9
    name = "fake keyring"

    def __init__(self):
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.writes = 0
        self.is_locked = False
        self.silence: threading.Event | None = None

    def get_password(self, service, username):
        self._answer()
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self._answer()
        self.writes += 1
        self.entries[service, username] = password

    def delete_password(self, service, username):
        self._answer()
        self.writes += 1
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("no such password")

    def _answer(self):
        if self.silence is not None:
            self.silence.wait()
        if self.is_locked:
            raise KeyringLocked("locked")
