"""Exact marginals from a decision diagram, for tests of samplers."""

from __future__ import annotations

from featurenet_uvl.analysis.diagram import FALSE, TRUE, Diagram
from featurenet_uvl.analysis.diagram_counts import solution_count


def variable_counts(diagram: Diagram, counts: list[int]) -> list[int]:
    """Return, per variable from variable 1 on, the number of solutions in which it is true, given `node_counts`.

    The marginal of a variable is this divided by the number of solutions. O(nodes + variables) additions.
    """
    bottom = len(diagram.order)
    levels = diagram.level.tolist()
    paths = [0] * len(levels)
    paths[diagram.root] = 1 << levels[diagram.root]
    true = [0] * bottom
    skipped = [0] * (bottom + 1)  # by level: how many more solutions skip it than the one above
    _skip(skipped, 0, levels[diagram.root], solution_count(diagram, counts))
    low, high = diagram.low.tolist(), diagram.high.tolist()
    for node in range(len(levels) - 1, TRUE, -1):
        below = levels[node] + 1
        for child, is_high in ((low[node], False), (high[node], True)):
            if child == FALSE or not paths[node]:
                continue
            reached = paths[node] << (levels[child] - below)
            paths[child] += reached
            solutions = reached * counts[child]
            _skip(skipped, below, levels[child], solutions)
            if is_high:
                true[levels[node]] += solutions
    free = 0
    result = [0] * bottom
    for level, variable in enumerate(diagram.order):
        free += skipped[level]
        result[variable - 1] = true[level] + free // 2
    return result


def _skip(skipped: list[int], first: int, end: int, solutions: int) -> None:
    """Note that this many solutions may have any value on the levels from `first` to before `end`."""
    if first < end:
        skipped[first] += solutions
        skipped[end] -= solutions
