"""What the catalog tells of tables and indexes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from services.cancel import NEVER
from services.errors import StoredeckError
from services.stores.changes import Path
from services.stores.tablestore import names
from services.stores.tablestore.answers import TableAnswer
from services.stores.tablestore.search_definitions import TYPES_OF_COLUMNS
from services.stores.tablestore.shaping import INDEX_LOCK
from services.stores.tablestore.tables import SEARCH, SECONDARY
from services.stores.types import Column, Description, Group, Pattern, RowQuery

if TYPE_CHECKING:
    from services.stores.tablestore.link import Link
    from services.stores.tablestore.reading import Reading
    from services.stores.tablestore.seen import SeenColumns
    from services.stores.tablestore.tables import Tables

SAMPLE_ROWS: Final = 100
FOREVER: Final = -1


class Describing:
    """Descriptions of tables and secondary indexes."""

    def __init__(self, link: Link, tables: Tables, reading: Reading, seen: SeenColumns) -> None:
        self._link = link
        self._tables = tables
        self._reading = reading
        self._seen = seen

    def describe(self, path: Path) -> Description:
        """All facts about a table or a secondary index; other columns than the key's are those its first rows have."""
        table = self._tables.fresh(path)
        self._sample(path)
        is_index = names.is_index(path)
        search = [] if is_index else self._tables.search_indexes(path[0])
        return Description(
            path=path,
            name=path[-1],
            kind="index" if is_index else "table",
            columns=self._columns(path, table),
            options=options_of(table) if not is_index else _index_options(path, self._tables.known((path[0],))),
            groups=(*_groups(table, search), self._session()),
            locked=INDEX_LOCK if is_index else "",
            sql="" if is_index else f"`{path[0]}`",
            drop_asks_name=True,
            patterns=() if is_index else index_patterns(table, self._seen.words(path)),
        )

    def _sample(self, path: Path) -> None:
        """Meet the columns of the first rows, if no row was read yet; what cannot be read is described without."""
        if self._seen.words(path):
            return
        try:
            for _ in self._reading.read_rows(path, RowQuery(limit=SAMPLE_ROWS), NEVER):
                pass
        except StoredeckError:
            return

    def _columns(self, path: Path, table: TableAnswer) -> tuple[Column, ...]:
        columns = [Column(name, word, True, False, "auto-increment" if auto else "") for name, word, auto in table.key]
        columns += [Column(name, word, is_nullable=False, note="defined") for name, word in table.columns]
        known = {column.name for column in columns}
        for name, words in self._seen.words(path).items():
            if name not in known:
                note = "seen in rows" if len(words) < 2 else f"seen as {', '.join(words)}"
                columns.append(Column(name, words[0] if words else "String", is_nullable=False, note=note))
        return tuple(columns)

    def _session(self) -> Group:
        link = self._link
        facts = (
            ("this session, read", f"{link.cost.read:,} capacity units"),
            ("this session, written", f"{link.cost.write:,} capacity units"),
            ("last request", f"{link.last_cost.read:,} read, {link.last_cost.write:,} written"),
            ("requests", f"{link.requests:,}"),
            ("rows decoded by", "Storedeck" if link.has_own_decoders else "the SDK"),
        )
        return Group("Cost", facts)


def index_patterns(table: TableAnswer, seen: Mapping[str, Sequence[str]]) -> tuple[Pattern, ...]:
    """Examples of a secondary and of a search index over the columns that are known."""
    key = [name for name, _, _ in table.key]
    fit_key = [name for name, word in table.columns if word in names.KEY_WORDS]
    first = fit_key[0] if fit_key else key[-1]
    others = [name for name, _ in table.columns if name != first]
    secondary = {"options": {"key": [first], "columns": others, "local": False}}
    words = {name: word for name, word, _ in table.key} | {name: known[0] for name, known in seen.items() if known}
    words |= dict(table.columns)
    fields = [
        {"name": name, "type": TYPES_OF_COLUMNS[word]} for name, word in words.items() if word in TYPES_OF_COLUMNS
    ]
    search = {"options": {"fields": fields, "time_to_live": -1}}
    return Pattern(SECONDARY, names.INDEX_MARK, secondary), Pattern(SEARCH, names.INDEX_MARK, search)


def options_of(table: TableAnswer) -> dict[str, object]:
    """All options of a table, as `create` takes them back."""
    options: dict[str, object] = dict(table.options)
    options["defined"] = [name for name, _ in table.columns]
    numbered = [name for name, _, auto in table.key if auto]
    if numbered:
        options["auto_increment"] = numbered[0]
    if table.indexes:
        options["indexes"] = [
            {"name": one.name, "key": list(one.key), "columns": list(one.columns), "local": one.is_local}
            for one in table.indexes
        ]
    return options


def _index_options(path: Path, table: TableAnswer) -> dict[str, object]:
    name = names.wire_name(path)
    for one in table.indexes:
        if one.name == name:
            return {"key": list(one.key), "columns": list(one.columns), "local": one.is_local}
    return {}


def _groups(table: TableAnswer, search: list[str]) -> tuple[Group, ...]:
    options = table.options
    life = "for ever" if options.get("time_to_live") == FOREVER else f"{options.get('time_to_live', 0):,} s"
    facts = (
        ("rows live", life),
        ("versions kept", str(options.get("max_versions"))),
        ("timestamps may differ by", f"{options.get('max_time_deviation', 0):,} s"),
        ("updates", "allowed" if options.get("allow_update") else "not allowed"),
        ("reserved throughput", f"{options.get('reserved_read')} read, {options.get('reserved_write')} write units"),
        *table.facts,
    )
    groups = [Group("Table", facts)]
    indexes = [(f"@{one.name}", _index_text(one.is_local, one.key, one.columns)) for one in table.indexes]
    indexes += [(f"@{name}", "search index") for name in search]
    if indexes:
        groups.append(Group("Indexes", tuple(indexes)))
    if table.splits:
        groups.append(Group("Splits", tuple((str(place), text) for place, text in enumerate(table.splits, 1))))
    return tuple(groups)


def _index_text(is_local: bool, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    text = f"{'local' if is_local else 'global'} index by {', '.join(key)}"
    return f"{text}, with {', '.join(columns)}" if columns else text
