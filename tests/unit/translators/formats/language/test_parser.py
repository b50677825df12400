"""Constraint texts: the formula of a text, the text of a formula, and the place of each mistake."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featurenet_uvl.errors import ReadError, UnsupportedError
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
    Quantified,
    walk,
)
from featurenet_uvl.ir.span import NOWHERE, Span
from featurenet_uvl.translators.formats.language.parser import format_expression, parse_formula

A, B, C, D = (FeatureRef(name) for name in "abcd")
b, c, k, r = (IndexVariable(name) for name in "bckr")
HERE = Span("x.uvl", 7, 2)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a & b & c", And((A, B, C))),
        ("(a & b) & c", And((And((A, B)), C))),
        ("a & (b & c)", And((A, And((B, C))))),
        ("a | b & c | d", Or((A, And((B, C)), D))),
        ("a => b => c", Implies(Implies(A, B), C)),
        ("a => (b => c)", Implies(A, Implies(B, C))),
        ("a <=> b => c | d", Iff(A, Implies(B, Or((C, D))))),
        ("!a & b", And((Not(A), B))),
        ("!(a & b)", Not(And((A, B)))),
        ("a.p == 3", Comparison("==", AttributeRef("a", "p"), Constant(3))),
        ("a - b - c < 1", Comparison("<", Arithmetic("-", Arithmetic("-", A, B), C), Constant(1))),
        (
            "a - (b - c) * 2 >= -1.5",
            Comparison(">=", Arithmetic("-", A, Arithmetic("*", Arithmetic("-", B, C), Constant(2))), Constant(-1.5)),
        ),
        ("'x y' != a.b.c", Comparison("!=", Constant("x y"), AttributeRef("a", "b.c"))),
        ("sum(p) <= avg(p, b)", Comparison("<=", Aggregate("sum", "p"), Aggregate("avg", "p", "b"))),
        ("len(a) == ceil(b.q)", Comparison("==", Call("len", A), Call("ceil", AttributeRef("b", "q")))),
        ('"sum" | "a b"."c-d" > 0', Or((FeatureRef("sum"), Comparison(">", AttributeRef("a b", "c-d"), Constant(0))))),
    ],
)
def test_text_and_tree_of_plain_formulas(text: str, tree: Expression) -> None:
    assert parse_formula(text, HERE) == tree
    assert format_expression(tree) == text


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (
            "Block[b, c] => Block[b + 1, 2]",
            Implies(FeatureRef("Block", (b, c)), FeatureRef("Block", (Arithmetic("+", b, Constant(1)), Constant(2)))),
        ),
        (
            "atmost(2, k, Cell.rel[b, k] == c - k - 1)",
            Quantified(
                "atmost",
                2,
                "k",
                Comparison(
                    "==",
                    AttributeRef("Cell", "rel", (b, k)),
                    Arithmetic("-", Arithmetic("-", c, k), Constant(1)),
                ),
            ),
        ),
        ("Cell.rel[c] == r => F", Implies(Comparison("==", AttributeRef("Cell", "rel", (c,)), r), FeatureRef("F"))),
        ("!exists(k, F[k]) & a", And((Not(Quantified("exists", 1, "k", FeatureRef("F", (k,)))), A))),
        ('F.pad[b] == "same"', Comparison("==", AttributeRef("F", "pad", (b,)), Constant("same"))),
        ('"sa me" | F[-1]', Or((FeatureRef("sa me"), FeatureRef("F", (Constant(-1),))))),
        ("n[] > k", Comparison(">", FeatureRef("n", ()), k)),
        ("exactly(1, k, atleast(2, c, F[k, c]))",
         Quantified("exactly", 1, "k", Quantified("atleast", 2, "c", FeatureRef("F", (k, c))))),
    ],
)  # fmt: skip
def test_text_and_tree_of_indexed_formulas(text: str, tree: Expression) -> None:
    assert parse_formula(text, HERE, indexed=True) == tree
    assert format_expression(tree, indexed=True) == text


def test_a_glued_minus_is_a_sign_in_indexed_formulas_only() -> None:
    assert parse_formula("F.r[b]==c-k-1", HERE, indexed=True) == parse_formula(
        "F.r[b] == c - k - 1", HERE, indexed=True
    )
    with pytest.raises(ReadError, match=r"^x\.uvl:7:5: found number -1, .*- 1$"):
        parse_formula("a.p-1 > 1", HERE)


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("a.p -1 > 1", "7:6", "number -1"),
        ("a.f == true", "7:9", "'true'"),
        ("floor(a.f / 2) == 1", "7:12", "'/'"),
        ("a &", "7:5", "the end"),
        ("", "7:2", "the end"),
        ("5", "7:2", "a value"),
        ("a & (b + c)", "7:6", "a value"),
        ("(a => b) == c", "7:2", "a formula"),
        ("a == b == c", "7:2", "a formula"),
        ("a == !b", "7:7", "a formula"),
        ("sum => a", "7:6", "'=>'"),
        ("or & a", "7:2", "keyword 'or'"),
        ("(a & b", "7:8", "the end"),
        ("a )", "7:4", "')'"),
        ("a b", "7:4", "name 'b'"),
        ("a =>\n  & b", "8:3", "'&'"),
        ("a == 'x", "7:7", "a text without its closing quote"),
        ("a == ''", "7:7", "an empty text"),
        ('"a.b" & c', "7:2", "a dot in the name"),
        ("a ^ b", "7:4", "character '^'"),
        ("F[1]", "7:3", "cardinality [1]"),
        ("a.p == 1" + "0" * 400, "7:9", "a number of 401 characters"),
        ("exists(k, a)", "7:8", "'('"),
    ],
)
def test_a_wrong_formula_is_refused_at_its_place(text: str, place: str, found: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse_formula(text, HERE)
    assert str(caught.value).startswith(f"x.uvl:{place}: found {found}")
    assert "expected" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "column"),
    [("F[1.5]", 4), ("F[a.b]", 5), ("F[G[b]]", 5), ("F[b", 5), ("exists(k)", 10), ("atmost(k, F[k])", 9),
     ("exists(k, 3)", 2), ("exists(2, F[b])", 9), ("atmost(1.5, k, F[k])", 9), ('"a.b" & F', 2),
     ('"a b" + 1 > 2', 2)],
)  # fmt: skip
def test_a_wrong_indexed_formula_is_refused_at_its_place(text: str, column: int) -> None:
    with pytest.raises(ReadError, match=rf"^x\.uvl:7:{column}: found .*expected "):
        parse_formula(text, HERE, indexed=True)


def test_every_node_has_its_place() -> None:
    tree = parse_formula("a =>\n !b & sum(p) > 2", HERE)
    assert [str(node.span)[6:] for node in walk(tree)] == ["7:2", "7:2", "8:2", "8:2", "8:3", "8:7", "8:7", "8:16"]


def test_the_alias_is_taken_off_references() -> None:
    assert parse_formula("d.e.F.a == 1 & d.e.F & d & d.e", HERE, alias=("d", "e")) == And(
        (
            Comparison("==", AttributeRef("F", "a"), Constant(1)),
            FeatureRef("F"),
            FeatureRef("d"),
            AttributeRef("d", "e"),
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        " & ".join(f"f{i}" for i in range(10_000)),
        " => ".join(f"f{i}" for i in range(10_000)),
        "a.x" + " + 1" * 10_000 + " > 1",
        "!" * 10_000 + "a",
        "a => (" * 2_000 + "a => b" + ")" * 2_000,
    ],
)
def test_long_and_deep_formulas(text: str) -> None:
    assert format_expression(parse_formula(text, HERE)) == text


@pytest.mark.parametrize(
    "node",
    [
        And(()),
        Or(()),
        Constant(True),
        Not(Constant(False)),
        Count(1, 3, tuple(FeatureRef(f"f{i}") for i in range(20))),
        Count(0, None, (A, B)),
        FeatureRef("a.b"),
        FeatureRef('a"b'),
        FeatureRef(""),
        Comparison("==", A, Constant("it's")),
        Comparison("==", A, Constant("")),
        Comparison("==", A, Constant(float("inf"))),
        Comparison("==", A, Constant(10**400)),
        Comparison("==", Call("len", Arithmetic("+", A, B)), Constant(1)),
        Quantified("exists", 1, "a b", A),
    ],
)
def test_what_has_no_text_is_refused(node: Expression) -> None:
    with pytest.raises(UnsupportedError, match=r"found .*, expected "):
        format_expression(node)


def test_a_feature_as_a_value_in_an_indexed_formula_is_refused_because_it_reads_as_an_index() -> None:
    with pytest.raises(UnsupportedError, match=r"'a' as a value .* or a\[\]"):
        format_expression(Comparison("==", A, Constant(1)), indexed=True)


def _holds(node: Expression, true: set[str]) -> bool:
    match node:
        case FeatureRef(name=name):
            return name in true
        case Not(operand=operand):
            return not _holds(operand, true)
        case And(operands=operands):
            return all(_holds(operand, true) for operand in operands)
        case Or(operands=operands):
            return any(_holds(operand, true) for operand in operands)
    raise AssertionError(node)


@pytest.mark.parametrize(("lower", "upper"), [(0, 1), (2, None), (1, 1), (2, 3), (4, 4), (0, 0), (1, 7)])
def test_a_count_is_spelt_out(lower: int, upper: int | None) -> None:
    tree = parse_formula(format_expression(Count(lower, upper, (A, B, C, D))), HERE)
    for bits in range(16):
        true = {name for place, name in enumerate("abcd") if bits >> place & 1}
        assert _holds(tree, true) == (lower <= len(true) and (upper is None or len(true) <= upper))


_NAMES = st.one_of(
    st.sampled_from(["a", "B_1", "don't", "sum", "or", "true", "3x3", "a b", "-a", "//", "x#", "ä", "Ä", "[1]",
                     "group-cardinality"]),
    st.text(st.characters(exclude_characters='".\r\n\0\ufeff', exclude_categories=["Cs"]), min_size=1, max_size=6),
)  # fmt: skip
_TEXTS = st.text(st.characters(exclude_characters="'\r\n\0\ufeff", exclude_categories=["Cs"]), min_size=1, max_size=6)
_NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False, width=16))
_REFERENCES = st.one_of(
    st.builds(FeatureRef, _NAMES),
    st.builds(lambda f, parts: AttributeRef(f, ".".join(parts)), _NAMES, st.lists(_NAMES, min_size=1, max_size=2)),
)
_TERMS = st.recursive(
    st.one_of(
        st.builds(Constant, st.one_of(_NUMBERS, _TEXTS)),
        _REFERENCES,
        st.builds(Call, st.sampled_from(["len", "floor", "ceil"]), _REFERENCES),
        st.builds(Aggregate, st.sampled_from(["sum", "avg"]), _NAMES, st.one_of(st.none(), _NAMES)),
    ),
    lambda inner: st.builds(Arithmetic, st.sampled_from(["+", "-", "*", "/"]), inner, inner),
    max_leaves=6,
)
_COMPARISONS = st.builds(Comparison, st.sampled_from(["==", "!=", "<", ">", "<=", ">="]), _TERMS, _TERMS)
FORMULAS = st.recursive(
    st.one_of(_REFERENCES, _COMPARISONS),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Implies, inner, inner),
        st.builds(Iff, inner, inner),
    ),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(FORMULAS)
def test_every_plain_formula_reads_back_as_it_was(formula: Expression) -> None:
    assert parse_formula(format_expression(formula), NOWHERE) == formula
