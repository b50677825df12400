"""An ordinary feature model: a tree and propositional constraints, and the origin of each feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.expression import (
    And,
    Constant,
    Count,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    Not,
    Or,
    walk,
)
from featurenet_uvl.ir.feature_model import Feature, FeatureModel, FeatureType, Origin
from featurenet_uvl.ir.span import Source


@dataclass(frozen=True, slots=True)
class Definition:
    """A name for a formula, true if and only if the formula is. It is no feature and decides nothing.

    `dual` is another form of the formula, equivalent to it in every configuration of the tree under the definitions
    before this one. As clauses, `name => formula` and `dual => name` are then shorter than the formula both ways.

    `source` is that of the first constraint that needs the name.
    """

    name: str
    formula: Expression
    dual: Expression | None = None
    source: Source | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class BooleanModel:
    """A feature model without configurable attributes, multi-features, typed features or arithmetic.

    `model` can be written in any format and opened anywhere, as long as there are no `definitions`; with those, see
    `definitions_as_features`. Every feature has an `origin`, so that a solution can be read as a configuration of the
    source model. Plain attributes stay; they are constants and decide nothing any more.

    `definitions` mention features and earlier definitions; constraints may mention them like features.
    """

    model: FeatureModel
    definitions: tuple[Definition, ...] = ()

    @property
    def root(self) -> Feature:
        return self.model.root

    def origins(self) -> Mapping[str, Origin]:
        """Return the origin of each feature by name, in document order."""
        return {f.name: f.origin if f.origin is not None else Origin(f.name) for f in self.model.features()}

    def verify(self) -> None:
        """Raise ModelError with every construct that is not Boolean, and its place."""
        self.model.verify()
        names = {feature.name for feature in self.model.features()}
        problems: list[str] = []
        for feature in self.model.features():
            if feature.cardinality is not None or feature.type is not FeatureType.BOOLEAN:
                problems.append(f"{feature.span}: feature {feature.name!r} is not Boolean")
            problems.extend(
                f"{a.span}: attribute {feature.name}.{a.name} is still configurable"
                for a in feature.attributes
                if a.is_configurable
            )
        for definition in self.definitions:
            for node in (*walk(definition.formula), *walk(definition.dual or definition.formula)):
                problem = _not_propositional(node, names)
                if problem:
                    problems.append(f"definition {definition.name}: {problem}")
            if definition.name in names:
                problems.append(f"definition {definition.name}: found the name twice, expected it once")
            names.add(definition.name)
        for constraint in self.model.constraints:
            for node in walk(constraint.formula):
                problem = _not_propositional(node, names)
                if problem:
                    problems.append(f"{constraint.span}: {problem}")
        if problems:
            raise ModelError(problems)


def _not_propositional(node: Expression, names: set[str]) -> str | None:
    match node:
        case FeatureRef(name=name, indices=None):
            return None if name in names else f"found unknown feature {name!r}"
        case Not() | And() | Or() | Implies() | Iff() | Count():
            return None
        case Constant(value=bool()):
            return None
        case _:
            return f"found {type(node).__name__}, expected a propositional formula"
