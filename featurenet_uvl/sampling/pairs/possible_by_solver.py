"""Finds with a SAT solver which pairs of literals occur in any configuration, for CNFs of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.solvers.backbone import backbone
from featurenet_uvl.solvers.limits import IsOver, OutOfTimeError, deadline
from featurenet_uvl.solvers.phases import PhaseSolver
from featurenet_uvl.solvers.session import PAUSE

OPEN, POSSIBLE, IMPOSSIBLE = np.uint8(0), np.uint8(1), np.uint8(2)
"""States of a pair of literals."""

IntVector = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PairLimits:
    """Sizes that decide how fast pairs are decided, and how large their table may be; never the result.

    Args:
        max_features: Features whose pairs fit in a table: it has one byte per two literals, 400 MB for 10,000.
        warm_up: Random solutions found first: each has a quarter of all pairs, for the cost of one question.
        batch: Solutions found for the pairs of one feature before the table learns all their other pairs.
        block: Literals per matrix product when the table learns solutions.
        pause: Conflicts of the solver between two looks at the clock.
    """

    max_features: int = 10_000
    warm_up: int = 256
    batch: int = 128
    block: int = 512
    pause: int = PAUSE


PAIR_LIMITS = PairLimits()
"""The usual sizes."""


class PairTable:
    """The state of every pair of literals of the features that are neither core nor dead.

    `columns` are these features, as positions from 0. Literal i is "columns[i] is selected" for i below their number m,
    "columns[i - m] is not selected" from m on. `state[i, j]` for i < j is OPEN, POSSIBLE or IMPOSSIBLE; IMPOSSIBLE also
    for the two literals of one feature. Entries with i >= j have no meaning.

    Args:
        columns: The features.
        limits: Largest number of features, and the size of a block.

    Raises:
        LimitError: Too many features.
    """

    def __init__(self, columns: IntVector, limits: PairLimits) -> None:
        size = len(columns)
        if size > limits.max_features:
            raise LimitError(
                f"found {size:,} open features, expected at most {limits.max_features:,} for a table of pairs"
            )
        self.columns = columns
        self.state = np.full((2 * size, 2 * size), OPEN, dtype=np.uint8)
        self.state[np.arange(size), np.arange(size, 2 * size)] = IMPOSSIBLE
        self._block = limits.block

    def literals(self, selected: BoolMatrix) -> BoolMatrix:
        """Return configurations over all features as rows over the literals of the table."""
        chosen = selected[:, self.columns]
        return np.concatenate([chosen, ~chosen], axis=1)

    def numbers(self) -> IntVector:
        """Return the literals as in DIMACS: number and sign."""
        return np.concatenate([self.columns + 1, -self.columns - 1])

    def add(self, selected: BoolMatrix, first: int = 0) -> None:
        """Mark every pair of literals from `first` on that occurs in these configurations.

        O(rows * literals^2), by products of matrices.
        """
        literals = self.literals(selected)[:, first:].astype(np.float32)
        state = self.state[first:, first:]
        for start in range(0, literals.shape[1], self._block):
            stop = start + self._block
            present = (literals[:, start:stop].T @ literals[:, start:] > 0).view(np.uint8)  # 1 is POSSIBLE
            state[start:stop, start:] |= present

    def exclude(self, literal: int, places: Sequence[int]) -> None:
        """Mark the pairs of a literal with the literals in these places as impossible."""
        others = np.array(places, dtype=np.int64)
        self.state[np.minimum(others, literal), np.maximum(others, literal)] = IMPOSSIBLE

    def count(self, state: np.uint8) -> int:
        """Return the number of pairs in this state, without the two literals of one feature."""
        found = sum(int(np.count_nonzero(row[place + 1 :] == state)) for place, row in enumerate(self.state))
        return found - len(self.columns) if state == IMPOSSIBLE else found


def decide_pairs(cnf: Cnf, known: BoolMatrix, time_limit_s: float, limits: PairLimits = PAIR_LIMITS) -> PairTable:
    """Return the table of all pairs, decided as far as the time allows.

    Known configurations show possible pairs and unit propagation shows most impossible ones. The solver decides the
    rest, with phases that make every solution show as many open pairs as possible.

    Args:
        cnf: The formula; it has a solution.
        known: Configurations over the features, at least one.
        time_limit_s: Seconds after which the remaining pairs stay open.
        limits: Sizes of the search.

    Raises:
        LimitError: Too many features, or the time was over before the core and dead features were known.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> cnf = Cnf(VarMap.from_names(["App", "Log", "Net"]), ((1,), (-3, 2)))
    >>> table = decide_pairs(cnf, np.array([[True, True, False]]), 10.0)
    >>> table.count(POSSIBLE), table.count(IMPOSSIBLE)
    (3, 1)
    """
    is_over = deadline(time_limit_s)
    with PhaseSolver(cnf, 0, is_over, limits.pause) as solver:
        try:
            columns = _open_features(solver, known)
        except OutOfTimeError:
            raise LimitError(f"found no answer within {time_limit_s:g} s to which features are core or dead") from None
        search = _Search(solver, PairTable(columns, limits), known, is_over)
        try:
            search.run(limits)
        except OutOfTimeError:
            search.keep_found()
        return search.table


def _open_features(solver: PhaseSolver, known: BoolMatrix) -> IntVector:
    """Return the features that are selected in some configurations and not in others, as positions from 0."""
    selected: BoolMatrix = np.asarray(known.any(axis=0))
    missing: BoolMatrix = np.asarray(~known.all(axis=0))
    candidates = [
        column + 1 if selected[column] else -(column + 1) for column in np.flatnonzero(selected ^ missing).tolist()
    ]
    decided = backbone(solver.session, candidates)
    if decided is None:
        raise AssertionError("a CNF without solutions has no pairs to decide")
    is_open = np.ones(known.shape[1], dtype=np.bool_)
    is_open[[abs(literal) - 1 for literal in sorted(decided)]] = False
    return np.flatnonzero(is_open)


class _Search:
    """Decides the pairs of a table.

    Args:
        solver: Finds solutions.
        table: The table to fill.
        known: Configurations over the features.
        is_over: Says whether the time is over.
    """

    def __init__(self, solver: PhaseSolver, table: PairTable, known: BoolMatrix, is_over: IsOver) -> None:
        self._features = known.shape[1]
        self._solver = solver
        self._is_over = is_over
        self._found: list[BoolMatrix] = []
        self.table = table
        self._numbers = table.numbers()
        self._place = {int(number): place for place, number in enumerate(self._numbers)}
        table.add(known)

    def run(self, limits: PairLimits) -> None:
        """Decide all pairs.

        Raises:
            OutOfTimeError: The time was over first.
        """
        for _ in range(limits.warm_up):
            self._found.append(self._features_of(self._solver.next()))
        self.keep_found()
        for literal in range(len(self._numbers)):
            self._exclude(literal)
        for literal in range(len(self._numbers)):
            while self._decide_one(literal):
                if len(self._found) >= limits.batch:
                    self.keep_found(literal)
        self.keep_found()

    def keep_found(self, first: int = 0) -> None:
        """Mark the pairs of literals from `first` on that occur in the solutions found since the last call."""
        if self._found:
            self.table.add(np.array(self._found), first)
            self._found.clear()

    def _exclude(self, literal: int) -> None:
        """Mark the pairs that unit propagation from a literal excludes."""
        implied = self._solver.implied(int(self._numbers[literal])) or ()
        places = [place for number in implied if (place := self._place.get(-number)) is not None]
        self.table.exclude(literal, places)
        if self._is_over():
            raise OutOfTimeError

    def _decide_one(self, literal: int) -> bool:
        """Decide one open pair of a literal; return False if none is open."""
        row_of_table = self.table.state[literal]
        undecided = np.flatnonzero(row_of_table[literal + 1 :] == OPEN) + literal + 1
        if not len(undecided):
            return False
        other = int(undecided[0])
        assumed = (int(self._numbers[literal]), int(self._numbers[other]))
        row = self._solver.solve(self._phases(undecided), assumed)
        if row is None:
            self.table.exclude(literal, [other])
            self._solver.forbid(assumed)
            self._exclude(literal)
        else:
            selected = row[: self._features]
            self._found.append(selected)
            row_of_table |= self.table.literals(selected[np.newaxis])[0].view(np.uint8)
        return True

    def _phases(self, wanted: IntVector) -> BoolMatrix:
        """Return phases for as many of these literals as possible; other variables are not selected."""
        phases = np.zeros(self._solver.variables, dtype=np.bool_)
        numbers = self._numbers[wanted]
        phases[numbers[numbers > 0] - 1] = True
        return phases

    def _features_of(self, row: BoolMatrix | None) -> BoolMatrix:
        if row is None:
            raise AssertionError("a CNF without solutions has no pairs to decide")
        return row[: self._features]
