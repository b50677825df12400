"""The exact model of a formula with a decision diagram: its choices and exact counts, for samplers and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from featurenet_uvl.analysis.choice_graph import Choices, find_choices
from featurenet_uvl.analysis.diagram import Diagram, TooManyNodesError, build_diagram
from featurenet_uvl.analysis.diagram_counts import node_counts, solution_count
from featurenet_uvl.errors import LimitError, UnsatisfiableError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix

MAX_NODES = 120_000
"""Nodes up to which a diagram helps a sampler more than it costs."""
TIME_LIMIT_S = 300.0
"""Largest number of seconds for a diagram. Its size ends a large one long before, so that slow machines draw the
same samples.
"""


@dataclass(frozen=True, slots=True, eq=False)
class ExactModel:
    """A satisfiable formula: its diagram, the diagram's choices and counts, and the number of solutions."""

    diagram: Diagram
    choices: Choices
    counts: list[int]
    total: int

    def draw_uniform(self, count: int, rng: np.random.Generator) -> BoolMatrix:
        """Draw solutions independently, all equally likely; one can come twice."""
        return self.choices.draw(self.choices.uniform(self.diagram, self.counts), count, rng)


def exact_model(cnf: Cnf, time_limit_s: float | None = None, max_nodes: int = MAX_NODES) -> ExactModel:
    """Return the exact model of a formula. Keeps the last ones, as several steps of one command ask for them.

    Args:
        cnf: The formula.
        time_limit_s: Seconds for building it, at most TIME_LIMIT_S.
        max_nodes: Largest number of nodes while the diagram is built.

    Raises:
        LimitError: The diagram is too large, or takes too long.
        UnsatisfiableError: The formula has no solution.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> exact_model(Cnf(VarMap.from_names(("App", "Log", "Net")), ((1,), (-2, 1)))).total
    4
    """
    kept = _kept(cnf, cnf.is_projected, max_nodes)
    if not kept:
        limit = TIME_LIMIT_S if time_limit_s is None else min(TIME_LIMIT_S, time_limit_s)
        try:
            kept.append(_build(cnf, limit, max_nodes))
        except LimitError as error:
            if limit == TIME_LIMIT_S or isinstance(error, TooManyNodesError):
                kept.append(error)
            raise
    if isinstance(kept[0], LimitError):
        raise kept[0]
    return kept[0]


@lru_cache(maxsize=4)
def _kept(cnf: Cnf, is_projected: bool, max_nodes: int) -> list[ExactModel | LimitError]:
    """Return the list that holds the model of a formula, or the reason why it has none, once known."""
    return []


def _build(cnf: Cnf, time_limit_s: float, max_nodes: int) -> ExactModel:
    diagram = build_diagram(cnf, time_limit_s, max_nodes)
    if not diagram.is_satisfiable:
        raise UnsatisfiableError("no configuration exists: the CNF is unsatisfiable")
    counts = node_counts(diagram)
    return ExactModel(diagram, find_choices(diagram), counts, solution_count(diagram, counts))
