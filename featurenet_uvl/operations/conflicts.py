"""Reasons why a model has no configuration, and its dead features: questions to a SAT solver with assumptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from featurenet_uvl.errors import LimitError, UnsupportedError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.expression import walk
from featurenet_uvl.ir.feature_model import Constraint, Feature, FeatureModel, Origin
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.ir.span import Source, SourceKind
from featurenet_uvl.solvers.backbone import backbone
from featurenet_uvl.solvers.limits import OutOfConflictsError
from featurenet_uvl.solvers.session import Session
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.formats.language.printer import format_expression
from featurenet_uvl.translators.passes.to_cnf import to_cnf
from featurenet_uvl.translators.pipeline import to_boolean
from featurenet_uvl.translators.rules.registry import apply_rules

MAX_CONFLICTS = 300_000
"""Conflicts that the solver may run into per question."""
MAX_EXCLUSIONS = 10
"""Sets of constraints that exclude each other which one check looks for."""
_MAX_PARTS = 5
"""Parts of the tree that a message names."""
_MAX_TEXT = 100
"""Characters of a constraint that a message quotes."""


@dataclass(slots=True)
class Question:
    """A model as clauses, in which every constraint can be switched on and off.

    `switches` has the variable of each constraint by its position in the model. A constraint that demands no clause
    has none.
    """

    model: FeatureModel
    boolean: BooleanModel
    builder: ClauseBuilder
    switches: dict[int, int]
    origins: dict[int, Origin] = field(init=False)
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.session = Session(self.builder.clauses, self.builder.count, max_conflicts=MAX_CONFLICTS)
        self.origins = {self.builder.variables[name]: origin for name, origin in self.boolean.origins().items()}

    @classmethod
    def of(cls, model: FeatureModel) -> Question:
        """Return the question for a model, without its rule sets.

        Raises:
            ModelError, UnsupportedError: As the passes say.
        """
        boolean = to_boolean(model)
        builder = to_cnf(boolean)
        return cls(model, boolean, builder, _add_switches(builder, _number_of_constraint))

    @classmethod
    def of_tree(cls, model: FeatureModel) -> tuple[Question, list[Source]]:
        """Return the question for the tree without constraints, and the parts of the tree that its switches number."""
        boolean = to_boolean(replace(model, constraints=()))
        builder = to_cnf(boolean)
        parts: dict[Source, int] = {}
        switches = _add_switches(builder, lambda source: parts.setdefault(source, len(parts)))
        return cls(model, boolean, builder, switches), list(parts)

    def with_rules(self, input_shape: Shape | None) -> Question:
        """Return the question with the model's rule sets. Its constraints have no switches: rule sets build on them.

        Raises:
            ModelError, UnsupportedError: As the rule sets say.
        """
        builder = to_cnf(self.boolean)
        apply_rules(self.boolean, builder, input_shape)
        return Question(self.model, self.boolean, builder, {})

    def solve(self, assumptions: Sequence[int]) -> bool:
        """Whether a configuration exists.

        Raises:
            LimitError: The solver gave up.
        """
        with self.limit():
            return self.session.solve(assumptions)

    @contextmanager
    def limit(self) -> Iterator[None]:
        """Raise LimitError if the solver gives up inside the block."""
        try:
            yield
        except OutOfConflictsError:
            place = self.model.root.span
            raise LimitError(f"{place}: undecided after {MAX_CONFLICTS} conflicts of the solver") from None

    def core(self, places: Iterable[int]) -> list[int] | None:
        """Return a minimal set among these constraints that excludes every configuration, or None.

        Source: Chinneck and Dravnieks, "Locating minimal infeasible constraint sets in linear programs", ORSA Journal
        on Computing 3(2), 1991 (deletion filter), begun from the solver's own set of failed assumptions.
        """
        by_switch = {self.switches[place]: place for place in places}
        if self.solve(list(by_switch)):
            return None
        core = sorted(by_switch[switch] for switch in self.session.failed())
        for place in list(core):
            rest = [other for other in core if other != place]
            if not self.solve([self.switches[other] for other in rest]):
                failed = {by_switch[switch] for switch in self.session.failed()}
                core = [other for other in rest if other in failed]
        return core


def _add_switches(builder: ClauseBuilder, number_of: Callable[[Source], int | None]) -> dict[int, int]:
    """Make the clauses of each numbered source depend on a new variable; return the variables by number."""
    switches: dict[int, int] = {}
    clauses: list[tuple[int, ...]] = []
    for source, run in builder.sources().runs():
        number = number_of(source)
        if number is None:
            clauses.extend(builder.clauses[run.start : run.stop])
            continue
        if number not in switches:
            switches[number] = builder.new()
        clauses.extend((-switches[number], *clause) for clause in builder.clauses[run.start : run.stop])
    builder.clauses = clauses
    return switches


def _number_of_constraint(source: Source) -> int | None:
    return source.number if source.kind is SourceKind.CONSTRAINT else None


def exclusions(question: Question) -> list[str]:
    """Return one line per set of constraints that exclude each other; no line if a configuration exists.

    The sets are minimal and share no constraint; the search ends after MAX_EXCLUSIONS of them.

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
            f" least one: check {_impossible_part(model)}"
        )
    (first, text), rest = parts[0], parts[1:]
    if not rest:
        return f"{first}: found {text}, which holds in no configuration of the tree; expected one that can hold"
    others = "; ".join(f"{other} at {place}" for place, other in rest)
    return f"{first}: found {text}, which excludes {others}; expected a configuration for all: weaken one of them"


def _impossible_part(model: FeatureModel) -> str:
    """Name the groups of an unsatisfiable tree whose cardinalities exclude one another."""
    question, parts = Question.of_tree(model)
    core = [parts[number] for number in question.core(sorted(question.switches)) or ()]
    groups = [part for part in core if part.kind is SourceKind.GROUP] or core[1:]
    found = ", ".join(map(str, groups[:_MAX_PARTS]))
    return f"the {found}{', and others' if len(groups) > _MAX_PARTS else ''}"


def _shown(constraint: Constraint) -> tuple[str, str]:
    try:
        text = format_expression(constraint.formula, indexed=constraint.is_indexed)
    except UnsupportedError:
        return str(constraint.span), f"a constraint with {sum(1 for _ in walk(constraint.formula))} parts"
    return str(constraint.span), f"the constraint {text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + '...'!r}"


def rules_exclusion(question: Question) -> list[str]:
    """Return a line if the rule sets leave no configuration to a model whose constraints leave some.

    Args:
        question: One with rules.

    Raises:
        LimitError: The solver gave up.
    """
    rules = question.model.root.attribute("rules")
    if rules is None or question.solve(()):
        return []
    return [
        f"{rules.span}: found rule sets that exclude every configuration that the constraints allow;"
        " expected at least one to remain: give another `input_shape`, or weaken the constraints on layers"
    ]


def dead_features(question: Question) -> list[str]:
    """Return one line per feature or attribute value of a satisfiable model that no configuration has.

    A feature below a dead one has no line. The solver answers O(n) questions at most, n instances of features.

    Raises:
        LimitError: The solver gave up.
    """
    switches = sorted(question.switches.values())
    with question.limit():
        dead = backbone(question.session, [-variable for variable in question.origins], switches)
    if dead is None:
        dead = frozenset(-variable for variable in question.origins)
    possible = {replace(o, indices=()) for variable, o in question.origins.items() if -variable not in dead}
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
