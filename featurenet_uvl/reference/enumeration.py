"""All configurations of a small model: every way to choose from the tree, filtered by every constraint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TypeAlias

from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.expression import Value
from featurenet_uvl.ir.feature_model import Feature, FeatureModel, Group, GroupKind, Origin
from featurenet_uvl.reference.evaluation import Law
from featurenet_uvl.reference.tree import VALUE, Key, Tree
from featurenet_uvl.reference.typed_domains import typed_domains

Items: TypeAlias = tuple[tuple[Key, Mapping[str, Value]], ...]
"""Selected instances with the values of their configurable attributes, parents first."""


def enumerate_configurations(model: FeatureModel, *, limit: int = 200_000) -> frozenset[frozenset[Origin]]:
    """Return every configuration as the set of its selected instances, and of its attributes with their values.

    Args:
        model: A model as read. A translated model works, too; its `origin` fields are ignored.
        limit: Candidates (configurations of the tree without the constraints) to try at most.

    Raises:
        ModelError: An unknown name, a wrong number of indices, an index variable without a range, a typed feature
            without a finite domain, texts in arithmetic.
        UnsupportedError: A multi-feature without an upper limit.
        LimitError: The tree has more candidates than `limit`.

    >>> from featurenet_uvl.ir.feature_model import Cardinality
    >>> cells = Feature("Cell", cardinality=Cardinality(1, 3))
    >>> model = FeatureModel(Feature("Block", (Group(GroupKind.MANDATORY, (cells,)),)))
    >>> len(enumerate_configurations(model))
    3
    """
    model.verify()
    tree = Tree.of(model)
    domains = typed_domains(model, limit)
    chooser = _Chooser(domains, limit)
    size = chooser.count(model.root)
    if size > limit:
        raise LimitError(f"{model.root.span}: the tree alone has more than {limit} configurations, too many to try all")
    laws = [Law.of(constraint, tree, domains) for constraint in model.constraints]
    return frozenset(
        frozenset(_origins(items))
        for items in chooser.instances(model.root, ())
        if all(law.holds(dict(items)) for law in laws)
    )


def tree_size(model: FeatureModel, *, limit: int = 10**9) -> int:
    """Return the number of configurations of the model without its constraints; above `limit` only a lower bound."""
    return _Chooser(typed_domains(model, limit), limit).count(model.root)


@dataclass(frozen=True, slots=True)
class _Chooser:
    """The enumerator of all choices below a selected instance; `domains` are those of the typed features."""

    domains: Mapping[str, tuple[Value, ...]]
    limit: int

    def instances(self, feature: Feature, at: tuple[int, ...]) -> list[Items]:
        """Return all ways to select the instance with these indices and everything below it."""
        if not self.count(feature):  # the tree below may still be huge
            return []
        choices = self._choices(feature)
        partial: list[Items] = [
            (((feature.name, at), dict(zip(choices, values))),) for values in product(*choices.values())
        ]
        for group in feature.groups:
            ways = self._members(group, at)
            partial = [left + right for left in partial for right in ways]
        return partial

    def _choices(self, feature: Feature) -> dict[str, tuple[Value, ...]]:
        """Return the configurable attributes with their domains; the value of a typed feature is one of them."""
        choices = {a.name: a.domain for a in feature.attributes if a.domain is not None}
        if feature.name in self.domains:
            choices[VALUE] = self.domains[feature.name]
        return choices

    def _members(self, group: Group, at: tuple[int, ...]) -> list[Items]:
        lower, upper = _group_bounds(group)
        partial: list[tuple[int, Items]] = [(0, ())]
        for member in group.members:
            ways = [(1, items) for items in self._selected(member, at)] if upper else []
            if _may_be_absent(member, group.kind):
                ways.append((0, ()))
            partial = [(n + k, left + right) for n, left in partial for k, right in ways if n + k <= upper]
        return [items for n, items in partial if n >= lower]

    def _selected(self, member: Feature, at: tuple[int, ...]) -> list[Items]:
        """Return all ways in which a child counts as selected: itself, or at least one instance of a multi-feature."""
        if member.cardinality is None:
            return self.instances(member, at)
        upper = member.cardinality.upper or 0
        result: list[Items] = []
        array: list[Items] = [()]
        for index in range(1, upper + 1):
            ways = self.instances(member, (*at, index))
            array = [left + right for left in array for right in ways]
            if index >= member.cardinality.lower:
                result.extend(array)
        return result

    def count(self, feature: Feature) -> int:
        """Return the length of `instances`; above `limit` only a lower bound."""
        result = prod(len(domain) for domain in self._choices(feature).values())
        for group in feature.groups:
            lower, upper = _group_bounds(group)
            partial = Counter({0: 1})
            for member in group.members:
                ways = {1: self._count_selected(member), 0: int(_may_be_absent(member, group.kind))}
                following: Counter[int] = Counter()
                for (n, left), (k, right) in product(partial.items(), ways.items()):
                    if n + k <= upper:
                        following[n + k] += left * right
                partial = following
            result *= sum(ways for n, ways in partial.items() if n >= lower)
        return result

    def _count_selected(self, member: Feature) -> int:
        one = self.count(member)
        if member.cardinality is None or one == 0:
            return one
        first, last = max(member.cardinality.lower, 1), member.cardinality.upper or 0
        if one == 1:
            return max(last - first + 1, 0)
        result, array = 0, 1
        for index in range(1, last + 1):
            array *= one
            result += array if index >= first else 0
            if array > self.limit:
                return array  # from here on a lower bound will do
        return result


def _may_be_absent(member: Feature, kind: GroupKind) -> bool:
    """Whether the group leaves the choice; a mandatory multi-feature may have no instance if its lower limit is 0."""
    return kind is not GroupKind.MANDATORY or (member.cardinality is not None and member.cardinality.lower == 0)


def _group_bounds(group: Group) -> tuple[int, int]:
    """Return the bounds on the members that count as selected; `_may_be_absent` decides about mandatory ones."""
    size = len(group.members)
    match group.kind:
        case GroupKind.MANDATORY | GroupKind.OPTIONAL:
            return 0, size
        case GroupKind.OR:
            return 1, size
        case GroupKind.ALTERNATIVE:
            return 1, 1
        case GroupKind.CARDINALITY:
            assert group.cardinality is not None
            return group.cardinality.lower, size if group.cardinality.upper is None else group.cardinality.upper


def _origins(items: Items) -> Iterator[Origin]:
    for (feature, at), values in items:
        yield Origin(feature, at)
        for attribute, value in values.items():
            yield Origin(feature, at, attribute)
            yield Origin(feature, at, attribute, value)
