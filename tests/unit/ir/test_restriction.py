"""Restrictions and bounds: the lower cardinalities, the added constraints, and bounds that do not fit."""

from __future__ import annotations

import re

import pytest

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.expression import FeatureRef
from featurenet_uvl.ir.feature_model import Cardinality, Constraint, Feature, FeatureModel, Group, GroupKind
from featurenet_uvl.ir.restriction import Restriction, apply_bounds, restrict
from featurenet_uvl.ir.span import Span

CELL = Feature("Cell", cardinality=Cardinality(1, None))
BLOCK = Feature("Block", (Group(GroupKind.MANDATORY, (CELL,)),), cardinality=Cardinality(2, 5))
MODEL = FeatureModel(Feature("Net", (Group(GroupKind.MANDATORY, (BLOCK,)),)), (Constraint(FeatureRef("Block")),))


def cardinalities(model: FeatureModel) -> dict[str, str]:
    return {f.name: str(f.cardinality) for f in model.features() if f.cardinality is not None}


def test_a_bound_lowers_the_upper_limit_alone() -> None:
    assert cardinalities(apply_bounds(MODEL, {"Block": 3, "Cell": 7})) == {"Block": "[2..3]", "Cell": "[1..7]"}
    assert apply_bounds(MODEL, {}) is MODEL


def test_a_restriction_adds_its_constraints_after_those_of_the_model() -> None:
    further = Constraint(FeatureRef("Cell"))
    restricted = restrict(MODEL, Restriction("r.uvl", "m.uvl", (further,), {"Block": 2}))
    assert cardinalities(restricted) == {"Block": "[2..2]", "Cell": "[1..*]"}
    assert restricted.constraints == (*MODEL.constraints, further)


@pytest.mark.parametrize(
    ("bounds", "problems"),
    [
        ({"Block": 6}, ["found Block=6, expected a number within its cardinality [2..5]"]),
        ({"Block": 1}, ["found Block=1, expected a number within its cardinality [2..5]"]),
        ({"Cell": 0}, ["found Cell=0, expected a number within its cardinality [1..*]"]),
        ({"Net": 1}, ["found 'Net', expected a multi-feature of the model (Block, Cell)"]),
        ({"Cel": 1, "Block": 0}, ["found 'Cel', expected a multi-feature", "found Block=0, expected a number within"]),
    ],
)
def test_a_bound_that_does_not_fit_is_refused(bounds: dict[str, int], problems: list[str]) -> None:
    with pytest.raises(ModelError) as caught:
        apply_bounds(MODEL, bounds)
    assert len(caught.value.problems) == len(problems)
    for found, expected in zip(caught.value.problems, problems, strict=True):
        assert found.startswith(f"`bounds`: {expected}")
    with pytest.raises(ModelError, match="^" + re.escape(f"r.uvl:2:1: {problems[0]}")):
        restrict(MODEL, Restriction("r.uvl", "m.uvl", bounds=bounds, span=Span("r.uvl", 2, 1)))
