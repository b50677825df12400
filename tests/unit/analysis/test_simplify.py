"""A simplified CNF against brute force: the same solutions, and no removed variable left."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable

from featurenet_uvl.analysis.simplify import simplified
from featurenet_uvl.ir.cnf import Cnf, VarMap


def cnf_of(count: int, clauses: Iterable[tuple[int, ...]]) -> Cnf:
    return Cnf(VarMap(tuple(f"f{n}" for n in range(count)), count), tuple(clauses))


def random_cnf(chance: random.Random) -> Cnf:
    """Return random clauses, mostly of two literals, so that many variables are equal or decided."""
    count = chance.randint(1, 8)
    lengths = chance.choices((1, 2, 3, 4), weights=(1, 12, 4, 1), k=chance.randint(0, 14))
    return cnf_of(
        count, (tuple(chance.choice((1, -1)) * chance.randint(1, count) for _ in range(length)) for length in lengths)
    )


def solutions(cnf: Cnf) -> list[tuple[bool, ...]]:
    return [
        values
        for values in itertools.product((False, True), repeat=len(cnf.variables))
        if cnf.is_satisfied_by([number for number, value in enumerate(values, 1) if value])
    ]


def test_the_solutions_are_the_same() -> None:
    chance = random.Random(4)
    equal = decided = shorter = unsatisfiable = 0
    for _ in range(2000):
        cnf = random_cnf(chance)
        simple = simplified(cnf)
        again = cnf_of(len(cnf.variables), (*simple.clauses, *simple.definitions()))
        expected = solutions(cnf)
        assert solutions(again) == expected, cnf
        unsatisfiable += not expected
        equal += any(abs(lit) not in (n, simple.true) for n, lit in enumerate(simple.equal, 1))
        decided += any(abs(lit) == simple.true for lit in simple.equal)
        shorter += bool(simple.clauses) and len(simple.clauses) < len(set(cnf.clauses))
    assert min(equal, decided, shorter, unsatisfiable) > 50


def test_what_is_gone_is_gone() -> None:
    chance = random.Random(8)
    for _ in range(1000):
        simple = simplified(random_cnf(chance))
        if simple.clauses == ((),):
            continue
        for number, literal in enumerate(simple.equal, 1):
            assert literal == number or abs(literal) < number or abs(literal) == simple.true
        sets = [frozenset(clause) for clause in simple.clauses]
        for clause in sets:
            assert len(clause) > 1
            assert all(simple.equal[abs(literal) - 1] == abs(literal) for literal in clause)
            assert not any(-literal in clause for literal in clause)
        assert not any(one < other for one, other in itertools.permutations(sets, 2))
        assert len(set(sets)) == len(sets)


def test_a_cycle_of_implications_makes_all_equal_without_recursion() -> None:
    count = 20_000
    simple = simplified(cnf_of(count, [(-n, n % count + 1) for n in range(1, count + 1)]))
    assert simple.clauses == ()
    assert set(simple.equal) == {1}
    negated = simplified(cnf_of(3, [(1, 2), (-1, -2), (2, 3), (-2, -3)]))
    assert negated.equal == (1, -1, 1)


def test_the_order_of_the_clauses_does_not_matter() -> None:
    chance = random.Random(15)
    for _ in range(300):
        cnf = random_cnf(chance)
        clauses = list(cnf.clauses)
        chance.shuffle(clauses)
        mixed = simplified(cnf_of(len(cnf.variables), clauses))
        assert mixed.equal == simplified(cnf).equal
