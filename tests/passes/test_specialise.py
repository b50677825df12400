from __future__ import annotations

import numpy as np
import pytest
from pysat.solvers import Solver

from featurenet_uvl.errors import UnsatisfiableError, UnsupportedError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.solvers.backbone import backbone
from featurenet_uvl.solvers.session import Session
from featurenet_uvl.translators.passes.specialise import specialise
from featurenet_uvl.translators.passes.to_cnf import to_cnf
from featurenet_uvl.translators.pipeline import to_boolean
from tests.passes.before_after import assert_pass
from tests.strategies import random_model


def run(model: FeatureModel) -> FeatureModel:
    return specialise(to_boolean(model)).model


def configurations(model: BooleanModel) -> list[frozenset[str]]:
    builder = to_cnf(model)
    with Solver(name="minisat22", bootstrap_with=builder.clauses) as solver:
        found = [frozenset(n for i, n in enumerate(builder.features, 1) if m[i - 1] > 0) for m in solver.enum_models()]
    return sorted(found, key=sorted)


def test_dead_features_go_and_core_ones_become_mandatory() -> None:
    assert_pass(
        run,
        """
        features
            R
                optional
                    A
                    B
                    C
                or
                    D
                    E
                alternative
                    F
                    G
        constraints
            B
            !C
            D
            !F
            A => B & E
        """,
        """
        features
            R
                optional
                    A
                mandatory
                    B
                    D
                optional
                    E
                mandatory
                    G
        constraints
            A => E
        """,
    )


@pytest.mark.parametrize("seed", range(150))
def test_configurations_stay_and_nothing_dead_is_left(seed: int) -> None:
    try:
        model = to_boolean(random_model(np.random.default_rng(seed)))
    except UnsupportedError:
        pytest.skip("refused by the passes before")
    before = configurations(model)
    if not before:
        with pytest.raises(UnsatisfiableError):
            specialise(model)
        return
    result = specialise(model)
    result.verify()
    assert configurations(result) == before
    assert {f.name for f in result.model.features()} == frozenset().union(*before)
    assert specialise(specialise(result)) == specialise(result)


@pytest.mark.parametrize("seed", range(30))
def test_backbone_against_all_models(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clauses = [
        tuple(int(v) for v in rng.choice([-1, 1], 2) * rng.integers(1, 9, 2)) for _ in range(rng.integers(1, 22))
    ]
    with Solver(name="minisat22", bootstrap_with=[*clauses, *((v, -v) for v in range(1, 9))]) as solver:
        models = [set(model) for model in solver.enum_models()]
    with Session(clauses, 8) as session:
        found = backbone(session, [sign * number for number in range(1, 9) for sign in (1, -1)])
    assert found == (frozenset(set.intersection(*models)) if models else None)
