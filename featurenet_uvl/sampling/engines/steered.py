"""The sampler `steered`, for large CNFs: a SAT solver that decides features in document order, steered to rare ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from featurenet_uvl.errors import UnsatisfiableError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.engines.tree_in_cnf import ChoiceGroup, choice_groups, find_arrays
from featurenet_uvl.sampling.request import Request, Solutions, solutions_of
from featurenet_uvl.solvers.decisions import CHECK_INTERVAL, OPEN, TRUE, DecidedSolver, Decider
from featurenet_uvl.solvers.limits import OutOfTimeError
from featurenet_uvl.solvers.session import literals_of


def solve_steered(cnf: Cnf, request: Request, check_interval: int = CHECK_INTERVAL) -> Solutions:
    """Return up to `request.count` solutions that differ in their features.

    Features are decided in document order, but elements of arrays before all others, so that the length of an array
    does not depend on the choices within its first elements. Auxiliaries follow by propagation. Each solution draws its
    own inclination to select features, evenly from 0 to 1, so that sizes spread; given that, a feature is the likelier
    selected the rarer it has been so far. Within a group, one random member is decided first, so that the first one in
    the document has no advantage. The decisions of each solution are then forbidden, which excludes that solution
    alone.

    Args:
        cnf: The formula.
        request: Number and properties of the solutions.
        check_interval: Decisions between two looks at the clock.

    Raises:
        UnsatisfiableError: The CNF has no solution.
        UnsupportedError: python-sat is too old.
    """
    arrays = find_arrays(cnf)
    decider = _DocumentOrder(cnf, choice_groups(cnf), arrays.elements, request, check_interval)
    steering = _Steering(arrays.lengths, np.random.default_rng(request.seed))
    rows: list[BoolMatrix] = []
    with DecidedSolver(cnf, decider) as solver:
        for row in request.known_rows(cnf):
            if len(row):
                solver.forbid(literals_of(row))
            steering.learn(row)
        try:
            stop = _fill(rows, solver, decider, steering, request)
        except OutOfTimeError:
            stop = Stop.TIME
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
    if stop is Stop.EXHAUSTED and not rows and not len(request.known):
        raise UnsatisfiableError("no configuration exists: the CNF is unsatisfiable")
    return solutions_of(rows, cnf, request, stop)


def _fill(
    rows: list[BoolMatrix], solver: DecidedSolver, decider: _DocumentOrder, steering: _Steering, request: Request
) -> Stop:
    """Append solution after solution, and return why there are no more."""
    if len(request.known) and not request.known.shape[1]:
        return Stop.EXHAUSTED
    while len(rows) < request.count:
        if request.is_out_of_time():
            return Stop.TIME
        decider.wanted, decider.priority = steering.draw()
        if rows:
            decisions = decider.decisions()
            if not decisions:  # every feature follows from the clauses
                return Stop.EXHAUSTED
            solver.forbid(decisions)
        row = solver.next()
        if row is None:
            return Stop.EXHAUSTED
        rows.append(row)
        steering.learn(row)
        request.progress(len(rows))
    return Stop.COMPLETE


class _Steering:
    """Draws the aims of each solution, given the solutions before it. Makes all random choices, once per solution.

    Args:
        lengths: `Arrays.lengths`.
        rng: Makes the random choices.
    """

    def __init__(self, lengths: tuple[int, ...], rng: np.random.Generator) -> None:
        self._rng = rng
        self._lengths = np.array(lengths, dtype=np.float64)
        self._selected = np.zeros(len(lengths), dtype=np.int64)
        self._solutions = 0

    def draw(self) -> tuple[bytes, list[float]]:
        """Return, per variable (index 0 stands for none), whether to select it, and its rank among siblings.

        Exponential variates divided by weights rank as the weights say: i is smallest with probability w_i / sum.
        """
        size = len(self._selected)
        share = np.clip((self._selected + 1) / (self._solutions + 2), 0.1, 0.9)
        inclination = self._rng.uniform(0.02, 0.98)
        odds = inclination / (1 - inclination) * self._lengths * np.sqrt((1 - share) / share)
        wanted = self._rng.random(size) < odds / (1 + odds)
        priority = self._rng.exponential(size=size) * (self._selected + 1.0)
        return b"\0" + wanted.tobytes(), [0.0, *priority.tolist()]

    def learn(self, row: BoolMatrix) -> None:
        """Count the features of a solution."""
        self._selected += row[: len(self._selected)]
        self._solutions += 1


class _DocumentOrder(Decider):
    """Decides features in document order, given the aims of one solution.

    Args:
        cnf: Its features are decided.
        groups: The group of each feature that is in one.
        first: Variables to decide before all others.
        request: Has the time limit.
        check_interval: Decisions between two looks at the clock.
    """

    def __init__(
        self, cnf: Cnf, groups: Mapping[int, ChoiceGroup], first: tuple[int, ...], request: Request, check_interval: int
    ) -> None:
        features = cnf.variables.feature_count
        super().__init__(features, request.is_out_of_time, check_interval)
        self.wanted = bytes(features + 1)
        self.priority = [0.0] * (features + 1)
        self._groups = groups
        self._first = first

    def choose(self) -> int:
        values = self.values
        for element in self._first:
            if values[element] == OPEN:
                return element if self.wanted[element] else -element
        variable = values.find(OPEN)
        if variable < 0:
            return 0
        group = self._groups.get(variable)
        if group is not None and values[group.parent] == TRUE:
            states = [values[member] for member in group.members]
            if TRUE not in states:
                free = [member for member, state in zip(group.members, states) if state == OPEN]
                return min(free, key=self.priority.__getitem__)
        return variable if self.wanted[variable] else -variable
