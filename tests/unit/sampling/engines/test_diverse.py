"""The samplers diverse, covering and uniform: all there is, against others, and what happens without a diagram."""

from __future__ import annotations

import itertools
import os
import random
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from featurenet_uvl.analysis.exact_model import exact_model
from featurenet_uvl.errors import LimitError, UnsatisfiableError, UnsupportedError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.engines import covering
from featurenet_uvl.sampling.engines import diverse as module
from featurenet_uvl.sampling.engines import diverse_without_diagram as chosen_module
from featurenet_uvl.sampling.engines.covering import solve_covering
from featurenet_uvl.sampling.metrics.distance_bound import mean_distance_limit
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.sampling.pairs.coverage import coverage, find_coverable
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.pipeline import compile_model
from tests.places import MODELS, SHARED

REFERENCE = SHARED / "reference" / "ghamizi2019-light.xml"
needs_reference = pytest.mark.skipif(not REFERENCE.exists(), reason="needs shared/reference beside the project")


def random_cnf(chance: random.Random) -> Cnf:
    """Auxiliaries may be free: solutions have to differ in their features all the same."""
    count = chance.randint(1, 7)
    clauses = tuple(
        tuple(chance.choice((1, -1)) * chance.randint(1, count) for _ in range(chance.randint(1, 4)))
        for _ in range(chance.randint(0, 7))
    )
    return Cnf(VarMap(tuple(f"f{n}" for n in range(count)), chance.randint(1, count)), clauses)


def configurations(cnf: Cnf) -> set[tuple[bool, ...]]:
    return {
        values[: cnf.variables.feature_count]
        for values in itertools.product((False, True), repeat=len(cnf.variables))
        if cnf.is_satisfied_by([number for number, value in enumerate(values, 1) if value])
    }


def tree(features: int) -> Cnf:
    """A binary tree; every third feature needs one of its children."""
    clauses = [(1,), *((-i, i // 2) for i in range(2, features + 1))]
    clauses += [(-i, 2 * i, 2 * i + 1) for i in range(3, features // 2, 3)]
    return Cnf(VarMap(tuple(f"f{i}" for i in range(features)), features), tuple(clauses))


@pytest.mark.parametrize("sampler", ["diverse", "uniform", "covering"])
@pytest.mark.parametrize("has_diagram", [True, False])
def test_all_configurations_are_found_and_no_more(
    sampler: str, has_diagram: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_diagram:
        without_diagrams(monkeypatch)
    chance = random.Random(5)
    for seed in range(40):
        cnf = random_cnf(chance)
        expected = configurations(cnf)
        if not expected:
            with pytest.raises(UnsatisfiableError):
                draw(cnf, Request(3, seed), sampler)
            continue
        sample = draw(cnf, Request(len(expected) + 1, seed), sampler)
        assert {tuple(row) for row in sample.selected.tolist()} == expected
        assert sample.stop is Stop.EXHAUSTED
        part = draw(cnf, Request(len(expected), seed), sampler)
        assert part.stop is Stop.COMPLETE
        known = part.selected[: len(expected) // 2]
        rest = draw(cnf, Request(len(expected), seed, known=known), sampler)
        assert {tuple(row) for row in rest.after(known).selected.tolist()} == expected
        assert rest.stop is (Stop.EXHAUSTED if len(known) else Stop.COMPLETE)


def without_diagrams(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_diagram(*_: object) -> None:
        raise LimitError("found 9 nodes")

    for name in ("diverse", "uniform", "covering"):
        monkeypatch.setattr(f"featurenet_uvl.sampling.engines.{name}.exact_model", no_diagram)


def test_uniform_subsets_are_equally_likely() -> None:
    """All pairs out of 6 solutions, and out of 40, by listing and by drawing: chi squared each."""
    for cnf, pairs in ((Cnf(VarMap(("a", "b", "c"), 3), ((1, 2),)), 15), (Cnf(VarMap(tuple("abcde"), 5), ()), 496)):
        draws = 20 * pairs
        found = Counter(
            frozenset(map(tuple, draw(cnf, Request(2, seed), "uniform").selected.tolist())) for seed in range(draws)
        )
        assert len(found) <= pairs
        squares = sum((count - 20) ** 2 / 20 for count in found.values()) + 20 * (pairs - len(found))
        assert squares < pairs + 5 * np.sqrt(2 * pairs)


def test_diverse_is_farther_apart_than_others_and_has_no_close_pairs() -> None:
    cnf = tree(400)
    found = {name: diversity(draw(cnf, Request(60, 3), name).selected) for name in ("diverse", "uniform", "random")}
    means = {name: d.mean_distance or 0 for name, d in found.items()}
    minima = {name: d.minimum or 0 for name, d in found.items()}
    assert means["diverse"] > 1.05 * max(means["uniform"], means["random"])
    assert minima["diverse"] > max(minima["uniform"], minima["random"])
    assert minima["diverse"] > 0.5 * means["diverse"]


def test_where_configurations_are_few_the_floor_gives_way_to_the_mean_distance() -> None:
    """Fifty of a few hundred: on most of these models the floor alone leaves a mean distance below CMSGen's."""
    chance = random.Random(11)
    compared = 0
    while compared < 8:
        cnf = random_tree(chance)
        if not 100 < exact_model(cnf).total < 400:
            continue
        compared += 1
        means = {
            name: diversity(draw(cnf, Request(50, compared), name).selected).mean_distance or 0
            for name in ("diverse", "uniform", "cmsgen", "random")
        }
        assert means["diverse"] == max(means.values())


def random_tree(chance: random.Random) -> Cnf:
    """Fourteen features, some of which exclude each other."""
    clauses = [(1,), *((-i, chance.randrange(1, i)) for i in range(2, 15))]
    clauses += [(-chance.randrange(2, 15), -chance.randrange(2, 15)) for _ in range(5)]
    return Cnf(VarMap(tuple(f"f{i}" for i in range(14)), 14), tuple(clauses))


def test_covering_covers_more_and_is_hardly_nearer() -> None:
    cnf = tree(300)
    samples = [draw(cnf, Request(40, 3), name).selected for name in ("diverse", "covering")]
    coverable = find_coverable(cnf, samples[0], diagram=exact_model(cnf).diagram)
    diverse, covering = (coverage(selected, coverable).share for selected in samples)
    assert 1 - covering < 0.8 * (1 - diverse)
    means = [diversity(selected).mean_distance or 0 for selected in samples]
    assert means[1] > 0.95 * means[0]


def test_covering_can_be_stopped_after_each_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the user in the third round, and by the clock in the second: the sample is whole, and of the round before."""
    cnf, rounds = tree(300), []
    original = covering._Exchange._round

    def third_is_interrupted(exchange: covering._Exchange) -> None:
        original(exchange)
        rounds.append(np.array(exchange._rows))
        if len(rounds) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(covering._Exchange, "_round", third_is_interrupted)
    notes: list[str] = []
    steps: list[str] = []
    request = Request(40, 3, on_note=notes.append, on_step=steps.append)
    assert (solve_covering(cnf, request).values == rounds[1]).all()
    assert notes == ["interrupted: the sample is as it was after the last round"]
    assert steps[0] == "looking for a decision diagram"
    assert [step.split()[5:] for step in steps[1:]] == [["1", "of", "12", "times"], ["2", "of", "12", "times"]]
    assert len({row.tobytes() for row in rounds[1]}) == 40
    rounds.clear()
    monkeypatch.setattr(Request, "is_out_of_time", lambda request: len(rounds) == 2)
    assert (solve_covering(cnf, Request(40, 3)).values == rounds[1]).all()


def test_covering_interrupted_before_its_first_round_is_the_sample_of_diverse(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(covering, "pair_bits", interrupted)
    cnf = tree(300)
    assert (solve_covering(cnf, Request(30, 3)).values == module.solve_diverse(cnf, Request(30, 3)).values).all()


def test_covering_fills_the_gaps_of_what_is_known() -> None:
    cnf = tree(300)
    known = draw(cnf, Request(20, 11), "covering").selected
    coverable = find_coverable(cnf, known, diagram=exact_model(cnf).diagram)
    open_ = {"diverse": 0.0, "covering": 0.0}
    for seed, name in itertools.product((1, 2, 3), open_):
        rows = draw(cnf, Request(20, seed, known=known), name).selected
        open_[name] += 1 - coverage(np.concatenate([known, rows]), coverable).share
    assert open_["covering"] < 0.9 * open_["diverse"]


def test_what_is_known_pushes_the_rest_away() -> None:
    """All known ones have feature 150, which near half of a sample on its own has."""
    cnf = tree(200)
    known = draw(cnf, Request(20, 1, assumptions=(150,)), "uniform").selected
    alone = draw(cnf, Request(20, 1)).selected
    beside = draw(cnf, Request(20, 1, known=known)).selected
    assert alone[:, 149].mean() > 0.35
    assert beside[:, 149].mean() < 0.25
    distances = [np.mean([(row != known).mean() for row in rows]) for rows in (alone, beside)]
    assert distances[1] > distances[0] + 0.02


def test_the_limit_of_time_leaves_a_part() -> None:
    sample = draw(tree(600), Request(10**6, 1, time_limit_s=0.5))
    assert sample.stop is Stop.TIME
    assert 0 < len(sample) < 10**6


def test_without_pycmsgen_the_diagram_gives_the_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise UnsupportedError("found no pycmsgen")

    monkeypatch.setattr(module, "solve_cmsgen", missing)
    notes: list[str] = []
    sample = draw(tree(200), Request(40, 1, on_note=notes.append))
    assert (len(sample), sample.sampler) == (40, "diverse")
    assert notes == [
        "pycmsgen is not installed: solutions drawn from the diagram stand in, which cover fewer pairs",
    ]


def test_without_a_diagram_it_is_chosen_from_what_is_easy_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """CMSGen's solutions, else MiniSat's, each farther apart than without a choice; else those of steered."""
    without_diagrams(monkeypatch)
    notes: list[str] = []
    for plain, stuck in (("cmsgen", "_is_easy_for_cmsgen"), ("random", "_is_easy_for_phases")):
        found = draw(tree(300), Request(50, 1, on_note=notes.append))
        assert found.sampler == "diverse"
        chosen, others = diversity(found.selected), diversity(draw(tree(300), Request(50, 1), plain).selected)
        assert (chosen.mean_distance or 0) > 1.02 * (others.mean_distance or 0)
        if plain == "cmsgen":
            assert (chosen.nearest_mean or 0) > (others.nearest_mean or 0)
        monkeypatch.setattr(chosen_module, stuck, lambda *_: False)
    assert draw(tree(300), Request(50, 1, on_note=notes.append)).sampler == "steered"
    assert [note.split(": ")[1].split(" instead")[0] for note in notes] == [
        "chosen from solutions of CMSGen",
        "chosen from solutions of MiniSat",
        "the sampler steered draws",
    ]
    assert draw(tree(300), Request(5, 1, on_note=notes.append), "uniform").sampler == "cmsgen"


@pytest.mark.slow
def test_networks_are_farther_apart_than_random_ones_and_than_steered_ones() -> None:
    """S1 with tensor shapes has no diagram, and CMSGen gets stuck."""
    cnf = compile_model(str(MODELS / "s1.uvl"), input_shape=(16, 16, 1))
    names = [name for name in cnf.variables.names if re.fullmatch(r"Block_\d+_Cell_\d+", name)]
    places = [cnf.variables.names.index(name) for name in names]
    samples = {name: draw(cnf, Request(60, 2), name) for name in ("diverse", "random", "steered")}
    found = {name: diversity(sample.selected) for name, sample in samples.items()}
    for other in ("random", "steered"):
        assert (found["diverse"].mean_distance or 0) > 1.05 * (found[other].mean_distance or 0)
        assert (found["diverse"].nearest_mean or 0) > 1.05 * (found[other].nearest_mean or 0)
    cells = samples["diverse"].selected[:, places].sum(axis=1)
    assert cells.min() <= 4
    assert cells.max() >= 20


def test_what_is_chosen_from_minisats_is_all_there_is_where_that_is_less(monkeypatch: pytest.MonkeyPatch) -> None:
    without_diagrams(monkeypatch)
    monkeypatch.setattr(chosen_module, "_is_easy_for_cmsgen", lambda *_: False)
    chance = random.Random(5)
    for seed in range(20):
        cnf = random_cnf(chance)
        expected = configurations(cnf)
        if not expected:
            with pytest.raises(UnsatisfiableError):
                draw(cnf, Request(3, seed))
            continue
        sample = draw(cnf, Request(len(expected) + 1, seed))
        assert {tuple(row) for row in sample.selected.tolist()} == expected
        assert sample.stop is Stop.EXHAUSTED
        known = sample.selected[: len(expected) // 2]
        rest = draw(cnf, Request(len(expected), seed, known=known)).after(known)
        assert {tuple(row) for row in rest.selected.tolist()} == expected


PROGRAM = """
import hashlib, sys
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
clauses = tuple((-i, i // 2) for i in range(2, 200)) + tuple((-i, i + 1, i + 2) for i in range(20, 150, 3))
cnf = Cnf(VarMap(tuple(f"f{i}" for i in range(1, 200)), 199), clauses)
parts = [draw(cnf, Request(50, 7), name).selected.tobytes() for name in ("diverse", "uniform")]
"""


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    scope: dict[str, list[bytes]] = {}
    exec(PROGRAM, scope)  # type: ignore[arg-type]  # the scope has the parts in the end
    for hash_seed in ("1", "4242"):
        found = subprocess.run(
            [sys.executable, "-c", PROGRAM + "sys.stdout.buffer.write(b''.join(parts))"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        )
        assert found.stdout == b"".join(scope["parts"])


@needs_reference
@pytest.mark.slow
def test_the_targets_on_the_released_model_of_the_paper() -> None:
    cnf = compile_model(str(REFERENCE))
    choices = exact_model(cnf).choices
    for count, nearest, minimum in ((1000, 0.205, 0.17), (100, 0.213, 0.16)):
        found = diversity(draw(cnf, Request(count, 1)).selected)
        share = mean_distance_limit(choices, found.features, count, tolerance=2e-3).share(found.mean_distance or 0)
        assert share >= 0.989
        assert (found.nearest_mean or 0) >= nearest
        assert (found.minimum or 0) >= minimum
        assert found.distinct == count


@needs_reference
def test_uniform_has_the_exact_marginals_of_the_released_model() -> None:
    """Each feature's share is within five deviations of the exact one."""
    from featurenet_uvl.analysis.diagram_counts import variable_counts

    cnf = compile_model(str(REFERENCE))
    model = exact_model(cnf)
    exact = np.array([count / model.total for count in variable_counts(model.diagram, model.counts)])
    shares = draw(cnf, Request(2000, 5), "uniform").selected.mean(axis=0)
    deviation = np.sqrt(exact * (1 - exact) / 2000)
    assert (np.abs(shares - exact) <= 5 * deviation + 1 / 2000).all()
