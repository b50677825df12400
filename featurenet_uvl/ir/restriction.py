"""A restriction: constraints and bounds on a model that lives in another file, and how they are applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.comments import NO_COMMENTS, Comments
from featurenet_uvl.ir.feature_model import Cardinality, Constraint, Feature, FeatureModel
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.ir.span import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Restriction:
    """A UVL file whose root is an imported root, as read: it adds constraints to the imported model.

    `model_path` is the imported file (a model or another restriction), resolved beside this one. Constraints speak of
    the imported model's features by their own names, without the alias; they may also name single instances by their
    unfolded names. `bounds` are upper limits of multi-features, from the root's attribute `bound {Block 5}`.
    """

    path: str
    model_path: str
    constraints: tuple[Constraint, ...] = ()
    bounds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    span: Span = field(default=NOWHERE, compare=False)
    comments: Comments = field(default=NO_COMMENTS, compare=False)


def restrict(model: FeatureModel, restriction: Restriction) -> FeatureModel:
    """Return the model with the restriction's constraints and bounds.

    Needs: a model that is not yet unfolded. Gives: the same tree with lower cardinalities, and more constraints; a name
    in them that the model lacks is found when the constraints are unfolded. Keeps: exactly the configurations that
    satisfy the restriction.

    Raises:
        ModelError: A bound names no multi-feature of the model or lies outside of its cardinality.
    """
    bounded = apply_bounds(model, restriction.bounds, str(restriction.span))
    comments = bounded.comments.joined(restriction.comments)
    return replace(bounded, constraints=bounded.constraints + restriction.constraints, comments=comments)


def apply_bounds(model: FeatureModel, bounds: Mapping[str, int], place: str = "`bounds`") -> FeatureModel:
    """Return the model whose multi-features have at most as many instances as `bounds` says.

    Needs: nothing. Gives: the same model with lower cardinalities. Keeps: exactly the configurations within the bounds.

    Args:
        model: The model.
        bounds: Upper limit by name of the multi-feature.
        place: The origin of the bounds, for messages.

    Raises:
        ModelError: A bound names no multi-feature of the model or lies outside of its cardinality.
    """
    if not bounds:
        return model
    problems = _problems(model, bounds, place)
    if problems:
        raise ModelError(problems)

    def step(feature: Feature) -> Feature:
        if feature.cardinality is None or feature.name not in bounds:
            return feature
        return replace(feature, cardinality=Cardinality(feature.cardinality.lower, bounds[feature.name]))

    return map_features(model, step)


def _problems(model: FeatureModel, bounds: Mapping[str, int], place: str) -> list[str]:
    cardinalities = {f.name: f.cardinality for f in model.features() if f.cardinality is not None}
    problems = []
    for name, bound in bounds.items():
        cardinality = cardinalities.get(name)
        if cardinality is None:
            known = ", ".join(cardinalities) or "none"
            problems.append(f"{place}: found {name!r}, expected a multi-feature of the model ({known})")
        elif bound < cardinality.lower or (cardinality.upper is not None and bound > cardinality.upper):
            problems.append(f"{place}: found {name}={bound}, expected a number within its cardinality {cardinality}")
    return problems
