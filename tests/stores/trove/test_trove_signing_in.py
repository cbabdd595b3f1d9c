"""The ways to sign in, where the service is found, and what is said when neither works."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from trove_sandbox_access import access_to

from services.errors import (
    ConnectFailed,
    ResolveFailed,
    SecretNeeded,
    SignInFailed,
    StoredeckError,
    TimedOut,
    UsageError,
)
from services.sandbox.trove.server import TroveSandbox
from services.secrets import Secret
from services.stores.trove.store import TroveStore
from services.stores.types import StepState

Open = Callable[..., TroveStore]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Makes connected stores, closed after the test."""
    stores: list[TroveStore] = []

    def connect(fields: dict[str, str], **secrets: str) -> TroveStore:
        store = TroveStore(fields, {name: Secret(text) for name, text in secrets.items()})
        stores.append(store)
        store.connect()
        return store

    yield connect
    for store in stores:
        store.close()


@pytest.fixture
def fields(trove_sandbox: TroveSandbox) -> dict[str, str]:
    """A profile of the member demo."""
    return access_to(trove_sandbox).fields("demo")


@pytest.fixture
def password(trove_sandbox: TroveSandbox) -> str:
    """Of demo."""
    return trove_sandbox.directory.user("demo").password


def count(store: TroveStore) -> int:
    """How many instances are listed."""
    return sum(len(page) for page in store.list_instances())


def test_a_password_by_version_3(opened: Open, fields: dict[str, str], password: str) -> None:
    """The usual way, with and without the version at the end of the address."""
    assert 30 == count(opened(fields, password=password))
    bare = fields | {"auth_url": fields["auth_url"].removesuffix("/v3")}
    assert 30 == count(opened(bare, password=password))


def test_an_application_credential(opened: Open, trove_sandbox: TroveSandbox, fields: dict[str, str]) -> None:
    """By its id alone, or by its name and the user."""
    credential = trove_sandbox.directory.credentials[0]
    where = {"auth_url": fields["auth_url"], "region_name": "RegionOne"}
    by_id = {**where, "application_credential_id": credential.id}
    assert 30 == count(opened(by_id, application_credential_secret=credential.secret))
    by_name = {**where, "application_credential_name": credential.name, "username": credential.user.name}
    assert 30 == count(opened(by_name, application_credential_secret=credential.secret))


def test_a_token(opened: Open, fields: dict[str, str], password: str) -> None:
    """One that another sign-in gave, with Keystone, or without it and with the service's own address."""
    first = opened(fields, password=password)
    token = first._rest.session.get_token()
    assert 30 == count(opened(fields, token=token))
    url = first._rest.identity.service_url
    assert 30 == count(opened({"service_url": url}, token=token))


def test_version_2_and_api_keys(opened: Open, trove_sandbox: TroveSandbox, fields: dict[str, str]) -> None:
    """Older clouds: a password in version 2, an API key at the address itself or below it."""
    user = trove_sandbox.directory.user("demo")
    old = fields | {"auth_url": trove_sandbox.auth_url_v2}
    assert 30 == count(opened(old | {"auth_strategy": "keystone2"}, password=user.password))
    assert 30 == count(opened(old | {"auth_strategy": "rax2"}, api_key=user.api_key))
    whole = old | {"auth_strategy": "rax", "auth_url": f"{trove_sandbox.auth_url_v2}/tokens"}
    assert 30 == count(opened(whole, password=user.api_key))


def test_a_fixed_address_of_the_service(
    opened: Open, trove_sandbox: TroveSandbox, fields: dict[str, str], password: str
) -> None:
    """With the project's place marked, without it, or whole."""
    project = trove_sandbox.directory.project("demo").id
    for tail in ("/v1.0", "/v1.0/", "/v1.0/{project_id}", "/v1.0/$(tenant_id)s", f"/v1.0/{project}"):
        assert 30 == count(opened(fields | {"service_url": trove_sandbox.url + tail}, password=password))


def test_wrong_credentials_fail_at_signing_in(fields: dict[str, str], trove_sandbox: TroveSandbox) -> None:
    """A wrong password, an unknown project, a wrong key: each fails there, and no secret is told."""
    right = trove_sandbox.directory.user("demo").password
    old = fields | {"auth_url": trove_sandbox.auth_url_v2}
    cases = (
        (fields, {"password": "WRONG-S3CRET"}),
        (fields | {"project_name": "nowhere"}, {"password": right}),
        (fields | {"user_domain_name": "elsewhere"}, {"password": right}),
        (old | {"auth_strategy": "keystone2"}, {"password": "WRONG-S3CRET"}),
        (old | {"auth_strategy": "rax2"}, {"api_key": "WRONG-S3CRET"}),
        (fields, {"token": "WRONG-S3CRET"}),
    )
    for profile, secrets in cases:
        store = TroveStore(profile, {name: Secret(text) for name, text in secrets.items()})
        with pytest.raises(SignInFailed) as told:
            store.connect()
        steps = list(store.check())
        store.close()
        assert ("sign in", StepState.FAILED) == (steps[-1].name, steps[-1].state)
        assert "WRONG-S3CRET" not in str(told.value) + steps[-1].detail
        assert told.value.hint


def test_no_project_is_told(fields: dict[str, str], password: str) -> None:
    """A token for no project cannot name the service."""
    fields.pop("project_name")
    store = TroveStore(fields, {"password": Secret(password)})
    with pytest.raises(SignInFailed, match="no project"):
        store.connect()
    store.close()


def test_what_is_missing_is_asked_for() -> None:
    """No address at all is a mistake in the profile; a missing secret is asked for by its name."""
    with pytest.raises(UsageError, match="auth_url"):
        TroveStore({"username": "demo"}, {}).connect()
    for fields, name in (
        ({"username": "demo"}, "password"),
        ({"application_credential_id": "x"}, "application_credential_secret"),
        ({"auth_strategy": "rax", "username": "demo"}, "password"),
    ):
        with pytest.raises(SecretNeeded) as needed:
            TroveStore({"auth_url": "http://127.0.0.1:9/v3", **fields}, {}).connect()
        assert name == needed.value.field


def test_several_regions_are_told_apart(fresh_trove: Callable[..., TroveSandbox], opened: Open) -> None:
    """None named where there are several, or one that is not there: the error lists them."""
    sandbox = fresh_trove(regions=("north", "south"))
    access = access_to(sandbox)
    fields, secret = access.fields("demo"), access.password("demo")
    for region, words in (("", "2 times"), ("west", "no Trove in region west")):
        with pytest.raises(ConnectFailed, match=words) as told:
            opened(fields | {"region_name": region}, password=secret)
        assert "north, south" in told.value.hint
    assert 30 == count(opened(fields | {"region_name": "south"}, password=secret))


def test_unreachable_addresses_are_told(password: str, fields: dict[str, str]) -> None:
    """A name without an address, a closed port, and a server that never answers."""
    with socket.socket() as silent, socket.socket() as closed:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        closed.bind(("127.0.0.1", 0))
        cases: tuple[tuple[str, type[StoredeckError]], ...] = (
            ("http://nowhere.invalid:5000/v3", ResolveFailed),
            (f"http://127.0.0.1:{closed.getsockname()[1]}/v3", ConnectFailed),
            (f"http://127.0.0.1:{silent.getsockname()[1]}/v3", TimedOut),
        )
        for url, kind in cases:
            store = TroveStore(fields | {"auth_url": url, "timeout_seconds": "0.2"}, {"password": Secret(password)})
            with pytest.raises(kind):
                store.connect()
            store.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auth_url", "cloud.example.org"),
        ("auth_url", "http://user:pw@host/v3"),
        ("auth_strategy", "magic"),
        ("interface", "outside"),
        ("ca_file", "/nowhere/ca.pem"),
        ("timeout_seconds", "soon"),
    ],
)
def test_fields_that_make_no_sense_are_named(name: str, value: str) -> None:
    """Each is refused with its name."""
    with pytest.raises(UsageError, match=name):
        TroveStore({name: value}, {})


CLOUDS = """
clouds:
  lab:
    auth:
      auth_url: {auth_url}
      username: demo
      project_name: demo
      user_domain_name: Default
      project_domain_name: Default
    region_name: RegionOne
    interface: public
  insecure:
    auth: {{auth_url: "{auth_url}"}}
    verify: false
  strange:
    auth: {{auth_url: "{auth_url}"}}
    auth_type: v3kerberos
"""


@pytest.fixture
def clouds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], password: str) -> Path:
    """A clouds.yaml and the secure.yaml beside it."""
    path = tmp_path / "clouds.yaml"
    path.write_text(CLOUDS.format(auth_url=fields["auth_url"]))
    (tmp_path / "secure.yaml").write_text(f"clouds: {{lab: {{auth: {{password: {password}}}}}}}")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    return path


def test_a_cloud_of_clouds_yaml(opened: Open, clouds: Path) -> None:
    """Its name is enough; the password comes from secure.yaml; a field of the profile goes before the cloud's."""
    assert 30 == count(opened({"cloud": "lab"}))
    with pytest.raises(ConnectFailed, match="region elsewhere"):
        opened({"cloud": "lab", "region_name": "elsewhere"})


def test_clouds_that_cannot_be_opened_are_told(clouds: Path) -> None:
    """An unknown name lists those there are; unchecked certificates and strange sign-ins are refused."""
    for name, words in (("nowhere", "not in"), ("insecure", "verify"), ("strange", "v3kerberos")):
        with pytest.raises(UsageError, match=words):
            TroveStore({"cloud": name}, {})


def test_a_broken_file_is_told_without_its_text(clouds: Path) -> None:
    """The place is named, not what stands there."""
    clouds.write_text("clouds:\n  lab: [S3CRET")
    with pytest.raises(UsageError) as told:
        TroveStore({"cloud": "lab"}, {})
    assert "line" in told.value.message
    assert "S3CRET" not in told.value.message


def test_the_cloud_of_the_variables(
    opened: Open, monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], password: str
) -> None:
    """`envvars` is the cloud that the OS_* variables describe."""
    for variable, value in (
        ("OS_AUTH_URL", fields["auth_url"]),
        ("OS_USERNAME", "demo"),
        ("OS_PASSWORD", password),
        ("OS_TENANT_NAME", "demo"),
        ("OS_REGION_NAME", "RegionOne"),
    ):
        monkeypatch.setenv(variable, value)
    assert 30 == count(opened({"cloud": "envvars"}))
