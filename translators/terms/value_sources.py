"""The values in comparisons, each with the features it depends on, once attributes are features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.expression import Aggregate, AttributeRef, Expression, FeatureRef, Not
from featurenet_uvl.ir.feature_model import AttributeValue, Feature, FeatureModel, FeatureType
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.terms.arithmetic import place_of
from featurenet_uvl.translators.terms.simplify import TRUE, Scalar, exact

VALUE = "value"
"""The name under which a typed feature's value counts as a configurable attribute in origins."""


@dataclass(frozen=True, slots=True)
class Term:
    """A value that depends on features: all possible values, each with its condition.

    Exactly one condition holds, unless the feature `owner` is deselected: without it, the term has no value.
    `default` is the position of the choice that means "deselected" and adds nothing to an aggregate.
    """

    choices: tuple[tuple[Expression, Scalar], ...]
    owner: str | None = None
    default: int | None = None
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.choices, self.owner, self.default)))

    def __hash__(self) -> int:  # terms of thousands of values are keys
        return self._hash


ValueNode = AttributeRef | FeatureRef | Aggregate
"""A term without operands that is no constant."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The values of a model's attributes and typed features.

    `heads` are the features of discretised attributes, by feature and attribute; `typed` those of typed features, None
    if no value is left; `constants` the other attributes, and the values that defined ones have while their feature is
    deselected; `owners` the features that have an attribute of a name, in
    document order.
    """

    heads: Mapping[tuple[str, str], Feature]
    typed: Mapping[str, tuple[FeatureType, Feature | None]]
    constants: Mapping[tuple[str, str], AttributeValue]
    parents: Mapping[str, str]
    owners: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, model: FeatureModel) -> Sources:
        heads: dict[tuple[str, str], Feature] = {}
        typed: dict[str, tuple[FeatureType, Feature | None]] = {}
        constants: dict[tuple[str, str], AttributeValue] = {}
        parents: dict[str, str] = {}
        owners: dict[str, dict[str, None]] = {}
        for feature in model.features():
            if feature.type is not FeatureType.BOOLEAN:
                typed[feature.name] = (feature.type, None)
            for child in feature.children:
                parents[child.name] = feature.name
                if child.origin is None or child.origin.attribute is None or child.origin.value is not None:
                    continue
                if feature.name in typed and child.origin.attribute == VALUE:
                    typed[feature.name] = (feature.type, child)
                else:
                    heads[feature.name, child.origin.attribute] = child
                    owners.setdefault(child.origin.attribute, {})[feature.name] = None
            for attribute in feature.attributes:
                if attribute.value is not None:
                    constants[feature.name, attribute.name] = attribute.value
                    owners.setdefault(attribute.name, {})[feature.name] = None
        return cls(heads, typed, constants, parents, {name: tuple(found) for name, found in owners.items()})

    def terms(self, node: ValueNode, place: Span) -> tuple[Term, ...]:
        """Return the one term of a reference, or all terms that an aggregate runs over."""
        place = place_of(node, place)
        match node:
            case FeatureRef(name=name):
                return (self._typed(name, place),)
            case AttributeRef(feature=feature, attribute=attribute):
                return (self._attribute(feature, attribute, place),)
            case Aggregate(attribute=attribute):
                return tuple(self._summand(name, attribute, place) for name in self.counted(node))

    def counted(self, node: Aggregate) -> tuple[str, ...]:
        """Return the features that an aggregate runs over; each counts if it is selected."""
        owners = self.owners.get(node.attribute, ())
        if node.scope is None:
            return owners
        scopes = frozenset((node.scope, *node.more_scopes))
        return tuple(name for name in owners if self._is_below(name, scopes))

    def _is_below(self, feature: str, scopes: frozenset[str]) -> bool:
        current: str | None = feature
        while current is not None and current not in scopes:
            current = self.parents.get(current)
        return current is not None

    def _typed(self, name: str, place: Span) -> Term:
        if name not in self.typed:
            raise ModelError(f"{place}: found the Boolean feature {name!r} as a value, expected a typed one")
        kind, head = self.typed[name]
        absent: Scalar = "" if kind is FeatureType.STRING else Fraction(0)
        if head is None:
            return Term(((TRUE, absent),))
        if name not in self.parents:
            return Term(tuple(_choices(head)))
        return Term((*_choices(head), (Not(FeatureRef(name)), absent)))

    def _attribute(self, feature: str, attribute: str, place: Span) -> Term:
        head = self.heads.get((feature, attribute))
        value = self.constants.get((feature, attribute))
        if head is not None and (value is None or feature not in self.parents):
            return Term(tuple(_choices(head)), owner=feature)
        if head is not None and isinstance(value, bool | int | float | str):
            choices = tuple(_choices(head))
            return Term((*choices, (Not(FeatureRef(feature)), exact(value))), default=len(choices))
        if not isinstance(value, bool | int | float | str):
            raise ModelError(f"{place}: found {feature}.{attribute}, which has no single value, expected one that has")
        here = exact(value)
        if feature not in self.parents:
            return Term(((TRUE, here),))
        absent: Scalar = Fraction(0)
        if isinstance(here, str | bool):
            absent = "" if isinstance(here, str) else False
        selected = FeatureRef(feature)
        return Term(((selected, here), (Not(selected), absent)), default=1)

    def _summand(self, feature: str, attribute: str, place: Span) -> Term:
        """Return the term of an attribute in an aggregate, to which a deselected feature adds nothing."""
        term = self._attribute(feature, attribute, place)
        if term.owner is None:
            return term
        nothing = (Not(FeatureRef(feature)), Fraction(0))
        return Term((*term.choices, nothing), default=len(term.choices))


def _choices(head: Feature) -> Iterator[tuple[Expression, Scalar]]:
    for child in head.children:
        if child.origin is not None and child.origin.value is not None:
            yield FeatureRef(child.name), exact(child.origin.value)
