"""Finds the groups and arrays of a feature tree in its CNF, so that a sampler can choose evenly among siblings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.solvers.decisions import ALWAYS


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """At least one of `members` is selected if `parent` is: a variable, or ALWAYS below a root without a variable.

    The largest number of selected members is not known.
    """

    parent: int
    members: tuple[int, ...]


def choice_groups(cnf: Cnf) -> Mapping[int, ChoiceGroup]:
    """Return the or- or alternative group of each feature variable that belongs to one.

    A group shows as one clause `!p | c1 | ... | ck`, k >= 2, with a clause `!ci | p` for each member. Below the root it
    may be `c1 | ... | ck` alone. Constraints of the same form count as groups, too, which does no harm. If a feature
    belongs to several groups, one with a parent comes first, then the first in the order of the clauses. O(literals).
    """
    features = cnf.variables.feature_count
    has_parent = _implications(cnf)
    with_parent, without = [], []
    for clause in cnf.clauses:
        members = tuple(sorted({literal for literal in clause if literal > 0}))
        negative = {-literal for literal in clause if literal < 0}
        if len(members) < 2 or len(negative) > 1 or max(map(abs, clause)) > features:
            continue
        if not negative:
            without.append(ChoiceGroup(ALWAYS, members))
        elif all((member, parent) in has_parent for parent in negative for member in members):
            with_parent.append(ChoiceGroup(min(negative), members))
    result: dict[int, ChoiceGroup] = {}
    for group in with_parent + without:
        if not any(member in result for member in group.members):
            result.update(dict.fromkeys(group.members, group))
    return result


@dataclass(frozen=True, slots=True)
class Arrays:
    """The unfolded multi-features of a model.

    `lengths` has, per feature variable (index 0 is variable 1), the number of elements from it to the end of its array,
    itself included; 1 outside arrays. `elements` are the variables in arrays, in document order.
    """

    lengths: tuple[int, ...]
    elements: tuple[int, ...]


def find_arrays(cnf: Cnf) -> Arrays:
    """Return the arrays of a CNF: siblings each of which needs the one before it.

    They show as `!next | v`, and `!next | p`, `!v | p` for an earlier p. O(implications * parents of a feature).
    """
    features = cnf.variables.feature_count
    needs: list[set[int]] = [set() for _ in range(features + 1)]
    for variable, needed in _implications(cnf):
        if variable <= features and needed <= features:
            needs[variable].add(needed)
    lengths = [1] * (features + 1)
    elements: set[int] = set()
    for variable in range(features, 0, -1):
        for needed in sorted(needs[variable]):
            if needed < variable and any(parent < needed for parent in needs[variable] & needs[needed]):
                lengths[needed] = max(lengths[needed], lengths[variable] + 1)
                elements |= {needed, variable}
    return Arrays(tuple(lengths[1:]), tuple(sorted(elements)))


def _implications(cnf: Cnf) -> set[tuple[int, int]]:
    """Return (a, b) for each clause `!a | b`."""
    return {(-min(c), max(c)) for c in cnf.clauses if len(c) == 2 and min(c) < 0 < max(c)}
