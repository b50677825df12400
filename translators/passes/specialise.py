"""Remove the features that no configuration can select."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from featurenet_uvl.errors import UnsatisfiableError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.expression import Constant, Expression, FeatureRef, rebuild
from featurenet_uvl.ir.feature_model import Constraint, Feature, GroupKind
from featurenet_uvl.ir.feature_tree import FeatureDraft, GroupDraft, freeze
from featurenet_uvl.ir.span import Source, SourceKind
from featurenet_uvl.solvers.backbone import backbone
from featurenet_uvl.solvers.session import Session
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.passes.to_cnf import to_cnf
from featurenet_uvl.translators.terms.simplify import fold_node, is_true

_RUNS = (GroupKind.MANDATORY, GroupKind.OPTIONAL)
"""Groups whose members do not depend on each other, so that the pass may split them."""


def specialise(model: BooleanModel, limits: CompileLimits = LIMITS) -> BooleanModel:
    """Return the model without its dead features, with true in place of its core features in constraints.

    Needs: a Boolean model. Gives: fewer features and smaller constraints, without forbidden features.
    Keeps: the configurations, as sets of selected features.

    Raises:
        UnsatisfiableError: No configuration exists.
    """
    builder = to_cnf(model, limits)
    with Session(builder.clauses, builder.count) as session:
        decided = backbone(
            session, (sign * number for number in range(1, len(builder.features) + 1) for sign in (1, -1))
        )
    if decided is None:
        raise UnsatisfiableError(f"{model.root.span}: no configuration exists: the constraints exclude each other")
    values = {name: number in decided for name, number in builder.variables.items() if {number, -number} & decided}

    def step(node: Expression) -> Expression:
        if isinstance(node, FeatureRef) and node.name in values:
            return Constant(values[node.name])
        return fold_node(node)

    root, kept = _living_tree(model, values)
    constraints = list(kept)
    for position, constraint in enumerate(model.model.constraints):
        formula = rebuild(constraint.formula, step)
        if not is_true(formula):
            constraints.append(replace(constraint, formula=formula, source=constraint.source_at(position)))
    definitions = tuple(
        replace(d, formula=rebuild(d.formula, step), dual=None if d.dual is None else rebuild(d.dual, step))
        for d in model.definitions
    )
    return replace(
        model, model=replace(model.model, root=root, constraints=tuple(constraints)), definitions=definitions
    )


def _always(feature: Feature) -> Constraint:
    """Return the constraint that every configuration selects a feature."""
    source = Source(SourceKind.FEATURE, feature.span, feature.name)
    return Constraint(FeatureRef(feature.name, None, feature.span), span=feature.span, source=source)


def _living_tree(model: BooleanModel, values: Mapping[str, bool]) -> tuple[Feature, list[Constraint]]:
    """Return the tree without dead features, core ones mandatory; constraints for the core of `[n..m]` groups."""
    drafts: dict[str, FeatureDraft] = {}
    kept: list[Constraint] = []
    for feature in model.model.features():
        draft = drafts.setdefault(feature.name, FeatureDraft(feature))
        for group in feature.groups:
            living = [member for member in group.members if values.get(member.name, True)]
            core = {member.name for member in living if values.get(member.name) is True and values.get(feature.name)}
            if group.kind is GroupKind.CARDINALITY or (not core and group.kind not in _RUNS):
                members = [drafts.setdefault(member.name, FeatureDraft(member)) for member in living]
                draft.groups.append(GroupDraft(group.kind, members, group.cardinality, group.span, group.comments))
                kept.extend(_always(member) for member in living if member.name in core)
                continue
            for member in living:
                kind = (
                    GroupKind.MANDATORY
                    if member.name in core or group.kind is GroupKind.MANDATORY
                    else GroupKind.OPTIONAL
                )
                child = drafts.setdefault(member.name, FeatureDraft(member))
                draft.members(kind, group.span, group.comments).append(child)
    return freeze(drafts[model.root.name]), kept
