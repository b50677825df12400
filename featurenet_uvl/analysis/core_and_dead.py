"""Features that every configuration has, or none, or that the tree calls optional though they are not."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pysat.solvers import Glucose4

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import GroupKind


@dataclass(frozen=True, slots=True)
class Decided:
    """What is decided among the features of a CNF; names in the order of the CNF.

    Without a configuration nothing is decided, and all three are empty. `false_optional` is None where there is no
    tree to ask: those features that the tree leaves open, alone or in a group, and that are yet in every configuration
    in which their parent is, and in one at least. FeatureIDE counts two kinds more, which say nothing that is not said
    already: dead features whose parent is dead, too, and the only member of an `or` or `alt` element.
    """

    is_satisfiable: bool
    core: tuple[str, ...] = ()
    dead: tuple[str, ...] = ()
    false_optional: tuple[str, ...] | None = None


def decided_features(cnf: Cnf, model: BooleanModel | None = None, time_limit_s: float = 600.0) -> Decided:
    """Core, dead and false-optional features.

    Args:
        cnf: Its feature variables are asked about.
        model: What the CNF was compiled from, for the tree.
        time_limit_s: For everything.

    Raises:
        LimitError: The solver could not answer within the time.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> decided_features(Cnf(VarMap.from_names(("App", "Log", "Net")), ((1,), (-2,))))
    Decided(is_satisfiable=True, core=('App',), dead=('Log',), false_optional=None)
    """
    with _Asker(cnf, time_limit_s) as ask:
        first = ask.solution(())
        if first is None:
            return Decided(False, false_optional=None if model is None else ())
        count = cnf.variables.feature_count
        decided = _backbone(ask, [literal for literal in first if abs(literal) <= count])
        names = cnf.variables.names
        core = tuple(names[literal - 1] for literal in decided if literal > 0)
        dead = tuple(names[-literal - 1] for literal in decided if literal < 0)
        optional = (
            None if model is None else tuple(_false_optional(ask, model, cnf, {-lit for lit in decided if lit < 0}))
        )
        return Decided(True, core, dead, optional)


@dataclass(slots=True)
class _Asker:
    """A solver that gives up when its time is over, in whichever question."""

    cnf: Cnf
    time_limit_s: float
    solver: Glucose4 = field(init=False)
    timer: threading.Timer = field(init=False)

    def __enter__(self) -> _Asker:
        self.solver = Glucose4(bootstrap_with=[list(clause) for clause in self.cnf.clauses])
        count = len(self.cnf.variables)
        if count:
            self.solver.add_clause([count, -count])
        self.timer = threading.Timer(self.time_limit_s, self.solver.interrupt)
        self.timer.daemon = True
        self.timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()
        self.timer.join()
        self.solver.delete()

    def solution(self, assumptions: Sequence[int]) -> Sequence[int] | None:
        """A solution with these literals, one literal a variable, or None if there is none."""
        answer = self.solver.solve_limited(assumptions=list(assumptions), expect_interrupt=True)
        if answer is None:
            raise LimitError(f"found no answer of the SAT solver within {self.time_limit_s:g} s")
        return tuple(self.solver.get_model()) if answer else None


def _backbone(ask: _Asker, candidates: Sequence[int]) -> list[int]:
    """Those candidates that hold in every solution, by variable.

    Source: Janota, Lynce, Marques-Silva, "Algorithms for computing backbones of propositional formulae", AI
    Communications, 2015.
    """
    decided: list[int] = []
    left = dict.fromkeys(candidates)
    ask.solver.set_phases([-literal for literal in candidates])
    while left:
        literal = next(iter(left))
        other = ask.solution((-literal,))
        if other is None:
            del left[literal]
            decided.append(literal)
            ask.solver.add_clause([literal])
        else:
            kept = set(other)
            left = {candidate: None for candidate in left if candidate in kept}
    return sorted(decided, key=abs)


def _false_optional(ask: _Asker, model: BooleanModel, cnf: Cnf, dead: set[int]) -> Iterator[str]:
    """Features outside mandatory groups that no solution lacks while it has the parent."""
    variables = {name: number for number, name in enumerate(cnf.variables.feature_names, 1)}
    pairs: dict[int, int] = {}
    for feature in model.model.features():
        for group in feature.groups:
            forced = group.kind in (GroupKind.OR, GroupKind.ALTERNATIVE) and len(group.members) == 1
            if group.kind is not GroupKind.MANDATORY and not forced:
                pairs.update((variables[member.name], variables[feature.name]) for member in group.members)
    left = {child: parent for child, parent in sorted(pairs.items()) if child not in dead}
    ask.solver.set_phases([-child for child in left])
    while left:
        child, parent = next(iter(left.items()))
        found = ask.solution((parent, -child))
        if found is None:
            yield cnf.variables.names[child - 1]
            del left[child]
        else:
            true = {literal for literal in found if literal > 0}
            left = {c: p for c, p in left.items() if not (p in true and c not in true)}
