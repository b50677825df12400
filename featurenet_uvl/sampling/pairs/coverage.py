"""Pairwise coverage: of the pairs of literals that occur in any configuration, the share that occurs in a sample.

Only features that are neither core nor dead count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.diagram import Diagram
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.pairs.covered import covered_by_size
from featurenet_uvl.sampling.pairs.possible_by_diagram import MAX_BYTES, pair_bits
from featurenet_uvl.sampling.pairs.possible_by_solver import OPEN, PAIR_LIMITS, POSSIBLE, PairLimits, decide_pairs

TIME_LIMIT_S = 60.0
"""Default of the seconds for finding the pairs that can be covered."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverable:
    """The pairs that samples of a model can cover.

    `columns` are the features, as positions from 0, that are neither core nor dead. `pairs` of their pairs of literals
    are known to occur in some configuration; `undecided` more may occur or not.
    """

    columns: npt.NDArray[np.int64]
    pairs: int
    undecided: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """The number of pairs of literals that a sample covers, out of those that can be covered.

    >>> Coverage(3, 4, 0).share, Coverage(3, 4, 2).share
    (0.75, 0.5)
    """

    covered: int
    coverable: int
    undecided: int = 0

    @property
    def share(self) -> float:
        """Lower bound of the covered share: undecided pairs count as coverable. 1 if no pair can be covered."""
        total = self.coverable + self.undecided
        return self.covered / total if total else 1.0

    @property
    def is_exact(self) -> bool:
        """Whether every pair is decided."""
        return not self.undecided


def find_coverable(
    cnf: Cnf,
    known: BoolMatrix,
    time_limit_s: float = TIME_LIMIT_S,
    diagram: Diagram | None = None,
    limits: PairLimits = PAIR_LIMITS,
    max_bytes: int = MAX_BYTES,
) -> Coverable:
    """Return the pairs that can be covered: exactly by the decision diagram, if given, else by a SAT solver.

    Args:
        cnf: The formula.
        known: Configurations over its features, at least one; their pairs need no search.
        time_limit_s: Seconds after which the SAT solver leaves the remaining pairs undecided.
        diagram: The diagram of the CNF, if it has one.
        limits: Sizes of the search of the SAT solver.
        max_bytes: Largest size of the search by the diagram.

    Raises:
        LimitError: Too many features, or the time was over before the core and dead ones were known.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> cnf = Cnf(VarMap.from_names(["App", "Log", "Net"]), ((1,), (-3, 2)))
    >>> find_coverable(cnf, np.array([[True, True, False]])).pairs
    3
    """
    if diagram is not None:
        bits = pair_bits(diagram, cnf.variables.feature_count, max_bytes)
        return Coverable(bits.columns, bits.count())
    table = decide_pairs(cnf, known, time_limit_s, limits)
    return Coverable(table.columns, table.count(POSSIBLE), table.count(OPEN))


def coverage(selected: BoolMatrix, coverable: Coverable) -> Coverage:
    """Return the coverage of a sample: one row per configuration, one column per feature of the model."""
    return coverage_by_size(selected, coverable, [len(selected)])[0]


def coverage_by_size(selected: BoolMatrix, coverable: Coverable, sizes: Sequence[int]) -> list[Coverage]:
    """Return the coverage of the first `size` configurations of a sample, for each of ascending sizes."""
    covered = covered_by_size(selected[:, coverable.columns], sizes)
    return [Coverage(pairs, coverable.pairs, coverable.undecided) for pairs in covered]
