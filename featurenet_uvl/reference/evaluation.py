"""The truth of a constraint in a selection, straight from the rules: no normal forms, no shortcuts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from math import ceil, floor
from types import MappingProxyType

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    Arithmetic,
    AttributeRef,
    Call,
    Comparison,
    Constant,
    Count,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    IndexVariable,
    Not,
    Or,
    Quantified,
    Value,
)
from featurenet_uvl.ir.feature_model import Constraint, FeatureType
from featurenet_uvl.ir.span import Span
from featurenet_uvl.reference.checks import check_constraint, instantiated_multis
from featurenet_uvl.reference.ranges import resolve_ranges
from featurenet_uvl.reference.tree import VALUE, Key, Scalar, Selection, Tree, absent, attribute_of, scalar


class _NoValueError(Exception):
    """A comparison mentions something without a value, so it is false; the error never leaves this module."""


@dataclass(frozen=True, slots=True)
class Law:
    """One constraint of a model, ready for evaluation.

    A plain one is instantiated for every combination of existing instances of `multis`; an indexed one holds for all
    values of its `free` variables, whether the instances exist or not. `ranges` has the ranges of free and bound
    variables.
    """

    tree: Tree
    formula: Expression
    multis: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[Scalar, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, constraint: Constraint, tree: Tree, domains: Mapping[str, tuple[Value, ...]]) -> Law:
        """Return the law of a constraint; `domains` are those of the typed features.

        Raises:
            ModelError: The constraint has a name that the model lacks, a wrong number of indices, or a variable
                without a
                range.
        """
        check_constraint(constraint, tree)
        if not constraint.is_indexed:
            return cls(tree, constraint.formula, instantiated_multis(constraint.formula, tree))
        formula, free, ranges = resolve_ranges(constraint.formula, tree, domains)
        return cls(tree, formula, (), free, ranges)

    def holds(self, selection: Selection) -> bool:
        """Whether the constraint holds in the selection."""
        return all(
            _Evaluator(self, selection, at, MappingProxyType(dict(zip(self.free, values)))).formula(self.formula)
            for at in self._combinations(selection)
            for values in product(*(self.ranges[name] for name in self.free))
        )

    def _combinations(self, selection: Selection) -> Iterator[Mapping[str, int]]:
        """Yield every combination of existing instances; nested multi-features share the outer instance."""
        partial: list[dict[str, int]] = [{}]
        for multi in self.multis:  # outer ones first
            outer = self.tree.multis[multi][:-1]
            partial = [
                {**at, multi: index}
                for at in partial
                for index in range(1, self.tree.upper(multi) + 1)
                if (multi, (*(at[name] for name in outer), index)) in selection
            ]
        yield from partial


@dataclass(frozen=True, slots=True)
class _Evaluator:
    """An evaluator of one constraint in one selection.

    `at` are the instances for a plain constraint, `variables` the values of index variables for an indexed one.
    """

    law: Law
    selection: Selection
    at: Mapping[str, int]
    variables: Mapping[str, Scalar]

    def formula(self, node: Expression) -> bool:
        match node:
            case Constant(value=bool(value)):
                return value
            case FeatureRef():
                return self._is_selected(node)
            case AttributeRef():
                return self._is_true(node)
            case Not():
                return not self.formula(node.operand)
            case And():
                return all(self.formula(operand) for operand in node.operands)
            case Or():
                return any(self.formula(operand) for operand in node.operands)
            case Implies():
                return not self.formula(node.left) or self.formula(node.right)
            case Iff():
                return self.formula(node.left) == self.formula(node.right)
            case Count():
                number = sum(self.formula(operand) for operand in node.operands)
                return node.lower <= number and (node.upper is None or number <= node.upper)
            case Comparison():
                return self._compare(node)
            case Quantified():
                return self._quantify(node)
            case _:
                raise ModelError(f"{node.span}: found {_kind_of(node)}, expected something true or false")

    def _is_selected(self, node: FeatureRef) -> bool:
        multis = self.law.tree.multis[node.name]
        if node.indices is None and multis and multis[-1] == node.name and node.name not in self.at:
            outer = tuple(self.at[multi] for multi in multis[:-1])
            indices = range(1, self.law.tree.upper(node.name) + 1)
            return any((node.name, (*outer, index)) in self.selection for index in indices)
        return self._instance(node.name, node.indices) in self.selection

    def _instance(self, feature: str, indices: tuple[Expression, ...] | None) -> Key | None:
        """Return the instance that a reference means, or None if an index is no whole number."""
        if indices is None:
            return feature, tuple(self.at[multi] for multi in self.law.tree.multis[feature])
        found: list[int] = []
        for index in indices:
            try:
                value = self.term(index)
            except _NoValueError:
                return None
            if not isinstance(value, Fraction) or value.denominator != 1:
                return None
            found.append(int(value))
        return feature, tuple(found)

    def _is_true(self, node: AttributeRef) -> bool:
        try:
            value = self.term(node)
        except _NoValueError:
            return False
        if not isinstance(value, bool):
            raise ModelError(f"{node.span}: found {value!r} as a proposition, expected a truth value")
        return value

    def _quantify(self, node: Quantified) -> bool:
        number = sum(
            replace(self, variables={**self.variables, node.variable: value}).formula(node.body)
            for value in self.law.ranges[node.variable]
        )
        match node.quantifier:
            case "exists":
                return number >= 1
            case "atleast":
                return number >= node.number
            case "atmost":
                return number <= node.number
            case "exactly":
                return number == node.number

    def _compare(self, node: Comparison) -> bool:
        try:
            left, right = self.term(node.left), self.term(node.right)
        except _NoValueError:
            return False
        if node.operator in ("==", "!="):
            return (type(left) is type(right) and left == right) == (node.operator == "==")
        match left, right:
            case (Fraction(), Fraction()) | (str(), str()):
                smaller, equal = left < right, left == right  # type: ignore[operator]  # both of one kind
            case _:
                raise ModelError(
                    f"{node.span}: found {left!r} {node.operator} {right!r}, expected two numbers or texts"
                )
        if node.operator in ("<", "<="):
            return smaller or (equal and node.operator == "<=")
        return not smaller and not (equal and node.operator == ">")

    def term(self, node: Expression) -> Scalar:
        match node:
            case Constant():
                return scalar(node.value, node.span)
            case IndexVariable():
                return self.variables[node.name]
            case FeatureRef():
                return self._typed_value(node)
            case AttributeRef():
                return self._attribute_value(node)
            case Arithmetic():
                return self._arithmetic(node)
            case Aggregate():
                return self._aggregate(node)
            case Call():
                return self._call(node)
            case _:
                raise ModelError(f"{node.span}: found {_kind_of(node)}, expected a value")

    def _values_of(self, instance: Key | None) -> Mapping[str, Value] | None:
        return None if instance is None else self.selection.get(instance)

    def _typed_value(self, node: FeatureRef) -> Scalar:
        values = self._values_of(self._instance(node.name, node.indices))
        if values is not None:
            return scalar(values[VALUE], node.span)
        return "" if self.law.tree.features[node.name].type is FeatureType.STRING else Fraction(0)

    def _attribute_value(self, node: AttributeRef) -> Scalar:
        attribute = attribute_of(self.law.tree.features[node.feature], node.attribute, node.span)
        values = self._values_of(self._instance(node.feature, node.indices))
        if attribute.is_configurable:
            if values is None and attribute.value is None:
                raise _NoValueError
            return scalar(attribute.value if values is None else values[node.attribute], node.span)
        value = scalar(attribute.value, node.span)
        return absent(value) if values is None else value

    def _arithmetic(self, node: Arithmetic) -> Fraction:
        left, right = self._number(node.left), self._number(node.right)
        match node.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                if right == 0:
                    raise _NoValueError
                return left / right

    def _number(self, node: Expression) -> Fraction:
        return _as_number(self.term(node), node.span)

    def _aggregate(self, node: Aggregate) -> Fraction:
        """Aggregate over all selected instances, or over those in the subtree of the scope, itself included; 0 over
        nothing.
        """
        numbers: list[Fraction] = []
        for instance, values in self.selection.items():
            attribute = self.law.tree.features[instance[0]].attribute(node.attribute)
            if attribute is None or (node.scope is not None and not self._is_below(instance, node.scope)):
                continue
            value = values[node.attribute] if attribute.is_configurable else attribute.value
            numbers.append(_as_number(scalar(value, attribute.span), attribute.span))
        total = sum(numbers, Fraction(0))
        return total / len(numbers) if node.function == "avg" and numbers else total

    def _is_below(self, instance: Key, scope: str) -> bool:
        """Whether the instance lies in the subtree of the scope, within the instances at hand."""
        feature, indices = instance
        place = dict(zip(self.law.tree.multis[feature], indices))
        return scope in self.law.tree.scopes[feature] and all(
            place[multi] == self.at[multi] for multi in self.law.tree.multis[scope] if multi in self.at
        )

    def _call(self, node: Call) -> Fraction:
        if node.function == "len":
            text = self.term(node.argument)
            if not isinstance(text, str):
                raise ModelError(f"{node.span}: found len of {text!r}, expected a text")
            return Fraction(len(text))
        number = self._number(node.argument)
        return Fraction(floor(number) if node.function == "floor" else ceil(number))


def _as_number(value: Scalar, span: Span) -> Fraction:
    if not isinstance(value, Fraction):
        raise ModelError(f"{span}: found {value!r}, expected a number")
    return value


def _kind_of(node: Expression) -> str:
    return f"the {type(node).__name__}"


def constant_value(node: Expression) -> Scalar | None:
    """Return the value of a term of constants, or None if it has none or mentions anything else."""
    match node:
        case Constant() | Arithmetic() | Call():
            law = Law(Tree({}, {}, {}), node)
            try:
                return _Evaluator(law, {}, {}, {}).term(node)
            except (_NoValueError, KeyError):
                return None
        case _:
            return None
