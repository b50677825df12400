"""The law of domains by reasoning: whatever is accepted has the configurations of brute force over a wide window."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import Attribute, Feature, FeatureModel, FeatureType
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.pipeline import compile_feature_model
from tests.laws.test_count_law import translated_configurations

pytestmark = pytest.mark.slow

NUMBERS: tuple[Value, ...] = tuple(range(-2, 6))
HALVES: tuple[Value, ...] = (*range(-4, 10), -0.5, 0.5, 1.5)
TEXTS: tuple[Value, ...] = ("", "a", "b", "c", "zz", "other0")
WINDOWS = {FeatureType.INTEGER: NUMBERS, FeatureType.REAL: HALVES, FeatureType.STRING: TEXTS}
"""Values beyond every number and text that the constraints of a drawn model lead to."""

CONDITIONS = ("A", "B", "!A", "!B", "A & B", "A | B", "X", "!X", "R", "(A <=> B)", "A & !X")
NUMBER_PARTS = (
    "X == 1", "X >= 0 & X <= 2", "X <= 3", "X >= 0", "X > 0 & X < 3", "X == C.p", "X == sum(p)", "2 * X == C.p + 1",
    "!X", "(X == 0 | X == 2)", "X != 1", "(A => X <= 2)", "X >= -1", "X - C.p <= 1", "X + 1 >= C.p", "X * X <= 4",
    "X <= avg(p)", "(X <= 2 <=> A)", "1 <= X & 2 >= X",
)  # fmt: skip
TEXT_PARTS = ("X == 'a'", "(X == 'a' | X == 'b')", "!X", "X != 'a'", "X == C.s", "len(X) <= 1", "X < 'b'")
DEFINITIONS = ("2 * Y", "Y + 1", "C.p + Y", "sum(p)", "3", "Y * Y", "Y / 2", "sum(p, C) + 1", "0 - Y", "F.r + 1")
USES = (
    "F.q <= 3", "sum(q) <= 5", "F.q + C.q >= 2", "F.q != 0", "avg(q) >= 1", "F.q > Y",
    "B => F.r >= 1", "F.r < F.q | A",
)  # fmt: skip


def drawn(seed: int) -> str:
    """Return a model with a typed feature X that conditions bound, perhaps within instances."""
    rng = random.Random(seed)
    kind = rng.choice(("Integer", "Integer", "Real", "String"))
    parts = TEXT_PARTS if kind == "String" else NUMBER_PARTS
    group, multi = rng.choice(("optional", "mandatory")), rng.choice(("", "", " cardinality [0..2]"))
    tree = ["features", "\tR", "\t\toptional", "\t\t\tA", "\t\t\tB", "\t\t\tC {p 2, s 'c'}"]
    tree += [
        f"\t\tmandatory\n\t\t\tL{multi}",
        f"\t\t\t\t{group}",
        f"\t\t\t\t\t{kind} X",
        "\t\t\t\toptional",
        "\t\t\t\t\tD",
    ]
    rules = [f"{rng.choice((*CONDITIONS, 'D'))} => {rng.choice(parts)}" for _ in range(rng.randint(1, 4))]
    rules += rng.choices((*parts, "X >= 0 & X <= 3" if kind == "Integer" else parts[0]), k=rng.randint(0, 2))
    return "\n".join([*tree, "constraints", *(f"\t{rule}" for rule in rules)]) + "\n"


def defining(seed: int, *, guarded: bool) -> str:
    """Return a model whose feature F has attributes by equations; `guarded` writes out when they demand something."""
    rng = random.Random(seed)
    guard = "F => " if guarded else ""
    tree = ["features", "\tR", "\t\toptional", "\t\t\tA", "\t\t\tB", "\t\t\tC {p 2, q 1, r 1}", "\t\t\tInteger F"]
    tree += ["\t\tmandatory", "\t\t\tInteger Y {domain [1, 2, 3]}"]
    rules = [f"{guard}F.q == {rng.choice(DEFINITIONS)}"] if rng.random() < 0.6 else [
        f"A => ({guard}F.q == {rng.choice(DEFINITIONS)})", f"!A => ({guard}F.q == {rng.choice(DEFINITIONS)})"
    ]  # fmt: skip
    rules += [f"{guard}F.r == {rng.choice(('C.p', '1', 'Y', 'Y - 1', 'F.q - 1'))}", "F <= 2 & F >= 0", rng.choice(USES)]
    rules += [f"{rng.choice(CONDITIONS[:6])} => {rng.choice(USES)}"] * rng.randint(0, 1)
    return "\n".join([*tree, "constraints", *(f"\t{rule}" for rule in rules)]) + "\n"


def windowed(model: FeatureModel, attributes: tuple[str, ...] = ()) -> FeatureModel:
    """Return the model whose open values have a wide domain."""

    def step(feature: Feature) -> Feature:
        if feature.name == "F":
            given = tuple(Attribute(name, value=0, domain=HALVES) for name in attributes)
            return replace(feature, attributes=(*given, Attribute("domain", (0, 1, 2))))
        if feature.type is FeatureType.BOOLEAN or feature.attribute("domain"):
            return feature
        return replace(feature, attributes=(*feature.attributes, Attribute("domain", WINDOWS[feature.type])))

    return map_features(model, step)


@pytest.mark.parametrize("seed", range(60))
def test_a_domain_by_reasoning_keeps_the_configurations(seed: int) -> None:
    model = read(drawn(seed))
    agrees_or_is_refused(model, windowed(model), ("infinitely many", "as a value of"))


@pytest.mark.parametrize("seed", range(20))
def test_an_attribute_by_equations_keeps_the_configurations(seed: int) -> None:
    oracle = windowed(read(defining(seed, guarded=True)), ("q", "r"))
    agrees_or_is_refused(read(defining(seed, guarded=False)), oracle, ("in a circle", "no finite set of values"))


def test_most_drawn_models_are_accepted() -> None:
    """The law says nothing of a model that is refused."""
    accepted = 0
    for seed in range(60):
        try:
            compile_feature_model(read(drawn(seed)))
            accepted += 1
        except ModelError:
            pass
    assert accepted >= 30


def read(text: str) -> FeatureModel:
    model = read_uvl(text, "drawn.uvl")
    assert isinstance(model, FeatureModel)
    return model


def agrees_or_is_refused(model: FeatureModel, oracle: FeatureModel, reasons: tuple[str, ...]) -> None:
    refusal = ""
    try:
        cnf = compile_feature_model(model, verify_each=True)
    except (ModelError, UnsupportedError) as error:
        refusal = str(error)
    if refusal:
        assert any(reason in refusal for reason in reasons)
        return
    found, count = translated_configurations(cnf)
    assert count == len(found)
    assert found == enumerate_configurations(oracle, limit=5_000_000)
