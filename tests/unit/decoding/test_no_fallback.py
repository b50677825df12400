"""The code from a solution to Keras has no fallback; the search for fallbacks finds seeded ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.places import ROOT

PACKAGE = ROOT / "featurenet_uvl"
WAY = ("solutions", "network", "keras/build", "keras/verify")
SOURCES = [*(PACKAGE / "decoding" / f"{name}.py" for name in WAY), *sorted((PACKAGE / "ir").glob("*.py"))]


def fallbacks(tree: ast.AST) -> Iterator[str]:
    """Yield the places at which code could replace a configured part or pass over a fault."""
    for node in ast.walk(tree):
        place = f"line {getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.ExceptHandler) and not isinstance(node.body[-1], ast.Raise):
            yield f"{place}: an error that is not raised again"
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("suppress", "warn"):
                yield f"{place}: {name}"
            if name == "get" and len(node.args) == 2 and makes_layer(node.args[1]):
                yield f"{place}: a layer for a key that is missing"
            for keyword in node.keywords:
                if keyword.arg in ("padding", "strides", "kernel_size", "activation") and is_text(keyword.value):
                    yield f"{place}: {keyword.arg} that no configuration chose"
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and makes_layer(node.values[-1]):
            yield f"{place}: a layer in place of nothing"


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value != "softmax"  # the network's end, which is always the same


def makes_layer(node: ast.AST) -> bool:
    """Whether an expression is a class or a call of one, as `Identity` or `Identity()`."""
    target = node.func if isinstance(node, ast.Call) else node
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    return name[:1].isupper() and not name.isupper()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_source_has_no_fallback(path: Path) -> None:
    assert list(fallbacks(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    make()\nexcept ValueError:\n    pass",
        "try:\n    make()\nexcept ValueError as error:\n    layer = Identity()",
        "with suppress(ValueError):\n    make()",
        "layer = kinds.get(name, Identity)",
        "layer = kinds.get(name, layers.Identity())",
        "layer = find(name) or Void()",
        "made = keras.layers.Conv2D(3, padding='same')",
        "made = keras.layers.MaxPooling2D(2, strides=1)",
        "warnings.warn('taken as Sum')",
    ],
)
def test_the_search_finds_a_seeded_fallback(code: str) -> None:
    assert len(list(fallbacks(ast.parse(code)))) == 1
