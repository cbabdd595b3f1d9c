"""The real troveclient behind JSON lines, run in the environment of the real servers.

The first line says how to sign in: `{"plugin", "options", "region", "interface"}`. Every further line is a call,
`{"call": "instances.get", "args": [...], "kwargs": {...}}`, answered by one line: `{"result": ...}` or
`{"error": {"type", "status", "message"}}`. A page of a list is `{"items": [...], "next": MARKER}`.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial, reduce
from types import FunctionType
from typing import Any

SECONDS = 60


def main() -> None:
    """Answer lines until there are no more."""
    # Without it troveclient leaves files in the home of the user at every listing.
    with tempfile.TemporaryDirectory() as cache:
        os.environ["TROVECLIENT_UUID_CACHE_DIR"] = cache
        access = json.loads(sys.stdin.readline())
        client = answer(lambda: signed_in(access))
        for line in sys.stdin:
            answer(partial(called, client, json.loads(line)))


def answer(act: Callable[[], Any]) -> Any:
    """Do something and print what came of it; a client that was made is no more than that."""
    result = None
    try:
        result = act()
        said = {"result": plain(result)}
    except Exception as error:
        said = {"error": described(error)}
    print(json.dumps(said), flush=True)
    return result


def signed_in(access: dict[str, Any]) -> Any:
    """Return a client that has a token and knows where Trove is."""
    from keystoneauth1 import loading, session
    from swiftclient import Connection
    from troveclient.v1 import client

    plugin = loading.get_plugin_loader(access["plugin"]).load_from_options(**access["options"])
    signed = session.Session(auth=plugin, timeout=SECONDS)
    signed.get_token()
    place = {"region_name": access["region"], "endpoint_type": access["interface"], "service_type": "database"}
    made = client.Client(session=signed, **place)
    # Its own connection to Swift cannot be made from a session: it looks for names that a session does not have.
    made.instances._get_swift_client = lambda: Connection(session=signed)
    return made


def called(client: Any, asked: dict[str, Any]) -> Any:
    """Return what a method of one of the client's managers returns."""
    method = reduce(getattr, asked["call"].split("."), client)
    return method(*asked["args"], **asked["kwargs"])


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: resources as the server sent them."""
    if isinstance(value, list) and hasattr(value, "next"):  # asked of a resource it would be a call to the server
        return {"items": [plain(item) for item in value], "next": value.next}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, FunctionType):  # a log comes as a function that returns its pieces
        return list(value())
    if hasattr(value, "_info"):
        return value._info
    return value if isinstance(value, (dict, str, int, float, bool)) or value is None else type(value).__name__


def described(error: Exception) -> dict[str, Any]:
    """Return what is known of an error of troveclient or keystoneauth1."""
    status = getattr(error, "http_status", None) or getattr(error, "code", None)
    return {"type": type(error).__name__, "status": status, "message": str(error)}


if __name__ == "__main__":
    main()
