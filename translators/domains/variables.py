"""The values that a model leaves open, and the constraints that define attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from featurenet_uvl.ir.expression import (
    AttributeRef,
    Comparison,
    Constant,
    Expression,
    FeatureRef,
    Implies,
    Not,
    rebuild,
)
from featurenet_uvl.ir.feature_model import Attribute, Constraint, Feature, FeatureModel, FeatureType
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.ir.span import Source, SourceKind, Span
from featurenet_uvl.translators.formats.language.definitions import AttributeName, equations_of, subject_of
from featurenet_uvl.translators.terms.typed_domains import DOMAIN

Values: TypeAlias = tuple[int | float | str, ...]
"""The values of a variable."""

TYPED = ""
"""The attribute of a variable that is the value of a typed feature."""


@dataclass(frozen=True, slots=True)
class Variable:
    """The value of a typed feature (`attribute` is TYPED), or an attribute that equations define."""

    feature: str
    attribute: str
    type: FeatureType
    span: Span

    @property
    def name(self) -> AttributeName:
        return self.feature, self.attribute

    def __str__(self) -> str:
        if self.attribute == TYPED:
            return f"the {self.type.value} feature {self.feature!r}"
        return f"the attribute {self.feature}.{self.attribute}"

    @property
    def absent(self) -> int | str:
        """The value while the feature is deselected."""
        return "" if self.type is FeatureType.STRING else 0


def name_of(node: Expression) -> AttributeName | None:
    """Return the feature and the attribute whose value a node stands for, if it is no sum and no constant."""
    match node:
        case FeatureRef(name=name):
            return name, TYPED
        case AttributeRef(feature=feature, attribute=attribute):
            return feature, attribute
        case _:
            return None


def defined_variables(model: FeatureModel, equations: Mapping[AttributeName, list[Comparison]]) -> list[Variable]:
    """Return the attributes that equations define: texts if an equation names a text, else numbers."""
    texts = {(f.name, TYPED) for f in model.features() if f.type is FeatureType.STRING}
    for feature in model.features():
        for attribute in feature.attributes:
            values = (attribute.value,) if attribute.domain is None else attribute.domain
            if any(isinstance(value, str) for value in values):
                texts.add((feature.name, attribute.name))
    grows = True
    while grows:
        found = {name for name, defining in equations.items() if any(_is_text(e, texts) for e in defining)}
        grows = not found <= texts
        texts |= found
    return [
        Variable(*name, FeatureType.STRING if name in texts else FeatureType.REAL, defining[0].span)
        for name, defining in equations.items()
    ]


def _is_text(equation: Comparison, texts: set[AttributeName]) -> bool:
    sides = (equation.left, equation.right)
    return any(isinstance(s, Constant) and isinstance(s.value, str) for s in sides) or any(
        name_of(side) in texts for side in sides
    )


def guard_definitions(model: FeatureModel, equations: Mapping[AttributeName, list[Comparison]]) -> FeatureModel:
    """Return the model in which the definition of an attribute demands nothing while its feature is deselected."""
    constraints = tuple(
        constraint
        if constraint.is_indexed or not any(subject_of(e, equations) for e in equations_of(constraint.formula))
        else replace(constraint, formula=_guarded(constraint.formula, equations))
        for constraint in model.constraints
    )
    return replace(model, constraints=constraints)


def _guarded(formula: Expression, equations: Mapping[AttributeName, list[Comparison]]) -> Expression:
    definitions = {id(e): subject_of(e, equations) for e in equations_of(formula)}

    def step(node: Expression) -> Expression:
        subject = definitions.get(id(node))  # a comparison stays the same object
        return node if subject is None else Implies(FeatureRef(subject[0], None, node.span), node, node.span)

    return rebuild(formula, step)


def with_domains(model: FeatureModel, domains: Mapping[Variable, Values]) -> FeatureModel:
    """Return the model in which each of these variables has its domain; no configuration selects one without values."""
    own: dict[str, list[Attribute]] = {}
    never: list[Constraint] = []
    for variable, values in domains.items():
        some = values or (variable.absent,)
        if variable.attribute == TYPED:
            attribute = Attribute(DOMAIN, some, span=variable.span)
        else:
            attribute = Attribute(variable.attribute, variable.absent, some, span=variable.span)
        own.setdefault(variable.feature, []).append(attribute)
        if not values:
            source = Source(SourceKind.FEATURE, variable.span, variable.feature)
            never.append(Constraint(Not(FeatureRef(variable.feature)), span=variable.span, source=source))

    def step(feature: Feature) -> Feature:
        added = own.get(feature.name, ())
        return replace(feature, attributes=(*feature.attributes, *added)) if added else feature

    return replace(map_features(model, step), constraints=(*model.constraints, *never))
