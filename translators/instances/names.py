"""The multi-features around each feature, and the names of its instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import AttributeRef, Constant, Expression, FeatureRef, Value
from featurenet_uvl.ir.feature_model import AttributeValue, Feature, FeatureModel, FeatureType
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.terms.value_sources import VALUE

MISSING = Constant(False)
"""The value of a configurable attribute of an instance that cannot exist; a comparison with it is false."""


@dataclass(frozen=True, slots=True)
class Instances:
    """The instance names of a model whose multi-features have finite bounds.

    `enclosing` gives, for each source feature, the multi-features that it lies in, itself included, outermost first.
    `limits` has the largest instance number of each multi-feature, `sizes` has the limits of the translation. `domains`
    has the values of each attribute that was discretised, by feature and attribute name, `typed` those of typed
    features.
    """

    enclosing: Mapping[str, tuple[str, ...]]
    limits: Mapping[str, int]
    domains: Mapping[tuple[str, str], tuple[Value, ...]]
    constants: Mapping[tuple[str, str], AttributeValue]
    typed: Mapping[str, tuple[FeatureType, tuple[Value, ...]]]
    sizes: CompileLimits = LIMITS

    def name(self, feature: str, indices: tuple[int, ...]) -> str:
        """Return the unfolded name of one instance, prefixed by the instances that it lies in.

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
        """Return the indices of every possible instance, in document order."""
        return product(*(range(1, self.limits[multi] + 1) for multi in self.enclosing[feature]))

    def absent_value(self, feature: str, attribute: str) -> Constant:
        """Return an attribute of an instance that cannot exist: MISSING if configurable, else 0, false or ""."""
        if (feature, attribute) in self.domains and (feature, attribute) not in self.constants:
            return MISSING
        value = self.constants[feature, attribute]
        return Constant(False) if isinstance(value, bool) else Constant("" if isinstance(value, str) else 0)

    def absent_typed_value(self, feature: str) -> Constant:
        """Return the value of a typed feature's instance that cannot exist."""
        return Constant("" if self.typed[feature][0] is FeatureType.STRING else 0)

    def values_of(self, node: Expression) -> tuple[Value, ...]:
        """Return the possible values of a configurable attribute or a typed feature; none for any other term."""
        match node:
            case AttributeRef(feature=feature, attribute=attribute):
                return self.domains.get((feature, attribute), ())
            case FeatureRef(name=name) if name in self.typed:
                return self.typed[name][1]
            case _:
                return ()

    def is_multi(self, feature: str) -> bool:
        return feature in self.limits


def instances_of(model: FeatureModel, sizes: CompileLimits = LIMITS) -> Instances:
    """Return the instances of a model whose attributes are discretised.

    Raises:
        ModelError: A multi-feature without an upper limit.
        UnsupportedError: There are more than `max_unfolded`.
    """
    enclosing: dict[str, tuple[str, ...]] = {}
    limits: dict[str, int] = {}
    problems: list[str] = []
    stack: list[tuple[Feature, tuple[str, ...]]] = [(model.root, ())]
    domains: dict[tuple[str, str], tuple[Value, ...]] = {}
    constants: dict[tuple[str, str], AttributeValue] = {}
    typed: dict[str, tuple[FeatureType, tuple[Value, ...]]] = {}
    while stack:
        feature, multis = stack.pop()
        if feature.cardinality is not None:
            multis = (*multis, feature.name)
            if feature.cardinality.upper is None:
                problems.append(
                    f"{feature.span}: found {feature.name} {feature.cardinality} without an upper limit, expected a"
                    f" number; give one with `bounds`, such as {feature.name}=N"
                )
            limits[feature.name] = feature.cardinality.upper or 0
        enclosing[feature.name] = multis
        if feature.type is not FeatureType.BOOLEAN:
            typed.setdefault(feature.name, (feature.type, ()))
        constants.update({(feature.name, a.name): a.value for a in feature.attributes if a.value is not None})
        _note_domain(feature, domains, typed)
        stack.extend((child, multis) for child in feature.children)
    if model.root.cardinality is not None:
        problems.append(f"{model.root.span}: the root {model.root.name!r} has a cardinality, expected a single root")
    if problems:
        raise ModelError(problems)
    _check_size(model, enclosing, limits, sizes.max_unfolded)
    return Instances(enclosing, limits, domains, constants, typed, sizes)


def _check_size(
    model: FeatureModel, enclosing: Mapping[str, tuple[str, ...]], limits: Mapping[str, int], most: int
) -> None:
    size = sum(prod(limits[multi] for multi in multis) for multis in enclosing.values())
    if size > most:
        widest = max((feature for feature in model.features() if feature.name in limits), key=lambda f: limits[f.name])
        raise UnsupportedError(
            f"{widest.span}: found a model that unfolds to {size} features, expected at most {most}; lower"
            f" its limits, such as this {widest.cardinality}, with `bounds`, such as {widest.name}=N"
        )


def _note_domain(
    feature: Feature,
    domains: dict[tuple[str, str], tuple[Value, ...]],
    typed: dict[str, tuple[FeatureType, tuple[Value, ...]]],
) -> None:
    """Note the values below the feature that stands for an attribute, or for a typed feature's value."""
    origin = feature.origin
    if origin is None or origin.attribute is None or origin.value is not None:
        return
    origins = (child.origin for child in feature.children)
    values = tuple(child.value for child in origins if child is not None and child.value is not None)
    if origin.feature in typed and origin.attribute == VALUE:
        typed[origin.feature] = (typed[origin.feature][0], values)
    else:
        domains[origin.feature, origin.attribute] = values
