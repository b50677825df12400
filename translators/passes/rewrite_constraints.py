"""Turn comparisons over attributes into propositions over the features that stand for their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from math import prod

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    AttributeRef,
    Comparison,
    ComparisonOperator,
    Expression,
    FeatureRef,
    Not,
    Or,
    plain_features,
    rebuild,
    walk,
)
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.feature_tree import without_types
from featurenet_uvl.ir.span import SourceKind, Span
from featurenet_uvl.translators.encodings.pseudo_boolean.choices import Addend, compare_choices
from featurenet_uvl.translators.encodings.pseudo_boolean.definitions import Definitions
from featurenet_uvl.translators.encodings.pseudo_boolean.diagram import compare_sum
from featurenet_uvl.translators.encodings.pseudo_boolean.ordered_choice import OrderedChoice
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.terms.arithmetic import comparison_holds, place_of, value_positions
from featurenet_uvl.translators.terms.linear import Linear, average_parts, factors_of, linear_form
from featurenet_uvl.translators.terms.simplify import FALSE, TRUE, Scalar, fold, is_true, negated, rising
from featurenet_uvl.translators.terms.value_sources import Sources, Term, ValueNode


def rewrite_constraints(model: FeatureModel, limits: CompileLimits = LIMITS) -> BooleanModel:
    """Return the Boolean model: each comparison becomes the combinations of values for which it holds, or a diagram.

    Needs: an unfolded model with origins. Gives: propositional constraints; features without a type; definitions if
    a linear comparison has more than `max_table` combinations. Keeps: exactly the configurations.

    The constant attribute or the typed value of a deselected feature counts as 0 (a text as empty); a comparison that
    mentions a configurable attribute of a deselected feature is false, and so is one that divides by zero. Numbers are
    exact.

    Raises:
        ModelError: A text or truth value in arithmetic, a Boolean feature as a value.
        UnsupportedError: A comparison that is not linear and has more than `max_combinations` combinations of
            values, or `max_rows` over all instances.
    """
    definitions = Definitions(frozenset(feature.name for feature in model.features()), limits)
    rewriting = _Rewriting(Sources.of(model), definitions)
    constraints = []
    for position, constraint in enumerate(model.constraints):
        source = constraint.source_at(position)
        formula = constraint.formula
        if plain_features(formula) is None:
            definitions.source = source._replace(kind=SourceKind.DEFINITION)
            formula = rewriting.formula(formula, constraint.span)
        if not is_true(formula):
            constraints.append(
                constraint
                if formula is constraint.formula and source is constraint.source
                else replace(constraint, formula=formula, source=source)
            )
    boolean = replace(without_types(model), constraints=tuple(constraints))
    return BooleanModel(boolean, tuple(definitions.found))


@dataclass(frozen=True, slots=True)
class _Rewriting:
    sources: Sources
    definitions: Definitions
    rows: Counter[Span] = field(default_factory=Counter)
    known: dict[ValueNode, tuple[Term, ...]] = field(default_factory=dict)
    values: dict[Term, _Values] = field(default_factory=dict)

    @property
    def limits(self) -> CompileLimits:
        return self.definitions.limits

    def formula(self, formula: Expression, place: Span) -> Expression:
        values = value_positions(formula)

        def step(node: Expression) -> Expression:
            if isinstance(node, Comparison):
                return self._comparison(node, place_of(node, place))
            if isinstance(node, AttributeRef) and id(node) not in values:
                return self._truth_value(node, place_of(node, place))
            return node

        return fold(rebuild(formula, step))

    def _truth_value(self, node: AttributeRef, place: Span) -> Expression:
        """Return the condition under which an attribute that stands as a proposition is true."""
        (term,) = self.sources.terms(node, place)
        strange = [value for _, value in term.choices if not isinstance(value, bool)]
        if strange:
            raise ModelError(
                f"{place}: found {node.feature}.{node.attribute} as a proposition, expected one that is true or false"
            )
        return Or(tuple(condition for condition, value in term.choices if value is True))

    def _comparison(self, comparison: Comparison, place: Span) -> Expression:
        nodes = list(dict.fromkeys(n for n in walk(comparison) if isinstance(n, ValueNode)))
        terms = {node: self._terms(node, place) for node in nodes}
        flat = list(dict.fromkeys(term for node in nodes for term in terms[node]))
        combinations = prod(len(term.choices) for term in flat)
        if combinations > self.limits.max_table and len(flat) > 1:
            linear = self._linear(comparison, terms, flat, place)
            if linear is not None:
                return linear
        if combinations > self.limits.max_combinations:
            raise UnsupportedError(
                f"{place}: found a comparison that is not linear over {combinations} combinations of values, expected"
                f" at most {self.limits.max_combinations}; split it, or make the domains smaller"
            )
        self.rows[place] += combinations
        if self.rows[place] > self.limits.max_rows:
            raise UnsupportedError(
                f"{place}: found comparisons over more than {self.limits.max_rows} combinations of values, for all"
                " instances together, expected fewer; make the domains smaller, or lower a limit with `bounds`"
            )
        if len(flat) == 1 and combinations > self.limits.max_table:
            return self._range(comparison, terms, flat[0], place)
        return _table(comparison, terms, flat, place)

    def _terms(self, node: ValueNode, place: Span) -> tuple[Term, ...]:
        if node not in self.known:
            self.known[node] = self.sources.terms(node, place)
        return self.known[node]

    def _values(self, term: Term) -> _Values:
        if term not in self.values:
            self.values[term] = _Values.of(term, self.definitions)
        return self.values[term]

    def _range(
        self, comparison: Comparison, terms: Mapping[ValueNode, tuple[Term, ...]], term: Term, place: Span
    ) -> Expression:
        """Return the values of the only term for which the comparison holds."""
        values = self._values(term)
        held = [_holds(comparison, terms, {term: position}, place) for position in values.positions]
        without = values.absent is not None and _holds(comparison, terms, {term: values.absent}, place)
        return values.choice.among(held, without)

    def _linear(
        self, comparison: Comparison, terms: Mapping[ValueNode, tuple[Term, ...]], flat: Sequence[Term], place: Span
    ) -> Expression | None:
        """Return the comparison as a diagram over partial sums; None if it is not linear."""
        operator = comparison.operator
        result = None
        if any(len(term.choices) > self.limits.max_term_values for term in flat):
            result = self._over_values(comparison, terms)
        form = linear_form(comparison, self.sources, place) if result is None else None
        if form is not None and form.averages:
            result = self._average(form, operator, place)
        elif form is not None:
            result = compare_sum(form.weights, operator, -form.constant, self.definitions)
        owners = dict.fromkeys(term.owner for term in flat if term.owner is not None)
        return None if result is None else fold(And((*(FeatureRef(owner) for owner in owners), result)))

    def _over_values(self, comparison: Comparison, terms: Mapping[ValueNode, tuple[Term, ...]]) -> Expression | None:
        """Return the comparison over the values of its terms; None if it is no sum of numbers."""
        form = factors_of(comparison)
        if form is None:
            return None
        factors: dict[Term, Fraction] = {}
        for node, factor in form.weights.items():
            assert isinstance(node, ValueNode)
            for term in terms[node]:
                factors[term] = factors.get(term, Fraction(0)) + factor
        if not all(isinstance(value, Fraction) for term in factors for _, value in term.choices):
            return None
        addends = [self._values(term).times(factor) for term, factor in factors.items() if factor]
        return compare_choices(addends, comparison.operator, -form.constant, self.definitions)

    def _average(self, form: Linear, operator: ComparisonOperator, place: Span) -> Expression | None:
        """Return `factor * average + constant` compared with 0, multiplied by the number of counted features.

        The average over no feature is 0.
        """
        if form.weights or len(form.averages) > 1:
            return None
        ((aggregate, factor),) = form.averages.items()
        parts = average_parts(aggregate, self.sources, place)
        if parts is None:
            return None
        weights, counted = parts
        total = {literal: factor * weight for literal, weight in weights.items()}
        for literal in counted:
            total[literal] = total.get(literal, Fraction(0)) + form.constant
        some = self.definitions.define(Or(counted))
        if_some = compare_sum(total, operator, Fraction(0), self.definitions)
        if_none = compare_sum({}, operator, -form.constant, self.definitions)
        return fold(Or((And((some, if_some)), And((Not(some), if_none)))))


Chosen = Mapping[Term, int]
"""The position of one choice of each term."""


@dataclass(frozen=True, slots=True)
class _Values:
    """The choices of a term in the order of their values.

    `positions` are those of the choices with a feature, `absent` is that of the choice that holds without any.
    """

    term: Term
    choice: OrderedChoice
    positions: Sequence[int]
    absent: int | None

    @classmethod
    def of(cls, term: Term, definitions: Definitions) -> _Values:
        absent = next((at for at, (condition, _) in enumerate(term.choices) if isinstance(condition, Not)), None)
        positions = [at for at in rising([value for _, value in term.choices]) if at != absent]
        owner: Expression = TRUE if term.owner is None else FeatureRef(term.owner)
        if absent is not None:
            owner = negated(term.choices[absent][0])
        return cls(
            term, OrderedChoice([term.choices[at][0] for at in positions], owner, definitions), positions, absent
        )

    def times(self, factor: Fraction) -> Addend:
        """Return the values, which are numbers, multiplied by the factor."""
        numbers = [factor * value for _, value in self.term.choices if isinstance(value, Fraction)]
        absent = None if self.absent is None else numbers[self.absent]
        return Addend(self.choice, [numbers[at] for at in self.positions], absent)


def _table(
    comparison: Comparison, terms: Mapping[ValueNode, tuple[Term, ...]], flat: Sequence[Term], place: Span
) -> Expression:
    """Return the combinations of values for which the comparison holds."""
    true: list[list[Expression]] = []
    false: list[list[Expression]] = []
    for numbers in product(*(range(len(term.choices)) for term in flat)):
        chosen = dict(zip(flat, numbers))
        held = _holds(comparison, terms, chosen, place)
        (true if held else false).append([term.choices[i][0] for term, i in chosen.items()])
    return _shorter(true, false, [term.owner for term in flat if term.owner is not None])


def _holds(comparison: Comparison, terms: Mapping[ValueNode, tuple[Term, ...]], chosen: Chosen, place: Span) -> bool:
    def value(node: Expression) -> Scalar | None:
        if not isinstance(node, ValueNode):
            raise ModelError(f"{place}: found {type(node).__name__}, expected a value")
        return _value(node, terms[node], chosen, place)

    return comparison_holds(comparison, value, place)


def _value(node: ValueNode, terms: Sequence[Term], chosen: Chosen, place: Span) -> Scalar | None:
    if not isinstance(node, Aggregate):
        return terms[0].choices[chosen[terms[0]]][1]
    numbers: list[Fraction] = []
    for term in terms:
        position = chosen[term]
        value = term.choices[position][1]
        if not isinstance(value, Fraction):
            raise ModelError(f"{place_of(node, place)}: found {value!r} in {node.function}(), expected numbers")
        if position != term.default:
            numbers.append(value)
    total = sum(numbers, Fraction(0))
    return total / len(numbers) if node.function == "avg" and numbers else total


def _shorter(true: list[list[Expression]], false: list[list[Expression]], owners: list[str]) -> Expression:
    """Return the shorter of "one of the true combinations" and "all owners, but no false combination"."""
    if not true:
        return FALSE
    owned = tuple(FeatureRef(owner) for owner in dict.fromkeys(owners))
    if not false and not owned:
        return TRUE
    if len(true) <= len(false) or (len(true[0]) == 1 and owned):
        return fold(Or(tuple(And(tuple(row)) for row in true)))
    return fold(And((*owned, *(Or(tuple(negated(part) for part in row)) for row in false))))
