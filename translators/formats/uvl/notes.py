"""Notes of FeatureIDE (descriptions, hidden, properties, tags, comments) as attributes of UVL.

The notes of a feature are its attribute `featureide__ {description 'text', hidden 'true'}`, those of the model the
root's attribute `featureide_model__`. A key that stands twice makes it a vector of maps, `[{comment 'a'}, {comment
'b'}]`. Texts and keys are escaped as `language.values` says. Two keys of the model's notes are about constraints:

- `constraint:N:description`, the description of the Nth constraint;
- `constraint:N:rule`, the Nth constraint as FeatureIDE's XML has it, if the formula of the section `constraints`
  cannot say it exactly (`atmost1`, a conjunction of one); it counts as long as both say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from featurenet_uvl.errors import ReadError
from featurenet_uvl.ir.expression import And, Count, FeatureRef, Or, rebuild, walk
from featurenet_uvl.ir.feature_model import Attribute, AttributeValue, Constraint
from featurenet_uvl.translators.formats.language.printer import format_expression
from featurenet_uvl.translators.formats.language.values import escape_text, unescape_text
from featurenet_uvl.translators.formats.xml.document import parse_document, without_place
from featurenet_uvl.translators.formats.xml.formulas import FORMULA_TAGS, format_formula, is_rule, read_formula

FEATURE_NOTES = "featureide__"
MODEL_NOTES = "featureide_model__"
NOTE_ATTRIBUTES = frozenset({FEATURE_NOTES, MODEL_NOTES})

Notes = tuple[tuple[str, str], ...]

_PLAIN_KEYS = ("description", "hidden", "comment")
_KEY = re.compile(r"constraint:([1-9][0-9]{0,8}):(description|rule)")


def format_notes(name: str, notes: Sequence[tuple[str, str]]) -> str:
    """Return the attribute that carries the notes.

    >>> print(format_notes(FEATURE_NOTES, [("description", "it's"), ("graphics:collapsed", "true")]))
    featureide__ {description 'it%27s', "graphics:collapsed" 'true'}
    """
    entries = [f"{_format_key(key)} '{escape_text(text)}'" for key, text in notes]
    if len({key for key, _ in notes}) == len(notes):
        return f"{name} {{{', '.join(entries)}}}"
    return f"{name} [{', '.join(f'{{{entry}}}' for entry in entries)}]"


def _format_key(key: str) -> str:
    return key if key in _PLAIN_KEYS else '"' + escape_text(key).replace(".", "%2E") + '"'


def read_notes(attribute: Attribute) -> Notes:
    """Return the notes that an attribute carries.

    Raises:
        ReadError: It holds anything but texts, or a broken escape.
    """
    value = attribute.value
    maps = value if isinstance(value, tuple) else (value,)
    try:
        return tuple(note for entries in maps for note in _notes(entries))
    except ValueError as error:
        raise ReadError(f"{attribute.span}: in {attribute.name}: {error}") from error


def _notes(entries: AttributeValue | None) -> Iterator[tuple[str, str]]:
    if not isinstance(entries, Mapping):
        raise ValueError("found no map of texts, expected one such as {description 'text'}")
    for key, value in entries.items():
        if isinstance(value, bool):
            value = "true" if value else "false"
        if not isinstance(value, str | int | float):
            raise ValueError(f"found no text for {key!r}, expected one in single quotes")
        yield unescape_text(key), unescape_text(str(value))


def constraint_notes(constraints: Iterable[Constraint]) -> Iterator[tuple[str, str]]:
    """Yield notes for everything about constraints that the formulas of UVL do not say."""
    for number, constraint in enumerate(constraints, 1):
        if constraint.description:
            yield f"constraint:{number}:description", constraint.description
        if not constraint.is_indexed and is_rule(constraint.formula) and not _is_exact(constraint):
            lines = format_formula(constraint.formula, 0)
            yield f"constraint:{number}:rule", "".join(line.lstrip("\t") for line in lines)


def _is_exact(constraint: Constraint) -> bool:
    """Whether the formula is the same after it is written and read back."""
    return not any(
        isinstance(node, Count) or (isinstance(node, And | Or) and len(node.operands) == 1)
        for node in walk(constraint.formula)
    )


def split_notes(notes: Notes) -> tuple[Notes, Notes]:
    """Return the notes of the model as a whole, and those of single constraints."""
    own = tuple(note for note in notes if not _KEY.fullmatch(note[0]))
    return own, tuple(note for note in notes if _KEY.fullmatch(note[0]))


def apply_constraint_notes(constraints: Sequence[Constraint], notes: Notes, place: str) -> tuple[Constraint, ...]:
    """Return the constraints with their descriptions and exact rules.

    Args:
        constraints: The constraints in the order of their numbers.
        notes: The second part of `split_notes`.
        place: The place of the notes, for messages.

    Raises:
        ReadError: A number has no constraint, or a rule is no XML.
    """
    result = list(constraints)
    for key, text in notes:
        match = _KEY.fullmatch(key)
        number = int(match[1]) if match else 0
        if match is None or number > len(result):
            raise ReadError(f"{place}: found the note {key!r}, expected a number of at most {len(result)} constraints")
        constraint = result[number - 1]
        if match[2] == "description":
            result[number - 1] = replace(constraint, description=text)
        else:
            result[number - 1] = _with_rule(constraint, text, place)
    return tuple(result)


def _with_rule(constraint: Constraint, text: str, place: str) -> Constraint:
    """Return the constraint with the formula of its rule, unless its own formula has been changed since.

    Everything in the new formula gets the place of the constraint: the note is only another spelling of it.
    """
    names = {node.name for node in walk(constraint.formula) if isinstance(node, FeatureRef)}
    try:
        document = parse_document(text, "note", FORMULA_TAGS)
    except ReadError as error:
        message = without_place(str(error))
        raise ReadError(f"{place}: in the note {text!r} of a rule: {message}") from error
    formula = read_formula(document, document.root, names)
    if document.problems or format_expression(formula) != format_expression(constraint.formula):
        return constraint
    return replace(constraint, formula=rebuild(formula, lambda node: replace(node, span=constraint.span)))
