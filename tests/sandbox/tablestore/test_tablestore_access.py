"""Who may ask: signatures of both versions, tokens, instances; what the SDK checks of the answers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tablestore import OTSClient, OTSServiceError, Row
from tablestore.credentials import StaticCredentialsProvider
from tablestore_sandbox import make, refusal

from services.sandbox.tablestore.limits import Limits
from services.sandbox.tablestore.server import TablestoreSandbox

Connect = Callable[..., OTSClient]
TABLES = ("events", "orders", "users")


@pytest.mark.parametrize("options", [{}, {"region": "cn-hangzhou"}, {"region": "eu-central-1", "enable_native": False}])
def test_both_signatures_are_taken_and_answered(
    tablestore_sandbox: TablestoreSandbox, connect: Connect, options: dict[str, object]
) -> None:
    """Version 2, and version 4 with a region; the SDK checks the answer's signature itself."""
    assert connect(tablestore_sandbox, **options).list_table() == TABLES


def test_extra_headers_are_signed(tablestore_sandbox: TablestoreSandbox, connect: Connect) -> None:
    """Any header that starts like the service's own is part of the signature."""
    client = connect(tablestore_sandbox, extra_headers={"x-ots-sdk-traceid": "abc"})
    assert client.list_table() == TABLES


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"secret": "wrong"}, "Signature mismatch"),
        ({"secret": "wrong", "region": "cn-hangzhou"}, "Signature mismatch"),
        ({"key_id": "LTAIunknown"}, "AccessKeyID does not exist"),
        ({"instance": "other"}, "instance is not found"),
        ({"sts_token": "unknown"}, "token is invalid"),
    ],
)
def test_strangers_are_refused(
    tablestore_sandbox: TablestoreSandbox, connect: Connect, wrong: dict[str, str], words: str
) -> None:
    """Secret, key, instance or token: 403, the reason and a request id."""
    with pytest.raises(OTSServiceError, match=words) as caught:
        connect(tablestore_sandbox, **wrong).list_table()
    assert (caught.value.get_http_status(), caught.value.get_error_code()) == (403, "OTSAuthFailed")
    assert caught.value.get_request_id()


def test_a_token_opens_until_it_expires(tablestore_sandbox: TablestoreSandbox, connect: Connect) -> None:
    """The right token is taken, an expired one named as such."""
    access = tablestore_sandbox.access
    assert connect(tablestore_sandbox, sts_token=access.sts_token).list_table() == TABLES
    with pytest.raises(OTSServiceError, match="security token has expired"):
        connect(tablestore_sandbox, sts_token=access.expired_sts_token).list_table()
    provider = StaticCredentialsProvider(access.access_key_id, access.access_key_secret, access.sts_token)
    assert connect(tablestore_sandbox, credentials_provider=provider).list_table() == TABLES


def test_a_clock_far_off_is_refused(
    tablestore_sandbox: TablestoreSandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request from 20 minutes ago is not believed."""
    import tablestore.utils as utils

    now = utils.get_now_utc_datetime
    monkeypatch.setattr(utils, "get_now_utc_datetime", lambda: now() - timedelta(minutes=20))
    with pytest.raises(Exception, match=r"Mismatch between system time|more than 15 minutes"):
        connect(tablestore_sandbox).list_table()


def test_too_many_requests_are_throttled(fresh_tablestore: Callable[..., TablestoreSandbox], connect: Connect) -> None:
    """With a rate set, what is above it in a second is refused for the moment."""

    def ask_often(limits: Limits) -> None:
        client = connect(fresh_tablestore(limits=limits))
        for _ in range(100):
            client.list_table()

    assert refusal(ask_often, Limits(requests_a_second=3)) == ("OTSServerBusy", 503)
    assert refusal(ask_often, Limits(metadata_a_second=3)) == ("OTSQuotaExhausted", 403)


def test_eight_threads_share_a_client(own: TablestoreSandbox, writer: OTSClient) -> None:
    """Increments from eight threads add up."""
    make(writer, "t")

    def work(_: int) -> None:
        for _ in range(25):
            writer.update_row("t", Row([("k", 1)], {"increment": [("n", 1)]}), None)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert writer.get_row("t", [("k", 1)])[1].attribute_columns[0][1] == 200
