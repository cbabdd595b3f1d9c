"""What the cluster knows of a binary type, and where decoders look it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from services.stores.ignite.codec import hashes


@dataclass(frozen=True, slots=True)
class BinaryField:
    """A field of a binary type; `tag` is the type tag that the cluster registered for it."""

    name: str
    tag: int
    field_id: int


@dataclass(frozen=True)
class BinaryType:
    """A binary type as the cluster registered it.

    Attributes:
        schemas: schema id to field ids in the order of the footer.
        literals: names of an enumeration by ordinal.
    """

    type_id: int
    name: str
    fields: tuple[BinaryField, ...] = ()
    schemas: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    affinity_field: str = ""
    is_enum: bool = False
    literals: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def field_names(self) -> dict[int, str]:
        """Field id to name."""
        return {item.field_id: item.name for item in self.fields}

    def schema_fields(self, schema_id: int) -> tuple[str, ...] | None:
        """The field names of a schema in order, None where the schema or a field is unknown."""
        ids = self.schemas.get(schema_id)
        if ids is None:
            return None
        names = self.field_names
        if any(field_id not in names for field_id in ids):
            return None
        return tuple(names[field_id] for field_id in ids)


Resolver = Callable[[int, int], BinaryType | None]
"""Looks up a type by type id and schema id (0 when no schema is asked for); None where nobody knows it.

A resolver may ask the server, but must not decode on the same buffer; it is called once a page and type.
"""


def nothing_known(type_id: int, schema_id: int) -> BinaryType | None:
    """The resolver that knows no type: objects stay opaque."""
    return None


class TypeRegistry:
    """A resolver that keeps what it learnt and asks `load` for the rest.

    Args:
        load: asks the cluster for a type by id; None where it has none.
    """

    def __init__(self, load: Callable[[int], BinaryType | None] | None = None) -> None:
        self._load = load
        self._types: dict[int, BinaryType | None] = {}
        self._asked: set[tuple[int, int]] = set()

    def add(self, binary_type: BinaryType) -> None:
        """Remember a type."""
        self._types[binary_type.type_id] = binary_type

    def forget(self, type_id: int | None = None) -> None:
        """Ask again for one type, or for all; needed after a type was registered."""
        if type_id is None:
            self._types.clear()
            self._asked.clear()
        else:
            self._types.pop(type_id, None)
            self._asked = {asked for asked in self._asked if asked[0] != type_id}

    def __call__(self, type_id: int, schema_id: int) -> BinaryType | None:
        """The type; asked anew, once, when it lacks the schema, for types grow while the cluster runs."""
        known = self._types.get(type_id)
        if known is not None and (schema_id == 0 or schema_id in known.schemas):
            return known
        wanted = (type_id, schema_id if known is not None else 0)
        if self._load is None or wanted in self._asked:
            return known
        self._asked.add(wanted)
        self._types[type_id] = self._load(type_id) or known
        return self._types[type_id]


def binary_type(
    name: str, fields: Mapping[str, int], affinity_field: str = "", literals: Mapping[int, str] | None = None
) -> BinaryType:
    """A type with one schema, its ids computed as Java does.

    Args:
        fields: names in order, to type tags.
        literals: for an enumeration, names by ordinal.
    """
    ids = tuple(hashes.name_id(item) for item in fields)
    return BinaryType(
        type_id=hashes.name_id(name),
        name=name,
        fields=tuple(
            BinaryField(item, tag, field_id) for (item, tag), field_id in zip(fields.items(), ids, strict=True)
        ),
        schemas={hashes.schema_id(ids): ids} if ids else {},
        affinity_field=affinity_field,
        is_enum=literals is not None,
        literals=literals or {},
    )
