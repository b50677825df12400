"""The sampler `diverse` without a diagram: chosen from solutions of the first solver that finds them easily."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest

from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.engines.diverse import solve_diverse
from featurenet_uvl.sampling.engines.diverse_without_diagram import SOURCES, solve_without_diagram
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request, Solutions
from featurenet_uvl.translators.pipeline import compile_model
from tests.places import MODELS
from tests.unit.sampling.brute_force import (
    check_that_all_are_found,
    hard_cnf,
    tree,
)


def test_without_a_diagram_it_is_chosen_from_what_is_easy_to_find() -> None:
    """CMSGen's solutions, else MiniSat's, each farther apart than without a choice; else those of steered."""
    notes: list[str] = []
    request = Request(50, 1, on_note=notes.append)
    for plain, engine in (("cmsgen", partial(solve_diverse, max_nodes=0)), ("random", choosing(1))):
        found = draw(tree(300), request, "diverse", engine)
        assert found.sampler == "diverse"
        chosen, others = diversity(found.selected), diversity(draw(tree(300), Request(50, 1), plain).selected)
        assert (chosen.mean_distance or 0) > 1.02 * (others.mean_distance or 0)
        if plain == "cmsgen":
            assert (chosen.nearest_mean or 0) > (others.nearest_mean or 0)
    assert draw(tree(300), request, "diverse", choosing(2)).sampler == "steered"
    assert [note.split(": ")[1].split(" instead")[0] for note in notes] == [
        "chosen from solutions of CMSGen",
        "chosen from solutions of MiniSat",
        "the sampler steered draws",
    ]


def choosing(skipped: int) -> Callable[[Cnf, Request], Solutions]:
    """Return the sampler without a diagram, and without the first sources."""
    return lambda cnf, request: solve_without_diagram(cnf, request, "no diagram", SOURCES[skipped:])


def test_a_source_is_not_used_if_it_gets_stuck() -> None:
    """Neither solver proves within its conflicts that more pigeons than holes do not fit."""
    hard = hard_cnf(14)
    loose = tuple((*clause, len(hard.variables) + 1) for clause in hard.clauses)
    cnf = Cnf(VarMap.from_names([*hard.variables.names, "free"]), (*loose, (-len(hard.variables) - 1,)))
    assert [source.is_easy(cnf, Request(1, 1)) for source in SOURCES] == [False, False]
    assert [source.is_easy(tree(300), Request(1, 1)) for source in SOURCES] == [True, True]


def test_all_there_is_is_found_by_the_second_source_too() -> None:
    check_that_all_are_found(choosing(1))


def test_all_there_is_is_found_without_any_source() -> None:
    check_that_all_are_found(choosing(2))


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
