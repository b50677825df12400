"""The sampler `diverse` against other samplers, and on models with few configurations."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from featurenet_uvl.analysis.exact_model import MAX_NODES, exact_model
from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.engines import diverse as module
from featurenet_uvl.sampling.engines.diverse import solve_diverse
from featurenet_uvl.sampling.metrics.distance_bound import mean_distance_limit
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.translators.pipeline import compile_model
from tests.places import SHARED
from tests.unit.sampling.brute_force import (
    check_that_all_are_found,
    exclusive_tree,
    tree,
)

REFERENCE = SHARED / "reference" / "ghamizi2019-light.xml"
needs_reference = pytest.mark.skipif(not REFERENCE.exists(), reason="needs shared/reference beside the project")


@pytest.mark.parametrize("max_nodes", [MAX_NODES, 0])
def test_all_configurations_are_found_and_no_more(max_nodes: int) -> None:
    check_that_all_are_found(partial(solve_diverse, max_nodes=max_nodes))


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
        cnf = exclusive_tree(chance)
        if not 100 < exact_model(cnf).total < 400:
            continue
        compared += 1
        means = {
            name: diversity(draw(cnf, Request(50, compared), name).selected).mean_distance or 0
            for name in ("diverse", "uniform", "cmsgen", "random")
        }
        assert means["diverse"] == max(means.values())


def test_what_is_known_pushes_the_rest_away() -> None:
    """All known configurations have feature 150, which about half of a sample would have by itself."""
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
        "pycmsgen is not installed: solutions drawn from the diagram replace its own, and cover fewer pairs",
    ]


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
