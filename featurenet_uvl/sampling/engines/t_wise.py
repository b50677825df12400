"""The sampler `t-wise`: few configurations that cover every pair of literals that occurs in any configuration.

It is greedy: each configuration starts from an open pair and gathers as many other open pairs as it can. With a
decision diagram, it is the heaviest configuration for weights that count the open pairs of a literal with those of the
last attempt. Without one, a SAT solver follows the same weights as far as it happens to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.choice_graph import Choices
from featurenet_uvl.analysis.exact_model import MAX_NODES, exact_model
from featurenet_uvl.errors import LimitError, UnsatisfiableError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.pairs.possible_by_diagram import pair_bits
from featurenet_uvl.sampling.pairs.possible_by_solver import PAIR_LIMITS, PairLimits, decide_pairs
from featurenet_uvl.sampling.pairs.uncovered import OpenPairs
from featurenet_uvl.sampling.pool.distinct import collect
from featurenet_uvl.sampling.request import Request, Solutions, solutions_of
from featurenet_uvl.solvers.limits import OutOfTimeError
from featurenet_uvl.solvers.phases import PhaseSolver

Weights = npt.NDArray[np.float64]
Pair = tuple[int, int]

_ATTEMPTS = 4
"""Configurations that are tried at a time; the best one is taken."""
_ROUNDS = 3
"""Attempts per configuration: each but the first improves the one before."""
_SHARE = 0.4
"""Share of the time left that may go into the diagram, and again into finding the possible pairs."""
_TIME_LIMIT_S = 120.0
"""Seconds for each of the two without a time limit."""


class Proposer(Protocol):
    """A source of configurations."""

    def propose(self, pairs: Sequence[Pair], weights: Weights) -> Sequence[BoolMatrix | None]:
        """Return, per pair of literals, a solution that has both and a large weight, or None if none has both.

        Args:
            pairs: Literals, numbered `2 * feature + value` (features from 0).
            weights: One row per literal, one column per pair.
        """


def solve_t_wise(
    cnf: Cnf,
    request: Request,
    max_nodes: int = MAX_NODES,
    pair_limits: PairLimits = PAIR_LIMITS,
    pair_time_limit_s: float | None = None,
) -> Solutions:
    """Return solutions until every pair is covered, at most `request.count`. The first ones cover the most.

    Pairs of known configurations count as covered.

    Args:
        cnf: The formula.
        request: Number and properties of the solutions.
        max_nodes: Largest number of nodes of the decision diagram.
        pair_limits: Sizes of the search for possible pairs without a diagram.
        pair_time_limit_s: Seconds for that search. None: a share of the time left.

    Raises:
        UnsatisfiableError: The CNF has no solution.
        LimitError: Too many features, or the time was over before the core and dead ones were known.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> found = solve_t_wise(Cnf(VarMap.from_names(["App", "Log", "Net"]), ((1,),)), Request(99, 1))
    >>> len(found.values), found.stop.value
    (4, 'covered')
    """
    rows: list[BoolMatrix] = []
    stop = Stop.COVERED
    with PhaseSolver(cnf, request.seed, request.is_out_of_time) as solver:
        try:
            first = solver.next()
            if first is None:
                raise UnsatisfiableError("no configuration exists: the CNF is unsatisfiable")
            pairs, proposer = _prepare(cnf, request, first, solver, max_nodes, pair_limits, pair_time_limit_s)
            if not len(pairs):
                found = collect(solver, cnf, request)  # one open feature or none: two configurations, or one
                return replace(found, stop=Stop.COVERED) if found.stop is Stop.EXHAUSTED else found
            pairs.cover(request.known_rows(cnf))
            _fill(rows, pairs, proposer, request)
        except OutOfTimeError:
            stop = Stop.TIME
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
    return solutions_of(rows, cnf, request, stop)


def _prepare(
    cnf: Cnf,
    request: Request,
    first: BoolMatrix,
    solver: PhaseSolver,
    max_nodes: int,
    pair_limits: PairLimits,
    pair_time_limit_s: float | None,
) -> tuple[OpenPairs, Proposer]:
    """Return the pairs that can be covered, and the source of configurations."""
    features = cnf.variables.feature_count
    left = request.time_left_s()
    limit_s = _TIME_LIMIT_S if left is None else left * _SHARE
    try:
        model = exact_model(cnf, limit_s, max_nodes)
        return OpenPairs.of_diagram(pair_bits(model.diagram, features)), _Diagram(model.choices)
    except LimitError as error:
        request.note(f"t-wise: continues with a SAT solver: {error}")
    search_s = limit_s if pair_time_limit_s is None else pair_time_limit_s
    table = decide_pairs(cnf, first[np.newaxis, :features], search_s, pair_limits)
    return OpenPairs.of_table(table, features), _Solver(solver, len(cnf.variables))


def _fill(rows: list[BoolMatrix], pairs: OpenPairs, proposer: Proposer, request: Request) -> None:
    """Append configurations until all pairs are covered; raise OutOfTimeError at the time limit."""
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
    """Return the best of a few configurations; None if no pair that they start from exists."""
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
    """Return an open pair: greedily of literals that are in many, else any."""
    literals = np.flatnonzero(pairs.counts)
    first = _one_of(literals, pairs, rng, is_greedy)
    return first, _one_of(pairs.partners_of(first), pairs, rng, is_greedy)


def _one_of(literals: npt.NDArray[np.int64], pairs: OpenPairs, rng: np.random.Generator, is_greedy: bool) -> int:
    if not is_greedy:
        return int(rng.choice(literals))
    return int(literals[np.argmax(pairs.counts[literals] * rng.uniform(0.5, 1, size=len(literals)))])


class _Diagram:
    """Proposes heaviest configurations, by the decision diagram; every open pair exists there."""

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
    """Proposes configurations that lean to the weights, by the phases of a SAT solver."""

    def __init__(self, solver: PhaseSolver, variables: int) -> None:
        self._solver = solver
        self._variables = variables

    def propose(self, pairs: Sequence[Pair], weights: Weights) -> Sequence[BoolMatrix | None]:
        phases = np.zeros((len(pairs), self._variables), dtype=np.bool_)
        phases[:, : len(weights) // 2] = (weights[1::2] > weights[0::2]).T
        return [self._solver.solve(row, [_number(literal) for literal in pair]) for pair, row in zip(pairs, phases)]


def _number(literal: int) -> int:
    """Return the literal as in DIMACS."""
    return literal // 2 + 1 if literal % 2 else -(literal // 2 + 1)
