"""A sampler for large CNFs: a SAT solver that decides features in document order, steered to what is rare so far.

Source: CaDiCaL 1.9.5 (Biere et al., 2024) with an external propagator (IPASIR-UP: Fazekas et al., *IPASIR-UP: User
Propagators for CDCL*, 2023), both from python-sat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from featurenet_uvl.errors import UnsatisfiableError, UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.engines.tree_in_cnf import ALWAYS, ChoiceGroup, choice_groups, find_arrays
from featurenet_uvl.sampling.request import Request, Solutions

_OPEN, _TRUE, _FALSE = 0, 1, 2
_OPTIONS = {"chrono": 0, "ilb": 0, "lucky": 0, "stabilizeonly": 1, "walk": 0}
"""A literal of level i is assigned after the decision of level i, and nothing but decisions and propagation assigns.

Restarts are rare, as in the solver's stable mode: after one, all the decisions of a solution are made again, and alike.
"""
_CHECK_INTERVAL = 256
"""How many decisions are made between two looks at the clock."""


class _OutOfTimeError(Exception):
    """Leaves the solver from within a decision, as an interrupt does."""


def solve_steered(cnf: Cnf, request: Request) -> Solutions:
    """Up to `request.count` solutions that differ in their features.

    Features are decided in document order, the elements of arrays before all others (how long a chain is must not hang
    on what its first elements chose), auxiliaries by propagation alone. Each solution has an own inclination to
    select, drawn evenly from 0 to 1, so that sizes spread; within it a feature is the likelier selected the rarer it
    has been. Of a group, one member is chosen first, so that the first in the document is not preferred. The decisions
    of each solution are then forbidden, which forbids this solution alone.

    Raises:
        UnsatisfiableError: The CNF has no solution.
    """
    arrays = find_arrays(cnf)
    decider = _Decider(cnf, choice_groups(cnf), arrays.elements, request)
    steering = _Steering(arrays.lengths, np.random.default_rng(request.seed))
    rows: list[BoolMatrix] = []
    with _interrupts(), _new_solver() as solver:
        _load(solver, cnf, decider)
        for row in request.known_rows(cnf):
            _forbid(solver, _literals(row))
            steering.learn(row)
        try:
            with _interrupts():
                stop = _fill(rows, solver, decider, steering, request)
        except _OutOfTimeError:
            stop = Stop.TIME
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
    if stop is Stop.EXHAUSTED and not rows and not len(request.known):
        raise UnsatisfiableError("no configuration exists: the CNF is unsatisfiable")
    return Solutions(np.array(rows, dtype=np.bool_).reshape(len(rows), len(cnf.variables)), stop)


def _fill(rows: list[BoolMatrix], solver: Any, decider: _Decider, steering: _Steering, request: Request) -> Stop:
    """Appends solution after solution, and says why it stopped."""
    if len(request.known) and not request.known.shape[1]:
        return Stop.EXHAUSTED
    while len(rows) < request.count:
        if request.is_out_of_time():
            return Stop.TIME
        decider.wanted, decider.priority = steering.draw()
        if (rows and not _forbid(solver, decider.decisions())) or not _solve(solver):
            return Stop.EXHAUSTED
        rows.append(_values(solver.get_model(), decider.variables))
        steering.learn(rows[-1])
        request.progress(len(rows))
    return Stop.COMPLETE


@contextmanager
def _interrupts() -> Iterator[None]:
    """A KeyboardInterrupt stays one where a callback met it within a function of python-sat that expects none."""
    try:
        yield
    except SystemError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        raise


def _literals(row: BoolMatrix) -> list[int]:
    return [number if value else -number for number, value in enumerate(row.tolist(), 1)]


def _new_solver() -> Any:
    try:
        from pysat.solvers import Cadical195
    except ImportError as error:
        raise UnsupportedError(
            "found a python-sat without Cadical195, expected 1.9.dev7 or newer: pip install 'python-sat>=1.9.dev7'"
        ) from error
    return Cadical195()


def _load(solver: Any, cnf: Cnf, decider: _Decider) -> None:
    solver.configure(_OPTIONS)
    solver.append_formula(cnf.clauses)
    solver.connect_propagator(decider)
    for variable in range(1, cnf.variables.feature_count + 1):
        solver.observe(variable)


def _solve(solver: Any) -> bool:
    """What `solver.solve()` does, but without python-sat's handler of SIGINT.

    That one leaves the solver by a long jump, over the frames of a callback that may be running, and the process then
    aborts. Without it, Python raises KeyboardInterrupt in the next callback, and the solver is left in order.
    """
    from pysat import solvers

    handle_interrupts = 0
    solver.status = solvers.pysolvers.cadical195_solve(solver.cadical, [], handle_interrupts)
    return bool(solver.status)


def _values(model: list[int], variables: int) -> BoolMatrix:
    """The assignment as one row; a variable that the solver has never heard of is false."""
    literals = np.array(model, dtype=np.int64)
    row = np.zeros(variables, dtype=np.bool_)
    row[literals[literals > 0] - 1] = True
    return row


def _forbid(solver: Any, decisions: list[int]) -> bool:
    """Forbids the solution that follows from these decisions; False if that is every solution left."""
    if not decisions:
        return False
    solver.add_clause([-literal for literal in decisions])
    return True


class _Steering:
    """What the next solution should look like, given those before it. All chance is drawn here, once a solution."""

    def __init__(self, lengths: tuple[int, ...], rng: np.random.Generator) -> None:
        self._rng = rng
        self._lengths = np.array(lengths, dtype=np.float64)
        self._selected = np.zeros(len(lengths), dtype=np.int64)
        self._solutions = 0

    def draw(self) -> tuple[bytes, list[float]]:
        """For each variable (index 0 is none) whether to select it, and its place in the race among siblings.

        Exponential variates divided by weights race as the weights say: the smallest is i with probability w_i / sum.
        """
        size = len(self._selected)
        share = np.clip((self._selected + 1) / (self._solutions + 2), 0.1, 0.9)
        inclination = self._rng.uniform(0.02, 0.98)
        odds = inclination / (1 - inclination) * self._lengths * np.sqrt((1 - share) / share)
        wanted = self._rng.random(size) < odds / (1 + odds)
        priority = self._rng.exponential(size=size) * (self._selected + 1.0)
        return b"\0" + wanted.tobytes(), [0.0, *priority.tolist()]

    def learn(self, row: BoolMatrix) -> None:
        self._selected += row[: len(self._selected)]
        self._solutions += 1


class _Decider:
    """The external propagator: follows the assignment of the features and makes every decision on them.

    The solver calls the public methods, by these names. Only `decide` says anything; it never draws at random, so that
    what it wants of one solution stays the same over conflicts and restarts.
    """

    is_lazy = False

    def __init__(self, cnf: Cnf, groups: Mapping[int, ChoiceGroup], first: tuple[int, ...], request: Request) -> None:
        features = cnf.variables.feature_count
        self.variables = len(cnf.variables)
        self._request = request
        self._calls = 0
        self.wanted = bytes(features + 1)
        self.priority = [0.0] * (features + 1)
        self._groups = groups
        self._first = first
        self._values = bytearray(features + 1)
        self._values[ALWAYS] = _TRUE  # the parent of groups without a parent, and never to be decided
        self._fixed: set[int] = set()
        self._trail: list[int] = []
        self._level_starts: list[int] = []

    def on_assignment(self, lit: int, fixed: bool = False) -> None:
        # Called thousands of times a solution, hence the spelling.
        values = self._values
        if lit > 0:
            variable, value = lit, _TRUE
        else:
            variable, value = -lit, _FALSE
        if fixed:
            self._fixed.add(variable)
        elif not values[variable]:
            self._trail.append(lit)
        values[variable] = value

    def on_new_level(self) -> None:
        self._level_starts.append(len(self._trail))

    def on_backtrack(self, to: int) -> None:
        if to >= len(self._level_starts):
            return
        start = self._level_starts[to]
        values, fixed = self._values, self._fixed
        for literal in self._trail[start:]:
            variable = literal if literal > 0 else -literal
            if variable not in fixed:
                values[variable] = _OPEN
        del self._trail[start:], self._level_starts[to:]

    def decide(self) -> int:
        self._calls += 1
        if self._calls % _CHECK_INTERVAL == 0 and self._request.is_out_of_time():
            raise _OutOfTimeError
        for element in self._first:
            if self._values[element] == _OPEN:
                return element if self.wanted[element] else -element
        variable = self._values.find(_OPEN)
        if variable < 0:
            return 0
        group = self._groups.get(variable)
        if group is not None and self._values[group.parent] == _TRUE:
            values = [self._values[member] for member in group.members]
            if _TRUE not in values:
                free = [member for member, value in zip(group.members, values) if value == _OPEN]
                return min(free, key=self.priority.__getitem__)
        return variable if self.wanted[variable] else -variable

    def decisions(self) -> list[int]:
        """The literals that were decided, now that every feature is assigned; all others follow from them."""
        if self._values.find(_OPEN) >= 0:
            raise AssertionError(f"feature variable {self._values.find(_OPEN)} is open in a solution")
        ends = [*self._level_starts[1:], len(self._trail)]
        return [self._trail[start] for start, end in zip(self._level_starts, ends) if start < end]

    def check_model(self, model: list[int]) -> bool:
        return True

    def propagate(self) -> list[int]:
        return []

    def provide_reason(self, lit: int) -> list[int]:
        return []

    def add_clause(self) -> list[int]:
        return []
