"""The vault: every place a secret may come from, and clear words where one cannot be had."""

import sys
import threading
from dataclasses import replace

import keyring
import pytest
from keyring.backends import chainer, fail, null
from profile_samples import ignite_profile, prompting

from services.connections.profiles import SecretRef
from services.connections.secret_refs import secret_from_command
from services.connections.vault import KeyringVault
from services.errors import ConnectError, SecretNeeded, TimedOut, UsageError, VaultUnusable
from services.secrets import Secret


@pytest.fixture
def vault():
    return KeyringVault()


def with_ref(ref):
    return ignite_profile(secrets={"password": ref})


def python_command(code):
    return f'"{sys.executable}" -c "{code}"'


def test_a_given_secret_wins(vault):
    """What was just typed is used in place of every reference."""
    given = {"password": Secret("typed")}
    assert vault.resolve_secrets(with_ref(SecretRef.env("NO_SUCH_VARIABLE")), given) == given


def test_the_environment_gives_a_secret(vault, monkeypatch):
    """A variable is read at each connect."""
    monkeypatch.setenv("GRID_PASSWORD", "from the environment")
    found = vault.resolve_secrets(with_ref(SecretRef.env("GRID_PASSWORD")))
    assert found == {"password": Secret("from the environment")}


def test_an_unset_variable_is_asked_for(vault):
    """A missing variable is named, and the secret can be typed instead."""
    with pytest.raises(SecretNeeded, match="NO_SUCH_VARIABLE is not set") as caught:
        vault.resolve_secrets(with_ref(SecretRef.env("NO_SUCH_VARIABLE")))
    assert caught.value.field == "password"


def test_a_prompt_is_asked_for(vault):
    """A profile may want to be asked each time."""
    with pytest.raises(SecretNeeded) as caught:
        vault.resolve_secrets(prompting())
    assert caught.value.field == "password"


def test_a_missing_keyring_entry_is_asked_for(vault):
    """A keyring that lost the entry is no dead end."""
    with pytest.raises(SecretNeeded, match="the keyring has no entry"):
        vault.resolve_secrets(with_ref(SecretRef.keyring("gone/password")))


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
def test_no_usable_keyring_is_said_once_and_asks(backend, vault):
    """Without a keyring the notice comes once, reading asks, and writing is refused with other ways."""
    keyring.set_keyring(backend())
    assert "no usable keyring" in vault.notice()
    assert vault.notice() == ""
    with pytest.raises(SecretNeeded, match="no usable keyring"):
        vault.resolve_secrets(with_ref(SecretRef.keyring("x/password")))
    with pytest.raises(VaultUnusable) as caught:
        vault.write("x/password", Secret("text"))
    assert "--secret-env" in caught.value.hint


def test_an_empty_chain_is_no_keyring(vault, monkeypatch):
    """The chain of backends counts by what is in it."""
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [fail.Keyring()])
    keyring.set_keyring(chainer.ChainerBackend())
    assert vault.problem == "this system offers no usable keyring"


def test_a_plain_file_is_no_keyring(vault, fake_keyring):
    """A backend that writes secrets into a plain file is never used."""

    class PlaintextKeyring(type(fake_keyring)):
        """Stands for the file backend of the extra package."""

    PlaintextKeyring.__module__ = "keyrings.alt.file"
    keyring.set_keyring(PlaintextKeyring())
    assert "plain file" in vault.problem


def test_a_working_keyring_gives_no_notice(vault):
    """With a keyring nothing needs to be said."""
    assert (vault.problem, vault.notice(), vault.backend_name) == ("", "", "fake keyring")


def test_a_locked_keyring_is_named(vault, fake_keyring):
    """A locked keyring gives one clear error with what to do."""
    fake_keyring.is_locked = True
    with pytest.raises(VaultUnusable, match="it is locked") as caught:
        vault.resolve_secrets(with_ref(SecretRef.keyring("x/password")))
    assert "Unlock" in caught.value.hint


def test_a_silent_keyring_is_given_up(fake_keyring):
    """A keyring that never answers holds nobody for ever."""
    fake_keyring.silence = threading.Event()
    with pytest.raises(VaultUnusable, match="no answer within"):
        KeyringVault(seconds=0.05).read("x/password")
    fake_keyring.silence.set()


def test_deleting_what_is_not_there_is_no_error(vault, fake_keyring):
    """Removing a profile twice does no harm."""
    vault.delete("x/password")
    assert fake_keyring.entries == {}


def test_a_command_gives_a_secret_without_a_shell(vault):
    """The command's output is the secret, only the last line break is dropped, nothing is expanded."""
    line = python_command("import sys; print(sys.argv[1:], end=' \\n')") + " '$HOME' '*' ';' ls"
    found = vault.resolve_secrets(with_ref(SecretRef.command(line)))
    assert found["password"].reveal() == "['$HOME', '*', ';', 'ls'] "


def test_a_failed_command_shows_its_own_words():
    """What the command complained about is in the error, made displayable."""
    line = python_command("import sys; sys.stderr.write('no\\x1b[31m such\\n entry'); sys.exit(3)")
    with pytest.raises(ConnectError, match="ended with code 3: no␛\\[31m such entry"):
        secret_from_command(line)


def test_a_silent_command_is_refused():
    """An empty secret is no secret."""
    with pytest.raises(ConnectError, match="printed nothing"):
        secret_from_command(python_command("pass"))


def test_a_hanging_command_is_ended_with_its_children():
    """A command that waits is ended in time, and so is what it started."""
    nested = "import subprocess,sys; subprocess.Popen([sys.executable,'-c','input()'], stdin=subprocess.PIPE).wait()"
    with pytest.raises(TimedOut, match="no answer within"):
        secret_from_command(python_command(nested), seconds=0.3)


@pytest.mark.parametrize(("line", "words"), [("", "empty"), ("pass 'x", "No closing quotation")])
def test_a_line_that_is_no_command_is_refused(line, words):
    """A wrong command line is a wrong profile."""
    with pytest.raises(UsageError, match=words):
        secret_from_command(line)


def test_a_missing_program_is_named():
    """The error says which program is missing."""
    with pytest.raises(ConnectError, match="no-such-program: No such file"):
        secret_from_command("no-such-program --print")


def test_several_secrets_come_from_their_own_places(vault, monkeypatch):
    """Each field has its own reference."""
    monkeypatch.setenv("TOKEN", "t")
    profile = replace(with_ref(SecretRef.command(python_command("print('p')"))))
    profile = replace(profile, secrets={**profile.secrets, "sts_token": SecretRef.env("TOKEN")})
    assert vault.resolve_secrets(profile) == {"password": Secret("p"), "sts_token": Secret("t")}
