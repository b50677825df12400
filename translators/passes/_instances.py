"""Which multi-features enclose a feature, and what its instances are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.expression import Constant, Value
from featurenet_uvl.ir.feature_model import AttributeValue, Feature, FeatureModel


@dataclass(frozen=True, slots=True)
class Instances:
    """The instance names of a model whose multi-features have finite bounds.

    `enclosing` gives, for each source feature, the multi-features that it lies in, itself included, outermost first.
    `limits` has the largest instance number of each multi-feature. `domains` has the values of each attribute that was
    discretised, by feature and attribute name.
    """

    enclosing: Mapping[str, tuple[str, ...]]
    limits: Mapping[str, int]
    domains: Mapping[tuple[str, str], tuple[Value, ...]]
    constants: Mapping[tuple[str, str], AttributeValue]

    def name(self, feature: str, indices: tuple[int, ...]) -> str:
        """The unfolded name of one instance, prefixed by the instances that it lies in.

        With Cell inside Block: `name("Input1", (1, 2))` is `Block_1_Cell_2_Input1`, `name("Cell", (1, 2))` is
        `Block_1_Cell_2`.
        """
        multis = self.enclosing[feature]
        parts = [f"{multi}_{index}" for multi, index in zip(multis, indices, strict=True)]
        if not multis or multis[-1] != feature:
            parts.append(feature)
        return "_".join(parts)

    def exists(self, feature: str, indices: tuple[int, ...]) -> bool:
        """Whether these indices are within the limits."""
        return all(1 <= index <= self.limits[m] for m, index in zip(self.enclosing[feature], indices, strict=True))

    def all_indices(self, feature: str) -> Iterator[tuple[int, ...]]:
        """The indices of every possible instance, in document order."""
        return product(*(range(1, self.limits[multi] + 1) for multi in self.enclosing[feature]))

    def absent_value(self, feature: str, attribute: str) -> Constant:
        """An attribute of an instance that cannot exist: none (False) if configurable, else 0 or the empty text."""
        if (feature, attribute) in self.domains:
            return Constant(False)
        return Constant("" if isinstance(self.constants[feature, attribute], str) else 0)

    def is_multi(self, feature: str) -> bool:
        return feature in self.limits


def instances_of(model: FeatureModel) -> Instances:
    """The instances of a model whose attributes are discretised.

    Raises:
        ModelError: A multi-feature without an upper limit.
    """
    enclosing: dict[str, tuple[str, ...]] = {}
    limits: dict[str, int] = {}
    problems: list[str] = []
    stack: list[tuple[Feature, tuple[str, ...]]] = [(model.root, ())]
    domains: dict[tuple[str, str], tuple[Value, ...]] = {}
    constants: dict[tuple[str, str], AttributeValue] = {}
    while stack:
        feature, multis = stack.pop()
        if feature.cardinality is not None:
            multis = (*multis, feature.name)
            if feature.cardinality.upper is None:
                problems.append(
                    f"{feature.span}: found {feature.name} {feature.cardinality} without an upper limit, expected a"
                    f" number; give one with --bound {feature.name}=N"
                )
            limits[feature.name] = feature.cardinality.upper or 0
        enclosing[feature.name] = multis
        _note_attributes(feature, domains, constants)
        stack.extend((child, multis) for child in feature.children)
    if model.root.cardinality is not None:
        problems.append(f"{model.root.span}: the root {model.root.name!r} has a cardinality, expected a single root")
    if problems:
        raise ModelError(problems)
    return Instances(enclosing, limits, domains, constants)


def _note_attributes(
    feature: Feature,
    domains: dict[tuple[str, str], tuple[Value, ...]],
    constants: dict[tuple[str, str], AttributeValue],
) -> None:
    constants.update({(feature.name, a.name): a.value for a in feature.attributes if a.value is not None})
    origin = feature.origin
    if origin is not None and origin.attribute is not None and origin.value is None:
        domains[origin.feature, origin.attribute] = tuple(
            child.origin.value
            for child in feature.children
            if child.origin is not None and child.origin.value is not None
        )
