"""Small random extended feature models: one generator, driven by hypothesis or by a seeded random generator.

Every construct of the semantics occurs: all group kinds, nested multi-features, configurable and constant attributes,
typed features, propositional, arithmetic, aggregate and indexed constraints. Sizes suit brute force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    Arithmetic,
    AttributeRef,
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
    Quantifier,
    Value,
)
from featurenet_uvl.ir.feature_model import (
    Attribute,
    Cardinality,
    Constraint,
    Feature,
    FeatureModel,
    FeatureType,
    Group,
    GroupKind,
)
from featurenet_uvl.reference import tree_size

T = TypeVar("T")
MAX_TREE_SIZE = 1_500
"""Configurations of the tree without its constraints."""

_DOMAINS: dict[str, list[tuple[Value, ...]]] = {
    "x": [(1, 2), (0, 1, 3), (-1, 2)],
    "y": [(0.5, 1), (2, 0.1), (3, 1, 2)],
    "t": [("a", "b"), ("1x1", "a", "b")],
}
_CONSTANTS: dict[str, list[Value]] = {"p": [1, 2, 0, -3, 0.1, 0.2], "s": ["a", "b"]}
_NUMERIC = ("x", "y", "p")
_NUMBERS = (FeatureType.INTEGER, FeatureType.REAL)
_TYPED: list[tuple[FeatureType, tuple[Value, ...]]] = [
    (FeatureType.INTEGER, (1, 2)),
    (FeatureType.INTEGER, (-1, 0, 3)),
    (FeatureType.REAL, (0.5, 2)),
    (FeatureType.STRING, ("a", "b")),
    (FeatureType.STRING, ("", "a")),
]
"""Types with small domains; the first two are also written as constraints."""


class Choices(Protocol):
    def integer(self, lower: int, upper: int) -> int: ...


@dataclass
class _Drawn:
    draw: st.DrawFn

    def integer(self, lower: int, upper: int) -> int:
        return self.draw(st.integers(lower, upper))


@dataclass
class _Seeded:
    rng: np.random.Generator

    def integer(self, lower: int, upper: int) -> int:
        return int(self.rng.integers(lower, upper + 1))


@st.composite
def feature_models(draw: st.DrawFn) -> FeatureModel:
    """Return a strategy for models, which shrinks towards few, plain features and no constraints."""
    model = _Builder(_Drawn(draw)).model()
    assume(_is_small(model))
    return model


def random_model(rng: np.random.Generator) -> FeatureModel:
    """Return a model from the same generator, for long runs without hypothesis."""
    while True:
        model = _Builder(_Seeded(rng)).model()
        if _is_small(model):
            return model


def _is_small(model: FeatureModel) -> bool:
    return tree_size(model) <= MAX_TREE_SIZE


@dataclass
class _Builder:
    choices: Choices
    left: int = 0
    features: list[tuple[Feature, tuple[str, ...]]] = field(default_factory=list)
    """Each finished feature with the multi-features around it, itself included."""
    limits: dict[str, int] = field(default_factory=dict)
    names: int = 0
    bounds: list[Constraint] = field(default_factory=list)
    """The constraints that give typed features without a domain their values."""

    def pick(self, options: Sequence[T]) -> T:
        return options[self.choices.integer(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return self.choices.integer(0, 99) >= 100 - percent

    def model(self) -> FeatureModel:
        self.left = self.choices.integer(1, 10)
        root = self._feature((), 0)
        constraints = [*self.bounds, *(Constraint(self._formula(2)) for _ in range(self.choices.integer(0, 2)))]
        if self.limits:
            indexed = [self._indexed() for _ in range(self.choices.integer(0, 2))]
            constraints += [Constraint(formula, is_indexed=True) for formula in indexed]
        return FeatureModel(root, tuple(constraints))

    # the tree

    def _feature(self, multis: tuple[str, ...], depth: int) -> Feature:
        name = f"F{self.names}" if self.names else "R"
        self.names += 1
        cardinality = self._cardinality() if depth and len(multis) < 2 and self.chance(35) else None
        if cardinality is not None:
            multis = (*multis, name)
            self.limits[name] = cardinality.upper or 0
        groups: list[Group] = []
        while self.left > 0 and depth < 4 and len(groups) < 2 and self.chance(90 if not depth else 45):
            groups.append(self._group(multis, depth))
        attributes, kind = self._attributes(), FeatureType.BOOLEAN
        if depth and self.chance(12):
            kind, domain = self._type(name)
            attributes = (*attributes, *domain)
        feature = Feature(name, tuple(groups), attributes, cardinality, kind)
        self.features.append((feature, multis))
        return feature

    def _type(self, name: str) -> tuple[FeatureType, tuple[Attribute, ...]]:
        """Draw a type with the attribute `domain`, or with a constraint over the feature alone instead."""
        kind, values = self.pick(_TYPED)
        if self.chance(50):
            return kind, (Attribute("domain", values),)
        feature = FeatureRef(name)
        bounds: Expression = Or(tuple(Comparison("==", feature, Constant(value)) for value in values))
        if kind is FeatureType.INTEGER and self.chance(70):
            low, high = Constant(values[0]), Constant(values[-1])
            bounds = And((Comparison(">=", feature, low), Not(Comparison("<", high, feature))))
        if self.chance(60):
            bounds = Implies(feature, bounds)
        self.bounds.append(Constraint(bounds))
        return kind, ()

    def _cardinality(self) -> Cardinality:
        lower = self.choices.integer(0, 2)
        return Cardinality(lower, self.choices.integer(max(lower, 1), 3))

    def _group(self, multis: tuple[str, ...], depth: int) -> Group:
        kind = self.pick(list(GroupKind))
        size = min(self.choices.integer(1, 3), self.left)
        self.left -= size
        members = tuple(self._feature(multis, depth + 1) for _ in range(size))
        cardinality = None
        if kind is GroupKind.CARDINALITY:
            lower = self.choices.integer(0, size)
            upper = self.choices.integer(lower, size + 1)
            cardinality = Cardinality(lower, upper if upper <= size else None)
        return Group(kind, members, cardinality)

    def _attributes(self) -> tuple[Attribute, ...]:
        result: list[Attribute] = []
        for name, domains in _DOMAINS.items():
            if self.chance(15):
                result.append(Attribute(name, domain=self.pick(domains)))
        for name, values in _CONSTANTS.items():
            if self.chance(20):
                result.append(Attribute(name, self.pick(values)))
        return tuple(result)

    # plain constraints

    def _attribute_refs(self, names: Sequence[str]) -> list[AttributeRef]:
        return [AttributeRef(f.name, a.name) for f, _ in self.features for a in f.attributes if a.name in names]

    def _formula(self, depth: int) -> Expression:
        kind = self.choices.integer(0, 8 if depth else 2)
        if kind <= 1:
            return FeatureRef(self.pick(self.features)[0].name)
        if kind == 2:
            return self._comparison()
        return self._connective(kind, [self._formula(depth - 1) for _ in range(2 if kind < 8 else 3)])

    def _connective(self, kind: int, parts: list[Expression]) -> Expression:
        match kind:
            case 3:
                return Implies(parts[0], parts[1])
            case 4:
                return Or(tuple(parts))
            case 5:
                return And(tuple(parts))
            case 6:
                return Not(parts[0])
            case 7:
                return Iff(parts[0], parts[1])
            case _:
                return Count(self.choices.integer(0, 1), self.choices.integer(1, 2), tuple(parts))

    def _comparison(self) -> Expression:
        texts: list[Expression] = [*self._attribute_refs(("t", "s"))]
        texts += [FeatureRef(f.name) for f, _ in self.features if f.type is FeatureType.STRING]
        if texts and self.chance(30):
            right: Expression = Constant(self.pick(["a", "b", "c", ""])) if self.chance(70) else self.pick(texts)
            return Comparison(self.pick(["==", "!="]), self.pick(texts), right)
        return Comparison(self.pick(["==", "!=", "<", ">", "<=", ">="]), self._term(1), self._term(1))

    def _term(self, depth: int) -> Expression:
        refs: list[Expression] = [*self._attribute_refs(_NUMERIC)]
        refs += [FeatureRef(f.name) for f, _ in self.features if f.type in _NUMBERS]
        kind = self.choices.integer(0, 6 if depth else 3)
        if kind == 0 or not refs:
            return Constant(self.pick([1, 2, 0, 3, 0.5, 0.3]))
        if kind <= 3:
            return self.pick(refs)
        if kind == 4:
            return self._aggregate()
        return Arithmetic(self.pick(["+", "-", "*", "/"]), self._term(0), self._term(0))

    def _aggregate(self) -> Expression:
        owners = [(multis, a.name) for f, multis in self.features for a in f.attributes if a.name in _NUMERIC]
        if not owners:
            return Constant(1)
        multis, name = self.pick(owners)
        scope = self.pick(self.features)[0].name if self.chance(60) else None
        if scope is not None and multis and self.chance(75):
            scope = self.pick(multis)
        return Aggregate(self.pick(["sum", "avg"]), name, scope)

    # indexed constraints

    def _indexed(self) -> Expression:
        """Draw a formula in which every variable has a range: the guard has each free one as an index of its own."""
        inside = [(f, multis) for f, multis in self.features if multis]
        guard, multis = self.pick(inside)
        variables = [IndexVariable(name) for name in ("i", "j")[: len(multis)]]
        left = FeatureRef(guard.name, tuple(variables))
        wired = [(f, m, a.name) for f, m in inside for a in f.attributes if a.name in ("x", "y")]
        if wired and self.chance(20):
            return self._wired(*self.pick(wired))
        body = self._indexed_formula(variables, 1)
        if self.chance(30):
            return Or((left, body))
        return Implies(left, body)

    def _wired(self, feature: Feature, multis: tuple[str, ...], attribute: str) -> Expression:
        """Draw a count of the instances that point at c, whose range follows from the equality."""
        outer = (IndexVariable("i"),)[: len(multis) - 1]
        bound = IndexVariable("k")
        quantifiers: list[Quantifier] = ["atmost", "atleast"]
        target = Arithmetic("-", Arithmetic("-", IndexVariable("c"), bound), Constant(self.choices.integer(0, 1)))
        pointing = Comparison("==", AttributeRef(feature.name, attribute, (*outer, bound)), target)
        return Quantified(self.pick(quantifiers), self.choices.integer(0, 2), "k", pointing)

    def _indexed_formula(self, variables: list[IndexVariable], depth: int) -> Expression:
        kind = self.choices.integer(0, 9 if depth else 3)
        if kind <= 2:
            return self._indexed_feature(variables)
        if kind == 3:
            return self._indexed_comparison(variables)
        if kind >= 8:
            return self._quantified(variables)
        parts = [self._indexed_formula(variables, depth - 1) for _ in range(2)]
        return self._connective(kind - 1, parts)

    def _indexed_feature(self, variables: list[IndexVariable]) -> Expression:
        feature, multis = self.pick(self.features)
        return FeatureRef(feature.name, tuple(self._index(variables) for _ in multis))

    def _index(self, variables: list[IndexVariable]) -> Expression:
        match self.choices.integer(0, 5):
            case 0 | 1:
                return self.pick(variables)
            case 2:
                return Arithmetic("+", self.pick(variables), Constant(1))
            case 3:
                return Arithmetic("-", self.pick(variables), Constant(1))
            case 4:
                return Constant(self.choices.integer(1, 3))
            case _:
                return Arithmetic("+", self.pick(variables), self.pick(variables))

    def _indexed_text(self, variables: list[IndexVariable]) -> Expression | None:
        """Draw a comparison of texts, perhaps with a variable that ranges over the texts of a domain."""
        found = [(f, m, a) for f, m in self.features for a in f.attributes if a.name in ("t", "s")]
        if not found or not self.chance(25):
            return None
        feature, multis, attribute = self.pick(found)
        left = AttributeRef(feature.name, attribute.name, tuple(self._index(variables) for _ in multis))
        other, inner, another = self.pick(found)
        right: Expression = AttributeRef(other.name, another.name, tuple(self._index(variables) for _ in inner))
        if attribute.is_configurable and self.chance(30):
            value = IndexVariable("v")
            return And((Comparison("==", left, value), Comparison("==", right, value)))
        if self.chance(50):
            right = Constant(self.pick(["a", "b", ""]))
        return Comparison(self.pick(["==", "!="]), left, right)

    def _indexed_comparison(self, variables: list[IndexVariable]) -> Expression:
        texts = self._indexed_text(variables)
        if texts is not None:
            return texts
        typed = [(f, m) for f, m in self.features if f.type in _NUMBERS]
        if typed and self.chance(30):
            feature, multis = self.pick(typed)
            return self._indexed_value(
                FeatureRef(feature.name, tuple(self._index(variables) for _ in multis)), variables
            )
        found = [(f, m, a.name) for f, m in self.features for a in f.attributes if a.name in _NUMERIC]
        if found and self.chance(15):
            return self._indexed_value(self._aggregate(), variables)
        if not found:
            return self._indexed_feature(variables)
        feature, multis, name = self.pick(found)
        left = AttributeRef(feature.name, name, tuple(self._index(variables) for _ in multis))
        if self.chance(30) and feature.attribute(name).is_configurable:  # type: ignore[union-attr]  # it has it
            value = IndexVariable(f"r{self.choices.integer(0, 1)}")
            target, inner = self.pick([entry for entry in self.features if entry[1]])
            indices = [self._index(variables) for _ in inner]
            indices[-1] = Arithmetic("+", self.pick(variables), value)
            return Implies(Comparison("==", left, value), FeatureRef(target.name, tuple(indices)))
        return self._indexed_value(left, variables)

    def _indexed_value(self, left: Expression, variables: list[IndexVariable]) -> Expression:
        right = self.pick([Constant(1), Constant(2), self._index(variables), self.pick(variables)])
        return Comparison(self.pick(["==", "!=", "<", ">="]), left, right)

    def _quantified(self, variables: list[IndexVariable]) -> Expression:
        """Draw a quantifier whose variable is the last index of some feature, so that it has a range."""
        feature, multis = self.pick([entry for entry in self.features if entry[1]])
        bound = IndexVariable(self.pick(["k", "i"]))
        inner = [*variables, bound]
        indices = (*(self._index(inner) for _ in multis[1:]), bound)
        body: Expression = FeatureRef(feature.name, indices)
        if self.chance(40):
            body = And((body, self._indexed_formula(inner, 0)))
        quantifiers: list[Quantifier] = ["exists", "atmost", "atleast", "exactly"]
        quantifier = self.pick(quantifiers)
        number = 1 if quantifier == "exists" else self.choices.integer(0, 2)
        return Quantified(quantifier, number, bound.name, body)
