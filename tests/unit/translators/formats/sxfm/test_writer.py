"""Writing SXFM: the same configurations after reading back, refusals and losses with their place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import (
    And,
    AttributeRef,
    Comparison,
    Constant,
    Count,
    Expression,
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
from featurenet_uvl.ir.span import Span
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.formats.registry import parse_model
from featurenet_uvl.translators.formats.sxfm.reader import read_sxfm
from featurenet_uvl.translators.formats.sxfm.writer import write_sxfm

A, B = FeatureRef("A"), FeatureRef("B")


# writing


KINDS = list(GroupKind)
NAMES = ["R", "A b", "or", "x (y)", "1", "R&D <é>", "id_2", "[1,1]", ":m"]


@st.composite
def boolean_models(draw: st.DrawFn) -> FeatureModel:
    names = iter(draw(st.permutations(NAMES))[: draw(st.integers(1, len(NAMES)))])

    def groups(depth: int) -> Iterator[Group]:
        for _ in range(draw(st.integers(0, 2)) if depth < 3 else 0):
            kind = draw(st.sampled_from(KINDS))
            members = tuple(feature(name, depth + 1) for name, _ in zip(names, range(draw(st.integers(1, 3)))))
            if members and kind is GroupKind.CARDINALITY:
                lower = draw(st.integers(0, 3))
                yield Group(kind, members, Cardinality(lower, draw(st.none() | st.integers(lower, 4))))
            elif members:
                yield Group(kind, members)

    def feature(name: str, depth: int) -> Feature:
        return Feature(name, tuple(groups(depth)), is_abstract=draw(st.booleans()))

    root = feature(next(names), 0)
    present = [found.name for found in FeatureModel(root).features()]
    leaves = st.sampled_from(present).map(FeatureRef) | st.booleans().map(Constant)
    formulas = st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, max_size=3).map(lambda operands: And(tuple(operands))),
            st.lists(inner, max_size=3).map(lambda operands: Or(tuple(operands))),
            st.tuples(inner, inner).map(lambda pair: Implies(*pair)),
            st.tuples(inner, inner).map(lambda pair: Iff(*pair)),
        ),
        max_leaves=5,
    )
    counts = st.lists(st.sampled_from(present).map(FeatureRef), min_size=1, max_size=3).map(
        lambda operands: Count(0, 1, tuple(operands))
    )
    constraints = draw(st.lists(formulas | counts, max_size=3))
    return FeatureModel(
        root, tuple(Constraint(formula) for formula in constraints), draw(st.sampled_from([None, "a.b"]))
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(model=boolean_models())
def test_what_is_written_has_the_same_configurations(model: FeatureModel) -> None:
    text = write_sxfm(model)
    again = parse_model(text, "m")
    assert isinstance(again, FeatureModel)
    assert [(f.name, f.is_abstract) for f in again.features()] == [(f.name, f.is_abstract) for f in model.features()]
    assert again.namespace == model.namespace
    assert enumerate_configurations(again) == enumerate_configurations(model)
    assert write_sxfm(again) == text


def test_the_text_is_as_splot_writes_it() -> None:
    pair = (Feature("A"), Feature("B 1", is_abstract=True))
    model = FeatureModel(
        Feature("R", (Group(GroupKind.OPTIONAL, (Feature("O"),)), Group(GroupKind.ALTERNATIVE, pair))),
        (Constraint(Iff(FeatureRef("O"), A)), Constraint(Constant(False))),
        namespace="n&m",
    )
    assert write_sxfm(model).split("\n")[1:] == [
        '<feature_model name="R">',
        "<meta>",
        '<data name="featurenet_uvl.abstract">id_4</data>',
        '<data name="featurenet_uvl.namespace">n&amp;m</data>',
        "</meta>",
        "<feature_tree>",
        ":r R (R)",
        "\t:o O (O)",
        "\t:g [1,1]",
        "\t\t: A (A)",
        "\t\t: B 1 (id_4)",
        "</feature_tree>",
        "<constraints>",
        "C1: ~O or A",
        "C2: O or ~A",
        "C3: ~R",
        "</constraints>",
        "</feature_model>",
        "",
    ]


SPAN = Span("s.uvl", 3, 5)


def below(**changes: object) -> FeatureModel:
    child = Feature(**{"name": "A", "span": SPAN, **changes})  # type: ignore[arg-type]  # fields by name
    return FeatureModel(Feature("R", (Group(GroupKind.OPTIONAL, (child,)),)))


def under(formula: Expression, **changes: object) -> FeatureModel:
    constraint = Constraint(formula, span=SPAN, **changes)  # type: ignore[arg-type]  # fields by name
    return FeatureModel(Feature("R", (Group(GroupKind.OPTIONAL, (Feature("A"),)),)), (constraint,))


def wide() -> FeatureModel:
    """Return a constraint of 8 x 8 clauses."""
    members = tuple(Feature(f"F{n}") for n in range(16))
    halves = (members[:8], members[8:])
    formula = Or(tuple(And(tuple(FeatureRef(feature.name) for feature in half)) for half in halves))
    return FeatureModel(Feature("R", (Group(GroupKind.OPTIONAL, members),)), (Constraint(formula, span=SPAN),))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (below(attributes=(Attribute("cost", 3, span=SPAN),)), "found the attribute A.cost, which SXFM cannot hold"),
        (below(attributes=(Attribute("k", domain=(1, 2), span=SPAN),)), "found the attribute A.k, which SXFM"),
        (
            below(cardinality=Cardinality(1, 5)),
            r"found the multi-feature 'A' \[1..5\], which SXFM cannot hold; the model after",
        ),
        (below(type=FeatureType.INTEGER), "found 'A' of type Integer, expected Boolean"),
        (below(notes=(("description", "x"),)), "found the note 'description' of feature 'A', which SXFM cannot hold"),
        (below(name=" A"), "found the feature name ' A', expected one on one line without blanks around it"),
        (below(name="A\nB"), r"found the feature name 'A\\nB', expected one on one line"),
        (below(name="A\x01"), r"found '\\x01' in the feature name 'A\\x01', which XML cannot carry"),
        (under(A, is_indexed=True), "found an indexed constraint, which SXFM cannot hold"),
        (under(A, description="why"), "found the description 'why' of a constraint, which SXFM cannot hold"),
        (under(Comparison("==", A, Constant(1))), "found Comparison in a constraint, expected a propositional formula"),
        (wide(), "found a constraint that takes auxiliary variables, which"),
    ],
)
def test_what_sxfm_cannot_hold_is_refused_with_its_place(model: FeatureModel, expected: str) -> None:
    with pytest.raises(UnsupportedError, match=f"^s.uvl:3:5: {expected}"):
        write_sxfm(model)


def test_where_losses_are_agreed_to_each_is_said() -> None:
    lost = Feature(" A\n", attributes=(Attribute("cost", 3, span=SPAN),), notes=(("hidden", "true"),), span=SPAN)
    members = (lost, Feature("A"), Feature("B"))
    constraints = (
        Constraint(Or((A, B)), description="why", span=SPAN),
        Constraint(Comparison("==", AttributeRef(" A\n", "cost"), Constant(3)), span=SPAN),
        Constraint(Not(FeatureRef(" A\n"))),
    )
    root = Feature("R", (Group(GroupKind.OPTIONAL, members),), span=SPAN)
    losses: list[str] = []
    again = read_sxfm(write_sxfm(FeatureModel(root, constraints, notes=(("comment", "x"),)), losses), "m")
    assert [feature.name for feature in again.features()] == ["R", "A_", "A", "B"]
    assert again.constraints == (Constraint(Or((A, B))), Constraint(Not(FeatureRef("A_"))))
    assert [loss.removeprefix("s.uvl:3:5: ").removesuffix(", which SXFM cannot hold; left out") for loss in losses] == [
        "the feature ' A\\n' is written as 'A_', its name has no spelling",
        "found the note 'comment' of the model",
        "found the attribute A_.cost",
        "found the note 'hidden' of feature 'A_'",
        "found the description 'why' of a constraint",
        "found Comparison in a constraint, expected a propositional formula as SXFM needs; the constraint is left out",
    ]


def test_a_constraint_over_unknown_features_is_refused() -> None:
    with pytest.raises(ModelError, match="found unknown feature 'B'"):
        write_sxfm(under(Or((A, B))))
    with pytest.raises(ModelError, match=r"found unknown attribute A\.x"):
        write_sxfm(under(Comparison("==", AttributeRef("A", "x"), Constant(1))))
