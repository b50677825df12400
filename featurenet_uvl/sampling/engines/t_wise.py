"""The sampler `t-wise`: few configurations that cover every pair of literals which any configuration has.

Greedy: each configuration starts from a pair that is still open and gathers as many others as it can. Where the CNF
has a decision diagram, a configuration is the heaviest one for weights that say how many open pairs a literal has with
those of the last attempt; elsewhere a SAT solver follows the same weights as far as it happens to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.choice_graph import Choices
from featurenet_uvl.analysis.exact_model import exact_model
from featurenet_uvl.errors import LimitError, UnsatisfiableError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.engines.random_phases import PhaseSolver
from featurenet_uvl.sampling.pairs.possible_by_diagram import pair_bits
from featurenet_uvl.sampling.pairs.possible_by_solver import decide_pairs
from featurenet_uvl.sampling.pairs.uncovered import OpenPairs
from featurenet_uvl.sampling.pool.distinct import OutOfTimeError, collect
from featurenet_uvl.sampling.request import Request, Solutions

Weights = npt.NDArray[np.float64]
Pair = tuple[int, int]

_ATTEMPTS = 4
"""How many configurations are tried before the best is taken."""
_ROUNDS = 3
"""How often each is improved."""
_SHARE = 0.4
"""Of the time, what may go into the diagram, and again into finding out which pairs are possible."""
_TIME_LIMIT_S = 120.0
"""The same, where there is no limit."""


class Proposer(Protocol):
    """Where configurations come from."""

    def propose(self, pairs: Sequence[Pair], weights: Weights) -> Sequence[BoolMatrix | None]:
        """Solutions with each of the pairs of literals, and much weight (a column a pair); None where there is none."""


def solve_t_wise(cnf: Cnf, request: Request) -> Solutions:
    """Configurations until every pair is covered, or there are `request.count` of them.

    Pairs of known configurations count as covered. The first configurations cover the most.

    Raises:
        UnsatisfiableError: The CNF has no solution.
        LimitError: Too many features, or core and dead ones were not found in time.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> found = solve_t_wise(Cnf(VarMap.from_names(["App", "Log", "Net"]), ((1,),)), Request(99, 1))
    >>> len(found.values), found.stop.value
    (4, 'covered')
    """
    solver = PhaseSolver(cnf, request)
    rows: list[BoolMatrix] = []
    stop = Stop.COVERED
    try:
        first = solver.next()
        if first is None:
            raise UnsatisfiableError("no configuration exists: the CNF is unsatisfiable")
        pairs, proposer = _prepare(cnf, request, first, solver)
        if not len(pairs):
            found = collect(solver, cnf, request)  # one open feature or none: two configurations, or one
            return replace(found, stop=Stop.COVERED) if found.stop is Stop.EXHAUSTED else found
        pairs.cover(request.known_rows(cnf))
        _fill(rows, pairs, proposer, request)
    except OutOfTimeError:
        stop = Stop.TIME
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    finally:
        solver.close()
    if len(rows) == request.count:
        stop = Stop.COMPLETE
    return _solutions(cnf, rows, stop)


def _solutions(cnf: Cnf, rows: Sequence[BoolMatrix], stop: Stop) -> Solutions:
    return Solutions(np.array(rows, dtype=np.bool_).reshape(len(rows), len(cnf.variables)), stop)


def _prepare(cnf: Cnf, request: Request, first: BoolMatrix, solver: PhaseSolver) -> tuple[OpenPairs, Proposer]:
    """The pairs that can be covered, and where configurations come from."""
    features = cnf.variables.feature_count
    left = request.time_left_s()
    limit_s = _TIME_LIMIT_S if left is None else left * _SHARE
    try:
        model = exact_model(cnf, limit_s)
        return OpenPairs.of_diagram(pair_bits(model.diagram, features)), _Diagram(model.choices)
    except LimitError as error:
        request.note(f"t-wise: goes on with a SAT solver: {error}")
    table = decide_pairs(cnf, first[np.newaxis, :features], limit_s)
    return OpenPairs.of_table(table, features), _Solver(solver, len(cnf.variables))


def _fill(rows: list[BoolMatrix], pairs: OpenPairs, proposer: Proposer, request: Request) -> None:
    """Appends configurations until all pairs are covered; raises OutOfTimeError."""
    rng = np.random.default_rng(request.seed)
    while len(pairs) and len(rows) < request.count:
        if request.is_out_of_time():
            raise OutOfTimeError
        row = _next(pairs, proposer, rng)
        if row is not None:
            pairs.cover(row[np.newaxis])
            rows.append(row)
            request.progress(len(rows))


def _next(pairs: OpenPairs, proposer: Proposer, rng: np.random.Generator) -> BoolMatrix | None:
    """The best of a few attempts; None where none of their pairs exists."""
    forced = [_pair(pairs, rng, is_greedy=attempt % 2 == 0) for attempt in range(_ATTEMPTS)]
    weights = pairs.counts[:, np.newaxis] * rng.uniform(0.5, 1, size=(len(pairs.counts), _ATTEMPTS))
    best, most = None, 0
    for _ in range(_ROUNDS):
        found = proposer.propose(forced, weights)
        for pair, row in zip(forced, found, strict=True):
            if row is None and pair[1] in pairs.partners_of(pair[0]):
                pairs.remove(*pair)
        kept = [place for place, row in enumerate(found) if row is not None]
        if not kept:
            break
        candidates = np.array([row for row in found if row is not None])
        literals = pairs.literals(candidates)
        partners = pairs.partners(literals)
        gains = (partners * literals.T).sum(axis=0) // 2
        if gains.max() > most:
            best, most = candidates[int(gains.argmax())], int(gains.max())
        forced = [forced[place] for place in kept]
        weights = partners + 0.05 * pairs.counts[:, np.newaxis] / max(1, int(pairs.counts.max()))
    return best


def _pair(pairs: OpenPairs, rng: np.random.Generator, *, is_greedy: bool) -> Pair:
    """An open pair: of literals that are in many, or any."""
    literals = np.flatnonzero(pairs.counts)
    first = _one_of(literals, pairs, rng, is_greedy)
    return first, _one_of(pairs.partners_of(first), pairs, rng, is_greedy)


def _one_of(literals: npt.NDArray[np.int64], pairs: OpenPairs, rng: np.random.Generator, is_greedy: bool) -> int:
    if not is_greedy:
        return int(rng.choice(literals))
    return int(literals[np.argmax(pairs.counts[literals] * rng.uniform(0.5, 1, size=len(literals)))])


class _Diagram:
    """The heaviest configuration, by the decision diagram. Every pair that is asked for exists."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices

    def propose(self, pairs: Sequence[Pair], weights: Weights) -> Sequence[BoolMatrix | None]:
        by_variable = np.zeros((self._choices.variables, len(pairs)))
        by_variable[: len(weights) // 2] = weights[1::2] - weights[0::2]
        more_than_all = 1 + np.abs(by_variable).sum(axis=0)
        for column, pair in enumerate(pairs):
            for literal in pair:
                by_variable[literal // 2, column] = more_than_all[column] * (1 if literal % 2 else -1)
        return list(self._choices.heaviest(by_variable))


class _Solver:
    """A configuration that leans to the weights, by the SAT solver's phases."""

    def __init__(self, solver: PhaseSolver, variables: int) -> None:
        self._solver = solver
        self._variables = variables

    def propose(self, pairs: Sequence[Pair], weights: Weights) -> Sequence[BoolMatrix | None]:
        phases = np.zeros((len(pairs), self._variables), dtype=np.bool_)
        phases[:, : len(weights) // 2] = (weights[1::2] > weights[0::2]).T
        return [self._solver.solve(row, [_number(literal) for literal in pair]) for pair, row in zip(pairs, phases)]


def _number(literal: int) -> int:
    """A literal as in DIMACS."""
    return literal // 2 + 1 if literal % 2 else -(literal // 2 + 1)
