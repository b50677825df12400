"""The law that every translation obeys: the CNF has exactly the source model's configurations.

The left side is the brute-force reference, which shares no code with the translators. The right side are all models
of the CNF: as sets of what its feature variables stand for they are the configurations, and there are no more of them,
since every auxiliary variable is determined by the features.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from pysat.solvers import Minicard

from featurenet_uvl.errors import FeatureNetError, UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import FeatureModel, Origin
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.pipeline import compile_feature_model
from tests.laws.shrinking import shrunk
from tests.strategies import feature_models, random_model

FAST_MODELS = 2_000
DEEP_MODELS = 50_000
SHARE_COMPARED = 0.98
MOST_MODELS = 20_000


def all_models(cnf: Cnf) -> Iterator[frozenset[int]]:
    """Return the true variables of every model, auxiliaries included: few, if the features determine these."""
    count, found = len(cnf.variables), 0
    with Minicard(bootstrap_with=[list(clause) for clause in cnf.clauses]) as solver:
        for variable in range(1, count + 1):
            solver.add_clause([variable, -variable])
        while solver.solve():
            true = frozenset(literal for literal in solver.get_model() if 0 < literal <= count)
            yield true
            found += 1
            assert found <= MOST_MODELS, "the CNF has far more models than a small feature model has configurations"
            solver.add_clause([-variable if variable in true else variable for variable in range(1, count + 1)])


def translated_configurations(cnf: Cnf) -> tuple[frozenset[frozenset[Origin]], int]:
    """Return the models as sets of origins, and the number of models with auxiliaries."""
    origins = cnf.variables.origins
    features = cnf.variables.feature_count
    assert len(origins) == len(set(origins)) == features
    models = list(all_models(cnf))
    return frozenset(frozenset(origins[v - 1] for v in model if v <= features) for model in models), len(models)


def spelt(model: FeatureModel) -> str:
    """Return the model as UVL, or its representation if UVL cannot hold it."""
    try:
        return write_uvl(model)
    except UnsupportedError as error:
        return f"({error})\n{model!r}"


def disagreement(model: FeatureModel, limits: CompileLimits = LIMITS) -> str | None:
    """Return the difference between a model's meaning and its translation; None if they agree."""
    expected = enumerate_configurations(model)
    cnf = compile_feature_model(model, verify_each=True, limits=limits)
    cnf.verify()
    found, count = translated_configurations(cnf)
    if found == expected and count == len(expected):
        return None
    lines = [f"{len(expected)} configurations, {len(found)} translated, {count} models with auxiliaries"]
    for title, extra in (("lost", expected - found), ("invented", found - expected)):
        shown = sorted(sorted(map(str, configuration)) for configuration in extra)[:5]
        lines += [f"{title}: {', '.join(configuration)}" for configuration in shown]
    return "\n".join([*lines, spelt(model)])


def breaks_the_law(model: FeatureModel, limits: CompileLimits = LIMITS) -> bool:
    try:
        return disagreement(model, limits) is not None
    except FeatureNetError:  # simplified away what something else mentions
        return False


def check_seeds(seeds: range, limits: CompileLimits = LIMITS) -> None:
    """Check the law on the random models of these seeds, most of which must be translatable."""
    skipped: list[str] = []
    for seed in seeds:
        model = random_model(np.random.default_rng(seed))
        try:
            difference = disagreement(model, limits)
        except UnsupportedError as error:
            skipped.append(str(error))
            continue
        if difference is not None:
            smallest = shrunk(model, partial(breaks_the_law, limits=limits))
            pytest.fail(f"seed {seed}: {disagreement(smallest, limits)}\nfrom {spelt(model)}")
    assert len(skipped) <= (1 - SHARE_COMPARED) * len(seeds), sorted(set(skipped))[:10]


@pytest.mark.slow
def test_a_translation_keeps_the_configurations() -> None:
    check_seeds(range(FAST_MODELS))


@pytest.mark.slow
@pytest.mark.parametrize("edges", [50_000, 0])
def test_a_translation_keeps_the_configurations_where_every_linear_comparison_is_a_diagram_or_an_addition(
    edges: int,
) -> None:
    limits = CompileLimits(max_table=0, max_diagram_edges=edges)
    check_seeds(range(DEEP_MODELS, DEEP_MODELS + FAST_MODELS // 4), limits)


@pytest.mark.slow
def test_a_translation_keeps_the_configurations_where_constraints_are_taken_apart() -> None:
    """With these limits, the constraints of small models are split, too."""
    limits = CompileLimits(max_together=0, max_pairwise=1)
    check_seeds(range(2 * DEEP_MODELS, 2 * DEEP_MODELS + FAST_MODELS // 4), limits)


@pytest.mark.slow
@pytest.mark.parametrize("listed", [16, 0])
@pytest.mark.parametrize("edges", [50_000, 0])
def test_a_translation_keeps_the_configurations_where_every_comparison_is_decided_by_values(
    edges: int, listed: int
) -> None:
    limits = CompileLimits(
        max_table=0, max_diagram_edges=edges, max_term_values=0, max_pairwise_values=1, max_listed=listed
    )
    check_seeds(range(3 * DEEP_MODELS, 3 * DEEP_MODELS + FAST_MODELS // 4), limits)


@pytest.mark.deep
def test_a_translation_keeps_the_configurations_of_many_models() -> None:
    check_seeds(range(FAST_MODELS, DEEP_MODELS))


@pytest.mark.slow
@settings(max_examples=400, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(feature_models())
def test_a_translation_keeps_the_configurations_of_drawn_models(model: FeatureModel) -> None:
    try:
        difference = disagreement(model)
    except UnsupportedError:
        assume(False)
    assert difference is None, difference
