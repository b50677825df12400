"""Feature models to and from flamapy's, for the use of its operations and its further formats.

flamapy (extra `flamapy`, GPL-3.0-or-later) is imported when one of the functions is called, not before.

Content for which its metamodel has no word travels with its objects, in attributes whose names begin with
`featurenet_uvl_`: the group from which a relation comes, a feature cardinality `[1..1]`, a constraint's description.
They count as long as they fit the object; flamapy's operations do not see them.

Source: Galindo, Horcas, Felferning, Fernandez-Amoros and Benavides, "FLAMA: A collaborative effort to build a new
framework for the automated analysis of feature models", SPLC 2023; the metamodel of flamapy-fm 2.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import (
    Attribute,
    AttributeValue,
    Cardinality,
    Constraint,
    Feature,
    FeatureModel,
    FeatureType,
    Group,
    GroupKind,
)
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.flamapy.formulas import FormulaMaker, NodeMaker
from featurenet_uvl.translators.formats.language.references import unknown_references
from featurenet_uvl.translators.formats.shared.losses import attempt

INSTALL = "pip install 'featurenet_uvl[flamapy]'"
MAX_DOMAIN = 10_000
"""Values that a domain may have once its ranges are written out."""

_STAR = -1
"""flamapy's number for no upper limit; here also the number of a group that no relation names."""
_SINGLE = (GroupKind.MANDATORY, GroupKind.OPTIONAL)


def load_flamapy(module: str) -> Any:
    """Import a module of flamapy and return it.

    Raises:
        UnsupportedError: flamapy is not installed.
    """
    try:
        return import_module(f"flamapy.{module}")
    except ImportError as error:
        raise UnsupportedError(f"found no flamapy ({error}), which this format needs: {INSTALL}") from error


@dataclass(frozen=True, slots=True)
class _Source:
    """The group from which a relation comes, by its number below its parent."""

    number: int
    kind: GroupKind
    cardinality: Cardinality | None


# to flamapy


def to_flamapy(model: FeatureModel, losses: list[str] | None = None) -> Any:
    """Return the model as `flamapy.metamodels.fm_metamodel.models.FeatureModel`, with the same configurations.

    Args:
        model: The model.
        losses: If given, content for which flamapy has no place is left out, and adds a line here.

    Raises:
        UnsupportedError: flamapy is not installed, or its metamodel cannot hold something; with its place.
        ModelError: The model breaks an invariant, or a constraint names an unknown feature or attribute.
    """
    metamodel = load_flamapy("metamodels.fm_metamodel.models.feature_model")
    language = load_flamapy("core.models.ast")
    model.verify()
    unknown = unknown_references(model)
    if unknown:
        raise ModelError(unknown)
    for loss in _lost(model):
        _lose(loss, losses)
    built: dict[str, Any] = {}
    for feature in reversed(list(model.features())):
        built[feature.name] = _their_feature(feature, built, metamodel, losses)
    maker = NodeMaker(language, frozenset(built))
    constraints = []
    for number, constraint in enumerate(model.constraints, 1):
        tree = attempt(partial(_tree, constraint, maker), losses, "the constraint is left out")
        if tree is not None:
            theirs = metamodel.Constraint(constraint.description or f"constraint {number}", language.AST(tree))
            theirs.featurenet_uvl_description = constraint.description
            constraints.append(theirs)
    return metamodel.FeatureModel(built[model.root.name], constraints)


def _tree(constraint: Constraint, maker: NodeMaker) -> Any:
    if constraint.is_indexed:
        raise UnsupportedError(
            f"{constraint.span}: found an indexed constraint, which flamapy cannot hold: compile the model first"
        )
    return maker.node(constraint.formula)


def _lose(problem: str, losses: list[str] | None) -> None:
    """Raise for content that flamapy cannot hold, or record it in `losses`."""
    if losses is None:
        raise UnsupportedError(problem)
    losses.append(f"{problem}; left out")


def _lost(model: FeatureModel) -> Iterator[str]:
    """Yield everything about a model that flamapy cannot hold and that may be left out."""
    if model.namespace is not None:
        yield f"{model.root.span}: found the namespace {model.namespace!r}, which flamapy cannot hold"
    for note, _ in model.notes:
        yield f"{model.root.span}: found the note {note!r} of the model, which flamapy cannot hold"
    for feature in model.features():
        for note, _ in feature.notes:
            yield f"{feature.span}: found the note {note!r} of feature {feature.name!r}, which flamapy cannot hold"


def _their_feature(feature: Feature, built: dict[str, Any], metamodel: Any, losses: list[str] | None) -> Any:
    theirs = metamodel.Feature(
        feature.name,
        is_abstract=feature.is_abstract,
        feature_type=metamodel.FeatureType(feature.type.value),
        feature_cardinality=metamodel.Cardinality(1, 1),  # the default is one object, shared by all features
    )
    if feature.cardinality is not None:
        lower, upper = _their_bounds(feature.cardinality)
        theirs.feature_cardinality = metamodel.Cardinality(lower, upper)
        theirs.feature_cardinality.featurenet_uvl_is_multi = True
    for number, group in enumerate(feature.groups):
        members = [built[member.name] for member in group.members]
        for part in [[member] for member in members] if group.kind in _SINGLE else [members]:
            relation = metamodel.Relation(theirs, part, *_relation_bounds(group.kind, group.cardinality, len(part)))
            relation.featurenet_uvl_source = _Source(number, group.kind, group.cardinality)
            theirs.add_relation(relation)
    for attribute in feature.attributes:
        entries = attempt(partial(_their_attributes, feature, attribute, metamodel), losses, "left out")
        for entry in entries or ():
            theirs.add_attribute(entry)
    return theirs


def _their_bounds(cardinality: Cardinality) -> tuple[int, int]:
    return cardinality.lower, _STAR if cardinality.upper is None else cardinality.upper


def _relation_bounds(kind: GroupKind, cardinality: Cardinality | None, size: int) -> tuple[int, int]:
    """Return the bounds of a relation with `size` children that stands for a group of this kind, or for part of one."""
    match kind:
        case GroupKind.MANDATORY | GroupKind.ALTERNATIVE:
            return 1, 1
        case GroupKind.OPTIONAL:
            return 0, 1
        case GroupKind.OR:
            return 1, size
        case GroupKind.CARDINALITY:
            assert cardinality is not None
            return _their_bounds(cardinality)


def _their_attributes(feature: Feature, attribute: Attribute, metamodel: Any) -> list[Any]:
    if "." in attribute.name:
        raise UnsupportedError(
            f"{attribute.span}: found a dot in the attribute name {attribute.name!r} of {feature.name!r}, where flamapy"
            " would see a nested attribute"
        )
    if attribute.domain is not None:
        domain = metamodel.Domain(None, list(attribute.domain))
        return [metamodel.Attribute(attribute.name, domain, attribute.default)]
    return list(_flattened(attribute.name, attribute.value, attribute, metamodel))


def _flattened(name: str, value: AttributeValue | None, source: Attribute, metamodel: Any) -> Iterator[Any]:
    """Yield a constant; or a map as flamapy's readers flatten it: an entry without value, then an entry `name.key` per
    key.
    """
    if not isinstance(value, Mapping):
        yield metamodel.Attribute(name, None, _their_value(value))
        return
    entry = metamodel.Attribute(name, None, None)
    entry.featurenet_uvl_is_map = True
    yield entry
    for key, inner in value.items():
        if "." in key:
            raise UnsupportedError(f"{source.span}: found a dot in the key {key!r} of {source.name!r}, expected none")
        yield from _flattened(f"{name}.{key}", inner, source, metamodel)


def _their_value(value: AttributeValue | None) -> Any:
    if isinstance(value, tuple):
        return [_their_value(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _their_value(entry) for key, entry in value.items()}
    return value


# from flamapy


def from_flamapy(model: Any, path: str = "<flamapy>", losses: list[str] | None = None) -> FeatureModel:
    """Return the feature model of a `flamapy.metamodels.fm_metamodel.models.FeatureModel`, with the same
    configurations.

    The names of constraints are not kept: flamapy's readers make them up.

    Args:
        model: flamapy's model.
        path: Its file, for messages.
        losses: If given, content without a counterpart here is left out, and adds a line here.

    Raises:
        UnsupportedError: flamapy is not installed; the model has imported models, null values, or too large a domain.
        ModelError: The model means nothing: an unknown or repeated name, a relation without children.
    """
    place = Span(path)
    if model.root is None:
        raise ModelError(f"{place}: found no root feature, expected one")
    if model.imports:
        raise UnsupportedError(
            f"{place}: found imported models, which are separate models in flamapy: read the UVL here"
        )
    order = _their_features(model.root, place)
    built: dict[int, Feature] = {}
    for theirs in reversed(order):
        built[id(theirs)] = _feature(theirs, built, place, losses)
    tree = FeatureModel(built[id(model.root)])
    tree.verify()
    names = {feature.name for feature in tree.features()}
    attributes = {a.name for feature in tree.features() for a in feature.attributes}
    attributes |= {feature.name for feature in tree.features() if feature.type is not FeatureType.BOOLEAN}
    maker = FormulaMaker(names, attributes, place)
    constraints = tuple(
        Constraint(maker.formula(c.ast.root), description=getattr(c, "featurenet_uvl_description", ""), span=place)
        for c in model.ctcs
    )
    result = FeatureModel(tree.root, constraints)
    unknown = unknown_references(result)
    if unknown:
        raise ModelError(unknown)
    return result


def _their_features(root: Any, place: Span) -> list[Any]:
    """Return all features, parents first, without recursion."""
    found: list[Any] = []
    seen: set[int] = set()
    stack = [root]
    while stack:
        theirs = stack.pop()
        if not isinstance(theirs.name, str) or not theirs.name:
            raise ModelError(f"{place}: found the feature name {theirs.name!r}, expected a text")
        if id(theirs) in seen:
            raise ModelError(f"{place}: found the feature {theirs.name!r} twice in the tree, expected it once")
        seen.add(id(theirs))
        found.append(theirs)
        stack.extend(reversed([child for relation in theirs.relations for child in relation.children]))
    return found


def _feature(theirs: Any, built: dict[int, Feature], place: Span, losses: list[str] | None) -> Feature:
    if theirs.reference is not None:
        raise UnsupportedError(f"{place}: found {theirs.name!r}, which refers to an imported model")
    return Feature(
        theirs.name,
        tuple(_groups(theirs, built, place)),
        tuple(_attributes(theirs, place, losses)),
        _cardinality(theirs.feature_cardinality),
        FeatureType(theirs.feature_type.value),
        theirs.is_abstract in (True, "True", "true"),  # flamapy's JSON has it as text
        span=place,
    )


def _cardinality(theirs: Any) -> Cardinality | None:
    lower, upper = int(theirs.min), int(theirs.max)
    if (lower, upper) == (1, 1) and not getattr(theirs, "featurenet_uvl_is_multi", False):
        return None
    return Cardinality(lower, None if upper == _STAR else upper)


def _groups(theirs: Any, built: dict[int, Feature], place: Span) -> Iterator[Group]:
    """Yield the groups below a feature.

    Neighbouring relations of one source are one group, and so are neighbouring single mandatory or optional ones.
    """
    pending: tuple[_Source, list[Feature]] | None = None
    for relation in theirs.relations:
        if not relation.children:
            raise ModelError(f"{place}: found a relation of {theirs.name!r} without children, expected one or more")
        source = _source(relation)
        members = [built[id(child)] for child in relation.children]
        if pending is not None and pending[0] == source and source.kind in _SINGLE:
            pending[1].extend(members)
            continue
        if pending is not None:
            yield _group(*pending, place)
        pending = (source, members)
    if pending is not None:
        yield _group(*pending, place)


def _group(source: _Source, members: list[Feature], place: Span) -> Group:
    return Group(source.kind, tuple(members), source.cardinality, place)


def _source(relation: Any) -> _Source:
    """Return the group that the relation names, if that still fits its bounds; else the one that its bounds say."""
    bounds, size = (relation.card_min, relation.card_max), len(relation.children)
    source: _Source | None = getattr(relation, "featurenet_uvl_source", None)
    is_possible = source is not None and (size == 1 or source.kind not in _SINGLE)
    if source and is_possible and _relation_bounds(source.kind, source.cardinality, size) == bounds:
        return source
    lower, upper = int(bounds[0]), int(bounds[1])
    if size == 1 and (lower, upper) in ((0, 1), (1, 1)):
        return _Source(_STAR, GroupKind.MANDATORY if lower else GroupKind.OPTIONAL, None)
    if size > 1 and (lower, upper) == (1, 1):
        return _Source(_STAR, GroupKind.ALTERNATIVE, None)
    if size > 1 and (lower, upper) == (1, size):
        return _Source(_STAR, GroupKind.OR, None)
    return _Source(_STAR, GroupKind.CARDINALITY, Cardinality(lower, None if upper == _STAR else upper))


def _attributes(theirs: Any, place: Span, losses: list[str] | None) -> Iterator[Attribute]:
    """Yield the attributes of a feature; an entry without value is a map if entries `name.key` follow it."""
    constants: dict[str, Any] = {}
    domains: dict[str, Attribute] = {}
    for entry in theirs.attributes:
        if entry.name in constants:
            raise ModelError(f"{place}: found attribute {entry.name!r} of {theirs.name!r} twice, expected it once")
        if entry.null_value is not None:
            _lose(
                f"{place}: found the null value {entry.null_value!r} of {theirs.name}.{entry.name}; an attribute of a"
                " deselected feature has no value",
                losses,
            )
        constants[entry.name] = entry
        if entry.domain is not None:
            values = _values(entry.domain, f"{place}: the domain of {theirs.name}.{entry.name}")
            domains[entry.name] = Attribute(entry.name, None, values, entry.default_value, place)
    inner = {name for name in constants if "." in name and name.rpartition(".")[0] in constants}
    for name, entry in constants.items():
        if name not in inner:
            yield domains.get(name) or Attribute(name, _map_or_value(name, entry, constants), span=place)


def _map_or_value(name: str, entry: Any, entries: Mapping[str, Any]) -> AttributeValue | None:
    inner = {key: value for key, value in entries.items() if key.rpartition(".")[0] == name}
    if entry.default_value is None and (inner or getattr(entry, "featurenet_uvl_is_map", False)):
        return {
            key.rpartition(".")[2]: _map_or_value(key, value, entries)  # type: ignore[misc]  # None is UVL's bare key
            for key, value in inner.items()
        }
    return _value(entry.default_value)


def _value(theirs: Any) -> AttributeValue:
    if isinstance(theirs, list | tuple):
        return tuple(_value(entry) for entry in theirs)
    if isinstance(theirs, Mapping):
        return {str(key): _value(entry) for key, entry in theirs.items()}
    value: AttributeValue = theirs
    return value


def _values(domain: Any, place: str) -> tuple[Value, ...]:
    values: list[Value] = list(domain.element_list)
    for part in domain.range_list:
        try:  # the AFM reader has tokens for numbers
            lower, upper = int(str(part.min_value)), int(str(part.max_value))
        except ValueError as error:
            raise ModelError(f"{place} has the range {part}, expected whole numbers") from error
        if upper - lower + len(values) >= MAX_DOMAIN:
            raise UnsupportedError(f"{place} has more than {MAX_DOMAIN} values, expected fewer")
        values.extend(range(lower, upper + 1))
    return tuple(values)
