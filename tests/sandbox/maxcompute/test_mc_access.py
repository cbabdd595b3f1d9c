"""Who may ask: keys, tokens, signatures of both versions."""

from __future__ import annotations

import pytest
import requests
from maxcompute_tunnels import entry
from odps import ODPS
from odps.accounts import BearerTokenAccount, StsAccount
from odps.errors import AuthenticationRequestExpired, InvalidParameter, SignatureNotMatch, Unauthorized

from services.sandbox.faults import parse_faults
from services.sandbox.maxcompute.server import MaxComputeSandbox


def client(sandbox: MaxComputeSandbox, **options: object) -> ODPS:
    """The SDK's entry with other credentials."""
    access = sandbox.access
    values: dict[str, object] = {
        "access_id": access.access_key_id,
        "secret_access_key": access.access_key_secret,
        "project": sandbox.project_name,
        "endpoint": sandbox.endpoint,
        "logview_host": sandbox.tunnel_endpoint,
        "overwrite_global": False,
    }
    return ODPS(**{**values, **options})


def test_a_wrong_secret_is_refused(stocked: MaxComputeSandbox) -> None:
    """A signature with another secret does not match."""
    with pytest.raises(SignatureNotMatch, match="ODPS-0410042") as caught:
        client(stocked, secret_access_key="wrong").exist_table("sales")
    assert caught.value.request_id.startswith("20")


def test_a_wrong_key_id_is_refused(stocked: MaxComputeSandbox) -> None:
    """A key that nobody has is told as that."""
    with pytest.raises(InvalidParameter, match="accessKeyId not found"):
        client(stocked, access_id="LTAIwrong").exist_table("sales")


def test_a_signature_of_version_4(stocked: MaxComputeSandbox) -> None:
    """With a region the SDK signs in version 4; a wrong secret is found there, too."""
    assert client(stocked, region_name="cn-sandbox").exist_table("sales")
    with pytest.raises(SignatureNotMatch):
        client(stocked, region_name="cn-sandbox", secret_access_key="wrong").exist_table("sales")


def test_an_sts_token(stocked: MaxComputeSandbox) -> None:
    """The token that goes with the key opens; an expired one is told as expired."""
    access = stocked.access
    good = StsAccount(access.access_key_id, access.access_key_secret, access.sts_token)
    assert client(stocked, account=good, access_id=None, secret_access_key=None).exist_table("sales")
    old = StsAccount(access.access_key_id, access.access_key_secret, access.expired_sts_token)
    with pytest.raises(AuthenticationRequestExpired):
        client(stocked, account=old, access_id=None, secret_access_key=None).exist_table("sales")


def test_a_bearer_token(stocked: MaxComputeSandbox) -> None:
    """A token without a key opens, a wrong one does not."""
    options = {"access_id": None, "secret_access_key": None}
    good = BearerTokenAccount(stocked.access.bearer_token)
    assert client(stocked, account=good, **options).exist_table("sales")
    with pytest.raises(Unauthorized):
        client(stocked, account=BearerTokenAccount("wrong"), **options).exist_table("sales")


def test_strange_characters_are_signed(stocked: MaxComputeSandbox) -> None:
    """A signature matches whatever is in the path and the query."""
    assert not entry(stocked).exist_table("ähm +%25&?=#")
    assert [] == list(entry(stocked).list_tables(prefix="a+b c%2F&ü"))


def test_nothing_is_told_without_a_signature(stocked: MaxComputeSandbox) -> None:
    """A request without a signature is refused in the service's XML."""
    answer = requests.get(f"{stocked.endpoint}/projects", timeout=10)
    assert (401, "application/xml") == (answer.status_code, answer.headers["Content-Type"])
    assert "<Code>Unauthorized</Code>" in answer.text


def test_what_is_not_served_is_said(stocked: MaxComputeSandbox) -> None:
    """A path that is not served is no defect of the server."""
    answer = requests.patch(f"{stocked.endpoint}/nothing?x=1", timeout=10)
    assert (405, True) == (answer.status_code, "PATCH /nothing" in answer.text)


def test_an_error_that_a_fault_asks_for(bare: MaxComputeSandbox) -> None:
    """A fault's status and code reach the client, as often as it says."""
    bare.plan.add(*parse_faults("maxcompute:error=Later,op=ListProjects,status=403,code=NoPermission,times=1"))
    with pytest.raises(Exception, match="Later"):
        list(entry(bare).list_projects())
    assert 1 == len(list(entry(bare).list_projects()))


def test_an_answer_that_is_lost(bare: MaxComputeSandbox) -> None:
    """A lost answer means that the request was carried out all the same."""
    bare.plan.add(*parse_faults("maxcompute:lost,op=CreateVolume,times=1"))
    with pytest.raises(requests.ConnectionError):
        entry(bare).create_parted_volume("kept")
    assert ["kept"] == [volume.name for volume in entry(bare).list_volumes()]
