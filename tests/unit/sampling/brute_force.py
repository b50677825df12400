"""Small CNFs and their properties, by trying every assignment."""

from __future__ import annotations

import itertools
import random

import pytest

from featurenet_uvl.errors import UnsatisfiableError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Engine, Request

Configuration = tuple[bool, ...]


def small_cnf(seed: int, features: int = 7, auxiliaries: int = 2) -> Cnf:
    """Return random clauses over a few features; each auxiliary is the and, or, or xor of two earlier variables."""
    rng = random.Random(seed)
    features = rng.randint(2, features)
    auxiliaries = rng.randint(0, auxiliaries)
    clauses: list[tuple[int, ...]] = []
    for x in range(features + 1, features + auxiliaries + 1):
        a, b = (rng.choice((-1, 1)) * v for v in rng.sample(range(1, x), 2))
        kind = rng.choice(("and", "or", "xor"))
        if kind == "and":
            clauses += [(-x, a), (-x, b), (x, -a, -b)]
        elif kind == "or":
            clauses += [(x, -a), (x, -b), (-x, a, b)]
        else:
            clauses += [(-x, a, b), (-x, -a, -b), (x, -a, b), (x, a, -b)]
    for _ in range(rng.randint(0, 2 * features)):
        size = rng.randint(1, 3) if rng.random() < 0.3 else 2
        variables = rng.sample(range(1, features + auxiliaries + 1), min(size, features))
        clauses.append(tuple(rng.choice((-1, 1)) * variable for variable in variables))
    names = [f"f{i}" for i in range(1, features + 1)] + [f"__aux_{i}" for i in range(1, auxiliaries + 1)]
    return Cnf(VarMap.from_names(names), tuple(clauses))


def all_configurations(cnf: Cnf) -> list[Configuration]:
    """Return every configuration, over the features."""
    count = len(cnf.variables)
    return [
        values[: cnf.variables.feature_count]
        for values in itertools.product((False, True), repeat=count)
        if cnf.is_satisfied_by(v for v in range(1, count + 1) if values[v - 1])
    ]


def pairs_of(configurations: list[Configuration]) -> set[tuple[int, int]]:
    """Return the pairs of literals of two features, smaller feature first, that some configuration has."""
    found: set[tuple[int, int]] = set()
    for row in configurations:
        literals = [number if value else -number for number, value in enumerate(row, 1)]
        found.update(itertools.combinations(literals, 2))
    return found


def open_features(configurations: list[Configuration]) -> list[int]:
    """Return the columns, from 0, that are neither core nor dead."""
    return [column for column, values in enumerate(zip(*configurations)) if len(set(values)) == 2]


def hard_cnf(pigeons: int) -> Cnf:
    """Return the pigeonhole formula: no solution, and a long way to prove it."""
    holes = pigeons - 1
    clauses = [tuple(p * holes + h + 1 for h in range(holes)) for p in range(pigeons)]
    for h in range(holes):
        clauses += [(-(p * holes + h + 1), -(q * holes + h + 1)) for p in range(pigeons) for q in range(p)]
    return Cnf(VarMap.from_names([f"f{i}" for i in range(pigeons * holes)]), tuple(clauses))


def loose_cnf(chance: random.Random) -> Cnf:
    """Return a random formula whose auxiliaries may be free: solutions have to differ in their features nonetheless."""
    count = chance.randint(1, 7)
    clauses = tuple(
        tuple(chance.choice((1, -1)) * chance.randint(1, count) for _ in range(chance.randint(1, 4)))
        for _ in range(chance.randint(0, 7))
    )
    return Cnf(VarMap(tuple(f"f{n}" for n in range(count)), chance.randint(1, count)), clauses)


def tree(features: int) -> Cnf:
    """Return a binary tree in which every third feature needs one of its children."""
    clauses = [(1,), *((-i, i // 2) for i in range(2, features + 1))]
    clauses += [(-i, 2 * i, 2 * i + 1) for i in range(3, features // 2, 3)]
    return Cnf(VarMap(tuple(f"f{i}" for i in range(features)), features), tuple(clauses))


def exclusive_tree(chance: random.Random) -> Cnf:
    """Return a random tree of fourteen features, some of which exclude each other."""
    clauses = [(1,), *((-i, chance.randrange(1, i)) for i in range(2, 15))]
    clauses += [(-chance.randrange(2, 15), -chance.randrange(2, 15)) for _ in range(5)]
    return Cnf(VarMap(tuple(f"f{i}" for i in range(14)), 14), tuple(clauses))


def check_that_all_are_found(engine: Engine) -> None:
    """Check on random formulas that an engine finds every configuration, and no more, also beside known ones."""
    chance = random.Random(5)
    for seed in range(40):
        cnf = loose_cnf(chance)
        expected = set(all_configurations(cnf))
        if not expected:
            with pytest.raises(UnsatisfiableError):
                draw(cnf, Request(3, seed), "own", engine)
            continue
        sample = draw(cnf, Request(len(expected) + 1, seed), "own", engine)
        assert {tuple(row) for row in sample.selected.tolist()} == expected
        assert sample.stop is Stop.EXHAUSTED
        part = draw(cnf, Request(len(expected), seed), "own", engine)
        assert part.stop is Stop.COMPLETE
        known = part.selected[: len(expected) // 2]
        rest = draw(cnf, Request(len(expected), seed, known=known), "own", engine)
        assert {tuple(row) for row in rest.after(known).selected.tolist()} == expected
        assert rest.stop is (Stop.EXHAUSTED if len(known) else Stop.COMPLETE)
