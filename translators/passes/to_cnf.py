"""From the Boolean model to clauses."""

from __future__ import annotations

from itertools import combinations

from featurenet_uvl.ir.boolean_model import BooleanModel, Definition
from featurenet_uvl.ir.expression import FeatureRef, Implies, Or
from featurenet_uvl.ir.feature_model import Feature, Group, GroupKind
from featurenet_uvl.ir.span import Source, SourceKind
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.cardinality import (
    count_outputs,
    direct_clauses,
    direct_size,
    exactly_one_if,
)
from featurenet_uvl.translators.encodings.formula import assert_formula
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.terms.simplify import exact, rising


def to_cnf(model: BooleanModel, limits: CompileLimits = LIMITS) -> ClauseBuilder:
    """Return the clauses of tree and constraints; features are the first variables, in document order.

    Needs: a Boolean model. Gives: a clause list that rule sets may still extend. Keeps: the configurations, one model
    each: the features determine the auxiliaries.

    Definitions are the first auxiliaries, in their order. Groups need no auxiliaries, as in FeatureIDE
    (an alternative of n children has n (n - 1) / 2 + n + 1 clauses); `[n..m]` groups, alternatives of more than
    `max_pairwise` children, attributes of more than `max_pairwise_values` values and large formulas get counters and
    definitions.

    Raises:
        LimitError: There are more clauses than memory should hold.
    """
    features = list(model.model.features())
    builder = ClauseBuilder([feature.name for feature in features], limits)
    builder.begin(Source(SourceKind.FEATURE, model.root.span, model.root.name))
    builder.add((1,))
    for feature in features:
        for group in feature.groups:
            if not _is_long(feature, group, limits):
                _add_group(builder, feature, group)
    for definition in model.definitions:
        _add_definition(builder, definition)
    for feature in features:
        for group in feature.groups:
            if _is_long(feature, group, limits):
                _add_values(builder, feature, group)
    for position, constraint in enumerate(model.model.constraints):
        builder.begin(constraint.source_at(position))
        assert_formula(builder, constraint.formula)
    builder.begin(Source(SourceKind.RULE, model.root.span))
    return builder


def _add_definition(builder: ClauseBuilder, definition: Definition) -> None:
    """Add a variable that is true if and only if the definition's formula holds."""
    if definition.source is not None:
        builder.begin(definition.source)
    builder.variables[definition.name] = builder.new()
    name = FeatureRef(definition.name)
    if isinstance(definition.formula, Or):
        parts = definition.formula.operands
        block = tuple(builder.variables[part.name] for part in parts if isinstance(part, FeatureRef))
        if len(block) == len(parts):
            builder.blocks[block] = builder.variables[definition.name]
    assert_formula(builder, Implies(name, definition.formula))
    assert_formula(builder, Implies(definition.dual or definition.formula, name))


def _is_long(feature: Feature, group: Group, limits: CompileLimits) -> bool:
    """Whether the group has the values of an attribute, and more of them than get one clause per pair."""
    is_attribute = feature.origin is not None and feature.origin.attribute is not None
    return is_attribute and group.kind is GroupKind.ALTERNATIVE and len(group.members) > limits.max_pairwise_values


def _add_values(builder: ClauseBuilder, feature: Feature, group: Group) -> None:
    """Add the clauses between an attribute and its values, with neighbouring values in common blocks."""
    builder.begin(Source(SourceKind.GROUP, group.span, feature.name))
    values = [exact(child.origin.value) for child in group.members if child.origin and child.origin.value is not None]
    assert len(values) == len(group.members)
    members = [builder.variables[group.members[position].name] for position in rising(values)]
    exactly_one_if(builder, builder.variables[feature.name], members)


def _add_group(builder: ClauseBuilder, feature: Feature, group: Group) -> None:
    """Add the clauses between a feature and one group of its children."""
    parent = builder.variables[feature.name]
    members = [builder.variables[child.name] for child in group.members]
    for child, member in zip(group.members, members, strict=True):
        builder.begin(Source(SourceKind.FEATURE, child.span, child.name))
        builder.add((-member, parent))
    if group.kind is not GroupKind.OPTIONAL:
        builder.begin(Source(SourceKind.GROUP, group.span, feature.name))
    match group.kind:
        case GroupKind.MANDATORY:
            for member in members:
                builder.add((-parent, member))
        case GroupKind.OPTIONAL:
            pass
        case GroupKind.OR | GroupKind.ALTERNATIVE:
            builder.add((-parent, *members))
            if group.kind is GroupKind.ALTERNATIVE and len(members) > builder.limits.max_pairwise:
                builder.add((-count_outputs(builder, members, 2)[1],))
            elif group.kind is GroupKind.ALTERNATIVE:
                for one, other in combinations(members, 2):
                    builder.add((-one, -other))
        case GroupKind.CARDINALITY:
            _add_range(builder, parent, members, group)


def _add_range(builder: ClauseBuilder, parent: int, members: list[int], group: Group) -> None:
    """Add clauses by which the number of members lies in the group's cardinality if `parent` is selected."""
    assert group.cardinality is not None
    count = len(members)
    lower, upper = group.cardinality.lower, group.cardinality.upper
    upper = count if upper is None else min(upper, count)
    if lower > count:
        builder.add((-parent,))
    elif direct_size(count, lower, upper) <= builder.limits.max_direct_clauses:
        for clause in direct_clauses(members, lower, upper):
            builder.add((-parent, *clause))
    else:
        outputs = count_outputs(builder, members, min(count, max(lower, upper + 1)))
        if lower > 0:
            builder.add((-parent, outputs[lower - 1]))
        if upper < count:
            builder.add((-parent, -outputs[upper]))
