"""Runs a real Trove in the foreground: makes its database, then serves the API with the task manager in one process.

Usage: run_trove.py CONFIG. What Trove reaches outside itself is in the folder `fakes` beside this file: Nova, Cinder,
Neutron, Glance, Swift and the guests, each loaded by the dotted path of a `remote_*_client` setting.
Names of instances choose what goes wrong:

- `...SERVER_ERROR`: Nova cannot boot the server, the instance ends in ERROR with a fault;
- `...GUEST_ERROR`: the database does not start, the instance ends in ERROR with a fault;
- `...NEVER_READY`: the guest never reports, the instance stays in BUILD;
- `...GOES_SILENT`: once its database is stopped, the guest has been silent for an hour: a dead replication source.

A backup whose name ends in `BACKUP_ERROR` fails.
"""

import trove.cmd  # isort: skip  # patches the standard library, so before all else

import json
import multiprocessing
import sqlite3
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import eventlet
import eventlet.wsgi
from fakes import swift
from fakes.glance import IMAGE
from oslo_service import loopingcall
from trove.cmd.common import with_initialize
from trove.common import cfg, utils

DATASTORES = {"mysql": ("5.7.44", "8.0.36"), "mariadb": ("10.11", "11.4"), "postgresql": ("15", "16")}
"""The versions of each; the last is the default."""
QUICKER = 0.1
LONGEST_WAIT_SECONDS = 0.5


def main() -> None:
    """Set Trove up and serve until the process is ended."""
    child = multiprocessing.get_context("fork").Process(target=set_up)
    child.start()
    child.join()
    if child.exitcode != 0:
        sys.exit(f"the database of Trove could not be made: exit code {child.exitcode}")
    utils.build_polling_task = polling_quickly
    serve()


def set_up() -> None:
    """Make the schema and the datastores, with the functions of trove-manage."""
    cfg.parse_args(sys.argv)
    from trove.datastore import models as datastores
    from trove.db import get_db_api

    get_db_api().db_sync(cfg.CONF)
    for datastore, versions in DATASTORES.items():
        datastores.update_datastore(datastore, "")
        for version in versions:
            datastores.update_datastore_version(datastore, version, datastore, IMAGE, None, "", 1)
        datastores.update_datastore(datastore, versions[-1])
    with sqlite3.connect(cfg.CONF.database.connection.removeprefix("sqlite:///")) as database:
        database.execute("PRAGMA journal_mode=WAL")  # readers then do not stand in the way of a writer
        add_parameters(database)


def add_parameters(database: sqlite3.Connection) -> None:
    """Give each version the configuration parameters that Trove ships for its datastore.

    Trove's own function takes seconds for them, and numbers above 64 bits, which MySQL has, are too large for it here.
    """
    versions = database.execute("SELECT id, manager FROM datastore_versions").fetchall()
    rows = [
        (
            str(uuid.uuid4()),
            version,
            rule["name"],
            rule["restart_required"],
            rule["type"],
            bound(rule, "max"),
            bound(rule, "min"),
        )
        for version, datastore in versions
        for rule in shipped_rules(datastore)
    ]
    columns = "id, datastore_version_id, name, restart_required, data_type, max_size, min_size"
    database.executemany(f"INSERT INTO datastore_configuration_parameters ({columns}) VALUES (?,?,?,?,?,?,?)", rows)


def bound(rule: dict[str, Any], name: str) -> str | None:
    """Return a bound as its column holds it."""
    return str(rule[name]) if rule.get(name) is not None else None


def shipped_rules(datastore: str) -> list[dict[str, Any]]:
    """Return the rules for parameters as they lie in Trove's package."""
    file = Path(trove.__file__).parent / "templates" / datastore / "validation-rules.json"
    rules: list[dict[str, Any]] = json.loads(file.read_text())["configuration-parameters"]
    return rules


def polling_quickly(
    retriever: Callable[[], Any],
    condition: Callable[[Any], Any] = lambda value: value,
    sleep_time: float = 1,
    time_out: float = 0,
    initial_delay: float = 0,
) -> Any:
    """Wait as `trove.common.utils.build_polling_task`, in a tenth of its pauses: what is waited for is in memory."""

    def look() -> None:
        value = retriever()
        if condition(value):
            raise loopingcall.LoopingCallDone(retvalue=value)

    return loopingcall.BackOffLoopingCall(f=look).start(
        initial_delay=initial_delay * QUICKER,
        starting_interval=sleep_time * QUICKER,
        max_interval=LONGEST_WAIT_SECONDS,
        timeout=time_out,
    )


@with_initialize
def serve(conf: Any) -> None:
    """Serve the API and the object store on their ports; the task manager takes its messages from memory."""
    from trove.common import notification, wsgi
    from trove.common.rpc import service as rpc
    from trove.instance.models import persist_instance_fault
    from trove.taskmanager import api as task_api

    notification.DBaaSAPINotification.register_notify_callback(persist_instance_fault)
    cfg.set_api_config_defaults()
    store = urlsplit(conf.swift_url)
    listener = eventlet.listen((store.hostname, store.port))
    eventlet.spawn(eventlet.wsgi.server, listener, swift.application, log_output=False)
    launcher = wsgi.launch("trove", conf.bind_port, conf.api_paste_config, host=conf.bind_host, workers=1)
    launcher.launch_service(
        rpc.RpcService(
            key=None,
            topic=conf.taskmanager_queue,
            manager="trove.taskmanager.manager.Manager",
            rpc_api_version=task_api.API.API_LATEST_VERSION,
        )
    )
    launcher.wait()


if __name__ == "__main__":
    sys.argv = ["trove", "--config-file", sys.argv[1]]
    main()
