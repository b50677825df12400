"""The quick reader of plain formulas gives the same formulas as the full parser, places included."""

from __future__ import annotations

import random

import pytest

from featurenet_uvl.errors import ReadError
from featurenet_uvl.ir.expression import Expression, walk
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language import parser
from featurenet_uvl.translators.formats.language.parser import parse_formula, read_formula
from featurenet_uvl.translators.formats.language.plain_formulas import read_plain_formula
from featurenet_uvl.translators.formats.language.tokens import Tokens

SPAN = Span("m.uvl", 7, 5)
WORDS = ("a", "b'c", "Or", "x#1", "or", "true", "sum", "Integer", "1", '"q"', "(", ")", ".", "==", "=", "<", "-")
SIGNS = ("&", "|", "=>", "<=>")


def parts(formula: Expression) -> list[tuple[type, str, Span]]:
    """Return kind, name and place of every node; comparing the nodes themselves would recurse."""
    return [(type(node), getattr(node, "name", ""), node.span) for node in walk(formula)]


def parse_completely(text: str, span: Span) -> Expression:
    """Read a formula without the quick reader, which `parse_formula` asks first."""
    tokens = Tokens(text, span)
    formula = read_formula(tokens)
    assert tokens.peek().kind == "end"
    return formula


def blanks(chance: random.Random) -> str:
    return chance.choice(("", " ", "\t ", "  "))


def plain_text(chance: random.Random) -> str:
    literals = [
        "".join("!" + blanks(chance) for _ in range(chance.choice((0, 0, 1, 2)))) + chance.choice(WORDS[:4])
        for _ in range(chance.randint(1, 7))
    ]
    text = literals[0]
    for literal in literals[1:]:
        text += blanks(chance) + chance.choice(SIGNS) + blanks(chance) + literal
    return text


@pytest.mark.parametrize("span", [SPAN, Span("m.uvl")], ids=["placed", "without columns"])
def test_plain_formulas_are_read_alike(span: Span) -> None:
    chance = random.Random(1)
    for _ in range(3_000):
        text = plain_text(chance)
        quick, complete = read_plain_formula(text, span), parse_completely(text, span)
        assert quick == complete, text
        assert quick is not None
        assert parts(quick) == parts(complete), text


def test_what_is_not_plain_is_left_to_the_complete_reader() -> None:
    chance = random.Random(2)
    accepted = 0
    for _ in range(6_000):
        words = [chance.choice((*WORDS[:4] * 6, *WORDS) if place % 2 == 0 else SIGNS) for place in range(5)]
        words.insert(chance.randint(0, 4), chance.choice(("", "", "!", " ", "(", "a")))
        text = "".join(word + blanks(chance) for word in words).strip(" \t")
        quick = read_plain_formula(text, SPAN)
        if quick is not None:
            accepted += 1
            assert quick == parse_completely(text, SPAN), text
    assert accepted > 100


@pytest.mark.parametrize("text", ["", " ", "!", "a |", "| a", "a b", "a => ! ", "a | or", "a\nb", "é"])
def test_what_is_wrong_is_left_to_the_complete_reader(text: str) -> None:
    assert read_plain_formula(text, SPAN) is None
    with pytest.raises(ReadError):
        parse_formula(text, SPAN)


def test_formulas_of_any_length_are_read() -> None:
    for text in ("!" * 20_001 + "a", " => ".join(f"!f{n} | g{n}" for n in range(5_000))):
        quick = read_plain_formula(text, SPAN)
        assert quick is not None
        assert parts(quick) == parts(parse_completely(text, SPAN))


def test_the_parser_asks_the_quick_reader_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller need not know which of the two reads a formula."""

    def broken(_text: str, _span: Span) -> Expression:
        raise AssertionError("asked")

    monkeypatch.setattr(parser, "read_plain_formula", broken)
    with pytest.raises(AssertionError, match="asked"):
        parse_formula("a => b", SPAN)
    assert parse_formula("a[i] => b", SPAN, indexed=True) is not None
