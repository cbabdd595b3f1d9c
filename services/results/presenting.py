"""How a store helps to show its rows: two optional methods that it may offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.values import Typed, Value

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Presentation:
    """The hooks of one store.

    Attributes:
        decode_wire: the exact value of the system's own bytes; needed for columns marked as wire.
        typed_cell: the exact value of a cell where the general rules do not give it; None leaves it to them.
    """

    decode_wire: Callable[[bytes], Typed] | None = None
    typed_cell: Callable[[pa.Field[Any], pa.Array[Any], int], Value | None] | None = None


PLAIN = Presentation()


def presentation_of(store: object) -> Presentation:
    """The hooks that a store offers as methods of the same names."""
    return Presentation(getattr(store, "decode_wire", None), getattr(store, "typed_cell", None))
