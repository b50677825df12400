"""Why a model has no configuration, and which of its features are in none: a SAT solver asked with assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pysat.solvers import Glucose4

from featurenet_uvl.errors import LimitError, UnsupportedError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.expression import walk
from featurenet_uvl.ir.feature_model import Constraint, Feature, FeatureModel, Origin
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.formula import assert_formula
from featurenet_uvl.translators.formats.language.printer import format_expression
from featurenet_uvl.translators.passes.to_cnf import to_cnf
from featurenet_uvl.translators.pipeline import to_boolean
from featurenet_uvl.translators.rules.registry import apply_rules

MAX_CONFLICTS = 300_000
"""What one question may cost the solver."""
MAX_EXCLUSIONS = 10
"""How many sets of constraints that exclude one another are looked for."""
_MARK = "\0constraint"
_MAX_TEXT = 100


@dataclass(slots=True)
class Question:
    """A model as clauses, in which every constraint can be switched on and off.

    `switches` has the variable of each constraint by its place in the model; those that say nothing have none.
    """

    model: FeatureModel
    boolean: BooleanModel
    builder: ClauseBuilder
    switches: dict[int, int]
    origins: dict[int, Origin] = field(init=False)
    solver: Glucose4 = field(init=False)

    def __post_init__(self) -> None:
        self.solver = Glucose4(bootstrap_with=[list(clause) for clause in self.builder.clauses])
        self.solver.add_clause([self.builder.count, -self.builder.count])
        self.origins = {self.builder.variables[name]: origin for name, origin in self.boolean.origins().items()}

    @classmethod
    def of(cls, model: FeatureModel) -> Question:
        """The question for a model, without its rule sets.

        Raises:
            ModelError, UnsupportedError: As the passes say.
        """
        marked = tuple(replace(c, span=Span(_MARK, number)) for number, c in enumerate(model.constraints))
        boolean = to_boolean(replace(model, constraints=marked))
        own = [constraint for constraint in boolean.model.constraints if constraint.span.path == _MARK]
        hard = tuple(constraint for constraint in boolean.model.constraints if constraint.span.path != _MARK)
        builder = to_cnf(replace(boolean, model=replace(boolean.model, constraints=hard)))
        return cls(model, boolean, builder, dict(_switched(builder, own)))

    def with_rules(self, input_shape: Shape | None) -> Question:
        """The question with the rule sets that the model switches on, and all constraints on: rule sets build on them.

        Raises:
            ModelError, UnsupportedError: As the rule sets say.
        """
        builder = ClauseBuilder(self.builder.features)
        builder.variables, builder.count = dict(self.builder.variables), self.builder.count
        builder.clauses = [*((switch,) for switch in sorted(self.switches.values())), *self.builder.clauses]
        apply_rules(self.boolean, builder, input_shape)
        return Question(self.model, self.boolean, builder, self.switches)

    def solve(self, assumptions: Sequence[int]) -> bool:
        """Whether there is a configuration.

        Raises:
            LimitError: The solver gave up.
        """
        self.solver.conf_budget(MAX_CONFLICTS)
        answer = self.solver.solve_limited(assumptions=list(assumptions))
        if answer is None:
            raise LimitError(f"{self.model.root.span}: undecided after {MAX_CONFLICTS} conflicts of the solver")
        return bool(answer)

    def core(self, places: Iterable[int]) -> list[int] | None:
        """A minimal set among these constraints that excludes every configuration; None if there is none.

        Source: Chinneck and Dravnieks, "Locating minimal infeasible constraint sets in linear programs", ORSA Journal
        on Computing 3(2), 1991 (deletion filter), begun from the solver's own set of failed assumptions.
        """
        by_switch = {self.switches[place]: place for place in places}
        if self.solve(list(by_switch)):
            return None
        core = sorted(by_switch[switch] for switch in self.solver.get_core() or ())
        for place in list(core):
            rest = [other for other in core if other != place]
            if not self.solve([self.switches[other] for other in rest]):
                failed = {by_switch[switch] for switch in self.solver.get_core() or ()}
                core = [other for other in rest if other in failed]
        return core


def _switched(builder: ClauseBuilder, constraints: Iterable[Constraint]) -> Iterator[tuple[int, int]]:
    """Adds the constraints, and gives the variable without which each says nothing, by its number."""
    switches: dict[int, int] = {}
    for constraint in constraints:
        switch = switches.get(constraint.span.line) or builder.new()
        switches[constraint.span.line] = switch
        start = len(builder.clauses)
        assert_formula(builder, constraint.formula)
        builder.clauses[start:] = [(-switch, *clause) for clause in builder.clauses[start:]]
    yield from switches.items()


def exclusions(question: Question) -> list[str]:
    """One line for each set of constraints, of those found, that exclude one another; none if there is a configuration.

    No constraint is in two of the sets.

    Raises:
        LimitError: The solver gave up.
    """
    cores: list[list[int]] = []
    left = sorted(question.switches)
    while len(cores) < MAX_EXCLUSIONS:
        core = question.core(left)
        if core is None:
            break
        cores.append(core)
        if not core:
            break
        left = [place for place in left if place not in core]
    return [_exclusion(question.model, core) for core in sorted(cores)]


def _exclusion(model: FeatureModel, core: list[int]) -> str:
    parts = [_shown(model.constraints[place]) for place in core]
    if not parts:
        return (
            f"{model.root.span}: found a tree without any configuration, even without its constraints; expected at"
            " least one: check the cardinalities of its groups and features"
        )
    (first, text), rest = parts[0], parts[1:]
    if not rest:
        return f"{first}: found {text}, which holds in no configuration of the tree; expected one that can hold"
    others = "; ".join(f"{other} at {place}" for place, other in rest)
    return f"{first}: found {text}, which excludes {others}; expected a configuration for all: weaken one of them"


def _shown(constraint: Constraint) -> tuple[str, str]:
    try:
        text = format_expression(constraint.formula, indexed=constraint.is_indexed)
    except UnsupportedError:
        return str(constraint.span), f"a constraint with {sum(1 for _ in walk(constraint.formula))} parts"
    return str(constraint.span), f"the constraint {text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + '...'!r}"


def rules_exclusion(question: Question) -> list[str]:
    """One line if the rule sets leave no configuration to a model whose constraints leave some.

    Args:
        question: One with rules.

    Raises:
        LimitError: The solver gave up.
    """
    rules = question.model.root.attribute("rules")
    if rules is None or question.solve(()):
        return []
    return [
        f"{rules.span}: found rule sets that leave none of the configurations that the constraints allow;"
        " expected some: give another `input_shape`, or weaken the constraints on layers"
    ]


def dead_features(question: Question) -> list[str]:
    """One line for each feature or attribute value of a satisfiable model that no configuration has.

    A feature below a dead one is not named. O(n) questions to the solver at most.

    Raises:
        LimitError: The solver gave up.
    """
    switches = sorted(question.switches.values())
    possible: set[Origin] = set()
    question.solver.set_phases(list(question.origins))
    for variable, origin in question.origins.items():
        kind = replace(origin, indices=())
        if kind not in possible and question.solve([*switches, variable]):
            true = question.solver.get_model() or ()
            possible.update(replace(question.origins[v], indices=()) for v in true if v in question.origins)
    return list(_dead(question.model, possible, {replace(o, indices=()) for o in question.origins.values()}))


def _dead(model: FeatureModel, possible: set[Origin], known: set[Origin]) -> Iterator[str]:
    stack: list[Feature] = [model.root]
    while stack:
        feature = stack.pop()
        if Origin(feature.name) not in possible:
            yield f"{feature.span}: hint: feature {feature.name!r} is dead, it is in no configuration"
            continue
        values = [o for o in known if o.feature == feature.name and o.value is not None and o not in possible]
        for origin in sorted(values, key=str):
            attribute = f"{feature.name}.{origin.attribute}"
            yield f"{feature.span}: hint: the value {origin.value!r} of {attribute} is never taken"
        stack.extend(reversed(list(feature.children)))
