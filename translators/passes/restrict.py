"""Add the constraints and bounds of a restriction."""

from __future__ import annotations

from dataclasses import replace

from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.restriction import Restriction
from featurenet_uvl.translators.passes.apply_bounds import apply_bounds


def restrict(model: FeatureModel, restriction: Restriction) -> FeatureModel:
    """The model with the restriction's constraints and bounds.

    Needs: a model that is not yet unfolded. Gives: the same tree with lower cardinalities and more constraints; names
    that do not exist are found when the constraints are unfolded. Keeps: exactly the configurations that satisfy the
    restriction.

    Raises:
        ModelError: A bound that does not fit.
    """
    bounded = apply_bounds(model, restriction.bounds, str(restriction.span))
    return replace(bounded, constraints=bounded.constraints + restriction.constraints)
