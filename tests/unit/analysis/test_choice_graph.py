"""Heaviest, random and all solutions of a diagram, against brute force."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from featurenet_uvl.analysis.choice_graph import Choices, find_choices
from featurenet_uvl.analysis.diagram import Diagram, build_diagram
from featurenet_uvl.analysis.diagram_counts import node_counts
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf, VarMap


def cases() -> Iterator[tuple[Diagram, Choices, set[tuple[bool, ...]]]]:
    chance = random.Random(23)
    for _ in range(150):
        count = chance.randint(0, 8)
        clauses = tuple(
            tuple(chance.choice((1, -1)) * chance.randint(1, count) for _ in range(chance.randint(1, 4)))
            for _ in range(chance.randint(0, 9) if count else 0)
        )
        cnf = Cnf(VarMap(tuple(f"f{n}" for n in range(count)), count), clauses)
        solutions = {
            values
            for values in itertools.product((False, True), repeat=count)
            if cnf.is_satisfied_by([number for number, value in enumerate(values, 1) if value])
        }
        if solutions:
            diagram = build_diagram(cnf)
            yield diagram, find_choices(diagram), solutions


def test_the_heaviest_solution_is_heaviest() -> None:
    rng = np.random.default_rng(1)
    for _, choices, solutions in cases():
        weights = rng.normal(size=(choices.variables, 5))
        rows = choices.heaviest(weights)
        for row, weight in zip(rows, weights.T):
            assert tuple(row.tolist()) in solutions
            best = max(float(np.array(solution, dtype=float) @ weight) for solution in solutions)
            assert row @ weight == pytest.approx(best)
            assert np.array_equal(choices.heaviest_one(weight), row)


def test_all_solutions_are_listed_once() -> None:
    for _, choices, solutions in cases():
        rows = [tuple(row) for row in choices.all_solutions(256).tolist()]
        assert len(rows) == len(solutions)
        assert set(rows) == solutions
        if len(solutions) > 1:
            with pytest.raises(LimitError, match="too many to list"):
                choices.all_solutions(len(solutions) - 1)


def test_uniform_solutions_are_uniform() -> None:
    """Chi squared over all solutions: its mean is one less than their number, its variance twice its mean."""
    rng = np.random.default_rng(5)
    tested = 0
    for diagram, choices, solutions in cases():
        draws = 20 * len(solutions)
        rows = choices.draw(choices.uniform(diagram, node_counts(diagram)), draws, rng)
        found = Counter(tuple(row) for row in rows.tolist())
        assert set(found) <= solutions
        free = len(solutions) - 1
        squares = sum((found[solution] - 20) ** 2 / 20 for solution in solutions)
        assert squares < free + 5 * np.sqrt(2 * free) + 5
        tested += free > 0
    assert tested > 50


def test_values_in_another_proportion_are_drawn_so() -> None:
    cnf = Cnf(VarMap(("a", "b"), 2), ((1, 2),))
    choices = find_choices(build_diagram(cnf))
    assert len(choices) == 2
    rows = choices.draw(np.array([0.9, 0.25]), 10_000, np.random.default_rng(2))
    assert rows[:, 0].mean() == pytest.approx(0.25, abs=0.02)
    assert rows[:, 1].mean() == pytest.approx(0.75 + 0.125, abs=0.02)  # free where a is selected
