"""Constraints that FeatureIDE's XML holds as texts in attributes, and the order of all constraints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lxml import etree

from featurenet_uvl.errors import ReadError, UnsupportedError
from featurenet_uvl.ir.feature_model import Constraint
from featurenet_uvl.translators.formats.featureide.values import (
    CONSTRAINT_ATTRIBUTES,
    CONSTRAINT_DESCRIPTIONS,
    CONSTRAINT_SEPARATOR,
)
from featurenet_uvl.translators.formats.language.parser import parse_formula
from featurenet_uvl.translators.formats.language.values import unescape_text
from featurenet_uvl.translators.formats.xml.document import Document, without_place
from featurenet_uvl.translators.formats.xml.formulas import is_rule


def is_plain_rule(constraint: Constraint) -> bool:
    """Whether a rule can hold the constraint; else an attribute of the root holds it as text."""
    return not constraint.is_indexed and is_rule(constraint.formula)


def read_texts(
    document: Document,
    texts: Iterable[tuple[etree._Element, str, str]],
    descriptions: tuple[etree._Element, str] | None,
) -> list[Constraint]:
    """Read the constraints of attributes, with their descriptions; report problems to the document.

    Args:
        document: The document of the elements.
        texts: Element, name and value of each attribute that holds constraints.
        descriptions: Element and value of the attribute that describes them, in the same order.
    """
    constraints = list(_texts(document, texts))
    return constraints if descriptions is None else _described(document, constraints, *descriptions)


def _texts(document: Document, texts: Iterable[tuple[etree._Element, str, str]]) -> Iterator[Constraint]:
    for element, name, value in texts:
        is_indexed = CONSTRAINT_ATTRIBUTES[name]
        for text in value.split(CONSTRAINT_SEPARATOR):
            try:
                formula = parse_formula(text.strip(), document.place(element), indexed=is_indexed)
            except (ReadError, UnsupportedError) as error:
                message = without_place(str(error))  # the parser counts columns from the element's, which says nothing
                document.report(element, f"in the constraint {text.strip()!r}: {message}")
            else:
                yield Constraint(formula, is_indexed, span=document.place(element))


def _described(
    document: Document, constraints: list[Constraint], element: etree._Element, value: str
) -> list[Constraint]:
    """Return the text constraints with the descriptions of the root's attribute."""
    texts = value.split(CONSTRAINT_SEPARATOR)
    if len(texts) != len(constraints):
        document.report(element, f"found {len(texts)} descriptions, expected one for each of {len(constraints)}")
        return constraints
    try:
        return [replace(c, description=unescape_text(text)) for c, text in zip(constraints, texts, strict=True)]
    except ValueError as error:
        document.report(element, f"in {CONSTRAINT_DESCRIPTIONS}: {error}")
        return constraints


def in_order(constraints: list[Constraint], order: str) -> tuple[Constraint, ...]:
    """Return the constraints in the order of a note, or unchanged if an edit has made the note wrong.

    The order means nothing; it only gives a UVL file back as it was. Rules never change places among themselves.
    """
    places = [int(word) for word in order.split() if word.isdigit() and len(word) < 10]
    if sorted(places) != list(range(1, len(constraints) + 1)):
        return tuple(constraints)
    pairs = sorted(zip(places, constraints, strict=True), key=lambda pair: pair[0])
    rules = [c for c in constraints if is_plain_rule(c)]
    if [c for _, c in pairs if is_plain_rule(c)] != rules:
        return tuple(constraints)
    return tuple(constraint for _, constraint in pairs)
