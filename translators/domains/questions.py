"""One round of questions: which values of the open variables do all constraints together leave?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from featurenet_uvl.ir.expression import (
    Aggregate,
    AttributeRef,
    Comparison,
    Expression,
    FeatureRef,
    plain_features,
    walk,
)
from featurenet_uvl.ir.feature_model import Constraint, Feature, FeatureModel
from featurenet_uvl.solvers.limits import OutOfConflictsError
from featurenet_uvl.solvers.session import Session
from featurenet_uvl.translators.domains.cells import Cell, cells_of
from featurenet_uvl.translators.domains.relaxed import relaxed
from featurenet_uvl.translators.domains.roots import KnownValues
from featurenet_uvl.translators.domains.variables import TYPED, Values, Variable, name_of, with_domains
from featurenet_uvl.translators.formats.language.definitions import AttributeName
from featurenet_uvl.translators.limits import CompileLimits
from featurenet_uvl.translators.passes.discretise_attributes import discretise_attributes
from featurenet_uvl.translators.passes.rewrite_constraints import rewrite_constraints
from featurenet_uvl.translators.passes.to_cnf import to_cnf
from featurenet_uvl.translators.passes.unfold_multi_features import unfold_multi_features
from featurenet_uvl.translators.terms.arithmetic import value_positions
from featurenet_uvl.translators.terms.simplify import is_true
from featurenet_uvl.translators.terms.value_sources import VALUE


def finite_values(
    model: FeatureModel, open_variables: Iterable[Variable], limits: CompileLimits
) -> dict[Variable, Values]:
    """Return all values of those variables that can be seen to have finitely many, and perhaps others.

    One value stands for each cell of a variable. Comparisons of one open variable with known values are exact then;
    what holds of others is left open. So the formula has a model for each configuration, and perhaps further ones: a
    cell that none of them selects has no value in any configuration.

    Args:
        model: A model in which all other variables have a domain.
        open_variables: The variables without a finite domain.
        limits: Sizes at which the translation ends.

    Raises:
        ModelError, UnsupportedError: As the passes say.
    """
    step = _Round(model, {variable.name: variable for variable in open_variables}, limits)
    cells = step.cells()
    stand_ins = {variable: tuple(cell.value for cell in of_it) for variable, of_it in cells.items()}
    formula = with_domains(replace(model, constraints=tuple(step.constraints())), stand_ins)
    boolean = rewrite_constraints(unfold_multi_features(discretise_attributes(formula, limits), limits), limits)
    cnf = to_cnf(boolean, limits).finish(tuple(boolean.origins().values()))
    literals: dict[tuple[str, str, object], list[int]] = {}
    for literal, origin in enumerate(boolean.origins().values(), 1):
        if origin.attribute is not None and origin.value is not None:
            literals.setdefault((origin.feature, origin.attribute, origin.value), []).append(literal)
    found: dict[Variable, Values] = {}
    with Session(cnf.clauses, len(cnf.variables), max_conflicts=limits.max_conflicts) as session:
        solver = _Solver(session)
        for variable, of_it in cells.items():
            attribute = VALUE if variable.attribute == TYPED else variable.attribute
            if not any(
                cell.rest is None and solver.is_possible(literals.get((variable.feature, attribute, cell.value), []))
                for cell in of_it
            ):
                found[variable] = tuple(
                    value
                    for cell in of_it
                    if cell.rest is not None
                    and solver.is_possible(literals.get((variable.feature, attribute, cell.value), []))
                    for value in (cell.value, *cell.rest)
                )
    return found


@dataclass(slots=True)
class _Solver:
    """A solver that remembers which literals some model has."""

    session: Session
    seen: set[int] = field(default_factory=set)

    def is_possible(self, literals: Iterable[int]) -> bool:
        """Whether some model has one of the literals, or the question is too hard."""
        return any(self._is_possible(literal) for literal in literals)

    def _is_possible(self, literal: int) -> bool:
        if literal in self.seen:
            return True
        try:
            answer = self.session.solve([literal])
        except OutOfConflictsError:
            return True
        if answer:
            self.seen.update(self.session.model())
        return answer


@dataclass(slots=True)
class _Round:
    """The comparisons of a model with its open variables; `unknown` are the identities of those that are left open."""

    model: FeatureModel
    variables: Mapping[AttributeName, Variable]
    limits: CompileLimits
    unknown: set[int] = field(default_factory=set)

    def cells(self) -> dict[Variable, list[Cell]]:
        """Return the cells of each open variable, and note the comparisons that are left open."""
        known = KnownValues.of_model(self.model, self.limits)
        bounds: dict[Variable, set[Fraction | str]] = {variable: set() for variable in self.variables.values()}
        compared: dict[Variable, set[int]] = {variable: set() for variable in self.variables.values()}
        for node in self._open_parts():
            variable = self._only_variable(node)
            found = known.roots(node, variable) if variable is not None and isinstance(node, Comparison) else None
            if variable is None or found is None:
                self.unknown.add(id(node))
            else:
                bounds[variable] |= found
                compared[variable].add(id(node))
        result: dict[Variable, list[Cell]] = {}
        for variable, points in bounds.items():
            cells = cells_of(variable, points) if len(points) <= self.limits.max_values else None
            if cells is None:
                self.unknown |= compared[variable]
                cells = cells_of(variable, ()) or []
            result[variable] = cells
        return result

    def constraints(self) -> Iterator[Constraint]:
        """Yield constraints that follow from the model's."""
        multis = _inside_multi_features(self.model)
        for constraint in self.model.constraints:
            nodes = [] if plain_features(constraint.formula) is not None else list(walk(constraint.formula))
            if constraint.is_indexed:
                if not self._is_open(constraint.formula):
                    yield constraint
            elif not any(id(node) in self.unknown for node in nodes):
                yield constraint
            elif not any(name in multis for node in nodes for name in _features(node)):
                # Within multi-features, the constraint is copied for the instances of all features that it mentions.
                formula = relaxed(constraint.formula, lambda node: id(node) in self.unknown)
                if not is_true(formula):
                    yield replace(constraint, formula=formula)

    def _open_parts(self) -> Iterator[Expression]:
        """Yield the comparisons with open variables, and those that stand as propositions, of plain constraints."""
        for constraint in self.model.constraints:
            if constraint.is_indexed or plain_features(constraint.formula) is not None:
                continue
            values = value_positions(constraint.formula)
            for node in walk(constraint.formula):
                stands_alone = isinstance(node, AttributeRef) and id(node) not in values
                if (stands_alone or isinstance(node, Comparison)) and self._is_open(node):
                    yield node

    def _is_open(self, node: Expression) -> bool:
        """Whether an open variable is in a comparison or a value, perhaps as a part of a sum over features."""
        return any(
            name_of(part) in self.variables or (isinstance(part, Aggregate) and self._is_sum_over_open(part))
            for part in walk(node)
        )

    def _only_variable(self, node: Expression) -> Variable | None:
        """Return the open variable in a comparison; None if there are several, or a sum over one."""
        names = {name_of(part) for part in walk(node)}
        found = [variable for name, variable in self.variables.items() if name in names]
        sums = [part for part in walk(node) if isinstance(part, Aggregate) and self._is_sum_over_open(part)]
        return found[0] if len(found) == 1 and not sums else None

    def _is_sum_over_open(self, node: Aggregate) -> bool:
        return any(node.attribute in name for name in self.variables)


def _features(node: Expression) -> Iterator[str]:
    match node:
        case FeatureRef(name=name) | AttributeRef(feature=name) | Aggregate(scope=str(name)):
            yield name
        case _:
            return


def _inside_multi_features(model: FeatureModel) -> set[str]:
    """Return the multi-features and all features below them."""
    inside: set[str] = set()
    stack: list[tuple[Feature, bool]] = [(model.root, False)]
    while stack:
        feature, is_inside = stack.pop()
        is_inside = is_inside or feature.cardinality is not None
        if is_inside:
            inside.add(feature.name)
        stack.extend((child, is_inside) for child in feature.children)
    return inside
