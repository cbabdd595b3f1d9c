"""The base class of sqlglot's nodes, which newer versions call `Expr`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from sqlglot.exp import Expr as Node
else:
    Node = getattr(exp, "Expr", exp.Expression)

__all__ = ["Node"]
