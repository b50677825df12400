"""Leaves one solution per configuration in a decision diagram: the first of those that differ in auxiliaries alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def one_completion(manager: Any, diagram: Any, hidden: Sequence[str], check: Callable[[], None]) -> Any:
    """Return the diagram whose hidden variables are decided by the others, with the same values of the others.

    Of the solutions that differ in hidden variables alone, it keeps the one that is false at the first difference. One
    quantification and one conjunction per hidden variable.

    Args:
        manager: The diagram's manager of `dd`.
        diagram: The diagram.
        hidden: Names of the hidden variables.
        check: Called before each of them; it may raise.
    """
    kept = open_ = diagram
    for name in reversed(hidden):
        check()
        can_be_false = manager.let({name: False}, open_)
        kept = kept & ~(manager.var(name) & can_be_false)
        open_ = manager.exist([name], open_)
    return kept
