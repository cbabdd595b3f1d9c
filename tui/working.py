"""Starting work on the event loop from a widget or a screen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.worker import Worker

from services.errors import StoredeckError

if TYPE_CHECKING:
    from tui.app import StoredeckApp

Work = Callable[..., Coroutine[Any, Any, None]]


def start_work(node: DOMNode, group: str, work: Work, *arguments: object, is_exclusive: bool = True) -> Worker[None]:
    """Run a coroutine function in a worker of the node, by default in place of the group's last one.

    It is given as a function, since a coroutine that is replaced before it began would be left over.
    """
    begin: Callable[[], Coroutine[None, None, None]] = partial(_while_there, node, work, arguments)
    return node.run_worker(begin, group=group, exclusive=is_exclusive, exit_on_error=True)


def start_told_work(node: DOMNode, group: str, what: str, work: Work, *arguments: object) -> Worker[None]:
    """The same beside what the group does already; an error of a store or the disk is told as one of `what`."""
    return start_work(node, group, _told, node, what, work, *arguments, is_exclusive=False)


async def _told(node: DOMNode, what: str, work: Work, *arguments: object) -> None:
    try:
        await work(*arguments)
    except StoredeckError as error:
        cast("StoredeckApp", node.app).report(error, what)


async def _while_there(node: DOMNode, work: Work, arguments: tuple[object, ...]) -> None:
    """Work that finds its widgets gone because the node is being taken apart has nothing to do any more."""
    try:
        await work(*arguments)
    except NoMatches:
        if node.is_attached and node.display:
            raise
