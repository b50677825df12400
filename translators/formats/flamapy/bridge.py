"""Feature models to and from flamapy's, for the use of its operations and its further formats.

flamapy (extra `flamapy`, GPL-3.0-or-later) is imported when one of the functions is called, not before.

Content for which its metamodel has no word travels with its objects, in attributes whose names begin with
`featurenet_uvl_`: the group from which a relation comes, a feature cardinality `[1..1]`, a constraint's description,
comments.
They count as long as they fit the object; flamapy's operations do not see them.

Source: Galindo, Horcas, Felferning, Fernandez-Amoros and Benavides, "FLAMA: A collaborative effort to build a new
framework for the automated analysis of feature models", SPLC 2023; the metamodel of flamapy-fm 2.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.comments import NO_COMMENTS, Comments
from featurenet_uvl.ir.feature_model import (
    Cardinality,
    Constraint,
    Feature,
    FeatureModel,
    FeatureType,
    Group,
    GroupKind,
)
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.flamapy.attributes import comments_of, our_attributes, their_attributes
from featurenet_uvl.translators.formats.flamapy.formulas import FormulaMaker, NodeMaker
from featurenet_uvl.translators.formats.language.references import unknown_references
from featurenet_uvl.translators.formats.shared.losses import attempt, lose

INSTALL = "pip install 'featurenet_uvl[flamapy]'"
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
    comments: Comments = NO_COMMENTS


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
        lose(loss, losses)
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
            theirs.featurenet_uvl_comments = constraint.comments
            constraints.append(theirs)
    result = metamodel.FeatureModel(built[model.root.name], constraints)
    result.featurenet_uvl_comments = model.comments
    return result


def _tree(constraint: Constraint, maker: NodeMaker) -> Any:
    if constraint.is_indexed:
        raise UnsupportedError(
            f"{constraint.span}: found an indexed constraint, which flamapy cannot hold: compile the model first"
        )
    return maker.node(constraint.formula)


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
    theirs.featurenet_uvl_comments = feature.comments
    if feature.cardinality is not None:
        lower, upper = _their_bounds(feature.cardinality)
        theirs.feature_cardinality = metamodel.Cardinality(lower, upper)
        theirs.feature_cardinality.featurenet_uvl_is_multi = True
    for number, group in enumerate(feature.groups):
        members = [built[member.name] for member in group.members]
        for part in [[member] for member in members] if group.kind in _SINGLE else [members]:
            relation = metamodel.Relation(theirs, part, *_relation_bounds(group.kind, group.cardinality, len(part)))
            relation.featurenet_uvl_source = _Source(number, group.kind, group.cardinality, group.comments)
            theirs.add_relation(relation)
    for attribute in feature.attributes:
        entries = attempt(partial(their_attributes, feature, attribute, metamodel), losses, "left out")
        for entry in entries or ():
            entry.featurenet_uvl_comments = attribute.comments
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
        Constraint(
            maker.formula(c.ast.root),
            description=getattr(c, "featurenet_uvl_description", ""),
            span=place,
            comments=comments_of(c),
        )
        for c in model.ctcs
    )
    result = FeatureModel(tree.root, constraints, comments=comments_of(model))
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
        tuple(our_attributes(theirs, place, losses)),
        _cardinality(theirs.feature_cardinality),
        FeatureType(theirs.feature_type.value),
        theirs.is_abstract in (True, "True", "true"),  # flamapy's JSON has it as text
        span=place,
        comments=comments_of(theirs),
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
    return Group(source.kind, tuple(members), source.cardinality, place, source.comments)


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
