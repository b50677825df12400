"""Turn each multi-feature into a row of instances, and each constraint into one over instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.comments import NO_COMMENTS
from featurenet_uvl.ir.expression import Expression, FeatureRef, Implies, Not
from featurenet_uvl.ir.feature_model import Constraint, Feature, FeatureModel, Group, GroupKind, Origin
from featurenet_uvl.ir.feature_tree import FeatureDraft, GroupDraft, freeze
from featurenet_uvl.ir.span import Source, SourceKind
from featurenet_uvl.translators.instances.indexed import expand_indexed
from featurenet_uvl.translators.instances.names import Instances, instances_of
from featurenet_uvl.translators.instances.plain import expand_plain
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.terms.simplify import fold, is_true


def unfold_multi_features(model: FeatureModel, limits: CompileLimits = LIMITS) -> FeatureModel:
    """Return the model in which `Block [1..5]` is `Block_1 .. Block_5`, each with its own copy of the subtree.

    Needs: discretised attributes; an upper limit on every multi-feature. Gives: features without cardinality, named by
    the instances they lie in, with origins that carry the indices; constraints without indices or quantifiers, over
    instances. Keeps: the number of configurations, and each of them.

    Raises:
        ModelError: A missing limit, two instances of one name, an unknown name in a constraint.

    Source: Cordy, Schobbens, Heymans and Legay, "Beyond Boolean product-line model checking", ICSE 2013 (array-based
    semantics); Michel, Classen, Hubaux and Boucher, "A formal semantics for feature cardinalities", VaMoS 2011.
    """
    instances = instances_of(model, limits)
    unfolding = _Unfolding(instances)
    root = unfolding.unfold(model.root)
    frozen = freeze(root)
    _check_names(frozen)
    names = frozenset(unfolding.names)
    constraints = [*unfolding.chains]
    for position, constraint in enumerate(model.constraints):
        expand = (
            expand_indexed(constraint, instances) if constraint.is_indexed else _plain(constraint, instances, names)
        )
        source, comments = constraint.source_at(position), constraint.comments
        for formula in expand:
            constraints.append(Constraint(formula, False, constraint.description, constraint.span, source, comments))
            comments = NO_COMMENTS  # the first instance is enough
    return replace(model, root=frozen, constraints=tuple(constraints))


def _plain(constraint: Constraint, instances: Instances, names: frozenset[str]) -> Iterator[Expression]:
    for formula in expand_plain(constraint, instances, names):
        folded = formula if formula is constraint.formula else fold(formula)
        if not is_true(folded):
            yield folded


@dataclass(slots=True)
class _Unfolding:
    """A tree under construction; `chains` are the constraints between neighbouring instances."""

    instances: Instances
    chains: list[Constraint] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def unfold(self, root: Feature) -> FeatureDraft:
        result = self._draft(root, ())
        stack: list[tuple[Feature, tuple[int, ...], FeatureDraft]] = [(root, (), result)]
        while stack:
            feature, indices, draft = stack.pop()
            for group in feature.groups:
                for member, number, child in self._place_group(group, indices, draft):
                    stack.append((member, (*indices, number) if number else indices, child))
        return result

    def _draft(self, feature: Feature, indices: tuple[int, ...]) -> FeatureDraft:
        origin = feature.origin if feature.origin is not None else Origin(feature.name)
        name = self.instances.name(feature.name, indices)
        self.names.append(name)
        if not indices and name == feature.name and origin is feature.origin and feature.cardinality is None:
            return FeatureDraft(feature)  # as most features, if few are multi-features
        return FeatureDraft(replace(feature, name=name, cardinality=None, origin=replace(origin, indices=indices)))

    def _place_group(
        self, group: Group, indices: tuple[int, ...], parent: FeatureDraft
    ) -> Iterator[tuple[Feature, int, FeatureDraft]]:
        """Put the group's members below `parent`; yield each with its instance number, 0 for an ordinary feature."""
        choice: GroupDraft | None = None
        if group.kind not in (GroupKind.MANDATORY, GroupKind.OPTIONAL):
            choice = GroupDraft(group.kind, [], group.cardinality, group.span, group.comments)
            parent.groups.append(choice)
        for member in group.members:
            if member.cardinality is None:
                child = self._draft(member, indices)
                target = choice.members if choice else parent.members(group.kind, group.span, group.comments)
                target.append(child)
                yield member, 0, child
                continue
            row = [
                self._draft(member, (*indices, number)) for number in range(1, self.instances.limits[member.name] + 1)
            ]
            self._place_row(member, row, group, choice, parent)
            yield from ((member, number, child) for number, child in enumerate(row, 1))
        if choice is not None:
            self._check_choice(choice, parent)

    def _place_row(
        self, member: Feature, row: list[FeatureDraft], group: Group, choice: GroupDraft | None, parent: FeatureDraft
    ) -> None:
        """Put the instances of one multi-feature: first the mandatory ones, then the others in a chain."""
        assert member.cardinality is not None
        lower = member.cardinality.lower
        mandatory = lower if group.kind is GroupKind.MANDATORY else 0
        for number, child in enumerate(row, 1):
            if number <= mandatory:
                parent.members(GroupKind.MANDATORY, group.span).append(child)
            elif number == 1 and choice is not None:
                choice.members.append(child)
            else:
                parent.members(GroupKind.OPTIONAL, group.span).append(child)
            if number - 1 > mandatory:
                self._implies(child, row[number - 2])
            if mandatory < number < lower:
                self._implies(child, row[number])

    def _check_choice(self, choice: GroupDraft, parent: FeatureDraft) -> None:
        """Forbid `parent` if its group needs a member but none can exist, such as `[0..0]` in an or-group."""
        if choice.members:
            return
        needs = choice.cardinality.lower if choice.cardinality is not None else 1
        if needs:
            self._never(parent)

    def _implies(self, left: FeatureDraft, right: FeatureDraft) -> None:
        place = left.feature.span
        pair = FeatureRef(left.feature.name, None, place), FeatureRef(right.feature.name, None, place)
        self._chain(left, Implies(*pair, place))

    def _never(self, feature: FeatureDraft) -> None:
        place = feature.feature.span
        self._chain(feature, Not(FeatureRef(feature.feature.name, None, place), place))

    def _chain(self, draft: FeatureDraft, formula: Expression) -> None:
        """Record a constraint that the place of a feature in the tree demands."""
        feature = draft.feature
        source = Source(SourceKind.FEATURE, feature.span, feature.name)
        self.chains.append(Constraint(formula, span=feature.span, source=source))


def _check_names(root: Feature) -> None:
    seen: dict[str, Feature] = {}
    problems = []
    for feature in FeatureModel(root).features():
        first = seen.setdefault(feature.name, feature)
        if first is not feature:
            problems.append(
                f"{feature.span}: {feature.origin} would be called {feature.name!r}, and so would {first.origin} at"
                f" {first.span}; rename one of them"
            )
    if problems:
        raise ModelError(problems)
