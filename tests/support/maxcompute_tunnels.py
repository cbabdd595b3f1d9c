"""Clients of the MaxCompute sandbox's tunnels. Import the fixtures into a module: `from maxcompute_tunnels import *`.

| fixture | gives |
| --- | --- |
| `sandbox` | a MaxCompute sandbox without tables |
| `tunnels` | the unmodified SDK's table tunnel to it, in UTC, whose retries do not wait |
| `table` | makes a table and adds it to the project |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest
from odps import ODPS, options
from odps.errors import ODPSError
from odps.tunnel import TableTunnel
from odps.tunnel import retry as sdk_retry

from services.sandbox.faults import parse_faults
from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.server import MaxComputeSandbox

__all__ = ["sandbox", "table", "tunnels"]

COMPRESSIONS = ["zlib", "zstd", "lz4", "snappy"]
TYPES = {
    "tiny": "TINYINT",
    "small": "SMALLINT",
    "medium": "INT",
    "big": "BIGINT",
    "single": "FLOAT",
    "twice": "DOUBLE",
    "yes": "BOOLEAN",
    "words": "STRING",
    "fixed": "CHAR(3)",
    "short": "VARCHAR(9)",
    "raw": "BINARY",
    "money": "DECIMAL(38,18)",
    "day": "DATE",
    "moment": "DATETIME",
    "instant": "TIMESTAMP",
    "wall": "TIMESTAMP_NTZ",
    "pause": "INTERVAL_DAY_TIME",
    "numbers": "ARRAY<BIGINT>",
    "names": "MAP<STRING,BIGINT>",
    "pair": "STRUCT<a:BIGINT,b:STRING>",
}
"""A column of each type that the SDK reads and writes as Arrow data, by name."""


@pytest.fixture
def sandbox() -> Iterator[MaxComputeSandbox]:
    """A sandbox whose project has no tables."""
    with MaxComputeSandbox(samples=False) as made:
        yield made


@pytest.fixture
def tunnels(sandbox: MaxComputeSandbox, monkeypatch: pytest.MonkeyPatch) -> TableTunnel:
    """The SDK's table tunnel; times are read and written in UTC."""
    for policy in (sdk_retry.ExponentialWaitRetryPolicy, sdk_retry.InfiniteExponentialWaitRetryPolicy):
        monkeypatch.setattr(policy, "get_retry_wait_time", lambda *_: 0.0)
    for name, value in {"local_timezone": False, "allow_antique_date": True}.items():
        monkeypatch.setattr(options, name, value)
    return TableTunnel(entry(sandbox), endpoint=sandbox.tunnel_endpoint)


def entry(sandbox: MaxComputeSandbox) -> ODPS:
    """The SDK's entry to a sandbox."""
    access = sandbox.access
    return ODPS(
        access.access_key_id,
        access.access_key_secret,
        sandbox.project_name,
        sandbox.endpoint,
        tunnel_endpoint=sandbox.tunnel_endpoint,
        logview_host=sandbox.tunnel_endpoint,
        overwrite_global=False,
    )


@pytest.fixture
def table(sandbox: MaxComputeSandbox) -> Callable[..., Table]:
    """Makes tables: `table("t", id="BIGINT")`; `keys` are those of partitions, `primary` of rows."""

    def make(title: str, keys: dict[str, str] | None = None, primary: str = "", /, **columns: str) -> Table:
        return sandbox.warehouse.project(sandbox.project_name).add_table(
            Table(
                sandbox.project_name,
                title,
                [Column(column, kind, column != primary) for column, kind in columns.items()],
                [Column(key, kind) for key, kind in (keys or {}).items()],
                primary_key=[primary] if primary else [],
                is_transactional=bool(primary),
            )
        )

    return make


def fault(sandbox: MaxComputeSandbox, spec: str) -> None:
    """Adds faults, as in `reset,op=UploadBlock`."""
    sandbox.plan.add(*parse_faults(f"maxcompute:{spec}"))


def refusal(call: Callable[..., object], *words: object, **options: object) -> str:
    """The code of the service's error that a call ends in."""
    with pytest.raises(ODPSError) as caught:
        call(*words, **options)
    return str(caught.value.code)


def numbers(start: int, count: int) -> pa.Table:
    """Rows of an `id` and a `name`."""
    ids = range(start, start + count)
    return pa.table({"id": pa.array(ids, pa.int64()), "name": pa.array([f"name {number}" for number in ids])})
