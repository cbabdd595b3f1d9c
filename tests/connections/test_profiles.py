"""Profiles in one file: what is saved is read back, and the user's own comments stay."""

from dataclasses import replace

import pytest
from profile_samples import ignite_profile, services_in

from services.connections.profiles import Environment, Profile, SecretRef
from services.errors import UsageError
from services.secrets import Secret

COMMENTED = """# my servers

# the big one
[[profile]]
name = "big" # in Berlin
kind = "ignite"
id = "b1"
nodes = "10.0.0.1:10800"
tls = true
timeout_seconds = 5

# the small one
[[profile]]
name = "small"
kind = "ignite"
id = "s1"
environment = "test"
password = { from = "env", name = "SMALL_PASSWORD" }
"""


@pytest.fixture
def services(tmp_path):
    return services_in(tmp_path)


@pytest.fixture
def profiles(services):
    return services.profiles


@pytest.fixture
def commented(services):
    services.paths.profiles.write_text(COMMENTED)
    return services.profiles


def test_a_profile_is_read_back_as_it_was_saved(profiles, services):
    """Every fact of a profile survives the file, in a new process as well."""
    profile = ignite_profile(
        environment=Environment.PROD,
        is_read_only=True,
        colour="amber",
        secrets={"password": SecretRef.command("pass show 'a b'")},
    )
    profiles.add(profile)
    assert services_in(services.paths.config.parent).profiles.get("grid") == profile


def test_the_file_is_private(profiles, services):
    """Nobody else may read the profiles file."""
    profiles.add(ignite_profile())
    assert services.paths.profiles.stat().st_mode & 0o777 == 0o600


def test_numbers_and_switches_of_the_file_become_text(commented):
    """A file written by hand may use booleans and numbers."""
    assert commented.get("big").fields == {"nodes": "10.0.0.1:10800", "tls": "true", "timeout_seconds": "5"}


def test_comments_stay_when_a_profile_is_edited(commented, services):
    """An edit changes its own line and nothing else."""
    commented.edit("big", lambda profile: replace(profile, fields={**profile.fields, "timeout_seconds": "7"}))
    expected = COMMENTED.replace(
        "timeout_seconds = 5\n", 'timeout_seconds = "7"\nenvironment = "dev"\nread_only = false\n'
    )
    written = services.paths.profiles.read_text()
    assert sorted(written.splitlines()) == sorted(expected.splitlines())


def test_comments_of_the_next_profile_stay_when_one_is_removed(commented, services):
    """Removing the first profile leaves the comment above the second."""
    commented.remove("big")
    written = services.paths.profiles.read_text()
    assert "# the small one\n[[profile]]" in written
    assert [profile.name for profile in commented.all()] == ["small"]


def test_a_rename_changes_one_line(commented, services):
    """Renaming edits the name alone."""
    commented.rename("small", "tiny")
    assert services.paths.profiles.read_text() == COMMENTED.replace('"small"', '"tiny"')


def test_a_taken_name_is_refused(commented):
    """Two profiles never share a name."""
    with pytest.raises(UsageError, match="big: a profile of that name is there already"):
        commented.rename("small", "big")
    with pytest.raises(UsageError, match="big: a profile of that name is there already"):
        commented.add(ignite_profile("big"))


def test_a_broken_file_names_its_line_and_is_left_alone(services):
    """With a typing error in the file nothing is read, nothing is written and the line is named."""
    broken = COMMENTED.replace("tls = true", "tls = yes please")
    services.paths.profiles.write_text(broken)
    with pytest.raises(UsageError, match=r"profiles\.toml: .*line 9"):
        services.profiles.all()
    with pytest.raises(UsageError, match=r"profiles\.toml: .*line 9"):
        services.profiles.add(ignite_profile("new"))
    assert services.paths.profiles.read_text() == broken


def test_one_wrong_entry_hides_no_other(services):
    """An entry that cannot be used is named with its reason; the others work and all stay in the file."""
    services.paths.profiles.write_text(COMMENTED.replace('environment = "test"', 'environment = "prd"'))
    profiles = services.profiles
    assert [profile.name for profile in profiles.all()] == ["big"]
    assert profiles.problems() == {"small": "`environment` is one of dev, test, prod"}
    with pytest.raises(UsageError, match="environment"):
        profiles.get("small")
    profiles.add(ignite_profile("third"))
    assert "# the small one" in services.paths.profiles.read_text()


def test_a_plain_secret_in_the_file_is_refused_without_being_repeated(services):
    """A password typed into the file makes that entry unusable; the message does not hold it."""
    services.paths.profiles.write_text(COMMENTED.replace('{ from = "env", name = "SMALL_PASSWORD" }', '"hunter2"'))
    problem = services.profiles.problems()["small"]
    assert "a secret never stands in this file" in problem
    assert "hunter2" not in problem


def test_keys_that_are_not_ours_are_kept_as_fields_of_an_unknown_kind(services):
    """A profile of a kind that this version lacks survives every edit of the others."""
    entry = '[[profile]]\nname = "later"\nkind = "future"\nid = "f"\nwarp = 9\n\n'
    services.paths.profiles.write_text(entry + COMMENTED)
    services.profiles.remove("big")
    assert services.profiles.get("later") == Profile("later", "future", {"warp": "9"}, id="f")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nodes": "h:1", "colour_depth": "3"}, "colour_depth: no field of ignite"),
        ({"nodes": "h:1", "tls": "perhaps"}, "tls: 'perhaps' is not possible"),
        ({"nodes": "h:1", "timeout_seconds": "-1"}, "timeout_seconds: '-1' is no duration"),
        ({"nodes": "h:1", "password": "S3CRET"}, "password: a secret is not kept in a profile"),
    ],
)
def test_a_wrong_field_is_refused(profiles, services, fields, words):
    """What can be checked without a connection is checked before saving."""
    with pytest.raises(UsageError, match=words):
        profiles.add(Profile("grid", "ignite", fields))
    assert not services.paths.profiles.exists()


@pytest.mark.parametrize("name", ["", "a:b", "a/b", "-x", "a b", "a\x1b", "x" * 65])
def test_a_name_that_no_address_can_hold_is_refused(profiles, name):
    """A profile's name stands before the colon of an address."""
    with pytest.raises(UsageError, match="no name for a profile"):
        profiles.add(ignite_profile(name))


def test_last_use_is_kept_apart_from_the_profiles(profiles, services):
    """Connecting edits no configuration, and a new name keeps the last use."""
    profiles.add(ignite_profile())
    before = services.paths.profiles.read_bytes()
    profiles.note_use("grid")
    assert services.paths.profiles.read_bytes() == before
    noted = profiles.last_uses()["grid"]
    profiles.rename("grid", "mesh")
    assert profiles.last_uses() == {"mesh": noted}


def test_a_change_is_published(profiles, services):
    """Others learn of a new profile by an event."""
    seen = []
    services.events.subscribe(seen.append)
    profiles.add(ignite_profile())
    assert [(event.what, event.profile) for event in seen] == [("profile", "grid")]


def test_editing_sees_what_another_process_wrote(profiles, services):
    """An edit starts from the file, not from what was read earlier."""
    profiles.add(ignite_profile())
    other = services_in(services.paths.config.parent).profiles
    assert profiles.get("grid").colour == ""
    other.edit("grid", lambda profile: replace(profile, colour="red"))
    profiles.edit("grid", lambda profile: replace(profile, is_read_only=True))
    result = other.get("grid")
    assert (result.colour, result.is_read_only) == ("red", True)


def test_a_failed_edit_leaves_the_stored_secret(profiles, fake_keyring):
    """A refused edit changes neither the file nor the keyring."""
    profile = profiles.add(ignite_profile(), {"password": Secret("first")})
    with pytest.raises(UsageError):
        profiles.edit("grid", lambda old: replace(old, fields={"nodes": "x", "bad": "1"}), {"password": Secret("new")})
    assert fake_keyring.entries == {("storedeck", f"{profile.id}/password"): "first"}
