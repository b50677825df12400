"""The UVL writer: canonical text that reads back equal, accepted by the official grammar; and its refusals."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import (
    Arithmetic,
    Comparison,
    Constant,
    Count,
    FeatureRef,
    Implies,
    IndexVariable,
    Not,
    Or,
    Quantified,
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
from featurenet_uvl.translators.formats.registry import read_model as read_model_file
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from tests.places import MODELS

HERE = Span("m.xml", 4, 5)

CANONICAL = """\
namespace a."b c"

features
\tNet {abstract, rules ['shapes'], constraints [Net => "Cell 1"], array_constraints [
\t\t\t'"Cell 1"[c] & !"Cell 1"[c + 1] => Out',
\t\t\t'atmost(1, k, "Cell 1".size[k] == 2)']}
\t\tmandatory
\t\t\t"Cell 1" cardinality [1..3] {size {domain [1, 2.5], default 2.5}, single {domain [ 1]}}
\t\t\t\t[2..*]
\t\t\t\t\tInteger n {domain [1, 2]}
\t\t\t\t\tString "or"
\t\toptional
\t\t\tOut {flag, "constraint" true, nested {a -1, b ['x', [], {}]}}

constraints
\tsum("constraint") - 1 > 0 | !(Out & n == 3)
"""


def with_constraint(constraint: Constraint) -> FeatureModel:
    return FeatureModel(Feature("R", (Group(GroupKind.OPTIONAL, tuple(map(Feature, "abcdefgh"))),)), (constraint,))


def test_the_canonical_text_is_a_fixed_point(official_error: Callable[[str], str | None]) -> None:
    assert write_uvl(read_model(CANONICAL)) == CANONICAL
    assert official_error(CANONICAL) is None


def read_model(text: str) -> FeatureModel:
    model = read_uvl(text, "x.uvl")
    assert isinstance(model, FeatureModel)
    return model


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.uvl")), ids=lambda path: path.name)
def test_the_models_of_the_project(path: Path, official_error: Callable[[str], str | None]) -> None:
    assert official_error(path.read_text(encoding="utf-8")) is None
    model = read_model_file(str(path))
    if isinstance(model, FeatureModel):
        text = write_uvl(model)
        assert read_uvl(text, "x.uvl") == model
        assert write_uvl(read_model(text)) == text
        assert official_error(text) is None


def test_what_differs_only_in_spelling_is_written_alike() -> None:
    text = (
        'features\n  R { abstract true,p 0.10 }\n    optional\n      "a" // c\n      b cardinality [2]\n'
        "constraints\n  (a&b)=>((R))\n"
    )
    assert write_uvl(read_model(text)) == (
        "features\n\tR {abstract, p 0.1}\n\t\toptional\n\t\t\ta // c\n\t\t\tb cardinality [2..2]\n\n"
        "constraints\n\ta & b => R\n"
    )


def test_a_count_is_written_in_full() -> None:
    text = write_uvl(with_constraint(Constraint(Implies(FeatureRef("a"), Count(0, 1, tuple(map(FeatureRef, "bcd")))))))
    assert text.endswith("\ta => (!b | !c) & (!b | !d) & (!c | !d)\n")


ref = FeatureRef


def root(*attributes: Attribute) -> FeatureModel:
    return FeatureModel(Feature("R", (), attributes))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (FeatureModel(Feature("a.b", span=HERE)), "m.xml:4:5: found the name 'a.b'"),
        (root(Attribute("abstract", 1, span=HERE)), "m.xml:4:5: found attribute 'abstract'"),
        (root(Attribute("featureide__", 1, span=HERE)), "m.xml:4:5: found attribute 'featureide__'"),
        (root(Attribute("p", {"escaped__": 1}, span=HERE)), "m.xml:4:5: found a map with the only key"),
        (root(Attribute("p", float("nan"), span=HERE)), "m.xml:4:5: found the number nan"),
        (root(Attribute("p", {"domain": (1,)}, span=HERE)), "m.xml:4:5: found a constant R.p"),
        (with_constraint(Constraint(Or((ref("a"), Constant(True, HERE))))), "m.xml:4:5: found the truth value true"),
        (with_constraint(Constraint(Constant(False), span=HERE)), "m.xml:4:5: found Constant as a constraint"),
        (with_constraint(Constraint(Arithmetic("+", ref("a"), ref("b")), span=HERE)), "m.xml:4:5: found Arithmetic as"),
        (
            with_constraint(Constraint(Count(0, 3, tuple(map(ref, "abcdefghijklmnopqrst")), HERE))),
            "m.xml:4:5: found a count [0..3]",
        ),
        (with_constraint(Constraint(ref("a", (IndexVariable("i"),), HERE))), "m.xml:4:5: found FeatureRef with"),
        (with_constraint(Constraint(Quantified("exists", 1, "k", ref("a"), HERE))), "m.xml:4:5: found Quantified with"),
        (with_constraint(Constraint(ref("it's a", span=HERE), True, span=HERE)), "m.xml:4:5: found the text"),
        (with_constraint(Constraint(Comparison("==", ref("a", span=HERE), Constant(1)), True)),
         "m.xml:4:5: found feature 'a'"),
    ],
)  # fmt: skip
def test_what_uvl_cannot_hold_is_refused_with_its_place(model: FeatureModel, message: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        write_uvl(model)
    assert str(caught.value).startswith(message)


def test_a_model_that_is_none_is_refused() -> None:
    with pytest.raises(ModelError, match="found an empty or group"):
        write_uvl(FeatureModel(Feature("R", (Group(GroupKind.OR, ()),))))


def test_thousands_of_levels() -> None:
    feature = Feature("f0")
    for number in range(1, 2_000):
        feature = Feature(f"f{number}", (Group(GroupKind.OPTIONAL, (feature,)),))
    assert write_uvl(FeatureModel(feature)).count("\n") == 4_000


_NAMES = ["a", "B_1", "don't", "sum", "3x3", "x y", "//", "features", "é", "{", "cardinality", "Ä;b"]
_SCALARS = st.one_of(
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from([0.5, -2.0, 1e-9, 1e20]),
    st.sampled_from(["v", 'it "is"', "// x", "", "it's\n100 %", "%41"]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(["k", "a b", "or"]), inner, max_size=2),
    ),
    max_leaves=5,
)
_ATTRIBUTES = st.one_of(
    st.builds(Attribute, st.just(""), st.one_of(st.none(), _VALUES)),
    st.lists(st.integers(-3, 9), min_size=1, max_size=4, unique=True).flatmap(
        lambda domain: st.builds(
            Attribute, st.just(""), domain=st.just(tuple(domain)), default=st.one_of(st.none(), st.sampled_from(domain))
        )
    ),
)
_NOTES = st.lists(
    st.tuples(
        st.sampled_from(["description", "hidden", "graphics:a.b", 'property:"x":y', "comment"]),
        st.sampled_from(["", "%", "true", "it's", 'a\n\tb "c"', "7"]),
    ),
    max_size=3,
).map(tuple)
_CARDINALITIES = st.builds(
    lambda lower, more: Cardinality(lower, None if more is None else lower + more),
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(0, 3)),
)


@st.composite
def models(draw: st.DrawFn) -> FeatureModel:
    """Draw a model with up to twelve features, and constraints of both kinds over them."""
    names = draw(st.lists(st.sampled_from(_NAMES), min_size=1, unique=True))
    children: dict[str, list[str]] = {name: [] for name in names}
    for place, name in enumerate(names[1:], 1):
        children[names[draw(st.integers(0, place - 1))]].append(name)
    built: dict[str, Feature] = {}
    for name in reversed(names):
        groups = []
        for child in children[name]:
            kind = draw(st.sampled_from(GroupKind))
            cardinality = draw(_CARDINALITIES) if kind is GroupKind.CARDINALITY else None
            groups.append(Group(kind, (built[child],), cardinality))
        attributes = [
            Attribute(key, a.value, a.domain, a.default)
            for key, a in draw(st.dictionaries(st.sampled_from(["p", "a b", "constraint"]), _ATTRIBUTES)).items()
        ]
        built[name] = Feature(
            name,
            tuple(groups),
            tuple(attributes),
            draw(st.one_of(st.none(), _CARDINALITIES)),
            draw(st.sampled_from(FeatureType)),
            draw(st.booleans()),
            notes=draw(_NOTES),
        )
    names_in_texts = [name for name in names if "'" not in name]
    plain = st.builds(
        lambda n, text, kind: Constraint(kind(ref(n), ref(names[0])), description=text),
        st.sampled_from(names),
        st.sampled_from(["", "it's\nso"]),
        st.sampled_from([lambda a, b: Implies(Not(a), b), lambda a, b: Count(0, 1, (a, b)), lambda a, _: Or((a,))]),
    )
    indexed = st.builds(
        lambda n: Constraint(Quantified("atmost", 2, "k", ref(n, (IndexVariable("k"),))), True),
        st.sampled_from(names_in_texts or names),
    )
    constraints = draw(st.lists(st.one_of(plain, indexed) if names_in_texts else plain, max_size=4))
    namespace = draw(st.sampled_from([None, "n", "a.or"]))
    return FeatureModel(built[names[0]], tuple(constraints), namespace, draw(_NOTES))


@settings(max_examples=40, deadline=None)
@given(models())
def test_every_model_reads_back_equal_and_the_official_grammar_accepts_it(
    official_error: Callable[[str], str | None], model: FeatureModel
) -> None:
    text = write_uvl(model)
    again = read_model(text)
    assert again == model
    assert write_uvl(again) == text
    assert official_error(text) is None
