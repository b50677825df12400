"""The extended feature model: a tree of features with attributes and cardinalities, and constraints over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TypeAlias

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.comments import NO_COMMENTS, Comments
from featurenet_uvl.ir.expression import Expression, Value
from featurenet_uvl.ir.span import NOWHERE, Source, SourceKind, Span

AttributeValue: TypeAlias = "Value | tuple[AttributeValue, ...] | Mapping[str, AttributeValue]"
"""A constant, a vector or a nested map, as UVL writes them."""


class GroupKind(Enum):
    """The number of a group's members that a selected parent has: all, any, one or more, exactly one, or
    `[lower..upper]`.
    """

    MANDATORY = "mandatory"
    OPTIONAL = "optional"
    OR = "or"
    ALTERNATIVE = "alternative"
    CARDINALITY = "cardinality"


class FeatureType(Enum):
    """UVL's feature types; a feature of any type but BOOLEAN has a value."""

    BOOLEAN = "Boolean"
    INTEGER = "Integer"
    REAL = "Real"
    STRING = "String"


@dataclass(frozen=True, slots=True)
class Cardinality:
    """`[lower..upper]`; `upper` None is UVL's `*`."""

    lower: int
    upper: int | None

    def __str__(self) -> str:
        return f"[{self.lower}..{'*' if self.upper is None else self.upper}]"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A constant (`domain` is None) or a configurable attribute, which takes one value of its domain.

    `default` is the domain value that an editor offers first; it does not change the configurations. One with both
    `value` and `domain`, as translation makes of an attribute that equations define, has that value while its feature
    is deselected.
    """

    name: str
    value: AttributeValue | None = None
    domain: tuple[Value, ...] | None = None
    default: Value | None = None
    span: Span = field(default=NOWHERE, compare=False)
    comments: Comments = field(default=NO_COMMENTS, compare=False)

    @property
    def is_configurable(self) -> bool:
        """Whether each selected instance of the feature has one value of a domain."""
        return self.domain is not None


@dataclass(frozen=True, slots=True)
class Origin:
    """The part of the source model for which a translated feature stands.

    `indices` are the instance numbers (from 1) of the multi-features in which it lies, itself included, outermost
    first.
    `attribute` alone is the attribute's own node; with `value`, the choice of that value.
    """

    feature: str
    indices: tuple[int, ...] = ()
    attribute: str | None = None
    value: Value | None = None

    def __str__(self) -> str:
        text = self.feature + (f"[{','.join(map(str, self.indices))}]" if self.indices else "")
        if self.attribute is not None:
            text += f".{self.attribute}"
        if self.value is not None:
            text += f" = {self.value!r}"
        return text


@dataclass(frozen=True, slots=True, init=False)
class Feature:
    """A feature with its groups of children in document order.

    `cardinality` is None for an ordinary feature; `[n..m]` makes it a multi-feature. The translators set `origin`;
    it is
    None in a model as read. `notes` carries content for the user of an editor (description, hidden, properties) as
    FeatureIDE's reader found it; no pass looks at it.

    Feature and Group have an `__init__` of their own because models have many of them: it sets the slots directly, in a
    third of the time that the generated one takes.
    """

    name: str
    groups: tuple[Group, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    cardinality: Cardinality | None = None
    type: FeatureType = FeatureType.BOOLEAN
    is_abstract: bool = False
    origin: Origin | None = None
    notes: tuple[tuple[str, str], ...] = ()
    span: Span = field(default=NOWHERE, compare=False)
    comments: Comments = field(default=NO_COMMENTS, compare=False)

    def __init__(
        self,
        name: str,
        groups: tuple[Group, ...] = (),
        attributes: tuple[Attribute, ...] = (),
        cardinality: Cardinality | None = None,
        type: FeatureType = FeatureType.BOOLEAN,
        is_abstract: bool = False,
        origin: Origin | None = None,
        notes: tuple[tuple[str, str], ...] = (),
        span: Span = NOWHERE,
        comments: Comments = NO_COMMENTS,
    ) -> None:
        _set_name(self, name)
        _set_groups(self, groups)
        _set_attributes(self, attributes)
        _set_cardinality(self, cardinality)
        _set_type(self, type)
        _set_is_abstract(self, is_abstract)
        _set_origin(self, origin)
        _set_notes(self, notes)
        _set_span(self, span)
        _set_comments(self, comments)

    @property
    def children(self) -> Iterator[Feature]:
        """Yield the members of all groups, in document order."""
        for group in self.groups:
            yield from group.members

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of that name, or None."""
        return next((a for a in self.attributes if a.name == name), None)


@dataclass(frozen=True, slots=True, init=False)
class Group:
    """Children under one rule; only `GroupKind.CARDINALITY` has a `cardinality`."""

    kind: GroupKind
    members: tuple[Feature, ...]
    cardinality: Cardinality | None = None
    span: Span = field(default=NOWHERE, compare=False)
    comments: Comments = field(default=NO_COMMENTS, compare=False)

    def __init__(
        self,
        kind: GroupKind,
        members: tuple[Feature, ...],
        cardinality: Cardinality | None = None,
        span: Span = NOWHERE,
        comments: Comments = NO_COMMENTS,
    ) -> None:
        _set_group_kind(self, kind)
        _set_group_members(self, members)
        _set_group_cardinality(self, cardinality)
        _set_group_span(self, span)
        _set_group_comments(self, comments)


def _setters(of: type) -> Iterator[Callable[[object, object], None]]:
    """Return the functions that set the slots of a frozen class, in the order of its fields."""
    return (vars(of)[entry.name].__set__ for entry in fields(of))


(
    _set_name,
    _set_groups,
    _set_attributes,
    _set_cardinality,
    _set_type,
    _set_is_abstract,
    _set_origin,
    _set_notes,
    _set_span,
    _set_comments,
) = _setters(Feature)
_set_group_kind, _set_group_members, _set_group_cardinality, _set_group_span, _set_group_comments = _setters(Group)


@dataclass(frozen=True, slots=True)
class Constraint:
    """A formula that every configuration satisfies.

    `is_indexed` marks a constraint of the attribute `array_constraints`: its free index variables are universally
    quantified, and the absence of an instance lifts no obligation. `description` is the text of FeatureIDE's rule.
    """

    formula: Expression
    is_indexed: bool = False
    description: str = ""
    span: Span = field(default=NOWHERE, compare=False)
    source: Source | None = field(default=None, compare=False)
    comments: Comments = field(default=NO_COMMENTS, compare=False)

    def source_at(self, position: int) -> Source:
        """Return the source of a constraint at this position in its model's list."""
        if self.source is not None:
            return self.source
        return Source(SourceKind.CONSTRAINT, self.span, "", position)


@dataclass(frozen=True, slots=True)
class FeatureModel:
    """A feature model, at any stage before it is Boolean.

    Invariants, checked by `verify`: names are unique, groups are not empty, cardinalities are in order, domains are not
    empty and without repetition. Constraints of the attributes `constraint`, `constraints` and `array_constraints` are
    in `constraints`, in document order, and no longer attributes.
    """

    root: Feature
    constraints: tuple[Constraint, ...] = ()
    namespace: str | None = None
    notes: tuple[tuple[str, str], ...] = ()
    comments: Comments = field(default=NO_COMMENTS, compare=False)

    def features(self) -> Iterator[Feature]:
        """Yield all features in document order (parents first), without recursion."""
        stack = [self.root]
        while stack:
            feature = stack.pop()
            yield feature
            for group in reversed(feature.groups):
                stack.extend(reversed(group.members))

    def verify(self) -> None:
        """Raise ModelError with every broken invariant and its place."""
        problems: list[str] = []
        seen: dict[str, Feature] = {}
        for feature in self.features():
            first = seen.setdefault(feature.name, feature)
            if first is not feature:
                problems.append(
                    f"{feature.span}: found a second feature {feature.name!r}, expected unique names;"
                    f" the first is at {first.span}"
                )
            if feature.groups or feature.attributes or feature.cardinality is not None:
                problems.extend(_problems_of(feature))
        if problems:
            raise ModelError(problems)


def _problems_of(feature: Feature) -> Iterator[str]:
    """Yield the broken invariants of one feature, without those of its children."""
    if feature.cardinality is not None:
        yield from _cardinality_problems(feature.cardinality, feature.span)
    for group in feature.groups:
        if not group.members:
            yield f"{group.span}: found an empty {group.kind.value} group below {feature.name!r}, expected a feature"
        if (group.cardinality is not None) != (group.kind is GroupKind.CARDINALITY):
            yield f"{group.span}: only a cardinality group has a cardinality, found {group.kind.value}"
        if group.cardinality is not None:
            yield from _cardinality_problems(group.cardinality, group.span)
    names: set[str] = set()
    for attribute in feature.attributes:
        if attribute.name in names:
            yield f"{attribute.span}: found attribute {attribute.name!r} of {feature.name!r} twice, expected it once"
        names.add(attribute.name)
        yield from _domain_problems(feature, attribute)


def _cardinality_problems(cardinality: Cardinality, span: Span) -> Iterator[str]:
    if cardinality.lower < 0 or (cardinality.upper is not None and cardinality.upper < cardinality.lower):
        yield f"{span}: found cardinality {cardinality}, expected 0 <= lower <= upper"


def _domain_problems(feature: Feature, attribute: Attribute) -> Iterator[str]:
    if attribute.domain is None:
        return
    place = f"{attribute.span}: the domain of {feature.name}.{attribute.name}"
    if not attribute.domain:
        yield f"{place} is empty, expected at least one value"
    if len({(isinstance(v, bool), isinstance(v, str), v) for v in attribute.domain}) < len(attribute.domain):
        yield f"{place} holds a value twice, expected each once"
    if attribute.default is not None and attribute.default not in attribute.domain:
        yield f"{place} lacks its default {attribute.default!r}"
