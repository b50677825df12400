"""Pairwise coverage: the share of the pairs of literals that any configuration has which some configuration of a sample
has, over the features that are neither in every configuration nor in none."""

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
"""What may be spent on finding out which pairs can be covered."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverable:
    """What a model lets a sample cover.

    `columns` are the features, as positions from 0, that are neither core nor dead; `pairs` is how many pairs of their
    literals some configuration is known to have; of `undecided` more it is not known whether one has.
    """

    columns: npt.NDArray[np.int64]
    pairs: int
    undecided: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many pairs of literals a sample covers, out of how many.

    >>> Coverage(3, 4, 0).share, Coverage(3, 4, 2).share
    (0.75, 0.5)
    """

    covered: int
    coverable: int
    undecided: int = 0

    @property
    def share(self) -> float:
        """The share that is covered at least: pairs of which it is not known count as coverable. 1 if there is none."""
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
    """The pairs that can be covered: all of them by the decision diagram, where there is one, else by a SAT solver.

    Args:
        cnf: The formula.
        known: Configurations over its features, at least one: what they have needs no search.
        time_limit_s: After so many seconds the SAT solver calls the rest undecided.
        diagram: The diagram of the CNF, if it has one.
        limits: Sizes of the search of the SAT solver.
        max_bytes: Largest size of the search by the diagram.

    Raises:
        LimitError: Too many features, or not even core and dead ones were found within the time.

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
    """The coverage of a sample over all features of the model, one column each."""
    return coverage_by_size(selected, coverable, [len(selected)])[0]


def coverage_by_size(selected: BoolMatrix, coverable: Coverable, sizes: Sequence[int]) -> list[Coverage]:
    """The coverage of the first configurations of a sample, for each of some ascending numbers of them."""
    covered = covered_by_size(selected[:, coverable.columns], sizes)
    return [Coverage(pairs, coverable.pairs, coverable.undecided) for pairs in covered]
