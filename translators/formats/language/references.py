"""The check that constraints name only features and attributes of their model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from featurenet_uvl.ir.expression import (
    Aggregate,
    AttributeRef,
    Comparison,
    Expression,
    FeatureRef,
    plain_features,
    walk,
)
from featurenet_uvl.ir.feature_model import AttributeValue, Feature, FeatureModel, FeatureType
from featurenet_uvl.translators.formats.language.definitions import AttributeName, defined_attributes

_INSTANCE = re.compile(r"(.+)_([1-9][0-9]*)(?:_.*)?\Z", re.DOTALL)
"""A name that begins like that of an instance, `Block_2` or `Block_2_Cell_1_Pooling`."""


def unknown_references(model: FeatureModel) -> list[str]:
    """Return one problem, with its place, per reference to nothing, in the order of the constraints.

    An attribute that an equation defines counts as one of its feature.
    """
    features = {feature.name: feature for feature in model.features()}
    defined: frozenset[AttributeName] = frozenset()
    values: set[str] | None = None
    problems: list[str] = []
    for constraint in model.constraints:
        plain = plain_features(constraint.formula)
        if plain is None or not plain <= features.keys():
            if values is None:
                defined = frozenset(defined_attributes(model))
                values = _values(features) | {attribute for _, attribute in defined}
            compared = _compared(constraint.formula)
            for node in walk(constraint.formula):
                if isinstance(node, AttributeRef) and (node.feature, node.attribute) in defined:
                    continue
                found = list(_problems(node, features, values))
                problems.extend(f"{problem}{_hint(node, features, compared)}" for problem in found)
    return problems


def _compared(formula: Expression) -> frozenset[int]:
    """Return the identities of the operands of `==` and `!=`, in which a text may stand."""
    equations = (node for node in walk(formula) if isinstance(node, Comparison) and node.operator in ("==", "!="))
    return frozenset(id(side) for node in equations for side in (node.left, node.right))


def _hint(node: Expression, features: Mapping[str, Feature], compared: frozenset[int]) -> str:
    """Return the way out of a reference to nothing, if its name or its place shows one."""
    name = node.name if isinstance(node, FeatureRef) else node.feature if isinstance(node, AttributeRef) else ""
    if name in features:
        return ""
    match = _INSTANCE.match(name)
    while match is not None:
        feature = features.get(match[1])
        if feature is not None and feature.cardinality is not None:
            return (
                f"; {match[1]!r} is a multi-feature: array_constraints ['...'] names its instances, as in"
                f" {match[1]}[{match[2]}]"
            )
        match = _INSTANCE.match(match[1])
    if id(node) in compared and isinstance(node, FeatureRef):
        return f"; a text stands in single quotes, {name!r}" if "'" not in name else "; a text stands in single quotes"
    return ""


def _values(features: Mapping[str, Feature]) -> set[str]:
    """Return the names that `sum` and `avg` can run over: attributes and typed features."""
    values = {attribute.name for feature in features.values() for attribute in feature.attributes}
    values.update(name for name, feature in features.items() if feature.type is not FeatureType.BOOLEAN)
    return values


def _problems(node: Expression, features: Mapping[str, Feature], values: set[str]) -> Iterator[str]:
    match node:
        case FeatureRef(name=name) if name not in features:
            yield f"{node.span}: found unknown feature {name!r}, expected a feature of the model"
        case AttributeRef(feature=name) if name not in features:
            yield f"{node.span}: found unknown feature {name!r} in {name}.{node.attribute}, expected one of the model"
        case AttributeRef(feature=name, attribute=path) if not _has_attribute(features[name], path):
            known = ", ".join(attribute.name for attribute in features[name].attributes) or "none"
            yield f"{node.span}: found unknown attribute {name}.{path}, expected one that {name!r} has: {known}"
        case Aggregate(attribute=name, scope=scope):
            if name not in values:
                yield f"{node.span}: found unknown attribute {name!r} in {node.function}, expected one of some feature"
            if scope is not None and scope not in features:
                yield f"{node.span}: found unknown feature {scope!r} in {node.function}, expected one of the model"
        case _:
            return


def _has_attribute(feature: Feature, path: str) -> bool:
    first, *rest = path.split(".")
    attribute = feature.attribute(first)
    if attribute is None:
        return False
    value: AttributeValue | None = attribute.value
    for part in rest:
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return True
