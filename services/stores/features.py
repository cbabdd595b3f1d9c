"""What a store can do, as facts of one connected instance: the console asks these, never the system's name."""

from __future__ import annotations

from enum import StrEnum


class Feature(StrEnum):
    """One ability; a store's `features` are known after connecting (permissions and server version count)."""

    READS_ROWS = "reads rows"
    READS_KEYS = "reads keys"
    WRITES_ROWS = "writes rows"
    RUNS_SQL = "runs SQL"
    CANCELS_QUERIES = "cancels queries"
    MANAGES_CONTAINERS = "manages containers"
    MANAGES_INSTANCES = "manages instances"
    KEEPS_JOBS = "keeps jobs"
    KEEPS_FILES = "keeps files"
    READS_IN_BULK = "reads in bulk"
    WRITES_IN_BULK = "writes in bulk"
    ALTERS_CONTAINERS = "alters containers"
    EMPTIES_CONTAINERS = "empties containers"
    KEEPS_VERSIONS = "keeps versions"
    INCREMENTS_CELLS = "increments cells"
    COMMITS_TOGETHER = "commits together"
    LITERAL_SQL = "literal SQL"
    SHOWS_CLUSTER = "shows the cluster"
    EXACT_COUNTS = "exact counts"
    ABSENT_FIELDS = "absent fields"
    TYPE_HINTS = "type hints"


class Guarantee(StrEnum):
    """What a write promises when someone else changed the row since it was read."""

    CONDITIONAL = "conditional"
    COMPARE_AND_REPLACE = "compare and replace"
    TRANSACTION = "transaction"
    BLIND_UPSERT = "blind upsert"
    ASYNCHRONOUS_ACTION = "asynchronous action"

    @property
    def promise(self) -> str:
        """The guarantee in words for the review screen."""
        return _PROMISES[self]


_PROMISES = {
    Guarantee.CONDITIONAL: "each row is written only if its condition still holds",
    Guarantee.COMPARE_AND_REPLACE: "a row changed by others is left alone",
    Guarantee.TRANSACTION: "all rows or none",
    Guarantee.BLIND_UPSERT: "the last writer wins, nothing is checked",
    Guarantee.ASYNCHRONOUS_ACTION: "accepted now, done later",
}
