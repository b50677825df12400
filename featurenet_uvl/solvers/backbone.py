"""The literals that hold in every model of a CNF."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pysat.solvers import Solver


def backbone(clauses: Iterable[Sequence[int]], count: int) -> frozenset[int] | None:
    """The literals over the variables 1 .. count that every model has, or None where there is no model.

    One call of the solver for each candidate that the models seen so far do not refute.

    Source: Janota, Lynce and Marques-Silva, "Algorithms for computing backbones of propositional formulae", 2015
    (iterative algorithm with one test a literal).
    """
    with Solver(name="cadical195", bootstrap_with=clauses) as solver:
        if not solver.solve():
            return None
        candidates = _model(solver, count)
        found: set[int] = set()
        while candidates:
            literal = min(candidates, key=abs)
            if solver.solve(assumptions=[-literal]):
                candidates &= _model(solver, count)
            else:
                found.add(literal)
                solver.add_clause([literal])
            candidates.discard(literal)
        return frozenset(found)


def _model(solver: Solver, count: int) -> set[int]:
    """The solver's model on the first variables; those it has never heard of are in no model's way, so in none."""
    return {literal for literal in solver.get_model() if abs(literal) <= count}
