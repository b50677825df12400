"""The flat diagram against brute force: its form, its solutions, its exact counts."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import numpy as np
import pytest

from featurenet_uvl.analysis.diagram import FALSE, TRUE, Diagram, build_diagram
from featurenet_uvl.analysis.diagram_counts import node_counts, solution_count, variable_counts
from featurenet_uvl.analysis.order import document_order, short_span_order
from featurenet_uvl.ir.cnf import Cnf, VarMap


def random_cnf(chance: random.Random) -> Cnf:
    count = chance.randint(0, 8)
    clauses = [
        tuple(chance.choice((1, -1)) * chance.randint(1, count) for _ in range(chance.randint(1, 4)))
        for _ in range(chance.randint(0, 9) if count else 0)
    ]
    return Cnf(VarMap(tuple(f"f{n}" for n in range(count)), chance.randint(0, count)), tuple(clauses))


def solutions(cnf: Cnf) -> list[tuple[bool, ...]]:
    return [
        values
        for values in itertools.product((False, True), repeat=len(cnf.variables))
        if cnf.is_satisfied_by([number for number, value in enumerate(values, 1) if value])
    ]


def reaches_true(diagram: Diagram, values: tuple[bool, ...]) -> bool:
    node = diagram.root
    while node > TRUE:
        value = values[diagram.order[diagram.level[node]] - 1]
        node = int((diagram.high if value else diagram.low)[node])
    return node == TRUE


def cases() -> Iterator[tuple[Cnf, Diagram]]:
    chance = random.Random(17)
    for _ in range(150):
        cnf = random_cnf(chance)
        yield cnf, build_diagram(cnf)


def test_it_accepts_what_the_cnf_accepts() -> None:
    for cnf, diagram in cases():
        found = [v for v in itertools.product((False, True), repeat=len(cnf.variables)) if reaches_true(diagram, v)]
        assert found == solutions(cnf), cnf
        assert diagram.is_satisfiable == bool(found)


def test_its_form_is_as_documented() -> None:
    for cnf, diagram in cases():
        bottom = len(cnf.variables)
        assert sorted(diagram.order) == list(range(1, bottom + 1))
        assert diagram.level[:2].tolist() == [bottom, bottom]
        assert (np.diff(diagram.level) <= 0).all()
        inner = np.arange(2, len(diagram))
        assert (diagram.low[2:] < inner).all()
        assert (diagram.high[2:] < inner).all()
        assert (diagram.level[diagram.low[2:]] > diagram.level[2:]).all()
        assert (diagram.level[diagram.high[2:]] > diagram.level[2:]).all()
        assert (diagram.low[2:] != diagram.high[2:]).all()
        triples = set(zip(diagram.level[2:].tolist(), diagram.low[2:].tolist(), diagram.high[2:].tolist()))
        assert len(triples) == len(inner)
        reached = {diagram.root, FALSE, TRUE} | set(diagram.low[2:].tolist()) | set(diagram.high[2:].tolist())
        assert reached >= set(inner.tolist())
        with pytest.raises(ValueError, match="read-only"):
            diagram.low[0] = 1


def test_counts_of_all_solutions_and_of_those_with_each_variable() -> None:
    for cnf, diagram in cases():
        expected = solutions(cnf)
        counts = node_counts(diagram)
        assert solution_count(diagram, counts) == len(expected)
        assert variable_counts(diagram, counts) == [
            sum(values[number] for values in expected) for number in range(len(cnf.variables))
        ], cnf


def breadth_first_tree(features: int) -> Cnf:
    """A binary tree in breadth-first order, where the children of a feature stand far from it."""
    clauses = [(1,), *((-i, i // 2) for i in range(2, features + 1))]
    clauses += [(-i, 2 * i, 2 * i + 1) for i in range(3, features // 2, 3)]
    return Cnf(VarMap(tuple(f"f{i}" for i in range(features)), features), tuple(clauses))


def tree_count(features: int, root: int = 1) -> int:
    """How many configurations select `root`, over its subtree."""
    children = [child for child in (2 * root, 2 * root + 1) if child <= features]
    below = 1
    for child in children:
        below *= 1 + tree_count(features, child)
    needs_one = root % 3 == 0 and 3 <= root < features // 2
    return below - 1 if needs_one else below


def test_an_order_that_means_nothing_is_replaced() -> None:
    cnf = breadth_first_tree(300)
    diagram = build_diagram(cnf, max_nodes=50_000)
    assert diagram.order != tuple(range(1, 301))
    assert solution_count(diagram, node_counts(diagram)) == tree_count(300)


def test_orders_have_every_variable_once() -> None:
    chance = random.Random(2)
    for _ in range(200):
        cnf = random_cnf(chance)
        for order in (document_order(cnf), short_span_order(cnf)):
            assert sorted(order) == list(range(1, len(cnf.variables) + 1))
