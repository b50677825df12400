"""The lines of the section `features`: one feature with its type, cardinality and attributes, or one group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from featurenet_uvl.errors import ReadError
from featurenet_uvl.ir.comments import NO_COMMENTS, Comments
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import (
    Attribute,
    AttributeValue,
    Cardinality,
    Constraint,
    Feature,
    FeatureType,
    GroupKind,
)
from featurenet_uvl.ir.feature_tree import FeatureDraft, GroupDraft
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.attribute_values import read_attribute_value, read_key
from featurenet_uvl.translators.formats.language.parser import parse_formula, read_formula
from featurenet_uvl.translators.formats.language.tokens import (
    GROUP_KEYWORDS,
    KEYWORDS,
    STRICT_NAME,
    TYPE_KEYWORDS,
    Tokens,
)
from featurenet_uvl.translators.formats.uvl.comments import comments_of, shared_out
from featurenet_uvl.translators.formats.uvl.lines import Line, Remark
from featurenet_uvl.translators.formats.uvl.notes import FEATURE_NOTES, NOTE_ATTRIBUTES, read_notes

Path: TypeAlias = tuple[str, ...]
"""The parts of a dotted name."""

ARRAY_CONSTRAINTS = "array_constraints"
"""The attribute that holds indexed constraints, as a vector of texts."""


@dataclass(slots=True)
class Details:
    """Everything that a feature's line says beside the name.

    `starts` has the offset of each entry in the braces, with its kind and its place among those of the kind; `end` is
    the offset of the closing brace.
    """

    type: FeatureType | None = None
    cardinality: Cardinality | None = None
    is_abstract: bool = False
    attributes: list[Attribute] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    model_notes: list[tuple[str, str]] = field(default_factory=list)
    starts: list[tuple[int, Literal["attribute", "constraint", "feature"], int]] = field(default_factory=list)
    end: int = 0

    def take_comments(self, remarks: Sequence[Remark]) -> Comments:
        """Give the attributes and constraints their comments; return those of the feature."""
        own, of_entries = shared_out(remarks, [start for start, _, _ in self.starts], self.end)
        for number, comments in of_entries.items():
            _, kind, place = self.starts[number]
            if kind == "attribute":
                self.attributes[place] = replace(self.attributes[place], comments=comments)
            elif kind == "constraint":
                self.constraints[place] = replace(self.constraints[place], comments=comments)
            else:
                own = Comments(own.before + comments.before + comments.after, own.after)
        return own.of_node()


@dataclass(slots=True)
class FeatureLine(FeatureDraft):
    """The draft of the feature on one line.

    `parts` are the parts of its name, more than one if it is imported; `details` is None if the line holds the name
    alone, as most lines do.
    """

    parts: Path = ()
    details: Details | None = None


def read_feature_line(line: Line, path: str, alias: Path = ()) -> FeatureLine:
    """Read the line of a feature.

    Args:
        line: The logical line.
        path: Its file.
        alias: The parts to take off the front of references in its constraints.

    Raises:
        ReadError: The line holds no feature.
        UnsupportedError: The line has a construct of UVL for which the model has no place.
    """
    text, span = line.text, line.span(path)
    if STRICT_NAME.fullmatch(text) and text not in KEYWORDS:
        comments = comments_of(line.remarks) if line.remarks else NO_COMMENTS
        return FeatureLine(Feature(text, span=span, comments=comments), parts=(text,))
    tokens = Tokens(text, span)
    first = tokens.peek()
    feature_type = FeatureType(tokens.take().text) if first.text in TYPE_KEYWORDS and first.kind == "keyword" else None
    what = "a feature name" if feature_type or first.text not in GROUP_KEYWORDS else "a feature, one level deeper"
    parts, place = tokens.reference(what)
    details = Details(feature_type)
    if tokens.peek().text == "cardinality" and tokens.take_if("keyword"):
        details.cardinality = _read_cardinality(tokens)
    if tokens.take_if("{"):
        _AttributeReader(tokens, alias, details).read()
    if tokens.peek().kind != "end":
        raise tokens.unexpected("'cardinality', '{' or the end of the line")
    comments = details.take_comments(line.remarks) if line.remarks else NO_COMMENTS
    feature = Feature(
        parts[-1].text,
        (),
        tuple(details.attributes),
        details.cardinality,
        feature_type or FeatureType.BOOLEAN,
        details.is_abstract,
        notes=tuple(details.notes),
        span=place,
        comments=comments,
    )
    return FeatureLine(feature, parts=tuple([part.text for part in parts]), details=details)


def read_group_line(line: Line, path: str) -> GroupDraft:
    """Read the line that opens a group.

    Raises:
        ReadError: The line holds no group.
    """
    text, span = line.text, line.span(path)
    comments = comments_of(line.remarks) if line.remarks else NO_COMMENTS
    if text in GROUP_KEYWORDS:
        return GroupDraft(GroupKind(text), span=span, comments=comments)
    tokens = Tokens(text, span)
    expected = "a group: mandatory, optional, or, alternative or [lower..upper]"
    if tokens.peek().kind == "keyword" and tokens.peek().text in GROUP_KEYWORDS:
        draft = GroupDraft(GroupKind(tokens.take().text), span=span, comments=comments)
    elif tokens.peek().kind == "cardinality":
        draft = GroupDraft(GroupKind.CARDINALITY, [], _read_cardinality(tokens), span, comments)
    else:
        raise tokens.unexpected(expected)
    if tokens.peek().kind != "end":
        raise tokens.unexpected("the end of the line")
    return draft


def _read_cardinality(tokens: Tokens) -> Cardinality:
    token = tokens.expect("cardinality", "[number], [lower..upper] or [lower..*]")
    lower, _, upper = token.text[1:-1].partition("..")
    if len(token.text) > 40:
        raise ReadError(f"{tokens.place(token.offset)}: found a cardinality with too many digits, expected numbers")
    return Cardinality(int(lower), None if upper == "*" else int(upper or lower))


class _AttributeReader:
    """A reader of `{...}`, whose opening is already taken, into the details of a feature."""

    def __init__(self, tokens: Tokens, alias: Path, details: Details) -> None:
        self._tokens = tokens
        self._alias = alias
        self._details = details

    def read(self) -> None:
        while self._tokens.peek().kind != "}":
            self._read_attribute()
            if self._tokens.peek().kind != "}":
                self._tokens.expect(",", "',' or '}'")
                if self._tokens.peek().kind == "}":
                    raise self._tokens.unexpected("an attribute name")
        self._details.end = self._tokens.take().offset

    def _read_attribute(self) -> None:
        token = self._tokens.peek()
        if token.kind == "keyword" and token.text == "constraint":
            self._tokens.take()
            self._read_constraint()
        elif token.kind == "keyword" and token.text == "constraints":
            self._tokens.take()
            self._tokens.expect("[")
            while not self._tokens.take_if("]"):
                self._read_constraint()
                if self._tokens.peek().kind != "]":
                    self._tokens.expect(",", "an operator, ',' or ']'")
                    if self._tokens.peek().kind == "]":
                        raise self._tokens.unexpected("a constraint")
        else:
            self._read_value_attribute()

    def _read_constraint(self) -> None:
        token = self._tokens.peek()
        formula = read_formula(self._tokens, alias=self._alias)
        self._details.starts.append((token.offset, "constraint", len(self._details.constraints)))
        self._details.constraints.append(Constraint(formula, span=self._tokens.place(token.offset)))

    def _read_value_attribute(self) -> None:
        offset = self._tokens.peek().offset
        key, span = read_key(self._tokens)
        if key == ARRAY_CONSTRAINTS:
            self._read_array_constraints()
            return
        start = self._tokens.peek()
        value = read_attribute_value(self._tokens) if start.kind not in (",", "}") else None
        self._details.starts.append((offset, "feature", 0))
        if key == "abstract":
            if not isinstance(value, bool | None):
                place = self._tokens.place(start.offset)
                raise ReadError(f"{place}: found {start}, expected abstract alone, or with true or false")
            self._details.is_abstract = value is not False
        elif key in NOTE_ATTRIBUTES:
            notes = self._details.notes if key == FEATURE_NOTES else self._details.model_notes
            notes.extend(read_notes(Attribute(key, value, span=span)))
        else:
            self._details.starts[-1] = (offset, "attribute", len(self._details.attributes))
            self._details.attributes.append(self._attribute(key, value, span))

    def _read_array_constraints(self) -> None:
        self._tokens.expect("[", f"'[', a vector of texts: {ARRAY_CONSTRAINTS} ['...', '...']")
        is_first = True
        while not self._tokens.take_if("]"):
            if not is_first:
                self._tokens.expect(",", "',' or ']'")
            is_first = False
            token = self._tokens.expect("text", "a constraint in single quotes")
            span = self._tokens.place(token.offset + 1)
            formula = parse_formula(token.text, span, indexed=True, alias=self._alias)
            self._details.starts.append((token.offset, "constraint", len(self._details.constraints)))
            self._details.constraints.append(Constraint(formula, is_indexed=True, span=span))

    def _attribute(self, name: str, value: AttributeValue | None, span: Span) -> Attribute:
        if isinstance(value, Mapping) and isinstance(value.get("domain"), tuple):
            return self._configurable(name, value, span)
        return Attribute(name, value, span=span)

    def _configurable(self, name: str, entries: Mapping[str, AttributeValue], span: Span) -> Attribute:
        other = next((key for key in entries if key not in ("domain", "default")), None)
        if other is not None:
            raise ReadError(f"{span}: found {other!r} in the domain of attribute {name!r}, expected domain and default")
        domain = entries["domain"]
        values = [_scalar(value, name, span) for value in (domain if isinstance(domain, tuple) else ())]
        default = _scalar(entries["default"], name, span) if "default" in entries else None
        return Attribute(name, domain=tuple(values), default=default, span=span)


def _scalar(value: AttributeValue, name: str, span: Span) -> Value:
    if isinstance(value, bool | int | float | str):
        return value
    raise ReadError(
        f"{span}: found a nested value in the domain of attribute {name!r}, expected numbers, texts, booleans"
    )
