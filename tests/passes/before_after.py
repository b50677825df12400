"""Helpers: a pass as text before and after, and the truth of a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from textwrap import dedent

from featurenet_uvl.ir.expression import And, Constant, Expression, FeatureRef, Iff, Not, Or
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.terms.arithmetic import fold_term


def read(text: str) -> FeatureModel:
    """Read a model from indented text."""
    model = read_uvl(tabbed(text), "model.uvl")
    assert isinstance(model, FeatureModel)
    return model


def tabbed(text: str) -> str:
    """Replace the indentation of a text, four blanks per level, by tabs."""
    lines = dedent(text).strip("\n").splitlines()
    return "".join("\t" * ((len(line) - len(line.lstrip())) // 4) + line.lstrip() + "\n" for line in lines)


def assert_pass(run: Callable[[FeatureModel], FeatureModel], before: str, after: str) -> None:
    """Check that the pass turns one model into the other, both in UVL."""
    result = run(read(before))
    result.verify()
    found, expected = write_uvl(result).replace("\n\n", "\n"), tabbed(after)
    if found != expected:
        raise AssertionError(f"found\n{found}\nexpected\n{expected}")


def truth(formula: Expression, known: Mapping[str, bool]) -> bool:
    """Whether a formula of connectives holds, by the truth of its features and definitions."""

    def step(node: Expression, operands: Sequence[bool]) -> bool:
        match node:
            case FeatureRef(name=name):
                return known[name]
            case Constant(value=value):
                return bool(value)
            case Not():
                return not operands[0]
            case Iff():
                return operands[0] == operands[1]
            case And():
                return all(operands)
            case _:
                assert isinstance(node, Or)
                return any(operands)

    return fold_term(formula, step)
