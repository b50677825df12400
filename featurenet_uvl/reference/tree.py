"""A model's tree for the evaluator: enclosing multi-features, scopes and exact values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from featurenet_uvl.errors import LimitError, ModelError, UnsupportedError
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import Attribute, Feature, FeatureModel, FeatureType
from featurenet_uvl.ir.span import Span

Key: TypeAlias = tuple[str, tuple[int, ...]]
"""A feature instance: the feature's name and its indices, outermost multi-feature first."""

Selection: TypeAlias = Mapping[Key, Mapping[str, Value]]
"""The selected instances, each with the values of its configurable attributes."""

Scalar: TypeAlias = Fraction | str | bool
"""A value for calculations; numbers are exact."""

VALUE = "value"
"""The name under which a typed feature's value counts as a configurable attribute."""

MAX_DEPTH = 150
"""Levels of a tree or a formula: far more than brute force can use, and safe for recursion."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A model's features by name, in document order; `multis` and `scopes` have one entry per feature.

    `multis` are the multi-features in which a feature lies, itself included, outermost first; `scopes` are all features
    above it, itself included.
    """

    features: Mapping[str, Feature]
    multis: Mapping[str, tuple[str, ...]]
    scopes: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, model: FeatureModel) -> Tree:
        """Return the tree of a verified model.

        Raises:
            UnsupportedError: A multi-feature has no upper limit or is the root, or a value cannot be told apart.
            LimitError: The tree is too deep.
        """
        features: dict[str, Feature] = {}
        multis: dict[str, tuple[str, ...]] = {}
        scopes: dict[str, frozenset[str]] = {}
        stack: list[tuple[Feature, tuple[str, ...], frozenset[str]]] = [(model.root, (), frozenset())]
        while stack:
            feature, outer, above = stack.pop()
            _check_feature(feature, is_root=feature is model.root)
            features[feature.name] = feature
            multis[feature.name] = (*outer, feature.name) if feature.cardinality is not None else outer
            scopes[feature.name] = above | {feature.name}
            if len(above) > MAX_DEPTH:
                raise LimitError(f"{feature.span}: found a tree deeper than {MAX_DEPTH}, too deep for brute force")
            below = (multis[feature.name], scopes[feature.name])
            stack.extend((child, *below) for child in reversed(list(feature.children)))
        return cls(features, multis, scopes)

    def upper(self, multi: str) -> int:
        """Return the largest number of instances of a multi-feature below one parent instance."""
        cardinality = self.features[multi].cardinality
        assert cardinality is not None
        assert cardinality.upper is not None
        return cardinality.upper


def _check_feature(feature: Feature, *, is_root: bool) -> None:
    place = f"{feature.span}: the feature {feature.name!r}"
    if feature.cardinality is not None:
        if is_root:
            raise UnsupportedError(
                f"{place} is the root and has a cardinality, expected none: the root is one instance"
            )
        if feature.cardinality.upper is None:
            raise UnsupportedError(f"{place} has cardinality {feature.cardinality}, expected an upper limit; write one")
    for attribute in feature.attributes:
        if feature.type is not FeatureType.BOOLEAN and attribute.name == VALUE and attribute.is_configurable:
            raise UnsupportedError(f"{attribute.span}: a typed feature has a value already; rename {VALUE!r}")
        if attribute.domain is not None and len(set(attribute.domain)) < len(attribute.domain):
            raise UnsupportedError(f"{attribute.span}: a number and a truth value in one domain cannot be told apart")


def scalar(value: object, span: Span) -> Scalar:
    """Return the exact scalar of a constant.

    Raises:
        ModelError: The constant is a vector, a map, or a number that is not finite.
    """
    match value:
        case bool() | str():
            return value
        case int():
            return Fraction(value)
        case float() if value - value == 0:
            return Fraction(str(value))
        case _:
            raise ModelError(f"{span}: found {value!r}, expected a number, a text or a truth value")


def absent(value: Scalar) -> Scalar:
    """Return the value that a constant has while its feature is deselected: 0, the empty text, or false."""
    if isinstance(value, bool):
        return False
    return "" if isinstance(value, str) else Fraction(0)


def attribute_of(feature: Feature, name: str, span: Span) -> Attribute:
    """Return the attribute of that name.

    Raises:
        ModelError: The feature has no such attribute.
    """
    attribute = feature.attribute(name)
    if attribute is None:
        names = ", ".join(a.name for a in feature.attributes) or "none"
        raise ModelError(f"{span}: found attribute {name!r} of {feature.name!r}, expected one that it has: {names}")
    return attribute
