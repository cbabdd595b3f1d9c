"""The places of the SDK where our decoders go: found in the pinned version, and done without where they are not."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from tablestore import OTSClient
from tablestore_harness import opened

from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.tablestore import hooks
from services.stores.types import RowQuery


def client() -> Any:
    """A client that asks nobody."""
    return OTSClient("http://127.0.0.1:1", "id", "secret", "instance")


def test_the_pinned_sdk_has_the_places() -> None:
    """A new client takes the decoders, and its answers come through them."""
    assert hooks.install(client())


@pytest.mark.parametrize("what", ["protocol", "decoder", "api_decode_map", "one place", "parse_response"])
def test_without_a_place_nothing_is_changed(what: str) -> None:
    """Where the SDK has moved anything of it, it is left as it is."""
    changed = client()
    places = changed.protocol.decoder.api_decode_map
    match what:
        case "protocol":
            changed.protocol = None
        case "decoder":
            changed.protocol.decoder = None
        case "api_decode_map":
            changed.protocol.decoder.api_decode_map = None
        case "one place":
            del places["GetRange"]
        case "parse_response":
            changed.protocol.parse_response = lambda *arguments: None
    before = dict(places)
    assert not hooks.install(changed)
    assert before == places


def test_both_decoders_read_the_same_rows(
    tablestore_sandbox: TablestoreSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample orders, mixed types and absent columns included, as a table, by key, by search and by SQL."""
    own = opened(tablestore_sandbox.profile)
    monkeypatch.setattr(hooks, "install", lambda client: False)
    sdk = opened(tablestore_sandbox.profile)
    for path in (("orders",), ("users",), ("orders", "@orders_search"), ("orders", "@orders_by_customer")):
        (mine, theirs) = ([page.batch for page in store.read_rows(path, RowQuery())] for store in (own, sdk))
        assert [batch.to_pylist() for batch in mine] == [batch.to_pylist() for batch in theirs]
        assert [batch.schema for batch in mine] == [batch.schema for batch in theirs]
    assert own.describe(("orders",)).columns == sdk.describe(("orders",)).columns
    assert own.describe(("users",)).options == sdk.describe(("users",)).options
    assert dict(sdk.describe(("orders",)).groups[-1].facts)["rows decoded by"] == "the SDK"
    own.close()
    sdk.close()


def test_nothing_reaches_the_screen(
    tablestore_sandbox: TablestoreSandbox, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the SDK's log nor its failures print anything, and no answer's body is logged."""
    with caplog.at_level(logging.DEBUG):
        store = opened(tablestore_sandbox.profile)
        with pytest.raises(Exception, match="no_such"):
            store.describe(("no_such",))
        store.close()
    assert ("", "") == capfd.readouterr()
    assert [record for record in caplog.records if record.name.startswith("tablestore")] == []
