"""Small CNFs and what they have, by trying every assignment."""

from __future__ import annotations

import itertools
import random

from featurenet_uvl.ir.cnf import Cnf, VarMap

Configuration = tuple[bool, ...]


def small_cnf(seed: int, features: int = 7, auxiliaries: int = 2) -> Cnf:
    """Random clauses over a few features; auxiliaries are each the and, or, xor of two earlier variables."""
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
    """Every configuration, over the features."""
    count = len(cnf.variables)
    return [
        values[: cnf.variables.feature_count]
        for values in itertools.product((False, True), repeat=count)
        if cnf.is_satisfied_by(v for v in range(1, count + 1) if values[v - 1])
    ]


def pairs_of(configurations: list[Configuration]) -> set[tuple[int, int]]:
    """The pairs of literals of two features, smaller feature first, that some configuration has."""
    found: set[tuple[int, int]] = set()
    for row in configurations:
        literals = [number if value else -number for number, value in enumerate(row, 1)]
        found.update(itertools.combinations(literals, 2))
    return found


def open_features(configurations: list[Configuration]) -> list[int]:
    """Columns from 0 that are neither core nor dead."""
    return [column for column, values in enumerate(zip(*configurations)) if len(set(values)) == 2]
