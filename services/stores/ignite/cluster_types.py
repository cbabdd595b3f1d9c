"""What one cluster's values need to be read and written: its binary types, its time zone, its footers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.stores.ignite.codec import requests
from services.stores.ignite.codec.binary_types import BinaryType, TypeRegistry
from services.stores.ignite.codec.cell_values import cell_value
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.codec.generic import decode_object
from services.stores.ignite.codec.new_types import unregistered_types
from services.stores.ignite.faults import asked
from services.values import Typed

if TYPE_CHECKING:
    import pyarrow as pa

    from services.stores.ignite.pool import WirePool


class ClusterTypes:
    """The cluster's binary types, learnt from the server as they are met.

    Attributes:
        zone: of the servers' JVM; DATE, TIME and TIMESTAMP are meant in it.
        is_footer_compact: how the cluster writes the footers of binary objects.
    """

    def __init__(self, pool: WirePool) -> None:
        self._pool = pool
        self.resolver = TypeRegistry(self._load)
        self.zone = "UTC"
        self.is_footer_compact = True

    def _load(self, type_id: int) -> BinaryType | None:
        with self._pool.lease() as wire:
            return requests.read_binary_type(
                wire.request(requests.OP_GET_BINARY_TYPE, requests.get_binary_type(type_id))
            )

    def encode(self, value: Typed) -> bytes:
        """The bytes of a value, ready to send.

        Raises:
            ValueRefused: the value does not fit its type.
        """
        return encode(value, zone=self.zone, compact_footer=self.is_footer_compact, resolver=self.resolver)

    def register(self, value: Typed) -> None:
        """Tell the cluster of binary types and schemas in the value that it does not know: readers need them."""
        for new in unregistered_types(value, self.resolver):
            with self._pool.lease() as wire:
                asked(wire, new.name, requests.OP_PUT_BINARY_TYPE, requests.put_binary_type(new))
            self.resolver.forget()

    def row(self, batch: pa.RecordBatch, index: int) -> dict[str, Typed]:
        """The exact values of one row of a page."""
        return {
            field.name: cell_value(field, batch.column(place), index, self.resolver)
            for place, field in enumerate(batch.schema)
        }

    def cells(self, batch: pa.RecordBatch, index: int) -> list[Typed]:
        """As `row`, by position: names may repeat."""
        return [
            cell_value(field, batch.column(place), index, self.resolver) for place, field in enumerate(batch.schema)
        ]

    def decode(self, data: memoryview | bytes) -> Typed:
        """The value of one object's bytes."""
        return decode_object(data, 0, self.resolver, self.zone)[0]
