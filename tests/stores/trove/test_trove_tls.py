"""Certificates are always checked: by the authority of the profile, and against the host's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from certificates import Authority, KeyPair
from trove_sandbox_access import access_to

from services.errors import TlsFailed
from services.sandbox.trove.server import TroveSandbox
from services.secrets import Secret
from services.stores.trove.store import TroveStore
from services.stores.types import StepState


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Signs for this test."""
    return Authority(tmp_path)


def test_the_authority_of_the_profile(fresh_trove: Callable[..., TroveSandbox], authority: Authority) -> None:
    """With its file all is spoken over TLS, and the check tells the version."""
    sandbox = fresh_trove(tls=authority.context(authority.server()))
    with access_to(sandbox).opened(ca_file=str(authority.file)) as store:
        assert 30 == sum(len(page) for page in store.list_instances())
        steps = {step.name: step for step in store.check()}
    assert (StepState.OK, True) == (steps["TLS"].state, steps["TLS"].detail.startswith("TLSv1."))


@pytest.mark.parametrize("pair", ["server", "server_of_another_host", "expired_server"])
def test_what_cannot_be_believed_is_refused(
    fresh_trove: Callable[..., TroveSandbox], authority: Authority, tmp_path: Path, pair: str
) -> None:
    """A strange authority, another host, an expired certificate: nothing is sent, the step is named."""
    certificate: KeyPair = getattr(authority, pair)()
    sandbox = fresh_trove(tls=authority.context(certificate))
    access = access_to(sandbox)
    believed = Authority(tmp_path / "other") if pair == "server" else authority
    fields = access.fields("demo") | {"ca_file": str(believed.file)}
    store = TroveStore(fields, {"password": Secret(access.password("demo"))})
    with pytest.raises(TlsFailed) as told:
        store.connect()
    steps = list(store.check())
    store.close()
    assert "ca_file" in told.value.hint
    assert ("TLS", StepState.FAILED) == (steps[-1].name, steps[-1].state)
