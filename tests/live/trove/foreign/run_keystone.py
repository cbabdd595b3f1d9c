"""Runs a real Keystone in the foreground: makes its database and its keys, then serves on one loopback port.

Usage: run_keystone.py CONFIG HOST PORT, with the first user's password in OS_BOOTSTRAP_PASSWORD.
"""

import multiprocessing
import os
import sys
from collections.abc import Iterator

from keystone.cmd import cli
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "RegionOne"


def main(config: str, host: str, port: int) -> None:
    """Set Keystone up and serve until the process is ended."""
    url = f"http://{host}:{port}/v3"
    for step in setup_steps(url):
        in_child(["keystone-manage", "--config-file", config, *step])
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = config
    sys.argv = ["keystone"]  # Keystone reads the arguments of the process as its own
    from keystone.wsgi.api import application

    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    make_server(host, port, application, threaded=True).serve_forever()


def setup_steps(url: str) -> Iterator[list[str]]:
    """Yield the arguments of each call that sets an empty Keystone up."""
    owner = ["--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid())]
    yield ["db_sync"]
    yield ["fernet_setup", *owner]
    yield ["credential_setup", *owner]
    places = [f"--bootstrap-{interface}-url={url}" for interface in ("public", "internal", "admin")]
    yield ["bootstrap", *places, "--bootstrap-region-id", REGION]


def in_child(arguments: list[str]) -> None:
    """Run one command of Keystone's in a fork, which has its modules already but settings of its own."""
    child = multiprocessing.get_context("fork").Process(target=cli.main, args=(arguments,))
    child.start()
    child.join()
    if child.exitcode != 0:
        sys.exit(f"{arguments[3]} failed with exit code {child.exitcode}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
