"""Plans, parts and receipts as JSON data for the journal and for workers, and back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from services.stores.bulk import ReadPart, ReadPlan, Receipt, Reject, WriteMode, WritePlan, WriteWish
from services.stores.features import Guarantee
from services.stores.types import Count, CountKind


@dataclass(frozen=True, slots=True)
class TransferPlan:
    """All that was decided before the first row moved.

    Attributes:
        columns: pairs of source column and target column, in the target's order.
        shown: the plan for people, JSON data.
    """

    read: ReadPlan
    write: WritePlan
    columns: tuple[tuple[str, str], ...]
    shown: Mapping[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "read": read_data(self.read),
            "write": write_data(self.write),
            "columns": [list(pair) for pair in self.columns],
            "shown": dict(self.shown),
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> TransferPlan:
        """What `data` gave."""
        columns = tuple((source, target) for source, target in data["columns"])
        return cls(read_plan(data["read"]), write_plan(data["write"]), columns, data["shown"])

    def with_write(self, plan: WritePlan) -> TransferPlan:
        """With the plan that `begin_write` gave."""
        return replace(self, write=plan)


def schema_text(schema: pa.Schema) -> str:
    """A schema as text: base64 of its Arrow message."""
    return base64.b64encode(memoryview(schema.serialize())).decode("ascii")


def schema_of(text: str) -> pa.Schema:
    """What `schema_text` gave."""
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))


def read_data(plan: ReadPlan) -> dict[str, Any]:
    """A read plan as JSON data."""
    return {
        "path": list(plan.path),
        "schema": schema_text(plan.schema),
        "parts": [[part.index, dict(part.state), part.rows, part.size_bytes] for part in plan.parts],
        "count": [plan.count.kind.value, plan.count.rows],
        "state": dict(plan.state),
        "fingerprint": plan.fingerprint,
        "is_snapshot": plan.is_snapshot,
        "expires_at": plan.expires_at,
        "notes": list(plan.notes),
    }


def read_plan(data: Mapping[str, Any]) -> ReadPlan:
    """What `read_data` gave."""
    kind, rows = data["count"]
    return ReadPlan(
        path=tuple(data["path"]),
        schema=schema_of(data["schema"]),
        parts=tuple(ReadPart(*part) for part in data["parts"]),
        count=Count(CountKind(kind), rows),
        state=data["state"],
        fingerprint=data["fingerprint"],
        is_snapshot=data["is_snapshot"],
        expires_at=data["expires_at"],
        notes=tuple(data["notes"]),
    )


def write_data(plan: WritePlan) -> dict[str, Any]:
    """A write plan as JSON data."""
    wish = plan.wish
    return {
        "path": list(plan.path),
        "schema": schema_text(plan.schema),
        "wish": [wish.mode.value, wish.partition, wish.is_created, wish.parallel, dict(wish.options)],
        "guarantee": plan.guarantee.value,
        "state": dict(plan.state),
        "bounds": [plan.part_rows, plan.part_bytes, plan.max_parts],
        "expires_at": plan.expires_at,
        "notes": list(plan.notes),
    }


def write_plan(data: Mapping[str, Any]) -> WritePlan:
    """What `write_data` gave."""
    mode, *wish = data["wish"]
    part_rows, part_bytes, max_parts = data["bounds"]
    return WritePlan(
        path=tuple(data["path"]),
        schema=schema_of(data["schema"]),
        wish=WriteWish(WriteMode(mode), *wish),
        guarantee=Guarantee(data["guarantee"]),
        state=data["state"],
        part_rows=part_rows,
        part_bytes=part_bytes,
        max_parts=max_parts,
        expires_at=data["expires_at"],
        notes=tuple(data["notes"]),
    )


def receipt_data(receipt: Receipt) -> dict[str, Any]:
    """A receipt as JSON data; its rejected rows are counted and kept elsewhere."""
    return {
        "part": receipt.part,
        "rows": receipt.rows,
        "size_bytes": receipt.size_bytes,
        "rejects": [[one.row, one.reason, one.column] for one in receipt.rejects],
        "state": dict(receipt.state),
    }


def receipt_of(data: Mapping[str, Any]) -> Receipt:
    """What `receipt_data` gave."""
    rejects = tuple(Reject(*one) for one in data["rejects"])
    return Receipt(data["part"], data["rows"], data["size_bytes"], rejects, data["state"])
