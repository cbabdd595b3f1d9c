"""The vault: the operating system's keyring, or, where there is none, the clear statement that there is none."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from services.connections.secret_refs import SecretRef, SecretSource, secret_from_command, secret_from_environment
from services.errors import SecretNeeded, VaultUnusable
from services.logs import remember_secret
from services.secrets import Secret
from services.text import one_line

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

    from services.connections.profile import Profile

SERVICE: Final = "storedeck"
KEYRING_SECONDS: Final = 60.0
"""Time for one answer; a locked keyring may be asking its owner meanwhile."""

NO_KEYRING_HINT: Final = (
    "Keep the secret elsewhere: answer the prompt at each connect, or use --secret-env VAR or --secret-command CMD."
)

T = TypeVar("T")


class KeyringVault:
    """Secrets in the system's keyring, under the entries that profiles refer to. Thread-safe, loaded on first use."""

    def __init__(self, seconds: float = KEYRING_SECONDS) -> None:
        self._seconds = seconds
        self._notice_given = False

    @cached_property
    def _found(self) -> tuple[KeyringBackend | None, str]:
        """The backend, or why there is none."""
        return self._within_time("finding the keyring", _find_backend)

    @property
    def problem(self) -> str:
        """Why no keyring can be used, or empty. The first call may take a moment (D-Bus)."""
        return self._found[1]

    @property
    def backend_name(self) -> str:
        """The keyring in use, for people; empty where there is none."""
        backend = self._found[0]
        return str(backend.name) if backend is not None else ""

    def notice(self) -> str:
        """The words about a missing keyring, the first time only; then empty, as with a keyring."""
        if self._notice_given or not self.problem:
            return ""
        self._notice_given = True
        return f"{self.problem}: secrets are not stored, each is asked for or taken from where its profile says"

    def read(self, entry: str) -> Secret | None:
        """The secret of an entry, None where there is none.

        Raises:
            VaultUnusable: no keyring, or it is locked or silent.
        """
        backend = self._backend()
        text = self._within_time("reading a secret", lambda: backend.get_password(SERVICE, entry))
        return None if text is None else remember_secret(Secret(text))

    def write(self, entry: str, secret: Secret) -> None:
        """Keep a secret.

        Raises:
            VaultUnusable: as for `read`.
        """
        remember_secret(secret)
        backend = self._backend()
        self._within_time("storing a secret", lambda: backend.set_password(SERVICE, entry, secret.reveal()))

    def delete(self, entry: str) -> None:
        """Forget a secret; nothing happens where there is none.

        Raises:
            VaultUnusable: as for `read`.
        """
        backend = self._backend()
        if self.read(entry) is not None:
            self._within_time("deleting a secret", lambda: backend.delete_password(SERVICE, entry))

    def resolve_secrets(self, profile: Profile, given: Mapping[str, Secret] | None = None) -> dict[str, Secret]:
        """Every secret that a profile refers to, each from its place; `given` ones are taken as they are.

        Raises:
            SecretNeeded: one has to be asked for; its `field` says which.
            VaultUnusable: the keyring is locked or silent.
            ConnectError, TimedOut: a password command failed.
        """
        secrets = {name: remember_secret(secret) for name, secret in (given or {}).items()}
        for name, ref in profile.secrets.items():
            if name not in secrets:
                secrets[name] = remember_secret(self._resolve(profile.name, name, ref))
        return secrets

    def _resolve(self, profile_name: str, field: str, ref: SecretRef) -> Secret:
        what = f"{field} of {profile_name}"
        match ref.source:
            case SecretSource.COMMAND:
                return secret_from_command(ref.detail)
            case SecretSource.PROMPT:
                raise SecretNeeded(field, f"{what}: asked for at each connect", hint="Type it when asked.")
            case SecretSource.ENV:
                found = secret_from_environment(ref.detail)
                why = f"the variable {ref.detail} is not set"
                hint = f"Set {ref.detail} before starting, or type the secret when asked."
            case SecretSource.KEYRING:
                found = None if self.problem else self.read(ref.detail)
                why = self.problem or "the keyring has no entry for it"
                hint = (
                    NO_KEYRING_HINT if self.problem else "Type it when asked, or store it again by editing the profile."
                )
        if found is None:
            raise SecretNeeded(field, f"{what}: {why}", hint=hint)
        return found

    def _backend(self) -> KeyringBackend:
        backend, problem = self._found
        if backend is None:
            raise VaultUnusable(f"keyring: {problem}", hint=NO_KEYRING_HINT)
        return backend

    def _within_time(self, what: str, call: Callable[[], T]) -> T:
        """Call in a thread of its own: a keyring that waits for its owner can be given up."""
        answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def work() -> None:
            try:
                answers.put((True, call()))
            except BaseException as error:
                answers.put((False, error))

        threading.Thread(target=work, name="keyring", daemon=True).start()
        try:
            is_good, answer = answers.get(timeout=self._seconds)
        except queue.Empty:
            raise VaultUnusable(
                f"keyring: {what}: no answer within {self._seconds:g} s",
                hint="It may be locked and asking for its password in another window; unlock it and try again.",
            ) from None
        if is_good:
            result: T = answer
            return result
        raise _translated(what, answer) from answer


def _find_backend() -> tuple[KeyringBackend | None, str]:
    try:
        import keyring

        backend = keyring.get_keyring()
    except Exception as error:
        return None, f"the keyring cannot be loaded ({one_line(str(error)) or type(error).__name__})"
    for candidate in getattr(backend, "backends", None) or [backend]:
        if _is_safe(candidate):
            return candidate, ""
    if _is_plain(backend):
        return None, f"the keyring {backend.name} keeps secrets in a plain file, which is not used"
    return None, "this system offers no usable keyring"


def _is_plain(backend: KeyringBackend) -> bool:
    return type(backend).__module__.startswith("keyrings.alt") and "Encrypted" not in type(backend).__name__


def _is_safe(backend: KeyringBackend) -> bool:
    module = type(backend).__module__
    has_chained_none = module == "keyring.backends.chainer"
    return module not in ("keyring.backends.fail", "keyring.backends.null") and not (
        has_chained_none or _is_plain(backend)
    )


def _translated(what: str, error: BaseException) -> BaseException:
    """A keyring's own failure as ours; its words never hold the secret, but they are made displayable."""
    if not isinstance(error, Exception):
        return error
    if isinstance(error, VaultUnusable):
        return error
    why = one_line(str(error)) or type(error).__name__
    if type(error).__name__ in ("KeyringLocked", "LockedException", "PromptDismissedException"):
        return VaultUnusable(f"keyring: {what}: it is locked", hint="Unlock the keyring of your system and try again.")
    return VaultUnusable(f"keyring: {what}: {why}", hint=f"Check the keyring service. {NO_KEYRING_HINT}")
