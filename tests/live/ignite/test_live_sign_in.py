"""The store signs in to a real node, and every wrong profile ends in an error that says what is wrong."""

from collections.abc import Callable

import pytest
from ignite_clusters import LiveCluster
from ignite_ports import HOST, free_ports
from live_stores import new_store, open_store

from services.errors import ConnectError, ConnectFailed, ResolveFailed, SignInFailed, StoredeckError, TlsFailed
from services.stores.types import StepState

Changed = Callable[[LiveCluster], dict[str, str]]


def stranger(cluster: LiveCluster) -> dict[str, str]:
    """A profile that trusts an authority which did not sign the node's certificate."""
    assert cluster.certificates is not None
    return {"tls_ca": str(cluster.certificates.stranger_ca_file)}


WRONG: list[tuple[str, Changed, type[StoredeckError], str]] = [
    ("another host name", lambda c: {"nodes": f"{c.uncertified_host}:{c.port}"}, TlsFailed, "another host"),
    ("a strange authority", stranger, TlsFailed, "not trusted"),
    ("no authority", lambda c: {"tls_ca": ""}, TlsFailed, "not trusted"),
    ("a missing CA file", lambda c: {"tls_ca": "/nowhere/ca.pem"}, TlsFailed, "no such file"),
    ("no TLS", lambda c: {"tls": "false"}, ConnectFailed, "handshake"),
    ("a wrong password", lambda c: {"password": "wrong"}, SignInFailed, "incorrect"),
    ("a wrong user", lambda c: {"username": "nobody"}, SignInFailed, "incorrect"),
    ("a closed port", lambda c: {"nodes": f"{HOST}:{free_ports(1)[0].client}"}, ConnectFailed, "refused"),
    ("a name without address", lambda c: {"nodes": "no-such-host.invalid:1"}, ResolveFailed, "no address"),
]


def test_all_steps_of_a_check_pass(secure_node: LiveCluster) -> None:
    """A check of a good profile passes resolve, connect, TLS, sign in and list."""
    store = new_store(secure_node)
    steps = {step.name: step.state for step in store.check()}
    store.close()
    assert steps == dict.fromkeys(("resolve", "connect", "TLS", "sign in", "list"), StepState.OK)


@pytest.mark.parametrize(("changed", "kind", "words"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_wrong_profile_is_explained(
    secure_node: LiveCluster, changed: Changed, kind: type[StoredeckError], words: str
) -> None:
    """What is wrong decides the error's kind and words, and advice comes with it."""
    store = new_store(secure_node, **changed(secure_node))
    with pytest.raises(ConnectError) as raised:
        store.connect()
    store.close()
    assert type(raised.value) is kind
    assert words in raised.value.message
    assert raised.value.hint


def test_tls_to_a_plain_node_is_explained(plain_node: LiveCluster) -> None:
    """A node that speaks no TLS is told apart from one with a bad certificate."""
    store = new_store(plain_node, tls="true")
    with pytest.raises(TlsFailed) as raised:
        store.connect()
    store.close()
    assert "TLS" in raised.value.hint


@pytest.mark.parametrize("wrong", ["password", "host"])
def test_a_check_ends_at_the_step_that_fails(secure_node: LiveCluster, wrong: str) -> None:
    """A check stops at the failed step with its words and advice."""
    host = f"{secure_node.uncertified_host}:{secure_node.port}"
    store = new_store(secure_node, **({"password": "x"} if wrong == "password" else {"nodes": host}))
    last = list(store.check())[-1]
    store.close()
    assert (last.name, last.state) == ({"password": "sign in", "host": "TLS"}[wrong], StepState.FAILED)
    assert last.detail
    assert last.hint


def test_a_second_user_signs_in(secure_node: LiveCluster) -> None:
    """A user made by SQL signs in with a password of letters beyond ASCII."""
    client = secure_node.connect()
    client.sql("CREATE USER \"Zoë\" WITH PASSWORD 'pässwörd'")
    client.close()
    store = open_store(secure_node, username="Zoë", password="pässwörd")
    children = store.list_children(())
    store.close()
    assert children.nodes
