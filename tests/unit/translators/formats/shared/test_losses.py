"""Content that a format cannot carry is refused; if losses are allowed, it is left out and each loss recorded."""

from __future__ import annotations

import pytest

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.expression import AttributeRef, Comparison, Constant, Count, FeatureRef, Implies, Not, Or
from featurenet_uvl.ir.feature_model import Attribute, Constraint, Feature, FeatureModel, Group, GroupKind
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.featureide.reader import read_featureide
from featurenet_uvl.translators.formats.featureide.writer import write_featureide
from featurenet_uvl.translators.formats.registry import format_names, writer_for
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl

HERE = Span("m.xml", 4, 5)


def model(*features: Feature, constraints: tuple[Constraint, ...] = ()) -> FeatureModel:
    return FeatureModel(Feature("R", (Group(GroupKind.OPTIONAL, features),)), constraints)


FOR_UVL = model(
    Feature("M.2", attributes=(Attribute("abstract", 1, span=HERE), Attribute("p", 1)), span=HERE),
    Feature("M_2"),
    constraints=(
        Constraint(Count(0, 3, tuple(FeatureRef("R") for _ in range(20)), HERE), description="gone"),
        Constraint(Implies(FeatureRef("M.2"), FeatureRef("M_2")), description="kept"),
    ),
)


def test_uvl() -> None:
    with pytest.raises(UnsupportedError):
        write_uvl(FOR_UVL)
    losses: list[str] = []
    again = read_uvl(write_uvl(FOR_UVL, losses), "m.uvl")
    assert again == model(
        Feature("M_2_", attributes=(Attribute("p", 1),)),
        Feature("M_2"),
        constraints=(Constraint(Implies(FeatureRef("M_2_"), FeatureRef("M_2")), description="kept"),),
    )
    assert len(losses) == 3
    assert losses[0] == "m.xml:4:5: the feature 'M.2' is written as 'M_2_', its name has no spelling"
    assert losses[1].startswith("m.xml:4:5: found a count [0..3]")
    assert losses[1].endswith("; the constraint is left out")
    assert losses[2].startswith("m.xml:4:5: found attribute 'abstract'")


FOR_XML = model(
    Feature("f(x)", attributes=(Attribute("cardinality", 1), Attribute("p", 2**70)), notes=(("icon", "x"),)),
    Feature("bell\x07", attributes=(Attribute("p", "ding\x07"),)),
    constraints=(
        Constraint(Comparison("==", AttributeRef("R", "a"), Constant("x ; y"))),
        Constraint(Or((FeatureRef("R"), Not(FeatureRef("f(x)"))))),
    ),
)


def test_featureide() -> None:
    with pytest.raises(UnsupportedError):
        write_featureide(FOR_XML)
    losses: list[str] = []
    again = read_featureide(write_featureide(FOR_XML, losses), "m.xml")
    assert again == model(
        Feature("f_x_"),
        Feature("bell_", attributes=(Attribute("p", "ding?"),)),
        constraints=(Constraint(Or((FeatureRef("R"), Not(FeatureRef("f_x_"))))),),
    )
    assert len(losses) == 7
    assert sum("left out" in loss for loss in losses) == 4


@pytest.mark.parametrize("name", format_names(writable=True))
def test_a_whole_model_loses_nothing(name: str) -> None:
    losses: list[str] = []
    whole = model(Feature("A"), constraints=(Constraint(FeatureRef("A")),))
    write = writer_for("-", name)
    assert write(whole, losses) == write(whole)
    assert losses == []
