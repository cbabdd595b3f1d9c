"""Secrets of profiles: each in the keyring under its own profile's id, in no file, touched by nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
from profile_samples import ignite_profile, services_in

from services.connections.profiles import SecretRef
from services.errors import VaultUnusable
from services.secrets import Secret

S3CRET = "S3CRET-never-on-disk"


@pytest.fixture
def services(tmp_path):
    return services_in(tmp_path)


@pytest.fixture
def three(services):
    for name in ("one", "two", "three"):
        services.profiles.add(ignite_profile(name), {"password": Secret(f"{S3CRET} of {name}")})
    return services.profiles


def secrets_of(services, *names):
    return {name: services.vault.resolve_secrets(services.profiles.get(name))["password"].reveal() for name in names}


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_no_file_holds_the_secret(services, three, tmp_path):
    """After saving, using, copying and editing, no file below config, state and cache has the secret."""
    three.copy("one", "four")
    three.note_use("one")
    three.edit("two", lambda profile: replace(profile, colour="red"), {"password": Secret(f"{S3CRET} anew")})
    assert files_with(tmp_path, S3CRET) == []
    assert files_with(tmp_path, 'from = "keyring"') == [services.paths.profiles]


def test_renaming_writes_nothing_to_the_keyring(services, three, fake_keyring):
    """A new name moves no secret; all profiles still get theirs."""
    before = fake_keyring.writes
    three.rename("one", "uno")
    assert fake_keyring.writes == before
    assert secrets_of(services, "uno", "two", "three") == {
        "uno": f"{S3CRET} of one",
        "two": f"{S3CRET} of two",
        "three": f"{S3CRET} of three",
    }


def test_a_copy_has_a_secret_of_its_own(services, three, fake_keyring):
    """Changing or removing the copy leaves the original's secret, with one keyring write for the copy."""
    before = fake_keyring.writes
    three.copy("one", "copy")
    assert fake_keyring.writes == before + 1
    three.edit("copy", lambda profile: profile, {"password": Secret("changed")})
    assert secrets_of(services, "one", "copy") == {"one": f"{S3CRET} of one", "copy": "changed"}
    three.remove("copy")
    assert secrets_of(services, "one") == {"one": f"{S3CRET} of one"}


def test_removing_deletes_only_its_own_secret(services, three, fake_keyring):
    """One entry goes with its profile, the others stay."""
    three.remove("two")
    assert sorted(fake_keyring.entries.values()) == [f"{S3CRET} of one", f"{S3CRET} of three"]


def test_a_secret_shared_by_hand_survives_the_other_profile(services, three, fake_keyring):
    """A block copied in an editor refers to the same entry; removing one of the two keeps it."""
    path = services.paths.profiles
    twin = path.read_text().split("[[profile]]")[1].replace('"one"', '"twin"')
    path.write_text(path.read_text() + "\n[[profile]]" + twin)
    three.remove("one")
    assert secrets_of(services, "twin") == {"twin": f"{S3CRET} of one"}


def test_leaving_the_keyring_for_a_variable_deletes_the_entry(services, three, fake_keyring):
    """A secret that no profile refers to any more does not stay behind."""
    three.edit("one", lambda profile: replace(profile, secrets={"password": SecretRef.env("ONE")}))
    assert sorted(fake_keyring.entries.values()) == [f"{S3CRET} of three", f"{S3CRET} of two"]


def test_nothing_is_saved_when_the_keyring_refuses(services, fake_keyring):
    """With a locked keyring a profile with a new secret is not saved by half."""
    fake_keyring.is_locked = True
    with pytest.raises(VaultUnusable, match="it is locked"):
        services.profiles.add(ignite_profile(), {"password": Secret(S3CRET)})
    assert services.profiles.all() == ()


def test_a_profile_goes_also_when_its_keyring_is_locked(services, three, fake_keyring):
    """Removing a profile does not hang on the keyring."""
    fake_keyring.is_locked = True
    three.remove("one")
    assert [profile.name for profile in three.all()] == ["two", "three"]
