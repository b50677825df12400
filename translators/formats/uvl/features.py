"""One feature's line of UVL: type, name, cardinality and attributes, before the tree is put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from featurenet_uvl.errors import ReadError, UnsupportedError
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import (
    Attribute,
    AttributeValue,
    Cardinality,
    Constraint,
    Feature,
    FeatureType,
    Group,
    GroupKind,
)
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.parser import parse_formula, read_formula
from featurenet_uvl.translators.formats.language.tokens import (
    GROUP_KEYWORDS,
    KEYWORDS,
    STRICT_NAME,
    TYPE_KEYWORDS,
    Tokens,
)
from featurenet_uvl.translators.formats.language.values import ESCAPED, unescape_text
from featurenet_uvl.translators.formats.uvl.notes import FEATURE_NOTES, NOTE_ATTRIBUTES, read_notes

Path: TypeAlias = tuple[str, ...]

ARRAY_CONSTRAINTS = "array_constraints"
"""The attribute that holds indexed constraints, as a vector of texts."""
_MAX_NESTING = 50


@dataclass(slots=True)
class GroupDraft:
    """A group whose members are still being read."""

    kind: GroupKind
    span: Span
    cardinality: Cardinality | None = None
    members: list[FeatureDraft] = field(default_factory=list)


@dataclass(slots=True)
class Details:
    """What stands beside a feature's name in its line."""

    type: FeatureType | None = None
    cardinality: Cardinality | None = None
    is_abstract: bool = False
    attributes: list[Attribute] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    model_notes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class FeatureDraft:
    """A feature whose groups are still being read; `parts` has the alias, too, where the name is dotted.

    Most features are a name and nothing else: they have no details, and the leaves no list of groups.
    """

    parts: Path
    span: Span
    details: Details | None = None
    groups: list[GroupDraft] | None = None
    feature: Feature | None = None

    def add(self, group: GroupDraft) -> None:
        """Opens one more group."""
        if self.groups is None:
            self.groups = []
        self.groups.append(group)

    def finish(self) -> None:
        """Sets `feature`; those of the members are set before."""
        groups = tuple(map(_finished, self.groups)) if self.groups else ()
        own = self.details
        if own is None:
            self.feature = Feature(self.parts[-1], groups, span=self.span)
            return
        self.feature = Feature(
            self.parts[-1],
            groups,
            tuple(own.attributes),
            own.cardinality,
            own.type or FeatureType.BOOLEAN,
            own.is_abstract,
            notes=tuple(own.notes),
            span=self.span,
        )


def _finished(group: GroupDraft) -> Group:
    members = tuple([member.feature for member in group.members if member.feature])
    return Group(group.kind, members, group.cardinality, group.span)


def read_feature_line(text: str, span: Span, alias: Path = ()) -> FeatureDraft:
    """The feature that a line holds.

    Args:
        text: The logical line.
        span: The place of its first character.
        alias: What to take off references in its constraints.

    Raises:
        ReadError: The line holds no feature.
        UnsupportedError: A construct that UVL has and the model does not.
    """
    if STRICT_NAME.fullmatch(text) and text not in KEYWORDS:
        return FeatureDraft((text,), span)
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
    return FeatureDraft(tuple(part.text for part in parts), place, details)


def read_group_line(text: str, span: Span) -> GroupDraft:
    """The group that a line opens.

    Raises:
        ReadError: The line holds no group.
    """
    if text in GROUP_KEYWORDS:
        return GroupDraft(GroupKind(text), span)
    tokens = Tokens(text, span)
    expected = "a group: mandatory, optional, or, alternative or [lower..upper]"
    if tokens.peek().kind == "keyword" and tokens.peek().text in GROUP_KEYWORDS:
        draft = GroupDraft(GroupKind(tokens.take().text), span)
    elif tokens.peek().kind == "cardinality":
        draft = GroupDraft(GroupKind.CARDINALITY, span, _read_cardinality(tokens))
    else:
        raise tokens.unexpected(expected)
    if tokens.peek().kind != "end":
        raise tokens.unexpected("the end of the line")
    return draft


def parse_attribute_value(text: str, span: Span) -> AttributeValue:
    """The constant, vector or map that a text holds, all of it.

    Raises:
        ReadError: It holds none.
    """
    tokens = Tokens(text, span)
    value = _AttributeReader(tokens, (), Details()).value(0)
    if tokens.peek().kind != "end":
        raise tokens.unexpected("the end")
    return value


def _read_cardinality(tokens: Tokens) -> Cardinality:
    token = tokens.expect("cardinality", "[number], [lower..upper] or [lower..*]")
    lower, _, upper = token.text[1:-1].partition("..")
    if len(token.text) > 40:
        raise ReadError(f"{tokens.place(token.offset)}: found a cardinality with too many digits, expected numbers")
    return Cardinality(int(lower), None if upper == "*" else int(upper or lower))


class _AttributeReader:
    """Reads `{...}`, its opening already taken, into the details."""

    def __init__(self, tokens: Tokens, alias: Path, details: Details) -> None:
        self._tokens = tokens
        self._alias = alias
        self._details = details

    def read(self) -> None:
        if self._tokens.take_if("}"):
            return
        while True:
            self._read_attribute()
            if self._tokens.take_if("}"):
                return
            self._tokens.expect(",", "',' or '}'")

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
        self._details.constraints.append(Constraint(formula, span=self._tokens.place(token.offset)))

    def _read_value_attribute(self) -> None:
        key, span = self._key()
        if key == ARRAY_CONSTRAINTS:
            self._read_array_constraints()
            return
        start = self._tokens.peek()
        value = self.value(0) if start.kind not in (",", "}") else None
        if key == "abstract":
            if not isinstance(value, bool | None):
                place = self._tokens.place(start.offset)
                raise ReadError(f"{place}: found {start}, expected abstract alone, or with true or false")
            self._details.is_abstract = value is not False
        elif key in NOTE_ATTRIBUTES:
            notes = self._details.notes if key == FEATURE_NOTES else self._details.model_notes
            notes.extend(read_notes(Attribute(key, value, span=span)))
        elif isinstance(value, Mapping) and isinstance(value.get("domain"), tuple):
            self._details.attributes.append(self._configurable(key, value, span))
        else:
            self._details.attributes.append(Attribute(key, value, span=span))

    def _key(self) -> tuple[str, Span]:
        token = self._tokens.peek()
        if token.kind not in ("name", "quoted"):
            raise self._tokens.unexpected("an attribute name")
        self._tokens.take()
        return token.text, self._tokens.place(token.offset)

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
            self._details.constraints.append(Constraint(formula, is_indexed=True, span=span))

    def value(self, depth: int) -> AttributeValue:
        token = self._tokens.peek()
        if depth > _MAX_NESTING:
            place = self._tokens.place(token.offset)
            raise UnsupportedError(f"{place}: found values nested deeper than {_MAX_NESTING}, expected fewer levels")
        match token.kind:
            case "number":
                return self._tokens.number(self._tokens.take())
            case "text":
                return self._tokens.take().text
            case "keyword" if token.text in ("true", "false"):
                return self._tokens.take().text == "true"
            case "[":
                self._tokens.take()
                return self._vector(depth)
            case "{":
                self._tokens.take()
                return self._map(depth)
            case "cardinality":
                place = self._tokens.place(token.offset)
                number = token.text[1:-1]
                raise ReadError(
                    f"{place}: found cardinality {token.text}, expected a vector; UVL reads a whole number alone in"
                    f" brackets as a cardinality, so write a blank before it, [ {number}]"
                )
            case _:
                raise self._tokens.unexpected("a value: a number, a text in single quotes, true, false, [ or {")

    def _vector(self, depth: int) -> AttributeValue:
        values: list[AttributeValue] = []
        while not self._tokens.take_if("]"):
            if values:
                self._tokens.expect(",", "',' or ']'")
            values.append(self.value(depth + 1))
        return tuple(values)

    def _map(self, depth: int) -> AttributeValue:
        place = self._tokens.place(self._tokens.peek().offset)
        values: dict[str, AttributeValue] = {}
        while not self._tokens.take_if("}"):
            if values:
                self._tokens.expect(",", "',' or '}'")
            key, span = self._key()
            if key in values:
                raise ReadError(f"{span}: found the key {key!r} twice, expected it once")
            values[key] = self.value(depth + 1) if self._tokens.peek().kind not in (",", "}") else True
        return _unescaped(values[ESCAPED], place) if set(values) == {ESCAPED} else MappingProxyType(values)

    def _configurable(self, name: str, entries: Mapping[str, AttributeValue], span: Span) -> Attribute:
        other = next((key for key in entries if key not in ("domain", "default")), None)
        if other is not None:
            raise ReadError(f"{span}: found {other!r} in the domain of attribute {name!r}, expected domain and default")
        domain = entries["domain"]
        values = [_scalar(value, name, span) for value in (domain if isinstance(domain, tuple) else ())]
        default = _scalar(entries["default"], name, span) if "default" in entries else None
        return Attribute(name, domain=tuple(values), default=default, span=span)


def _unescaped(value: AttributeValue, span: Span) -> str:
    if not isinstance(value, str):
        raise ReadError(f"{span}: found no text as {ESCAPED}, expected one in single quotes")
    try:
        return unescape_text(value)
    except ValueError as error:
        raise ReadError(f"{span}: {error}") from error


def _scalar(value: AttributeValue, name: str, span: Span) -> Value:
    if isinstance(value, bool | int | float | str):
        return value
    raise ReadError(
        f"{span}: found a nested value in the domain of attribute {name!r}, expected numbers, texts, booleans"
    )
