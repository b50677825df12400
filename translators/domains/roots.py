"""The values of one variable at which a comparison changes its truth, whatever the other values in it are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from types import MappingProxyType

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.expression import Aggregate, Comparison, Expression, Value, walk
from featurenet_uvl.ir.feature_model import Feature, FeatureModel, FeatureType, GroupKind
from featurenet_uvl.translators.domains.cells import is_decimal
from featurenet_uvl.translators.domains.variables import TYPED, Variable, name_of
from featurenet_uvl.translators.formats.language.definitions import AttributeName
from featurenet_uvl.translators.limits import CompileLimits
from featurenet_uvl.translators.terms.arithmetic import evaluate
from featurenet_uvl.translators.terms.linear import factors_of
from featurenet_uvl.translators.terms.simplify import Scalar, exact
from featurenet_uvl.translators.terms.typed_domains import typed_domains
from featurenet_uvl.translators.terms.value_sources import ValueNode

_ABSENT: Mapping[type, Scalar] = MappingProxyType({bool: False, Fraction: Fraction(0), str: ""})
"""The value of a deselected feature or attribute, by the type of the others."""


@dataclass(frozen=True, slots=True)
class KnownValues:
    """The values that a model knows of typed features and attributes, by name.

    `absent` has the values while the feature is deselected, `owners` the features with an attribute of a name,
    `instances` the largest number of instances of each feature, `mandatory` the children that a feature always has. A
    set of more than `most` values counts as unknown.
    """

    values: dict[AttributeName, frozenset[Scalar]]
    absent: dict[AttributeName, frozenset[Scalar]]
    owners: dict[str, list[str]]
    instances: dict[str, int]
    parents: dict[str, str]
    mandatory: dict[str, list[str]]
    most: int

    @classmethod
    def of_model(cls, model: FeatureModel, limits: CompileLimits) -> KnownValues:
        domains = typed_domains(model, limits.max_values, {})
        result = cls({}, {}, {}, {}, {}, {}, limits.max_values)
        stack = [(model.root, 1)]
        while stack:
            feature, number = stack.pop()
            number *= 1 if feature.cardinality is None else feature.cardinality.upper or 0
            result._note(feature, number, domains.get(feature.name))
            stack.extend((child, number) for child in feature.children)
        return result

    def _note(self, feature: Feature, number: int, domain: tuple[Value, ...] | None) -> None:
        self.instances[feature.name] = number
        if domain is not None:
            self.values[feature.name, TYPED] = frozenset(map(exact, domain))
            self.absent[feature.name, TYPED] = frozenset(
                [_ABSENT[str if feature.type is FeatureType.STRING else Fraction]]
            )
        for attribute in feature.attributes:
            self.owners.setdefault(attribute.name, []).append(feature.name)
            constant = attribute.value if isinstance(attribute.value, bool | int | float | str) else None
            values = attribute.domain or (() if constant is None else (constant,))
            self.values[feature.name, attribute.name] = frozenset(map(exact, values))
            self.absent[feature.name, attribute.name] = frozenset(_ABSENT[type(exact(value))] for value in values)
        for group in feature.groups:
            for child in group.members:
                self.parents[child.name] = feature.name
                least = 1 if child.cardinality is None else child.cardinality.lower
                if group.kind is GroupKind.MANDATORY and least:
                    self.mandatory.setdefault(feature.name, []).append(child.name)

    def roots(self, comparison: Comparison, variable: Variable) -> set[Fraction | str] | None:
        """Return the values of a variable at which the comparison changes its truth, for any other values in it.

        None if they are not known: the comparison is not linear in it, orders texts, or has too many values.
        """
        present = self._selected_with(variable.feature)
        is_text = variable.type is FeatureType.STRING
        if is_text and comparison.operator not in ("==", "!="):
            return None
        found = None if is_text else self._of_sum(comparison, variable, present)
        for side, other in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
            if found is None and name_of(side) == variable.name:
                values = self._of_term(other, present)
                wanted = str if is_text else Fraction
                found = None if values is None else {value for value in values if isinstance(value, wanted)}
        if found is None or variable.type is not FeatureType.REAL or comparison.operator == "==":
            return found
        return found if all(is_decimal(number) for number in found if isinstance(number, Fraction)) else None

    def _of_sum(
        self, comparison: Comparison, variable: Variable, present: frozenset[str]
    ) -> set[Fraction | str] | None:
        """Return the roots of a comparison that is linear in all its values."""
        form = factors_of(comparison)
        if form is None or form.averages:
            return None
        factor = Fraction(0)
        totals: set[Fraction] | None = {form.constant}
        for node, weight in form.weights.items():
            if name_of(node) == variable.name:
                factor = weight
            else:
                totals = self._added(totals, _only_numbers(self._of_leaf(node, present)), weight)
        return None if totals is None else {-total / factor for total in totals} if factor else set()

    def _of_term(self, term: Expression, present: frozenset[str]) -> frozenset[Scalar] | None:
        """Return all values of a term, and perhaps others; None if they are not known, or too many."""
        leaves = list(dict.fromkeys(node for node in walk(term) if isinstance(node, ValueNode)))
        known = [values for leaf in leaves if (values := self._of_leaf(leaf, present)) is not None]
        if len(known) < len(leaves) or prod(map(len, known)) > self.most:
            return None
        results: set[Scalar | None] = set()
        try:
            for chosen in product(*known):
                at: dict[Expression, Scalar] = dict(zip(leaves, chosen))
                results.add(evaluate(term, at.__getitem__, term.span))
        except ModelError:  # a text in arithmetic: the translation of the comparison says where
            return None
        return frozenset(result for result in results if result is not None)

    def _of_leaf(self, node: Expression, present: frozenset[str]) -> frozenset[Scalar] | None:
        if isinstance(node, Aggregate):
            return self._totals(node, present) if node.function == "sum" else None
        name = name_of(node)
        if name is None or name not in self.values:
            return None
        return self.values[name] if name[0] in present else self.values[name] | self.absent[name]

    def _totals(self, node: Aggregate, present: frozenset[str]) -> frozenset[Scalar] | None:
        totals: set[Fraction] | None = {Fraction(0)}
        for feature in self.owners.get(node.attribute, ()):
            if node.scope is None or self._is_below(feature, node.scope):
                numbers = _only_numbers(self.values[feature, node.attribute])
                if numbers is not None and (feature not in present or self.instances[feature] != 1):
                    numbers.add(Fraction(0))
                for _ in range(self.instances[feature]):
                    totals = self._added(totals, numbers, Fraction(1))
        return None if totals is None else frozenset(totals)

    def _added(
        self, totals: set[Fraction] | None, numbers: set[Fraction] | None, factor: Fraction
    ) -> set[Fraction] | None:
        if totals is None or numbers is None or len(totals) * len(numbers) > self.most * 10:
            return None
        added = {total + factor * number for total in totals for number in numbers}
        return added if len(added) <= self.most else None

    def _is_below(self, feature: str, scope: str) -> bool:
        current: str | None = feature
        while current is not None and current != scope:
            current = self.parents.get(current)
        return current is not None

    def _selected_with(self, feature: str) -> frozenset[str]:
        """Return features that the tree selects with this one: it, those above, and the mandatory ones below these."""
        found: set[str] = set()
        stack: list[str] = []
        current: str | None = feature
        while current is not None:
            stack.append(current)
            current = self.parents.get(current)
        while stack:
            name = stack.pop()
            if name not in found:
                found.add(name)
                stack.extend(self.mandatory.get(name, ()))
        return frozenset(found)


def _only_numbers(values: frozenset[Scalar] | None) -> set[Fraction] | None:
    numbers = {value for value in values or () if isinstance(value, Fraction)}
    return numbers if values is not None and len(numbers) == len(values) else None
