"""Formulas of names, `!`, `&`, `|`, `=>` and `<=>` without parentheses, read by splitting the text.

Nearly all constraints of large models are of this kind. The result equals that of the full parser, places included, in
a quarter of the time.
"""

from __future__ import annotations

import re

from featurenet_uvl.ir.expression import And, Expression, FeatureRef, Iff, Implies, Not, Or
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.tokens import KEYWORDS, STRICT_NAME

_LITERAL = rf"[ \t]*(?:![ \t]*)*{STRICT_NAME.pattern}[ \t]*"
_PLAIN = re.compile(rf"{_LITERAL}(?:(?:<=>|=>|[|&]){_LITERAL})*")
_IMPLICATIONS: tuple[tuple[str, type[Iff | Implies]], ...] = (("<=>", Iff), ("=>", Implies))
_CHAINS: tuple[tuple[str, type[Or | And]], ...] = (("|", Or), ("&", And))


def read_plain_formula(text: str, span: Span) -> Expression | None:
    """Return the formula that the text holds, or None if the text needs the full parser.

    >>> from featurenet_uvl.ir.span import NOWHERE
    >>> read_plain_formula("a | (b)", NOWHERE) is read_plain_formula("a | sum", NOWHERE) is None
    True
    """
    if _PLAIN.fullmatch(text) is None:
        return None
    try:
        return _implications(text, span, 0)
    except _KeywordError:
        return None


class _KeywordError(Exception):
    """The text has a keyword in the place of a name."""


def _implications(text: str, span: Span, level: int) -> Expression:
    """Read the operators `<=>` and `=>`, loosest first: `a => b => c` is `(a => b) => c`."""
    if level == len(_IMPLICATIONS):
        return _chain(text, span, 0)
    sign, kind = _IMPLICATIONS[level]
    first, *others = text.split(sign)
    left = _implications(first, span, level + 1)
    at = len(first)
    for part in others:
        at += len(sign)
        right = _implications(part, _moved(span, at), level + 1)
        left = kind(left, right, left.span)
        at += len(part)
    return left


def _chain(text: str, span: Span, level: int) -> Expression:
    """Read the operators `|` and `&`, loosest first: `a & b & c` is one node."""
    if level == len(_CHAINS):
        return _literal(text, span)
    sign, kind = _CHAINS[level]
    if sign not in text:
        return _chain(text, span, level + 1)
    operands: list[Expression] = []
    at = 0
    for part in text.split(sign):
        operands.append(_chain(part, _moved(span, at), level + 1))
        at += len(part) + 1
    return kind(tuple(operands), operands[0].span)


def _literal(text: str, span: Span) -> Expression:
    words = text.lstrip(" \t")
    place = _moved(span, len(text) - len(words))
    negations: list[Span] = []
    while words[0] == "!":
        negations.append(place)
        rest = words[1:].lstrip(" \t")
        words, place = rest, _moved(place, len(words) - len(rest))
    name = words.rstrip(" \t")
    if name in KEYWORDS:
        raise _KeywordError
    node: Expression = FeatureRef(name, None, place)
    while negations:
        node = Not(node, negations.pop())
    return node


def _moved(span: Span, by: int) -> Span:
    path, line, column = span
    return Span(path, line, column + by) if by and column else span
