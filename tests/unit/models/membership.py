"""Whether a network is a configuration of a model, by the clauses of its DIMACS."""

from __future__ import annotations

from functools import lru_cache

from pysat.solvers import Solver

from featurenet_uvl.decoding.encoder import encode_configuration, to_configuration
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.pipeline import compile_feature_model, load_model


@lru_cache(maxsize=8)
def _compiled(path: str, shape: tuple[int, ...]) -> tuple[FeatureModel, Cnf]:
    model = load_model(path)
    return model, compile_feature_model(model, input_shape=shape)


def is_configuration(network: Architecture, path: str) -> bool:
    model, cnf = _compiled(path, network.input_shape)
    row = encode_configuration(to_configuration(network, model), cnf.variables)
    with Solver(name="cadical195", bootstrap_with=cnf.clauses) as solver:
        return bool(solver.solve(assumptions=[i if value else -i for i, value in enumerate(row.tolist(), 1)]))
