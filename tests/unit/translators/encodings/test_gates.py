"""Truth tables, gates and binary arithmetic by enumeration of all models."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import product
from random import Random

import pytest
from pyeda.boolalg.espresso import set_config
from pysat.solvers import Solver

from featurenet_uvl.translators.encodings.binary import add, constant, divide, multiply, multiply_by_next, subtract
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.gates import FALSE, TRUE, Gates
from featurenet_uvl.translators.encodings.truth_table import Cube, cover, total_cover
from tests.places import ROOT

WIDTH = 4


def gates_over(count: int) -> tuple[Gates, tuple[int, ...]]:
    """Return gates over a true root and `count` free inputs."""
    builder = ClauseBuilder(["root", *(f"x{i}" for i in range(count))])
    builder.add([TRUE])
    return Gates(builder), tuple(range(2, count + 2))


def values(gates: Gates, inputs: Sequence[int], outputs: Sequence[int]) -> dict[tuple[bool, ...], tuple[bool, ...]]:
    """Return the outputs for each assignment of the inputs; check that each assignment has exactly one model."""
    found = {}
    every = [(v, -v) for v in range(1, gates.builder.count + 1)]
    with Solver(name="minisat22", bootstrap_with=[*gates.builder.clauses, *every]) as solver:
        for model in solver.enum_models():
            true = {literal for literal in model if literal > 0}
            key = tuple(literal in true for literal in inputs)
            assert key not in found, "an auxiliary is not determined"
            found[key] = tuple((abs(literal) in true) == (literal > 0) for literal in outputs)
    assert len(found) == 2 ** len(inputs), "a gate forbids something"
    return found


def number(bits: Sequence[bool]) -> int:
    return sum(1 << i for i, bit in enumerate(bits) if bit)


def holds(cubes: Sequence[Cube], assignment: int) -> bool:
    return any(all(bool(assignment >> place & 1) == value for place, value in cube) for cube in cubes)


def random_tables(width: int, count: int) -> list[tuple[int, int]]:
    """Return on- and off-sets of random functions, with assignments in neither."""
    random = Random(width)
    everything = (1 << (1 << width)) - 1
    sets = ((random.getrandbits(1 << width), random.getrandbits(1 << width)) for _ in range(count))
    return [(on, ~on & other & everything) for on, other in sets]


@pytest.mark.parametrize("width", [1, 2, 3, 5, 6])
def test_covers_hold_what_they_must_and_nothing_that_they_must_not(width: int) -> None:
    random = Random(width)
    everything = (1 << (1 << width)) - 1
    for _ in range(40):
        on = random.getrandbits(1 << width) & random.getrandbits(1 << width)
        off = ~on & random.getrandbits(1 << width) & everything
        trues, falses = total_cover(on, off, width)
        for assignment in range(1 << width):
            assert not (on >> assignment & 1) or holds(trues, assignment)
            assert not (off >> assignment & 1) or holds(falses, assignment)
            assert holds(trues, assignment) != holds(falses, assignment)


def test_a_cover_takes_the_two_large_cubes_of_a_full_adder_carry() -> None:
    majority = sum(1 << a for a in range(8) if a.bit_count() > 1)
    assert sorted(map(len, cover(majority, ~majority & 255, 3))) == [2, 2, 2]


@pytest.mark.parametrize("width", [2, 4, 5])
def test_cubes_of_a_cover_are_all_needed_and_none_can_grow(width: int) -> None:
    for on, off in random_tables(width, 30):
        cubes = cover(on, off, width)
        for at, cube in enumerate(cubes):
            others = (*cubes[:at], *cubes[at + 1 :])
            assert not all(holds(others, a) for a in range(1 << width) if on >> a & 1)
            for input_ in cube:
                larger = tuple(other for other in cube if other != input_)
                assert any(holds([larger], a) for a in range(1 << width) if off >> a & 1)


def test_covers_are_the_same_in_any_process_and_after_anyone_used_espresso() -> None:
    set_config(single_expand=True, remove_essential=False, force_irredundant=False, use_super_gasp=True)
    cover.cache_clear()
    found = str([cover(on, off, 5) for on, off in random_tables(5, 30)])
    code = (
        "from featurenet_uvl.translators.encodings.truth_table import cover\n"
        "from tests.unit.translators.encodings.test_gates import random_tables\n"
        "print([cover(on, off, 5) for on, off in reversed(random_tables(5, 30))][::-1])"
    )
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        other = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
        )
        assert other.stdout.strip() == found


@pytest.mark.parametrize("seed", range(20))
def test_a_function_is_its_table_also_over_constants_and_repeated_inputs(seed: int) -> None:
    random = Random(seed)
    gates, inputs = gates_over(3)
    chosen = [random.choice([*inputs, *(-i for i in inputs), TRUE, FALSE]) for _ in range(4)]
    table = [random.choice([True, False, None]) for _ in range(16)]
    output = gates.function(chosen, table.__getitem__)
    for assignment, (got,) in values(gates, inputs, [output]).items():
        true = {literal if value else -literal for literal, value in zip(inputs, assignment)} | {TRUE}
        wanted = table[number([literal in true for literal in chosen])]
        assert wanted is None or got == wanted


def test_equal_gates_are_one() -> None:
    gates, (a, b, c) = gates_over(3)
    odd = gates.function((a, b, c), lambda assignment: assignment.bit_count() % 2 == 1)
    assert gates.function((a, b, c), lambda assignment: assignment.bit_count() % 2 == 1) == odd
    assert gates.both(a, b) == gates.both(b, TRUE, a)
    assert gates.pick([(a, b)], c) == gates.pick([(FALSE, a), (a, b)], c)


def test_pick_takes_the_first_whose_condition_holds() -> None:
    gates, (a, b, x, y, z) = gates_over(5)
    output = gates.pick([(a, x), (b, y)], z)
    for (first, second, *options), (got,) in values(gates, (a, b, x, y, z), [output]).items():
        assert got == (options[0] if first else options[1] if second else options[2])


Operation = Callable[[Gates, Sequence[int], Sequence[int]], Sequence[int]]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (lambda g, x, y: add(g, x, y, WIDTH + 1), lambda x, y: x + y),
        (lambda g, x, y: add(g, x, y, WIDTH - 1, TRUE), lambda x, y: (x + y + 1) % 8),
        (lambda g, x, y: (*subtract(g, x, y)[0], subtract(g, x, y)[1]), lambda x, y: (x - y) % 16 + 16 * (x < y)),
        (lambda g, x, y: multiply(g, x, y, 2 * WIDTH), lambda x, y: x * y),
        (lambda g, x, y: multiply(g, x, y[:2], 5), lambda x, y: x * (y % 4) % 32),
        (lambda g, x, y: multiply_by_next(g, x, y, 2 * WIDTH), lambda x, y: x * (y + 1)),
        (lambda g, x, y: multiply_by_next(g, x, y, 3), lambda x, y: x * (y + 1) % 8),
        (lambda g, x, y: multiply(g, constant(5), y, 7), lambda x, y: 5 * y),
        (lambda g, x, y: divide(g, x, 1), lambda x, y: x),
        (lambda g, x, y: divide(g, (*x, *y), 2), lambda x, y: (x + 16 * y) // 2),
        (lambda g, x, y: divide(g, (*x, *y), 3), lambda x, y: (x + 16 * y) // 3),
        (lambda g, x, y: divide(g, (*x, *y), 7), lambda x, y: (x + 16 * y) // 7),
        (lambda g, x, y: divide(g, (*x, *y), 8), lambda x, y: (x + 16 * y) // 8),
    ],
)
def test_binary_arithmetic(operation: Operation, expected: Callable[[int, int], int]) -> None:
    gates, inputs = gates_over(2 * WIDTH)
    output = operation(gates, inputs[:WIDTH], inputs[WIDTH:])
    for assignment, got in values(gates, inputs, output).items():
        x, y = number(assignment[:WIDTH]), number(assignment[WIDTH:])
        assert number(got) == expected(x, y), (x, y)


@pytest.mark.parametrize(("left", "right"), list(product([0, 1, 6, 13], repeat=2)))
def test_arithmetic_of_constants_makes_no_clauses(left: int, right: int) -> None:
    gates, _ = gates_over(0)
    before = len(gates.builder.clauses)
    product_bits = multiply(gates, constant(left), constant(right), 8)
    assert number([bit == TRUE for bit in product_bits]) == left * right
    assert set(product_bits) <= {TRUE, FALSE}
    assert len(gates.builder.clauses) == before
