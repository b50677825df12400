"""The names of the DNN model have one owner, which agrees with models/dnn.uvl."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from featurenet_uvl.ir import cell_features as names
from featurenet_uvl.ir.cell_features import INPUTS, OPERATIONS, Part
from featurenet_uvl.ir.feature_model import Feature
from featurenet_uvl.ir.layer_kinds import kinds_of
from featurenet_uvl.translators.pipeline import load_model
from tests.places import MODELS, ROOT

OWNER = ROOT / "featurenet_uvl" / "ir" / "cell_features.py"
NAME = re.compile(
    r"^(Block|Cell|Out|Sum|Concat|Product)$|relativeIndex|Output_(Cell|Block|Out)"
    r"|(Input[12]|Operation[12]|Combination)(_|$)"
)


def spelled(code: str) -> Iterator[str]:
    """Yield the texts of a module, except docstrings and notes, that contain a name of the DNN model."""
    tree = ast.parse(code)
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in notes and NAME.search(str(node.value)):
            yield f"line {node.lineno}: {node.value}"


SOURCES = [
    path
    for top in ("featurenet_uvl", "translators", "models")
    for path in sorted((ROOT / top).rglob("*.py"))
    if path != OWNER
    and path.relative_to(ROOT).parts[:2] not in (("featurenet_uvl", "translators"), ("featurenet_uvl", "models"))
]


def test_no_other_module_spells_them() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} {found}" for path in SOURCES for found in spelled(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "code", ['x = "Block"', 'y = f"Input1_{name}"', 'raise Error("found Output_Out")', 'z = "relativeIndex"']
)
def test_a_name_that_is_spelled_is_found(code: str) -> None:
    assert list(spelled(code))
    assert not list(spelled(f"def f():\n    {code!r}"))


@pytest.fixture(scope="module")
def features() -> dict[str, Feature]:
    return {feature.name: feature for feature in load_model(str(MODELS / "dnn.uvl")).features()}


def test_the_parts_of_a_cell_are_those_of_the_model(features: dict[str, Feature]) -> None:
    cell = features[names.CELL]
    assert cell in features[names.BLOCK].children
    assert all(features[name].cardinality is not None for name in (names.BLOCK, names.CELL))
    below = {child.name for child in walk(cell)}
    assert {part.value for part in Part if part is not Part.OUTPUT} <= below
    assert features[Part.OUTPUT.feature(names.TO_CELL)].attribute(names.RELATIVE_INDEX) is not None


@pytest.mark.parametrize("part", Part)
def test_the_options_of_a_part_are_those_of_the_model(part: Part, features: dict[str, Feature]) -> None:
    if part in (*INPUTS, *OPERATIONS):
        known = set(kinds_of(part)) - ({"Zeros"} if part is Part.INPUT1 else set())
    else:
        known = set(names.COMBINATIONS if part is Part.COMBINATION else names.DESTINATIONS)
    assert set(part.options_in(features)) == known
    assert {part.feature(option) for option in known} <= set(features)


def walk(feature: Feature) -> Iterator[Feature]:
    for child in feature.children:
        yield child
        yield from walk(child)
