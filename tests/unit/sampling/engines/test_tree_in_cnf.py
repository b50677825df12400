"""The groups and arrays of a feature tree are recovered from its CNF."""

from __future__ import annotations

from featurenet_uvl.sampling.engines.tree_in_cnf import ChoiceGroup, choice_groups, find_arrays
from tests.unit.sampling.tree_builder import TreeBuilder


def test_groups_and_arrays_of_a_tree() -> None:
    tree = TreeBuilder()
    members = tree.alternative(1, 3)
    elements = tree.array(members[1], 4)
    tree.clauses.append((-members[0], *elements[2:]))  # a constraint, not a group: its elements do not need it
    cnf = tree.cnf()
    assert choice_groups(cnf) == dict.fromkeys(members, ChoiceGroup(1, (2, 3, 4)))
    assert find_arrays(cnf).lengths == (1, 1, 1, 1, 4, 3, 2, 1)
