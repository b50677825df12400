"""A binary decision diagram of a CNF, and the exact number of its solutions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf

MAX_NODES = 2_000_000
"""How many nodes a diagram may have while it is built; each takes some 40 bytes in CUDD."""
_MAX_COUNT_BYTES = 1 << 31
"""What the numbers at the nodes may take while they are added up."""
_CHECK_INTERVAL_S = 0.05
"""Between two looks at the limits; CUDD counts its nodes anew each time, in a millisecond."""
_CACHE_BYTES = 1 << 28


def diagram_count(cnf: Cnf, time_limit_s: float = 60.0, max_nodes: int = MAX_NODES) -> int:
    """The number of solutions over all variables, by a diagram in document order.

    Clauses are conjoined bottom-up: those of the last variables first. The numbers are added up level by level, in
    integers of any size. O(nodes) additions.

    Source: Bryant, "Graph-based algorithms for Boolean function manipulation", IEEE Transactions on Computers, 1986.

    Raises:
        LimitError: The diagram needs more nodes or more time.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> diagram_count(Cnf(VarMap.from_names(("App", "Log", "Net")), ((1,), (-2, 1))))
    4
    """
    deadline = time.monotonic() + time_limit_s
    order = _order(cnf)
    diagram = _build(cnf, order, deadline, time_limit_s, max_nodes)
    return _count(diagram, len(order), deadline, time_limit_s)


def _order(cnf: Cnf) -> Sequence[int]:
    """The variables from top to bottom: features in document order, each auxiliary behind what it is defined by.

    An auxiliary is defined by smaller variables, so it stands behind the deepest feature of its first clauses.
    """
    features = cnf.variables.feature_count
    places = {variable: (variable, 0) for variable in range(1, features + 1)}
    deepest: dict[int, int] = {}
    for clause in cnf.clauses:
        last = max(map(abs, clause), default=0)
        if last > features:
            below = [deepest.get(abs(lit), 0) if abs(lit) > features else abs(lit) for lit in clause]
            deepest[last] = max(deepest.get(last, 0), *below)
    for variable in range(features + 1, len(cnf.variables) + 1):
        places[variable] = (deepest.get(variable, features), variable)
    return sorted(places, key=places.__getitem__)


def _build(cnf: Cnf, order: Sequence[int], deadline: float, time_limit_s: float, max_nodes: int) -> Any:
    from dd import cudd

    manager = cudd.BDD(memory_estimate=1 << 30, initial_cache_size=1 << 18)
    manager.configure(reordering=False, max_cache_hard=_CACHE_BYTES // 32)
    names = {variable: f"v{variable}" for variable in order}
    manager.declare(*(names[variable] for variable in order))
    level = {variable: place for place, variable in enumerate(order)}
    below_first = sorted(cnf.clauses, key=lambda clause: -min((level[abs(lit)] for lit in clause), default=0))
    diagram = manager.true
    checked = time.monotonic()
    for clause in below_first:
        disjunction = manager.false
        for literal in sorted(clause, key=lambda lit: -level[abs(lit)]):
            variable = manager.var(names[abs(literal)])
            disjunction = (variable if literal > 0 else ~variable) | disjunction
        diagram = diagram & disjunction
        if time.monotonic() - checked > _CHECK_INTERVAL_S:
            _check_size(len(manager), max_nodes)
            _check_time(deadline, time_limit_s)
            checked = time.monotonic()
    _check_size(len(manager), max_nodes)
    return diagram


def _check_size(nodes: int, max_nodes: int) -> None:
    if nodes > max_nodes:
        raise LimitError(f"found {nodes:,} nodes of a decision diagram, expected at most {max_nodes:,}")


def _count(root: Any, variables: int, deadline: float, time_limit_s: float) -> int:
    """Adds up from the bottom: `counts` says how many assignments from a node's level on reach true."""
    levels, successors = _nodes(root, variables)
    if sum((variables - level) * len(nodes) for level, nodes in levels.items()) // 8 > _MAX_COUNT_BYTES:
        raise LimitError(f"found {len(successors):,} nodes of {variables:,} variables, too many to count in memory")
    counts: dict[int, tuple[int, int]] = {_regular(root.bdd.true): (variables, 1)}

    def reaching(edge: tuple[int, bool], level: int) -> int:
        node_level, count = counts[edge[0]]
        if edge[1]:
            count = (1 << (variables - node_level)) - count
        return count << (node_level - level)

    for level in sorted(levels, reverse=True):
        for node in levels[level]:
            low, high = successors[node]
            counts[node] = (level, reaching(low, level + 1) + reaching(high, level + 1))
        _check_time(deadline, time_limit_s)
    return reaching((_regular(root), root.negated), 0)


def _nodes(
    root: Any, variables: int
) -> tuple[dict[int, list[int]], dict[int, tuple[tuple[int, bool], tuple[int, bool]]]]:
    """The inner nodes by level, and the low and high edge of each: a node, and whether the edge negates it."""
    levels: dict[int, list[int]] = {}
    successors: dict[int, tuple[tuple[int, bool], tuple[int, bool]]] = {}
    stack = [root]
    while stack:
        function = stack.pop()
        node = _regular(function)
        if node in successors or function.var is None:
            continue
        level, low, high = root.bdd.succ(function)
        levels.setdefault(level, []).append(node)
        successors[node] = ((_regular(low), low.negated), (_regular(high), high.negated))
        stack.extend((low, high))
    return levels, successors


def _regular(function: Any) -> int:
    """The number of the node that an edge leads to, whether or not the edge negates."""
    return int(~function) if function.negated else int(function)


def _check_time(deadline: float, time_limit_s: float) -> None:
    if time.monotonic() > deadline:
        raise LimitError(f"found no decision diagram within {time_limit_s:g} s")
