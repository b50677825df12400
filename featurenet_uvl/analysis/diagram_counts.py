"""Exact numbers of solutions, from a decision diagram."""

from __future__ import annotations

import time

from featurenet_uvl.analysis.diagram import MAX_NODES, TRUE, Diagram, Watch, build_diagram, unwatched
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf

_MAX_COUNT_BYTES = 1 << 31
"""Largest size of the numbers at the nodes, in bytes."""
_CHECKED_NODES = 4096
"""Nodes between two looks at the clock."""


def diagram_count(cnf: Cnf, time_limit_s: float = 60.0, max_nodes: int = MAX_NODES, watch: Watch = unwatched) -> int:
    """Return the number of configurations, by a decision diagram.

    Args:
        cnf: The formula.
        time_limit_s: Seconds for all of it.
        max_nodes: Largest number of nodes of the diagram.
        watch: Called again and again; what it raises ends the count.

    Raises:
        LimitError: The diagram needs more nodes or more time.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> diagram_count(Cnf(VarMap.from_names(("App", "Log", "Net")), ((1,), (-2, 1))))
    4
    """
    deadline = time.monotonic() + time_limit_s
    diagram = build_diagram(cnf, time_limit_s, max_nodes, watch)
    watch()
    return solution_count(diagram, node_counts(diagram, deadline))


def node_counts(diagram: Diagram, deadline: float | None = None) -> list[int]:
    """Return, per node, the number of assignments to the variables of its level and below that reach true.

    The numbers have any size. O(nodes) additions.

    Args:
        diagram: The diagram.
        deadline: End of the time, on the monotonic clock; None: no limit.

    Raises:
        LimitError: The deadline has passed, or the numbers take too much memory.
    """
    bottom = len(diagram.order)
    levels = diagram.level.tolist()
    if sum(bottom - level for level in levels) // 8 > _MAX_COUNT_BYTES:
        raise LimitError(f"found {len(diagram):,} nodes of {bottom:,} variables, too many to count in memory")
    counts = [0, 1] + [0] * (len(levels) - 2)
    for node, (level, low, high) in enumerate(zip(levels, diagram.low.tolist(), diagram.high.tolist())):
        if node > TRUE:
            below = level + 1
            counts[node] = (counts[low] << (levels[low] - below)) + (counts[high] << (levels[high] - below))
        if deadline is not None and node % _CHECKED_NODES == 0 and time.monotonic() > deadline:
            raise LimitError("found no count of a decision diagram within the time limit")
    return counts


def solution_count(diagram: Diagram, counts: list[int]) -> int:
    """Return the number of solutions over all variables, given `node_counts`."""
    return counts[diagram.root] << int(diagram.level[diagram.root])
