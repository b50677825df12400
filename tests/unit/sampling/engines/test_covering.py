"""The sampler `covering`: more covered pairs than `diverse`, and hardly nearer to each other."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest

from featurenet_uvl.analysis.exact_model import MAX_NODES, exact_model
from featurenet_uvl.sampling.engines import covering
from featurenet_uvl.sampling.engines import diverse as module
from featurenet_uvl.sampling.engines.covering import solve_covering
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.sampling.pairs.coverage import coverage, find_coverable
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from tests.unit.sampling.brute_force import (
    check_that_all_are_found,
    tree,
)


@pytest.mark.parametrize("max_nodes", [MAX_NODES, 0])
def test_all_configurations_are_found_and_no_more(max_nodes: int) -> None:
    check_that_all_are_found(partial(solve_covering, max_nodes=max_nodes))


def test_covering_covers_more_and_is_hardly_nearer() -> None:
    cnf = tree(300)
    samples = [draw(cnf, Request(40, 3), name).selected for name in ("diverse", "covering")]
    coverable = find_coverable(cnf, samples[0], diagram=exact_model(cnf).diagram)
    diverse, covering = (coverage(selected, coverable).share for selected in samples)
    assert 1 - covering < 0.8 * (1 - diverse)
    means = [diversity(selected).mean_distance or 0 for selected in samples]
    assert means[1] > 0.95 * means[0]


def test_covering_can_be_stopped_after_each_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the user in the third round, by the clock in the second: the complete sample of the previous round remains."""
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
