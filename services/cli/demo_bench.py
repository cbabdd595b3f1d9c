"""What the steps of `demo --check` work on: a store, what its sandbox holds, and the way to a second client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from services.cancel import CancelToken
from services.connections.profile import Profile
from services.stores.base import Store
from services.stores.changes import Path

if TYPE_CHECKING:
    from services.bootstrap import Services


@dataclass(frozen=True)
class Samples:
    """What the sandbox of a kind holds that the steps use.

    Attributes:
        address: of a table, writable where the store writes rows.
        column: of its text columns, the one that is edited.
        count: a statement that counts its rows.
        slow: a statement that runs for minutes, where the store can cancel one.
        job: a statement that runs for a moment, where the store keeps jobs.
        prepare: statements that make the table known to SQL.
        copy: of a container that takes the rows of the table in.
        copy_definition: of that container, where it is not made from the rows alone.
        keyed: a container whose rows the table's rows replace by their key; that of `copy` where it is one.
    """

    address: str
    column: str = ""
    count: str = ""
    slow: str = ""
    job: str = ""
    prepare: tuple[str, ...] = ()
    copy: str = ""
    copy_definition: Mapping[str, Any] = field(default_factory=dict)
    keyed: str = ""


SAMPLES: Final[Mapping[str, Samples]] = {
    "ignite": Samples(
        address="sql:PUBLIC/CITY",
        column="NAME",
        count="SELECT COUNT(*) FROM City",
        slow="SELECT COUNT(*) FROM City A, City B, City C WHERE A.Name || B.Name || C.Name = 'x'",
        copy="sql:PUBLIC/CITY_COPY",
    ),
    "tablestore": Samples(
        address="orders",
        column="customer",
        count="SELECT COUNT(*) FROM orders",
        prepare=(
            "CREATE TABLE orders (region VARCHAR(1024), id BIGINT, customer MEDIUMTEXT, PRIMARY KEY (region, id))",
        ),
        copy="orders_copy",
        copy_definition={
            "columns": [
                {"name": "region", "type": "String", "key": True},
                {"name": "id", "type": "Integer", "key": True},
            ]
        },
    ),
    "ikv": Samples(address="user_profiles", column="lastname", copy="user_profiles"),
    "trove": Samples(address="@instances"),
    "maxcompute": Samples(
        address="orders",
        column="status",
        count="SELECT COUNT(*) FROM orders",
        slow="SELECT COUNT(*) FROM sales a, sales b, sales c WHERE a.amount + b.amount + c.amount = 1.23",
        job="SELECT region, SUM(amount) AS total FROM sales GROUP BY region",
        copy="orders_copy",
        keyed="orders",
    ),
}


@dataclass
class Bench:
    """A store under check, and the way to a second client of the same servers."""

    make: Callable[[], Store]
    profile: Profile
    services: Services
    cancel: CancelToken
    _open: list[Store] = field(default_factory=list)

    def connected(self) -> Store:
        """A new connected client."""
        store = self.make()
        self._open.append(store)
        store.connect(self.cancel)
        return store

    @property
    def store(self) -> Store:
        """The first client."""
        return self._open[0]

    @property
    def samples(self) -> Samples:
        """What its sandbox holds."""
        return SAMPLES[self.profile.kind]

    @property
    def path(self) -> Path:
        """The table that is read and edited."""
        return self.store.parse_address(self.samples.address)

    def close(self) -> None:
        """Close every client."""
        for store in self._open:
            store.close()
