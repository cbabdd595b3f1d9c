"""Where a secret is kept, and how it is had from there: keyring, environment variable, command, or by asking."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from services.errors import ConnectError, TimedOut, UsageError
from services.secrets import Secret
from services.text import one_line

COMMAND_SECONDS: Final = 60.0


class SecretSource(StrEnum):
    """The places a secret may come from."""

    KEYRING = "keyring"
    ENV = "env"
    COMMAND = "command"
    PROMPT = "prompt"


_DETAIL_KEYS: Final = {SecretSource.KEYRING: "id", SecretSource.ENV: "name", SecretSource.COMMAND: "command"}


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A reference that a profile holds instead of a secret.

    Attributes:
        detail: the keyring's entry, the variable's name or the command line; empty to ask.
    """

    source: SecretSource
    detail: str = ""

    @classmethod
    def keyring(cls, entry: str) -> Self:
        """Kept in the system's keyring."""
        return cls(SecretSource.KEYRING, entry)

    @classmethod
    def env(cls, name: str) -> Self:
        """In an environment variable when connecting."""
        return cls(SecretSource.ENV, name)

    @classmethod
    def command(cls, line: str) -> Self:
        """Printed by a command when connecting."""
        return cls(SecretSource.COMMAND, line)

    @classmethod
    def prompt(cls) -> Self:
        """Asked for at each connect."""
        return cls(SecretSource.PROMPT)

    @classmethod
    def from_data(cls, data: Any) -> Self:
        """Read `{from = "env", name = "VAR"}`.

        Raises:
            ValueError: the data is no reference; the text says why without repeating it.
        """
        if not isinstance(data, Mapping):
            raise ValueError('is not a reference such as { from = "keyring" }: a secret never stands in this file')
        try:
            source = SecretSource(str(data.get("from")))
        except ValueError:
            raise ValueError(f"`from` is one of {', '.join(SecretSource)}") from None
        key = _DETAIL_KEYS.get(source)
        detail = data.get(key, "") if key else ""
        if key and not (isinstance(detail, str) and detail):
            raise ValueError(f'from = "{source}" needs `{key}`')
        return cls(source, detail)

    def data(self) -> dict[str, str]:
        """The form in which a profile keeps it."""
        key = _DETAIL_KEYS.get(self.source)
        return {"from": self.source.value} | ({key: self.detail} if key else {})

    @property
    def words(self) -> str:
        """Where the secret is, for people."""
        match self.source:
            case SecretSource.KEYRING:
                return "in the keyring"
            case SecretSource.ENV:
                return f"in the variable {self.detail}"
            case SecretSource.COMMAND:
                return f"by the command {self.detail}"
            case SecretSource.PROMPT:
                return "asked at each connect"


def secret_from_environment(name: str) -> Secret | None:
    """The variable's value, None where it is unset or empty."""
    text = os.environ.get(name, "")
    return Secret(text) if text else None


def secret_from_command(line: str, seconds: float = COMMAND_SECONDS) -> Secret:
    """What a command prints, without its last line break. It runs without a shell, without input.

    Raises:
        UsageError: the line is no command.
        ConnectError: it cannot run, failed or printed nothing; its own words are in the message.
        TimedOut: it did not end in time.
    """
    words = _command_words(line)
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        raise ConnectError(
            f"password command {words[0]}: {error.strerror}", hint="Check the profile's command, or its place in PATH."
        ) from error
    with process:
        try:
            output, complaint = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            _end_group(process)
            raise TimedOut(
                f"password command {words[0]}: no answer within {seconds:g} s",
                hint="Run it in a terminal to see what it waits for; it gets no input here.",
            ) from error
    text = output.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
    if process.returncode != 0 or not text:
        raise _command_failure(words[0], process.returncode, complaint)
    return Secret(text)


def _command_words(line: str) -> list[str]:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"password command: {error}", hint="Check the quotes of the profile's command.") from error
    if not words:
        raise UsageError("password command: empty", hint="Name a program that prints the secret.")
    return words


def _command_failure(program: str, code: int, complaint: bytes) -> ConnectError:
    what = f"ended with code {code}" if code else "printed nothing"
    words = one_line(complaint.decode("utf-8", "replace"))[:500]
    return ConnectError(
        f"password command {program}: {what}" + (f": {words}" if words else ""),
        hint="Run it in a terminal: it has to print the secret alone and end with code 0.",
    )


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it started; only then are its pipes closed."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()
