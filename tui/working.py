"""Starting work on the event loop from a widget or a screen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker

Work = Callable[..., Coroutine[Any, Any, None]]


def start_work(node: DOMNode, group: str, work: Work, *arguments: object, is_exclusive: bool = True) -> Worker[None]:
    """Run a coroutine function in a worker of the node, by default in place of the group's last one.

    It is given as a function, since a coroutine that is replaced before it began would be left over.
    """
    begin: Callable[[], Coroutine[None, None, None]] = partial(work, *arguments)
    return node.run_worker(begin, group=group, exclusive=is_exclusive, exit_on_error=True)
