"""The law that every translation obeys: the CNF has exactly the source model's configurations.

The left side is the brute-force reference, which shares no code with the translators. The right side are all models
of the CNF: as sets of what its feature variables stand for they are the configurations, and there are no more of them,
since every auxiliary variable is determined by the features.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from pysat.solvers import Minicard

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import FeatureModel, Origin
from featurenet_uvl.reference import enumerate_configurations
from tests.strategies import feature_models, random_model

pipeline = pytest.importorskip("featurenet_uvl.translators.pipeline", reason="the pipeline is not there yet")

FAST_MODELS = 400
DEEP_MODELS = 50_000
SHARE_COMPARED = 0.8


def all_models(cnf: Cnf) -> Iterator[frozenset[int]]:
    """The true variables of every model, auxiliaries included."""
    count = len(cnf.variables)
    with Minicard(bootstrap_with=[list(clause) for clause in cnf.clauses]) as solver:
        for variable in range(1, count + 1):
            solver.add_clause([variable, -variable])
        while solver.solve():
            true = frozenset(literal for literal in solver.get_model() if 0 < literal <= count)
            yield true
            solver.add_clause([-variable if variable in true else variable for variable in range(1, count + 1)])


def translated_configurations(cnf: Cnf) -> tuple[frozenset[frozenset[Origin]], int]:
    """The models as sets of origins, and the number of models with auxiliaries."""
    origins = cnf.variables.origins
    features = cnf.variables.feature_count
    assert len(origins) == len(set(origins)) == features
    models = list(all_models(cnf))
    return frozenset(frozenset(origins[v - 1] for v in model if v <= features) for model in models), len(models)


def spelt(model: FeatureModel) -> str:
    """The model as UVL, or as it is where UVL cannot hold it."""
    try:
        from featurenet_uvl.translators.formats.uvl_writer import write_uvl

        return write_uvl(model)
    except (ImportError, UnsupportedError) as error:
        return f"({error})\n{model!r}"


def disagreement(model: FeatureModel) -> str | None:
    """What differs between the model's meaning and its translation; None if nothing does."""
    expected = enumerate_configurations(model)
    cnf = pipeline.compile_feature_model(model, verify_each=True)
    cnf.verify()
    found, count = translated_configurations(cnf)
    if found == expected and count == len(expected):
        return None
    lines = [f"{len(expected)} configurations, {len(found)} translated, {count} models with auxiliaries"]
    for title, extra in (("lost", expected - found), ("invented", found - expected)):
        shown = sorted(sorted(map(str, configuration)) for configuration in extra)[:5]
        lines += [f"{title}: {', '.join(configuration)}" for configuration in shown]
    return "\n".join([*lines, spelt(model)])


@pytest.mark.slow
def test_a_translation_keeps_the_configurations() -> None:
    compared, skipped = [], []

    @settings(
        max_examples=FAST_MODELS,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(feature_models())
    def law(model: FeatureModel) -> None:
        try:
            difference = disagreement(model)
        except UnsupportedError as error:
            skipped.append(str(error))
            return
        compared.append(model)
        if difference is not None:
            note(difference)
        assert difference is None, difference

    law()
    assert len(compared) >= SHARE_COMPARED * (len(compared) + len(skipped)), sorted(set(skipped))[:10]


@pytest.mark.deep
def test_a_translation_keeps_the_configurations_of_many_models() -> None:
    skipped: list[str] = []
    for seed in range(DEEP_MODELS):
        model = random_model(np.random.default_rng(seed))
        try:
            difference = disagreement(model)
        except UnsupportedError as error:
            skipped.append(str(error))
            continue
        assert difference is None, f"seed {seed}: {difference}"
    assert len(skipped) <= (1 - SHARE_COMPARED) * DEEP_MODELS, sorted(set(skipped))[:10]
