"""Models, and counts of their configurations, for the tests of the bridge to flamapy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("flamapy.metamodels.fm_metamodel", reason="the extra flamapy is not installed")


from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.pipeline import compile_feature_model, emit
from tests.laws.test_count_law import all_models
from tests.strategies import random_model


def read(text: str) -> FeatureModel:
    model = read_uvl(text, "m.uvl")
    assert isinstance(model, FeatureModel)
    return model


def random_boolean_models(seeds: range) -> Iterator[FeatureModel]:
    """Yield random models after they became Boolean, without the origins that only translators know."""
    for seed in seeds:
        try:
            model = emit(random_model(np.random.default_rng(seed)), "rewrite_constraints")
        except FeatureNetError:
            continue
        yield map_features(model, lambda feature: replace(feature, origin=None))


def count_of(model: FeatureModel) -> int:
    return number_of_models(compile_feature_model(model))


def number_of_models(cnf: Cnf) -> int:
    return sum(1 for _ in all_models(cnf))
