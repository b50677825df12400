"""Comments on every node of a model: a list of them by owner, and models that have many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from featurenet_uvl.ir.comments import Comments
from featurenet_uvl.ir.feature_model import Feature, FeatureModel
from featurenet_uvl.ir.feature_tree import map_features

TEXTS = (
    " why",
    "no blank",
    "",
    ' it\'s "odd" {[(',
    " not */ here /* or",
    " // twice",
    "\ttab ",
    " für 5 %",
    "c: a <b> & 'd'",
)


def comments_of(model: FeatureModel) -> Iterator[tuple[str, Comments]]:
    """Yield the comments of each node that has some, after the name of the node."""
    owners = [("model", model.comments)]
    for feature in model.features():
        name = f"feature {feature.name}"
        owners.append((name, feature.comments))
        owners += ((f"attribute {a.name} of {name}", a.comments) for a in feature.attributes)
        owners += ((f"group {number} of {name}", group.comments) for number, group in enumerate(feature.groups))
    owners += ((f"constraint {number}", c.comments) for number, c in enumerate(model.constraints))
    return ((owner, comments) for owner, comments in owners if any(comments))


def lines_of(model: FeatureModel) -> list[str]:
    """Return all lines of comments in alphabetical order."""
    return sorted(line for _, comments in comments_of(model) for part in comments for line in part)


def with_comments(model: FeatureModel, rng: np.random.Generator) -> FeatureModel:
    """Return the model with comments on about half of its nodes."""

    def lines(most: int) -> tuple[str, ...]:
        count = int(rng.integers(0, most + 1)) if rng.random() < 0.5 else 0
        return tuple(TEXTS[int(rng.integers(0, len(TEXTS)))] for _ in range(count))

    def comments(most_after: int = 1) -> Comments:
        return Comments(lines(3), lines(most_after))

    def step(feature: Feature) -> Feature:
        groups = tuple(replace(group, comments=comments()) for group in feature.groups)
        attributes = tuple(replace(attribute, comments=comments()) for attribute in feature.attributes)
        return replace(feature, groups=groups, attributes=attributes, comments=comments())

    constraints = tuple(replace(constraint, comments=comments()) for constraint in model.constraints)
    return replace(map_features(model, step), constraints=constraints, comments=comments(3))
