"""The steered sampler against brute force, for its spread, and for the same bytes in another process."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from featurenet_uvl.errors import LimitError, ModelError, UnsatisfiableError, UnsupportedError, UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Sample, Stop
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.formats.configurations.sample_file import format_sample
from tests.unit.sampling.tree_builder import TreeBuilder


def steered(cnf: Cnf, request: Request) -> Sample:
    return draw(cnf, request, "steered")


def cnf_of(features: int, clauses: list[tuple[int, ...]], auxiliaries: int = 0) -> Cnf:
    names = [f"f{i}" for i in range(1, features + 1)] + [f"__aux_{i}" for i in range(1, auxiliaries + 1)]
    return Cnf(VarMap.from_names(names), tuple(clauses))


def random_cnf(seed: int) -> Cnf:
    """Return random clauses over features and auxiliaries, each the and, or, or xor of two earlier variables."""
    rng = random.Random(seed)
    features, auxiliaries = rng.randint(1, 7), rng.randint(0, 4)
    clauses: list[tuple[int, ...]] = []
    for x in range(features + 1, features + auxiliaries + 1):
        a, b = (rng.choice((-1, 1)) * rng.randint(1, x - 1) for _ in range(2))
        definition = rng.choice(("and", "or", "xor"))
        if definition == "and":
            clauses += [(-x, a), (-x, b), (x, -a, -b)]
        elif definition == "or":
            clauses += [(x, -a), (x, -b), (-x, a, b)]
        else:
            clauses += [(-x, a, b), (-x, -a, -b), (x, -a, b), (x, a, -b)]
    for _ in range(rng.randint(0, 8)):
        size = rng.randint(1, 4)
        clauses.append(tuple(rng.choice((-1, 1)) * rng.randint(1, features + auxiliaries) for _ in range(size)))
    rng.shuffle(clauses)
    return cnf_of(features, clauses, auxiliaries)


def all_configurations(cnf: Cnf) -> set[tuple[bool, ...]]:
    count = len(cnf.variables)
    return {
        values[: cnf.variables.feature_count]
        for values in itertools.product((False, True), repeat=count)
        if cnf.is_satisfied_by(v for v in range(1, count + 1) if values[v - 1])
    }


@pytest.mark.parametrize("seed", range(80))
def test_all_configurations_are_found_when_more_are_asked_for(seed: int) -> None:
    cnf = random_cnf(seed)
    expected = all_configurations(cnf)
    if not expected:
        with pytest.raises(UnsatisfiableError):
            steered(cnf, Request(5, seed))
        return
    sample = steered(cnf, Request(len(expected) + 1, seed))
    rows = [tuple(row) for row in sample.selected.tolist()]
    assert len(rows) == len(set(rows)) == len(expected)
    assert set(rows) == expected
    assert sample.is_exhaustive


@pytest.mark.parametrize("seed", range(10))
def test_as_many_as_asked_for_are_not_called_exhaustive(seed: int) -> None:
    cnf = cnf_of(5, [(1, 2), (-3, 4)])
    available = len(all_configurations(cnf))
    for count in (1, available // 2, available):
        sample = steered(cnf, Request(count, seed))
        assert len(sample) == count
        assert not sample.is_exhaustive
        assert {tuple(row) for row in sample.selected.tolist()} <= all_configurations(cnf)


def test_solutions_differ_in_features_where_an_auxiliary_is_free() -> None:
    sample = steered(cnf_of(1, [(1,)], auxiliaries=3), Request(8, 1))
    assert list(sample.configurations()) == [("f1",)]
    assert sample.is_exhaustive


def test_a_cnf_without_features_has_one_configuration() -> None:
    sample = steered(cnf_of(0, []), Request(3, 1))
    assert sample.selected.shape == (1, 0)
    assert sample.is_exhaustive


def test_tautologies_and_unmentioned_variables_forbid_nothing() -> None:
    sample = steered(cnf_of(3, [(1, -1), (2, 2, -2)]), Request(100, 1))
    assert len(sample) == 8


@pytest.mark.parametrize("clauses", [[()], [(1,), (-1,)], [(1, 2), (1, -2), (-1, 2), (-1, -2)]])
def test_no_configuration(clauses: list[tuple[int, ...]]) -> None:
    with pytest.raises(UnsatisfiableError, match="no configuration exists"):
        steered(cnf_of(2, clauses), Request(1, 1))


@pytest.mark.parametrize(("count", "seed", "found"), [(0, 1, "sample size of 0"), (-1, 1, "size of -1"), (1, -1, "-1")])
def test_a_senseless_request(count: int, seed: int, found: str) -> None:
    with pytest.raises(UsageError, match=found):
        steered(cnf_of(1, []), Request(count, seed))


def test_a_literal_out_of_range() -> None:
    with pytest.raises(ModelError, match="clause 1"):
        steered(cnf_of(1, [(2,)]), Request(1, 1))


def test_progress_and_complete_assignments() -> None:
    seen: list[int] = []
    cnf = cnf_of(4, [(-5, 1), (-5, 2), (5, -1, -2)], auxiliaries=1)
    solutions = solve_steered(cnf, Request(6, 3, on_progress=seen.append))
    assert seen == [1, 2, 3, 4, 5, 6]
    assert (solutions.values[:, 4] == (solutions.values[:, 0] & solutions.values[:, 1])).all()
    assert np.array_equal(solutions.values[:, :4], steered(cnf, Request(6, 3)).selected)


def test_members_of_a_group_are_chosen_evenly() -> None:
    tree = TreeBuilder()
    groups: list[tuple[int, list[int]]] = []
    optional: list[int] = []
    while tree.features < 2000:
        is_optional = len(groups) % 3 == 0
        parent = tree.child(1, mandatory=not is_optional)
        members = tree.alternative(parent, 6)
        groups.append((parent, members))
        groups.append((members[4], tree.alternative(members[4], 2)))
        if is_optional:
            optional.append(parent)
    sample = steered(tree.cnf(), Request(200, 11))
    selected = sample.selected
    for parent, members in groups:
        with_parent = selected[selected[:, parent - 1]]
        shares = with_parent[:, np.array(members) - 1].mean(axis=0)
        assert shares.min() >= 0.05, (parent, shares)
    sizes = selected[:, np.array(optional) - 1].sum(axis=1) / len(optional)
    assert sizes.min() < 0.2
    assert sizes.max() > 0.8


def test_choices_are_evener_than_chance() -> None:
    """Chi squared of 6 even choices is 5 on average; rare features are preferred, so here it is less."""
    tree = TreeBuilder()
    groups = [tree.alternative(tree.child(1, mandatory=True), 6) for _ in range(100)]
    counts = steered(tree.cnf(), Request(180, 3)).selected.sum(axis=0)[np.array(groups) - 1]
    assert ((counts - 30) ** 2 / 30).sum(axis=1).mean() < 2.5


def test_or_groups_are_neither_one_of_all_nor_all() -> None:
    tree = TreeBuilder()
    groups = [[tree.child(parent) for _ in range(4)] for parent in (tree.child(1, mandatory=True) for _ in range(30))]
    tree.clauses.extend((-(group[0] - 1), *group) for group in groups)
    selected = steered(tree.cnf(), Request(200, 3)).selected
    for group in groups:
        numbers = np.bincount(selected[:, np.array(group) - 1].sum(axis=1), minlength=5)
        assert numbers[0] == 0
        assert numbers[1:].min() >= 10, numbers


def test_arrays_have_all_lengths() -> None:
    tree = TreeBuilder()
    arrays = [tree.array(tree.child(1, mandatory=True), 8) for _ in range(20)]
    selected = steered(tree.cnf(), Request(200, 5)).selected
    for elements in arrays:
        lengths = np.bincount(selected[:, np.array(elements) - 1].sum(axis=1), minlength=9)[1:]
        assert lengths.min() >= 4, lengths


PROGRAM = """
import hashlib
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.formats.configurations.sample_file import format_sample
from tests.unit.sampling.tree_builder import TreeBuilder
clauses = tuple((-i, i // 2) for i in range(2, 200)) + tuple((-i, i + 1, i + 2) for i in range(20, 150, 3))
names = [f"f{i}" for i in range(1, 200)]
text = format_sample(draw(Cnf(VarMap.from_names(names), clauses), Request(50, 7), "steered"))
"""


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    scope: dict[str, str] = {}
    exec(PROGRAM, scope)
    expected = hashlib.sha256(scope["text"].encode()).hexdigest()
    for hash_seed in ("1", "4242"):
        found = subprocess.run(
            [sys.executable, "-c", PROGRAM + "print(hashlib.sha256(text.encode()).hexdigest())"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == expected


def test_another_seed_gives_another_sample() -> None:
    cnf = cnf_of(20, [(1,)])
    assert format_sample(steered(cnf, Request(5, 1))) == format_sample(steered(cnf, Request(5, 1)))
    assert not np.array_equal(steered(cnf, Request(5, 1)).selected, steered(cnf, Request(5, 2)).selected)


def test_what_is_rare_is_preferred() -> None:
    """With even choices, the innermost of 6 nested optional features would be selected in 1/7 of the solutions."""
    tree = TreeBuilder()
    deepest = []
    for _ in range(30):
        feature = 1
        for _ in range(6):
            feature = tree.child(feature)
        deepest.append(feature)
    shares = steered(tree.cnf(), Request(300, 3)).selected[:, np.array(deepest) - 1].mean(axis=0)
    assert shares.mean() > 0.165


def test_an_old_python_sat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("pysat.solvers.Cadical195")
    with pytest.raises(UnsupportedError, match="found a python-sat without Cadical195"):
        steered(cnf_of(1, []), Request(1, 1))


INTERRUPTED = """
import signal, sys
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.engines import steered
from featurenet_uvl.sampling.request import Request
signal.signal(signal.SIGINT, signal.default_int_handler)
name = sys.argv[1]
original = getattr(steered._DocumentOrder, name)
calls = []
def interrupted(self, *arguments):
    calls.append(1)
    if len(calls) == 200:
        signal.raise_signal(signal.SIGINT)
    return original(self, *arguments)
setattr(steered._DocumentOrder, name, interrupted)
found = steered.solve_steered(Cnf(VarMap(tuple(f"f{i}" for i in range(30)), 30), ((1,),)), Request(1000, 1))
print(found.stop.value, "after", len(calls), len(found.values) > 0, bool(found.values[:, 0].all()))
"""


@pytest.mark.parametrize("callback", ["decide", "on_assignment", "on_backtrack", "on_new_level", "check_model"])
def test_an_interrupt_within_the_solver_leaves_what_was_found(callback: str) -> None:
    """It may come in any callback, while the solver searches for a solution or adds a clause."""
    command = [sys.executable, "-c", INTERRUPTED, callback]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "interrupted after 200 True True\n", "")


def test_time_is_a_limit() -> None:
    sample = steered(cnf_of(200, [(1,)]), Request(10**6, 1, time_limit_s=0.2))
    assert 1 <= len(sample) < 10**6
    assert sample.stop is Stop.TIME


def test_time_is_a_limit_within_a_solution() -> None:
    """The time ends at the second look at the clock, within the first decision."""
    looks: list[int] = []

    class Late(Request):
        def is_out_of_time(self) -> bool:
            looks.append(1)
            return len(looks) > 1

    engine = partial(solve_steered, check_interval=1)
    with pytest.raises(LimitError, match="steered: found no configuration within 5 s"):
        draw(cnf_of(200, [(1,)]), Late(1, 1, time_limit_s=5), "steered", engine)
    assert len(looks) == 2


@pytest.mark.parametrize("seed", range(30))
def test_known_and_new_ones_are_all_there_are(seed: int) -> None:
    cnf = random_cnf(seed)
    expected = all_configurations(cnf)
    if len(expected) < 2:
        return
    known = steered(cnf, Request(len(expected) // 2, seed)).selected
    sample = steered(cnf, Request(len(expected), seed, known=known))
    assert sample.is_exhaustive
    assert len(sample) == len(expected) - len(known)
    assert {tuple(row) for row in sample.after(known).selected.tolist()} == expected


def test_nothing_is_left_beside_what_is_known() -> None:
    for cnf in (cnf_of(2, [(1,)]), cnf_of(0, [])):
        known = steered(cnf, Request(5, 1)).selected
        assert steered(cnf, Request(5, 1, known=known)).stop is Stop.EXHAUSTED


def test_what_is_known_counts_as_selected_already() -> None:
    """Of two alternatives, the one that all known configurations have is chosen less often."""
    tree = TreeBuilder()
    pairs = [tree.alternative(tree.child(1, mandatory=True), 2) for _ in range(40)]
    cnf = tree.cnf()
    known = steered(cnf, Request(20, 1, assumptions=tuple(pair[0] for pair in pairs[:-5]))).selected
    share = steered(cnf, Request(20, 1, known=known)).selected[:, np.array(pairs[:-5])[:, 0] - 1].mean()
    assert share < 0.3


def test_assumptions_hold() -> None:
    sample = steered(cnf_of(4, [(1, 2)]), Request(100, 1, assumptions=(3, -1)))
    assert sorted(sample.configurations()) == [("f2", "f3"), ("f2", "f3", "f4")]
    with pytest.raises(UnsatisfiableError):
        steered(cnf_of(4, [(1, 2)]), Request(100, 1, assumptions=(-2, -1)))
    with pytest.raises(ModelError):
        steered(cnf_of(4, [(1, 2)]), Request(100, 1, assumptions=(5,)))
