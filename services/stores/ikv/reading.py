"""Reads of a snapshot by path: the documents, one field or some, or a view of the index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from services.cancel import CancelToken
from services.errors import NotFound, UnsupportedOperation, ValueRefused
from services.stores.changes import Path
from services.stores.ikv import names
from services.stores.ikv.documents import read_pages
from services.stores.ikv.filters import Filter
from services.stores.ikv.history import read_history
from services.stores.ikv.index.mounted import Snapshot
from services.stores.ikv.statistics import Statistics
from services.stores.ikv.views import view_batch
from services.stores.types import Count, Page, RowQuery
from services.values import Key, Typed


def read(
    path: Path, query: RowQuery, snapshot: Snapshot, measure: Callable[[Snapshot], Statistics], cancel: CancelToken
) -> Iterator[Page]:
    """Pages of what a path names.

    Raises:
        UnsupportedOperation: an order is asked for, or a filter of a view that has none.
    """
    if query.order:
        raise UnsupportedOperation("order: IKV sorts nothing", hint="The console sorts the rows that are loaded.")
    if names.is_view(path):
        return _cut(_view(path[1], query, snapshot, measure, cancel), query.limit)
    wanted = replace(query, columns=query.columns or columns_of(path, snapshot))
    if query.where:
        return _cut(_filtered(wanted, snapshot, cancel), query.limit)
    return read_pages(snapshot, wanted, cancel)


def _filtered(query: RowQuery, snapshot: Snapshot, cancel: CancelToken) -> Iterator[Page]:
    """The documents that a condition holds for: every document is looked at; at least one page."""
    condition = Filter(query.where, list(snapshot.schema.fields.values()))
    shown = list(query.columns or snapshot.schema.fields.values())
    everything = tuple(dict.fromkeys((*shown, *condition.columns)))
    kept = 0
    empty = None
    for page in read_pages(snapshot, replace(query, columns=everything, limit=None), cancel):
        batch = condition.kept(page.batch).select(shown)
        if batch.num_rows:
            kept += batch.num_rows
            yield Page(batch, Count.at_least(kept))
        empty = batch
    if not kept and empty is not None:
        yield Page(empty.slice(0, 0), Count.exact(0))


def columns_of(path: Path, snapshot: Snapshot) -> tuple[str, ...]:
    """The columns that a path below the store names, beside the key; empty for all."""
    wanted, key = names.field_of(path), snapshot.schema.primary_key
    if not wanted:
        return ()
    fields, prefix = snapshot.schema.fields.values(), names.prefix_of(wanted)
    found = [name for name in fields if name == wanted]
    if not found and prefix is not None:
        found = [name for name in fields if name.startswith(prefix)]
    if not found:
        raise NotFound(f"{path[-1]}: no such field in the index", hint="It may have been dropped, or not be there yet.")
    return (key, *(name for name in found if name != key))


def _view(
    view: str, query: RowQuery, snapshot: Snapshot, measure: Callable[[Snapshot], Statistics], cancel: CancelToken
) -> Iterator[Page]:
    if view == "history":
        yield from read_history(snapshot, query.where.encode() or None, query.page_rows, cancel)
        return
    if query.where:
        raise UnsupportedOperation(f"{view}: this view takes no filter", hint="The history takes a primary key.")
    batch = view_batch(view, snapshot, measure(snapshot))
    if query.columns:
        batch = batch.select(list(query.columns))
    step = query.page_rows or max(batch.num_rows, 1)
    for first in range(0, max(batch.num_rows, 1), step):
        yield Page(batch.slice(first, step), Count.exact(batch.num_rows))


def _cut(pages: Iterator[Page], limit: int | None) -> Iterator[Page]:
    """At most so many rows."""
    left = limit
    for page in pages:
        if left is None:
            yield page
            continue
        yield replace(page, batch=page.batch.slice(0, left))
        left -= min(left, page.batch.num_rows)
        if not left:
            return


def key_value(name: str, key: Key) -> Typed:
    """The primary key's value.

    Raises:
        ValueRefused: it is missing.
    """
    found = key.get(name)
    if found is None:
        raise ValueRefused(f"{name}: the primary key is missing", hint=f"A document is read by its {name}.")
    return found
