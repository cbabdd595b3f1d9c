"""Versions, features, credentials and TLS of the first exchange."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Callable

import pytest
from certificates import Authority
from ignite_raw import NULL, RawClient, Refusal, cache_id, head, number, string
from pyignite.exceptions import AuthenticationError, ReconnectError

from services.sandbox.ignite.server import IgniteSandbox

USERS = {"ignite": "secret", "zoë": "pässwörd"}


def refusal_of(answer: bytes) -> tuple[tuple[int, ...], str, int]:
    """Version, message and status of a refused handshake."""
    assert answer[0] == 0
    length = struct.unpack_from("<i", answer, 8)[0]
    message = answer[12 : 12 + length].decode()
    return struct.unpack_from("<3h", answer, 1), message, struct.unpack_from("<i", answer, 12 + length)[0]


@pytest.fixture
def bare(ignite_sandbox: IgniteSandbox) -> RawClient:
    """A connection before its handshake."""
    with RawClient(ignite_sandbox.addresses[0]) as client:
        yield client


@pytest.mark.parametrize("minor", range(8))
def test_each_known_version_is_accepted(bare: RawClient, minor: int) -> None:
    """From 1.0 to 1.7, and requests then work in that version's framing."""
    answer = bare.handshake((1, minor, 0))
    assert answer[0] == 1
    bare.request(1052, string("versions"))
    bare.request(1001, head("versions") + number(3, 1) + string("v"))
    assert bare.request(1000, head("versions") + number(3, 1)) == string("v")


def test_a_refusal_names_the_version_and_the_same_connection_may_try_it(bare: RawClient) -> None:
    """1.8 is refused with 1.7, status 1; the retry on the same socket works."""
    version, message, status = refusal_of(bare.handshake((1, 8, 0)))
    assert (version, message, status) == ((1, 7, 0), "Unsupported version: 1.8.0", 1)
    assert bare.handshake((1, 7, 0))[0] == 1


def test_errors_before_flags_come_as_status(bare: RawClient) -> None:
    """Before 1.4 an error is a status and a message, no flags."""
    bare.handshake((1, 3, 0))
    with pytest.raises(Refusal) as caught:
        bare.request(1000, head("nowhere") + number(3, 1))
    assert (caught.value.status, caught.value.message) == (
        1000,
        f"Cache does not exist [cacheId= {cache_id('nowhere')}]",
    )


def test_features_are_those_both_sides_know(bare: RawClient) -> None:
    """The Java client's mask ffff0f comes back without what the sandbox does not do."""
    answer = bare.handshake(mask=bytes.fromhex("ffff0f"), rest=NULL)
    length = struct.unpack_from("<i", answer, 2)[0]
    bits = int.from_bytes(answer[6 : 6 + length], "little")
    known = {bit for bit in range(24) if bits >> bit & 1}
    assert known == {0, 2, 3, 4, 6, 7, 8, 9, 11, 13, 19}


def test_no_mask_means_no_features(bare: RawClient) -> None:
    """A null mask negotiates nothing."""
    answer = bare.handshake(mask=None)
    assert answer[:7] == b"\1\x0c\1\0\0\0\0"


def test_user_attributes_are_read_and_shown(bare: RawClient) -> None:
    """With feature 0 the handshake carries a map, which the attributes view shows."""
    attributes = b"\x19\1\0\0\0\1" + string("app") + string("test 42")
    assert bare.handshake(mask=b"\1", rest=attributes)[0] == 1
    query = string("SELECT NAME FROM SYS.CLIENT_CONNECTION_ATTRIBUTES WHERE VALUE = 'test 42'")
    flags = struct.pack("<b6?q?", 0, *[False] * 6, 0, False)
    body = head("")[:0] + struct.pack("<ib", 0, 0) + NULL + struct.pack("<ii", 10, -1) + query + struct.pack("<i", 0)
    assert string("app") in bare.request(2004, body + flags)


def test_negotiated_features_change_the_requests(bare: RawClient) -> None:
    """Bit 7 lengthens SQL requests, 13 the partition request and its answer, 19 the change of state."""
    bare.handshake(mask=(1 << 7 | 1 << 13 | 1 << 19).to_bytes(3, "little"))
    flags = struct.pack("<b6?q?", 0, *[False] * 6, 0, False)
    start = struct.pack("<ib", 0, 0) + NULL + struct.pack("<ii", 10, -1) + string("SELECT 7") + struct.pack("<i", 0)
    assert bare.request(2004, start + flags + struct.pack("<iiii", 2, 1, 2, 1)).endswith(number(3, 7) + b"\0")
    assert bare.request(2004, start + flags + struct.pack("<ii", -1, 1)).endswith(number(3, 7) + b"\0")
    bare.request(1052, string("mapped"))
    mapping = bare.request(1101, b"\0" + struct.pack("<ii", 1, cache_id("mapped")))
    assert (mapping[12:17], mapping[-1:]) == (b"\1\0\0\0\1", b"\1")
    assert bare.request(5001, b"\1\0") == b""


def test_the_right_password_opens_the_connection(fresh_ignite: Callable[..., IgniteSandbox], connect: Callable) -> None:
    """A user with the right password works."""
    client = connect(fresh_ignite(users=USERS, samples=False), username="ignite", password="secret")
    assert client.get_cache_names() == []


def test_a_wrong_password_is_status_2000_with_version_zero(fresh_ignite: Callable[..., IgniteSandbox]) -> None:
    """The refusal names no version to fall back to."""
    with RawClient(fresh_ignite(users=USERS, samples=False).addresses[0]) as bare:
        version, _, status = refusal_of(bare.handshake(rest=string("ignite") + string("wrong")))
        assert (version, status) == ((0, 0, 0), 2000)


@pytest.mark.parametrize("options", [{}, {"username": "ignite", "password": "no"}, {"username": "x", "password": "y"}])
def test_the_sdk_says_that_sign_in_failed(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable, options: dict[str, str]
) -> None:
    """No user, a wrong password and an unknown user are authentication errors."""
    with pytest.raises((AuthenticationError, ReconnectError)):
        connect(fresh_ignite(users=USERS, samples=False), **options)


def test_credentials_may_hold_any_letters(fresh_ignite: Callable[..., IgniteSandbox]) -> None:
    """User and password are UTF-8."""
    with RawClient(fresh_ignite(users=USERS, samples=False).addresses[0]) as bare:
        assert bare.handshake(rest=string("zoë") + string("pässwörd"))[0] == 1


def test_a_first_message_that_is_no_handshake_is_refused(bare: RawClient) -> None:
    """The connection is refused and closed, the node goes on."""
    bare.send(b"\x07nonsense")
    assert (bare.receive()[0], bare.receive()) == (0, b"")


def test_tls_serves_the_sdk(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable, authority: Authority
) -> None:
    """Over TLS, large values travel both ways."""
    sandbox = fresh_ignite(tls=authority.context(authority.server()), samples=False)
    client = connect(sandbox, use_ssl=True, ssl_cert_reqs=ssl.CERT_REQUIRED, ssl_ca_certfile=str(authority.file))
    cache = client.create_cache("tls")
    cache.put(1, "x" * 3_000_000)
    assert cache.get(1) == "x" * 3_000_000


def test_tls_can_demand_a_client_certificate(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable, authority: Authority
) -> None:
    """Without a certificate of the authority nobody gets in."""
    sandbox = fresh_ignite(tls=authority.context(authority.server(), wants_client=True), samples=False)
    pair = authority.client()
    own = {"ssl_certfile": str(pair.certificate), "ssl_keyfile": str(pair.key)}
    assert connect(sandbox, use_ssl=True, **own).get_cache_names() == []
    with pytest.raises(ReconnectError):
        connect(sandbox, use_ssl=True)


def test_a_certificate_of_another_host_is_seen_by_who_looks(
    fresh_ignite: Callable[..., IgniteSandbox], authority: Authority
) -> None:
    """The standard library refuses the name; that the SDK does not is its own affair."""
    sandbox = fresh_ignite(tls=authority.context(authority.server_of_another_host()), samples=False)
    context = ssl.create_default_context(cafile=str(authority.file))
    with RawClient(sandbox.addresses[0]) as bare, pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        context.wrap_socket(bare.socket, server_hostname="127.0.0.1")
