"""Which pairs of literals some configuration has, found with a SAT solver, for CNFs of any kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.engines.random_phases import PhaseSolver
from featurenet_uvl.sampling.pool.distinct import OutOfTimeError
from featurenet_uvl.sampling.request import Request

OPEN, POSSIBLE, IMPOSSIBLE = np.uint8(0), np.uint8(1), np.uint8(2)
MAX_FEATURES = 10_000
"""Of how many features pairs are kept: a byte for every two literals is 400 MB here."""
_BLOCK = 512
_BATCH = 128
"""How many solutions are found for one feature's pairs before all their other pairs are looked at."""
_WARM_UP = 256
"""How many random solutions come first: each has a quarter of all pairs at the cost of one question."""

IntVector = npt.NDArray[np.int64]


class PairTable:
    """What is known of every pair of literals of the features that are neither core nor dead.

    `columns` are these features, as positions from 0. Literal i is "columns[i] is selected" for i below their number m,
    "columns[i - m] is not selected" from there on. `state[i, j]` for i < j is OPEN, POSSIBLE or IMPOSSIBLE, the last
    for two literals of one feature, too. What stands there for i >= j says nothing.
    """

    def __init__(self, columns: IntVector) -> None:
        size = len(columns)
        if size > MAX_FEATURES:
            raise LimitError(f"found {size:,} open features, expected at most {MAX_FEATURES:,} for a table of pairs")
        self.columns = columns
        self.state = np.full((2 * size, 2 * size), OPEN, dtype=np.uint8)
        self.state[np.arange(size), np.arange(size, 2 * size)] = IMPOSSIBLE

    def literals(self, selected: BoolMatrix) -> BoolMatrix:
        """Configurations over all features as rows over the literals of the table."""
        chosen = selected[:, self.columns]
        return np.concatenate([chosen, ~chosen], axis=1)

    def numbers(self) -> IntVector:
        """The literals as in DIMACS: number and sign."""
        return np.concatenate([self.columns + 1, -self.columns - 1])

    def add(self, selected: BoolMatrix, first: int = 0) -> None:
        """Marks every pair of literals from `first` on that these configurations have.

        O(rows * literals^2), by products of matrices.
        """
        literals = self.literals(selected)[:, first:].astype(np.float32)
        state = self.state[first:, first:]
        for start in range(0, literals.shape[1], _BLOCK):
            stop = start + _BLOCK
            present = (literals[:, start:stop].T @ literals[:, start:] > 0).view(np.uint8)  # 1 is POSSIBLE
            state[start:stop, start:] |= present

    def exclude(self, literal: int, places: Sequence[int]) -> None:
        """Marks pairs of a literal with others as impossible."""
        others = np.array(places, dtype=np.int64)
        self.state[np.minimum(others, literal), np.maximum(others, literal)] = IMPOSSIBLE

    def count(self, state: np.uint8) -> int:
        """How many pairs are in this state; of IMPOSSIBLE ones, two literals of one feature do not count."""
        found = sum(int(np.count_nonzero(row[place + 1 :] == state)) for place, row in enumerate(self.state))
        return found - len(self.columns) if state == IMPOSSIBLE else found


def decide_pairs(cnf: Cnf, known: BoolMatrix, time_limit_s: float) -> PairTable:
    """Decides pairs until all are decided or the time is over.

    Configurations that are at hand show what is possible, unit propagation shows most of what is not, and the solver is
    asked about the rest, with phases that make every answer say as much as it can.

    Args:
        cnf: The formula; it has a solution.
        known: Configurations over the features, at least one.
        time_limit_s: After so many seconds the rest stays open.

    Raises:
        LimitError: Too many features, or not even core and dead ones were found within the time.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> cnf = Cnf(VarMap.from_names(["App", "Log", "Net"]), ((1,), (-3, 2)))
    >>> table = decide_pairs(cnf, np.array([[True, True, False]]), 10.0)
    >>> table.count(POSSIBLE), table.count(IMPOSSIBLE)
    (3, 1)
    """
    request = Request(1, 0, time_limit_s=time_limit_s)
    solver = PhaseSolver(cnf, request)
    try:
        search = _Search(cnf, solver, request, known)
        try:
            search.run()
        except OutOfTimeError:
            search.keep_found()
        return search.table
    finally:
        solver.close()


class _Search:
    def __init__(self, cnf: Cnf, solver: PhaseSolver, request: Request, known: BoolMatrix) -> None:
        self._features = cnf.variables.feature_count
        self._variables = len(cnf.variables)
        self._solver = solver
        self._request = request
        self._found: list[BoolMatrix] = []
        try:
            self.table = PairTable(self._open_features(known))
        except OutOfTimeError:
            limit = request.time_limit_s
            raise LimitError(f"found no answer within {limit:g} s to which features are core or dead") from None
        self._numbers = self.table.numbers()
        self._place = {int(number): place for place, number in enumerate(self._numbers)}
        self.table.add(known)

    def _open_features(self, known: BoolMatrix) -> IntVector:
        """Those that some configurations have and others lack."""
        selected: BoolMatrix = np.asarray(known.any(axis=0))
        missing: BoolMatrix = np.asarray(~known.all(axis=0))
        for column in range(self._features):
            if not (selected[column] and missing[column]):
                # Phases against what was always so: one answer tells of many features.
                phases = np.zeros(self._variables, dtype=np.bool_)
                phases[: self._features] = ~selected
                literal = -(column + 1) if selected[column] else column + 1
                row = self._solver.solve(phases, (literal,))
                if row is not None:
                    selected |= row[: self._features]
                    missing |= ~row[: self._features]
        return np.flatnonzero(selected & missing)

    def run(self) -> None:
        """Decides pairs; raises OutOfTimeError."""
        for _ in range(_WARM_UP):
            self._found.append(self._checked(self._solver.next()))
        self.keep_found()
        for literal in range(len(self._numbers)):
            self._exclude(literal)
        for literal in range(len(self._numbers)):
            while self._ask(literal):
                if len(self._found) >= _BATCH:
                    self.keep_found(literal)
        self.keep_found()

    def keep_found(self, first: int = 0) -> None:
        """Marks what the solutions since the last time have of the literals from `first` on."""
        if self._found:
            self.table.add(np.array(self._found), first)
            self._found.clear()

    def _exclude(self, literal: int) -> None:
        """Marks what a literal excludes by unit propagation."""
        implied = self._solver.implied(int(self._numbers[literal])) or ()
        places = [place for number in implied if (place := self._place.get(-number)) is not None]
        self.table.exclude(literal, places)
        if self._request.is_out_of_time():
            raise OutOfTimeError

    def _ask(self, literal: int) -> bool:
        """Decides an open pair of a literal; False if there is none."""
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
        """All of these literals, were it possible; what is not among them is left unselected."""
        phases = np.zeros(self._variables, dtype=np.bool_)
        numbers = self._numbers[wanted]
        phases[numbers[numbers > 0] - 1] = True
        return phases

    def _checked(self, row: BoolMatrix | None) -> BoolMatrix:
        if row is None:
            raise AssertionError("a CNF without solutions has no pairs to decide")
        return row[: self._features]
