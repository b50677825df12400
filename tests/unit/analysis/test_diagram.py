"""The flat diagram against brute force: its form, its solutions, its exact counts."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator

import numpy as np
import pytest

from featurenet_uvl.analysis import diagram as module
from featurenet_uvl.analysis.diagram import FALSE, TRUE, Diagram, build_diagram
from featurenet_uvl.analysis.diagram_counts import node_counts, solution_count
from featurenet_uvl.analysis.order import apart_order, document_order
from featurenet_uvl.analysis.simplify import simplified
from featurenet_uvl.ir.cnf import Cnf, VarMap
from tests.unit.analysis.variable_counts import variable_counts


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


def all_values(cnf: Cnf) -> Iterator[tuple[bool, ...]]:
    return itertools.product((False, True), repeat=len(cnf.variables))


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
    """Return a binary tree in breadth-first order, in which children are far from their parent."""
    clauses = [(1,), *((-i, i // 2) for i in range(2, features + 1))]
    clauses += [(-i, 2 * i, 2 * i + 1) for i in range(3, features // 2, 3)]
    return Cnf(VarMap(tuple(f"f{i}" for i in range(features)), features), tuple(clauses))


def tree_count(features: int, root: int = 1) -> int:
    """Count the configurations of the subtree of `root` that select it."""
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


def apart(cnf: Cnf) -> Diagram:
    """Return the diagram of the second way, even if that of the first way is small."""
    return module._apart(cnf, module._Limits(time.monotonic() + 60, 60, 1000))


def test_both_ways_have_the_same_solutions_and_counts() -> None:
    unsatisfiable = 0
    for cnf, diagram in cases():
        second = apart(cnf)
        expected = solutions(cnf)
        assert [v for v in all_values(cnf) if reaches_true(second, v)] == expected, cnf
        if not second.is_satisfiable:
            unsatisfiable += 1
            continue
        counts, others = node_counts(diagram), node_counts(second)
        assert solution_count(second, others) == len(expected)
        assert variable_counts(second, others) == variable_counts(diagram, counts)
    assert unsatisfiable


def test_parts_that_share_no_clause_stand_apart() -> None:
    """Twelve interleaved cycles of ten: at least 2^12 nodes in document order, few per cycle in the other order."""
    cycles, length = 12, 10
    clauses = tuple(
        (
            -(1 + cycle + cycles * place),
            1 + cycle + cycles * ((place + 1) % length),
            -(1 + cycle + cycles * ((place + 3) % length)),
        )
        for cycle in range(cycles)
        for place in range(length)
    )
    count = cycles * length
    cnf = Cnf(VarMap(tuple(f"f{n}" for n in range(count)), count), clauses)
    diagram = build_diagram(cnf, max_nodes=4000)
    for first in range(0, count, length):
        assert len({variable % cycles for variable in diagram.order[first : first + length]}) == 1
    assert len(diagram) < 4000


def exploding_cnf() -> Cnf:
    """Return 32 pairs of distant variables, of which the upper ones are free: 2^32 nodes, all at once."""
    half = 32
    clauses = [(n, n + half) for n in range(1, half + 1)]
    clauses += [
        (-n, -m, k) for n in range(1, half + 1) for m in range(1, half + 1) for k in (half + 1 + (n * m) % half,)
    ]
    return Cnf(VarMap(tuple(f"f{n}" for n in range(2 * half)), 2 * half), tuple(clauses))


def test_a_formula_that_explodes_ends_by_its_size_and_not_by_the_time() -> None:
    """The memory limit ends it between two checks of the number of nodes."""
    with pytest.raises(module.TooManyNodesError, match="takes more memory than one of 1,000 nodes"):
        module._apart(exploding_cnf(), module._Limits(time.monotonic() + 600, 600, 1000, check_clauses=10**9))


def test_orders_have_every_variable_once() -> None:
    chance = random.Random(2)
    for _ in range(200):
        cnf = random_cnf(chance)
        for order in (document_order(cnf), apart_order(simplified(cnf))):
            assert sorted(order) == list(range(1, len(cnf.variables) + 1))
