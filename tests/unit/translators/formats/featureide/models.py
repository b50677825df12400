"""Models for the tests of FeatureIDE's XML."""

from __future__ import annotations

from featurenet_uvl.ir.expression import (
    And,
    Count,
    FeatureRef,
    Iff,
    Implies,
    Not,
    Or,
)
from featurenet_uvl.ir.feature_model import (
    Attribute,
    Cardinality,
    Constraint,
    Feature,
    FeatureModel,
    FeatureType,
    Group,
    GroupKind,
)
from featurenet_uvl.ir.span import NOWHERE
from featurenet_uvl.translators.formats.language.parser import parse_formula

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
A, B, C = FeatureRef("A"), FeatureRef("B"), FeatureRef("C")


def group(kind: GroupKind, *members: Feature | str, cardinality: Cardinality | None = None) -> Group:
    return Group(kind, tuple(m if isinstance(m, Feature) else Feature(m) for m in members), cardinality)


def feature(name: str, *groups: Group) -> Feature:
    return Feature(name, groups)


RICH = FeatureModel(
    Feature(
        "Net",
        (
            group(
                GroupKind.MANDATORY,
                Feature(
                    "Block",
                    (group(GroupKind.ALTERNATIVE, "A", "B"),),
                    cardinality=Cardinality(1, 5),
                    is_abstract=True,
                ),
            ),
            group(
                GroupKind.OPTIONAL,
                Feature("C", (group(GroupKind.CARDINALITY, "D", "E", "F", cardinality=Cardinality(2, None)),)),
                Feature("Size", type=FeatureType.INTEGER),
            ),
            group(GroupKind.MANDATORY, Feature("M", (group(GroupKind.OR, "G", "H"),))),
        ),
        (
            Attribute("kernel", domain=("1x1", "3x3", "5"), default="3x3"),
            Attribute("rate", domain=(0.4, 1, True, "it's", "'q|")),
            Attribute("author", 'x "<&>\t\n'),
            Attribute("year", 2019),
            Attribute("limit", 1e-05),
            Attribute("is_free", True),
            Attribute("unset"),
            Attribute("rules", ("tensor-shapes", "other")),
        ),
    ),
    (
        Constraint(Implies(A, Or((B, Not(C)))), description="why\nnot"),
        Constraint(Iff(And((A, B)), Count(0, 1, (A, B, C)))),
        Constraint(parse_formula("Net.year == 2019 & A => Net.author == 'x'", NOWHERE)),
        Constraint(parse_formula("!(Net.limit > 0.5)", NOWHERE)),
        Constraint(parse_formula("C[b,c] => Block[b+1]", NOWHERE, indexed=True), is_indexed=True),
        Constraint(parse_formula("atmost(2, k, C[b,k] & Block[k-1])", NOWHERE, indexed=True), is_indexed=True),
    ),
    namespace="net.dnn",
)
SEVERAL = FeatureModel(
    Feature(
        "N",
        (
            group(GroupKind.MANDATORY, "A"),
            group(GroupKind.MANDATORY, "B"),
            group(GroupKind.ALTERNATIVE, "C", "D"),
            group(GroupKind.CARDINALITY, "E", "F", cardinality=Cardinality(1, 1)),
            group(GroupKind.OPTIONAL, feature("G", group(GroupKind.OR, "N__group_2"))),
        ),
        (Attribute("v", (1, "it's", {"k": ()})), Attribute("m", {}), Attribute("rules", "a|b")),
    ),
    (
        Constraint(parse_formula("B[i] | C", NOWHERE, indexed=True), is_indexed=True, description="one ; two"),
        Constraint(Implies(A, B)),
        Constraint(parse_formula("N.x == 1", NOWHERE)),
        Constraint(B),
    ),
)
