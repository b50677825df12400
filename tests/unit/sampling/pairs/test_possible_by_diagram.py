"""The pairs that a diagram shows against brute force, and against the SAT solver on models too large for that."""

from __future__ import annotations

import random

import numpy as np
import pytest

from featurenet_uvl.analysis.diagram import build_diagram
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.pairs.coverage import find_coverable
from featurenet_uvl.sampling.pairs.possible_by_diagram import pair_bits
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from tests.unit.sampling.brute_force import all_configurations, open_features, pairs_of, small_cnf

SATISFIABLE = [seed for seed in range(150) if all_configurations(small_cnf(seed, auxiliaries=3))]


def random_tree(seed: int, features: int) -> Cnf:
    """Return a feature tree with some exclusions and implications across it."""
    rng = random.Random(seed)
    clauses: list[tuple[int, ...]] = [(1,)]
    for child in range(2, features + 1):
        parent = rng.randint(max(1, child - 12), child - 1)
        clauses.append((-child, parent))
        if rng.random() < 0.2:
            clauses.append((-parent, child))
    for _ in range(features // 5):
        a, b = rng.sample(range(2, features + 1), 2)
        clauses.append((-a, rng.choice((-1, 1)) * b))
    return Cnf(VarMap.from_names([f"f{i}" for i in range(1, features + 1)]), tuple(clauses))


@pytest.mark.parametrize("seed", SATISFIABLE)
def test_pairs_are_those_of_brute_force(seed: int) -> None:
    cnf = small_cnf(seed, auxiliaries=3)
    rows = all_configurations(cnf)
    columns = open_features(rows)
    features = cnf.variables.feature_count
    bits = pair_bits(build_diagram(cnf), features)
    found = set()
    for literal in range(2 * features):
        for other in range(2 * features):
            if int(bits.rows[literal, other // 64]) >> (other % 64) & 1:
                pair = [(number // 2 + 1) * (1 if number % 2 else -1) for number in (literal, other)]
                found.add(tuple(sorted(pair, key=abs)))
    assert bits.columns.tolist() == columns
    assert found == pairs_of(rows)
    assert bits.count() == sum(all(abs(literal) - 1 in columns for literal in pair) for pair in found)


@pytest.mark.parametrize("seed", range(4))
def test_diagram_and_solver_agree(seed: int) -> None:
    cnf = random_tree(seed, 90)
    known = draw(cnf, Request(5, seed), "random").selected
    by_diagram = find_coverable(cnf, known, diagram=build_diagram(cnf))
    by_solver = find_coverable(cnf, known)
    assert by_diagram.columns.tolist() == by_solver.columns.tolist()
    assert (by_diagram.pairs, by_solver.undecided) == (by_solver.pairs, 0)
    assert by_diagram.pairs > 1000


def test_features_in_no_clause_go_with_everything() -> None:
    cnf = Cnf(VarMap.from_names([f"f{i}" for i in range(70)]), ())
    bits = pair_bits(build_diagram(cnf), 70)
    assert bits.count() == 4 * 70 * 69 // 2


def test_a_table_beyond_memory() -> None:
    cnf = random_tree(1, 90)
    diagram = build_diagram(cnf)
    with pytest.raises(LimitError, match="found 90 features, too many"):
        pair_bits(diagram, 90, max_bytes=180 * 3 * 8 - 1)
    assert (
        pair_bits(diagram, 90, max_bytes=180 * 3 * 8, slots=2).count()
        == find_coverable(cnf, np.array(draw(cnf, Request(1, 1)).selected)).pairs
    )
    wide = Cnf(
        VarMap.from_names([f"f{i}" for i in range(30)]),
        tuple(clause for i in range(1, 16) for clause in ((-i, i + 15), (i, -i - 15))),
    )
    diagram = build_diagram(wide)
    with pytest.raises(LimitError, match="too wide to find its pairs"):
        pair_bits(diagram, 30, max_bytes=60 * 8, slots=2)
