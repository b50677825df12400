"""Constraints over many instances: split if possible, else refused with their place."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from featurenet_uvl.errors import LimitError, UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.expression import And, Constant, Expression, FeatureRef, Iff, Implies, Not, Or, rebuild
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.instances.split import clauses_of
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.pipeline import compile_feature_model
from featurenet_uvl.translators.terms.simplify import fold_node
from tests.laws.test_count_law import disagreement

NAMES = ("a", "b", "c", "d")


def random_formula(chance: random.Random, depth: int) -> Expression:
    if depth == 0 or chance.random() < 0.2:
        return FeatureRef(chance.choice(NAMES))
    kind = chance.choice((Not, And, Or, Implies, Iff))
    if kind is Not:
        return Not(random_formula(chance, depth - 1))
    if kind in (And, Or):
        return kind(tuple(random_formula(chance, depth - 1) for _ in range(chance.randint(0, 3))))
    return kind(random_formula(chance, depth - 1), random_formula(chance, depth - 1))


def truth(formula: Expression, true: set[str]) -> Expression:
    def step(node: Expression) -> Expression:
        return Constant(node.name in true) if isinstance(node, FeatureRef) else fold_node(node)

    return rebuild(formula, step)


def test_clauses_say_what_the_formula_says() -> None:
    chance = random.Random(3)
    for _ in range(300):
        formula = random_formula(chance, 3)
        clauses = And(tuple(Or(clause) for clause in clauses_of(formula)))
        for size in range(len(NAMES) + 1):
            for true in itertools.combinations(NAMES, size):
                assert truth(formula, set(true)) == truth(clauses, set(true)), (formula, true)


def test_what_would_be_too_many_clauses_stays_in_one_piece() -> None:
    pairs = [And((FeatureRef(f"a{n}"), FeatureRef(f"b{n}"))) for n in range(7)]
    assert len(clauses_of(Or(tuple(pairs[:6])))) == LIMITS.max_split_clauses
    assert clauses_of(Or(tuple(pairs))) == ((Or(tuple(pairs)),),)
    deep: Expression = FeatureRef("a")
    for _ in range(5_000):
        deep = Not(deep)
    ((same,),) = clauses_of(deep)
    assert same is deep


def model_of(count: int, instances: int, *constraints: str, indexed: str = "", extra: str = "") -> FeatureModel:
    """Return a model of `count` multi-features M0, M1, ..., each with an optional A0, A1, ... in every instance."""
    lines = ["features", f"\tR {{array_constraints ['{indexed}']}}" if indexed else "\tR", "\t\tmandatory"]
    for n in range(count):
        lines += [f"\t\t\tM{n} cardinality [1..{instances}]{extra}", "\t\t\t\toptional", f"\t\t\t\t\tA{n}"]
    lines += ["constraints", *(f"\t{text}" for text in constraints)] if constraints else []
    model = read_uvl("\n".join(lines), "m.uvl")
    assert isinstance(model, FeatureModel)
    return model


def compiled(model: FeatureModel, seconds: float = 10.0) -> Cnf:
    start = time.process_time()
    cnf = compile_feature_model(model)
    assert time.process_time() - start < seconds
    return cnf


def test_instances_of_different_multi_features_need_no_common_copies() -> None:
    """A million pairs, and 27 million triples."""
    assert len(compiled(model_of(2, 1_000, "A0 => A1")).clauses) < 12_000
    assert len(compiled(model_of(3, 300, "A0 & A1 => A2")).clauses) < 6_000


@pytest.mark.parametrize(
    "constraint", ["A0 => A1", "A0 | A1 | A2", "A0 & !A1", "A0 <=> A1 & A2", "M0 & A1 => A2", "A0 & (A0 => M1)"]
)
def test_taken_apart_or_not_the_configurations_are_the_same(constraint: str) -> None:
    limits = CompileLimits(max_together=0)
    model = model_of(3, 2, constraint)
    assert disagreement(model, limits) is None
    # Instances that need not exist lift the obligation.
    text = "features\n\tR\n\t\toptional\n" + "".join(
        f"\t\t\tM{n} cardinality [1..2]\n\t\t\t\toptional\n\t\t\t\t\tA{n}\n" for n in range(3)
    )
    optional = read_uvl(f"{text}constraints\n\t{constraint}\n", "m.uvl")
    assert isinstance(optional, FeatureModel)
    assert disagreement(optional, limits) is None


def test_what_cannot_be_taken_apart_is_refused_at_once() -> None:
    model = model_of(3, 100, "M0.x + M1.x > M2.x", extra=" {x {domain [1, 2, 3]}}")
    start = time.process_time()
    with pytest.raises(
        UnsupportedError,
        match=r"^m.uvl:14:2: found a constraint of 5 nodes over 1000000 combinations of instances of M0, M1, M2,"
        r" expected at most 500000 nodes in all; split it, or lower a limit with `bounds`, such as M0=N$",
    ):
        compile_feature_model(model)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("model", "limits", "message"),
    [
        (model_of(3, 50, indexed="A0[i] & A1[j] => A2[k]"), LIMITS, "125000 combinations"),
        (
            model_of(2, 20, indexed="exists(i, exists(j, A0[i] & A1[j]))"),
            CompileLimits(max_indexed_nodes=1_000),
            "found an indexed constraint that comes to more than 1000 nodes, its quantifiers written out",
        ),
        (
            model_of(2, 9, "M0.x * M1.x == M0.x * 2", extra=" {x {domain [1, 2, 3]}}"),
            CompileLimits(max_rows=500),
            "found comparisons over more than 500 combinations of values",
        ),
    ],
    ids=["copies", "quantifiers", "tables"],
)
def test_what_grows_has_a_limit(model: FeatureModel, limits: CompileLimits, message: str) -> None:
    with pytest.raises(UnsupportedError, match=rf"^m.uvl:\d+:\d+: .*{message}"):
        compile_feature_model(model, limits=limits)


def test_clauses_have_a_limit() -> None:
    model = model_of(1, 60, indexed="exactly(30, i, A0[i])")
    with pytest.raises(LimitError, match=r"^m.uvl:2:\d+: found more than 3000 clauses up to here, expected"):
        compile_feature_model(model, limits=CompileLimits(max_clauses=3_000))


def test_a_large_alternative_grows_with_its_members() -> None:
    members = "".join(f"\t\t\tF{n}\n" for n in range(3_000))
    model = read_uvl(f"features\n\tR\n\t\talternative\n{members}", "m.uvl")
    assert isinstance(model, FeatureModel)
    cnf = compiled(model)
    assert len(cnf.clauses) < 30_000
