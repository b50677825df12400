"""Small feature models that grow in features, one construct each, to try a format on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from featurenet_uvl.ir.expression import (
    Aggregate,
    And,
    Arithmetic,
    AttributeRef,
    Call,
    Comparison,
    Constant,
    Count,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    IndexVariable,
    Not,
    Or,
    rebuild,
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
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.ir.span import Span

PATH = "conformance.model"
"""The file that the models pretend to come from: messages about them must name it."""

DEPTH = 1_200
"""Levels of the deep model: more than Python's recursion limit allows."""

ODD_NAMES = (
    *("A b", "A-b", "A.b", 'A"b', "A'b", "A(b)", "A[1]", "A{b}", "A|b", "A ; b", "A<b>&c", "A,b", "A=b", "A=>b"),
    *(
        "#A",
        "%41",
        "A%",
        "A\\b",
        "A:b",
        "~A",
        "!A",
        "É",
        "日本",
        "\U0001f600",
        "1A",
        "1",
        "-1",
        "or",
        "not",
        "features",
    ),
    *("true", "Integer", "constraints", " A", "A ", "A\tb", "A\nb", "A\rb", "A\0b", "A\x1fb", "\ufeffA", "A\u2028b"),
)
"""Names that are legal in the model and hard to spell in some format."""

A, B, C = FeatureRef("A"), FeatureRef("B"), FeatureRef("C")
_TWO = Group(GroupKind.OPTIONAL, (Feature("A"), Feature("B")))
_THREE = Group(GroupKind.OPTIONAL, (Feature("A"), Feature("B"), Feature("C")))
_TEXTS = {"quote": "it's", "double": '"', "empty": "", "lines": "one\ntwo", "mark": "100 %", "xml": "<a> & b"}


def grown_models() -> Mapping[str, FeatureModel]:
    """Return the models by the construct that each adds; every feature, attribute and constraint has its own place."""
    models = {**_trees(), **_formulas(), **_attributes(), **_beyond_boolean(), **_notes()}
    return {name: placed(model) for name, model in models.items()}


def named_model(name: str) -> FeatureModel:
    """Return a model with a feature of this name and a constraint that mentions it."""
    tree = _model(Group(GroupKind.OPTIONAL, (Feature(name), Feature("Other"))))
    return placed(replace(tree, constraints=(Constraint(Implies(FeatureRef(name), FeatureRef("Other"))),)))


def attributed_model(name: str, text: str) -> FeatureModel:
    """Return a model with an attribute of this name whose value is this text."""
    return placed(_model(Group(GroupKind.OPTIONAL, (Feature("A", attributes=(Attribute(name, text),)),))))


def placed(model: FeatureModel) -> FeatureModel:
    """Return the model with another line of PATH for every feature, group, attribute and constraint."""
    lines = count(1)

    def place() -> Span:
        return Span(PATH, next(lines), 1)

    def step(feature: Feature) -> Feature:
        groups = tuple(replace(group, span=place()) for group in feature.groups)
        attributes = tuple(replace(attribute, span=place()) for attribute in feature.attributes)
        return replace(feature, groups=groups, attributes=attributes, span=place())

    def moved(constraint: Constraint) -> Constraint:
        span = place()
        return replace(constraint, span=span, formula=rebuild(constraint.formula, lambda node: _at(node, span)))

    return replace(map_features(model, step), constraints=tuple(map(moved, model.constraints)))


def _at(node: Expression, span: Span) -> Expression:
    return replace(node, span=span)


def _model(*groups: Group, constraints: tuple[Expression, ...] = ()) -> FeatureModel:
    return FeatureModel(Feature("R", groups), tuple(map(Constraint, constraints)))


def _trees() -> dict[str, FeatureModel]:
    features = tuple(map(Feature, "ABCD"))
    inner = Feature("A", (Group(GroupKind.OR, (Feature("B"), Feature("C"))),))
    deepest = Feature(f"F{DEPTH}")
    for level in range(DEPTH - 1, 0, -1):
        deepest = Feature(f"F{level}", (Group(GroupKind.OPTIONAL, (deepest,)),))
    several = (
        Group(GroupKind.OR, tuple(map(Feature, ("E", "F")))),
        Group(GroupKind.OR, tuple(map(Feature, ("G", "H")))),
        Group(GroupKind.MANDATORY, features[:1]),
        Group(GroupKind.OPTIONAL, features[1:2]),
        Group(GroupKind.ALTERNATIVE, features[2:]),
    )
    return {
        "root": _model(),
        "mandatory": _model(Group(GroupKind.MANDATORY, features[:2])),
        "optional": _model(_TWO),
        "many children": _model(Group(GroupKind.OPTIONAL, tuple(Feature(f"F{number}") for number in range(12)))),
        "or": _model(Group(GroupKind.OR, features[:3])),
        "alternative": _model(Group(GroupKind.ALTERNATIVE, features[:3])),
        "group [n..m]": _model(Group(GroupKind.CARDINALITY, features, Cardinality(2, 3))),
        "group [n..*]": _model(Group(GroupKind.CARDINALITY, features, Cardinality(2, None))),
        "groups of one": _model(
            *(Group(kind, (f,)) for kind, f in zip((GroupKind.OR, GroupKind.ALTERNATIVE), features))
        ),
        "nested groups": _model(Group(GroupKind.OPTIONAL, (inner,)), Group(GroupKind.MANDATORY, (Feature("D"),))),
        "several groups": _model(*several),
        "deep tree": _model(Group(GroupKind.OPTIONAL, (deepest,))),
        "abstract features": _model(Group(GroupKind.OPTIONAL, (Feature("A", is_abstract=True), Feature("B")))),
    }


def _formulas() -> dict[str, FeatureModel]:
    chain: Expression = A
    for _ in range(400):
        chain = Not(Or((B, chain)))
    formulas: dict[str, tuple[Expression, ...]] = {
        "literal constraints": (A, Not(B)),
        "implications": (Implies(A, B), Implies(Not(C), A)),
        "equivalences": (Iff(A, B), Iff(Iff(A, B), C)),
        "conjunctions and disjunctions": (Or((A, B, Not(C))), And((Or((A, B)), Or((B, C))))),
        "nested formulas": (Implies(And((A, Not(Or((B, C))))), Iff(B, Not(Not(C)))), Implies(Implies(A, B), C)),
        "deep formulas": (chain,),
        "at most one of": (Count(0, 1, (A, B, C)),),
    }
    return {name: _model(_THREE, constraints=constraints) for name, constraints in formulas.items()}


def _attributes() -> dict[str, FeatureModel]:
    def with_attributes(*attributes: Attribute) -> FeatureModel:
        return _model(Group(GroupKind.OPTIONAL, (Feature("A", attributes=attributes), Feature("B"))))

    numbers = (("whole", 3), ("negative", -7), ("real", 0.5), ("small", 2e-05), ("yes", True), ("no", False))
    texts = tuple(Attribute(name, text) for name, text in _TEXTS.items())
    choice = Attribute("kernel", domain=("1x1", "3", "3x3"), default="3x3")
    return {
        "constant attributes": with_attributes(*(Attribute(name, value) for name, value in numbers), Attribute("bare")),
        "texts as attributes": with_attributes(Attribute("name", "plain"), *texts),
        "vectors and maps": with_attributes(Attribute("v", (1, "a", (2.5, True))), Attribute("m", {"x": 1, "y": (2,)})),
        "configurable attributes": with_attributes(choice, Attribute("rate", domain=(0.25, 1, True))),
    }


def _beyond_boolean() -> dict[str, FeatureModel]:
    cells = Group(GroupKind.OPTIONAL, (Feature("A", cardinality=Cardinality(0, 2)), Feature("B")))
    endless = Group(GroupKind.MANDATORY, (Feature("A", cardinality=Cardinality(1, None)),))
    typed = Feature("A", attributes=(Attribute("domain", (1, 2, 3)),), type=FeatureType.INTEGER)
    number, text = Feature("A", type=FeatureType.REAL), Feature("B", type=FeatureType.STRING)
    priced = tuple(Feature(name, attributes=(Attribute("p", price),)) for name, price in (("A", 1), ("B", 2)))
    prices = Group(GroupKind.OPTIONAL, priced)
    price = Arithmetic("+", AttributeRef("A", "p"), AttributeRef("B", "p"))
    floor = Call("floor", AttributeRef("A", "p"))
    following = FeatureRef("A", (Arithmetic("+", IndexVariable("i"), Constant(1)),))
    indexed = Constraint(Implies(following, FeatureRef("B")), is_indexed=True)
    plain, other = Constraint(Implies(B, A)), Constraint(Or((A, B)))
    return {
        "multi-features [n..m]": _model(cells),
        "multi-features [n..*]": _model(endless),
        "typed features with a domain": _model(Group(GroupKind.OPTIONAL, (typed,))),
        "typed features": _model(Group(GroupKind.OPTIONAL, (number, text))),
        "arithmetic constraints": _model(prices, constraints=(Comparison(">=", price, Constant(2)),)),
        "sum and avg": _model(
            prices,
            constraints=(
                Comparison("<=", Aggregate("sum", "p"), Constant(2)),
                Comparison("<", Aggregate("avg", "p", "R"), Constant(1.5)),
            ),
        ),
        "functions": _model(prices, constraints=(Comparison("==", floor, Constant(1)),)),
        "indexed constraints": FeatureModel(Feature("R", (cells,)), (indexed,)),
        "order of constraints": FeatureModel(Feature("R", (cells,)), (plain, indexed, other)),
    }


def _notes() -> dict[str, FeatureModel]:
    described = (Feature("A", notes=(("description", "one\ntwo"),)),)
    return {
        "namespace": replace(_model(_TWO), namespace="some.where"),
        "notes of features": _model(Group(GroupKind.OPTIONAL, described)),
        "notes of the model": replace(_model(_TWO), notes=(("comment", "it's <new>"),)),
        "descriptions of constraints": FeatureModel(
            Feature("R", (_TWO,)), (Constraint(Implies(A, B), description="why"), Constraint(Or((A, B))))
        ),
    }
