"""A value or child added to the model file, in either format, gets into the DIMACS and into the network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pysat.solvers import Solver

from featurenet_uvl.decoding.keras.build import build_keras_model
from featurenet_uvl.decoding.network import to_architecture
from featurenet_uvl.decoding.solutions import decode_solution
from featurenet_uvl.translators.pipeline import compile_model
from tests.places import MODELS

BOUNDS = {"Block": 1, "Cell": 1}
PREFIX = "Block_1_Cell_1_"

NEW_VALUE: Mapping[str, tuple[str, str]] = {
    "dnn.uvl": ("filters {domain [6,", "filters {domain [24, 6,"),
    "dnn.xml": ('value="6|10|16|', 'value="24|6|10|16|'),
}
DROPOUT_2: Mapping[str, str] = {
    "dnn.uvl": "\t\t\t\t\t\t\t\t\tOperation1_Dropout {rate {domain [0.4, 0.5, 0.7]}}\n",
    "dnn.xml": '\t\t\t\t\t\t<feature name="Operation1_Dropout">\n'
    '\t\t\t\t\t\t\t<attribute configurable="true" name="rate" type="string" unit="" value="0.4|0.5|0.7"/>\n'
    "\t\t\t\t\t\t</feature>\n",
}


def keras_network(path: Path, *wanted: str) -> Any:
    """Return the Keras model of a configuration with these features."""
    cnf = compile_model(str(path), bounds=BOUNDS)
    variables = [cnf.variables.names.index(PREFIX + name) + 1 for name in wanted]
    with Solver(name="cadical195", bootstrap_with=cnf.clauses) as solver:
        assert solver.solve(assumptions=variables)
        model = solver.get_model()
    row = np.array([literal > 0 for literal in model[: cnf.variables.feature_count]])
    return build_keras_model(to_architecture(decode_solution(row, cnf.variables), (28, 28, 1), 10))


@pytest.mark.parametrize("name", NEW_VALUE)
def test_a_value_added_to_a_domain_gets_into_the_network(name: str, tmp_path: Path) -> None:
    before, after = NEW_VALUE[name]
    text = (MODELS / name).read_text(encoding="utf-8")
    assert before in text
    (tmp_path / name).write_text(text.replace(before, after), encoding="utf-8")
    model = keras_network(tmp_path / name, "Input1_Convolution_filters_24", "Input2_Zeros")
    assert model.get_layer("b1_c1_in1_conv").filters == 24
    assert (
        f"{PREFIX}Input1_Convolution_filters_24" not in compile_model(str(MODELS / name), bounds=BOUNDS).variables.names
    )


@pytest.mark.parametrize("name", DROPOUT_2)
def test_a_child_added_to_a_group_gets_into_the_network(name: str, tmp_path: Path) -> None:
    text = (MODELS / name).read_text(encoding="utf-8")
    without = text.replace(DROPOUT_2[name], "")
    assert without != text
    (tmp_path / name).write_text(without, encoding="utf-8")
    assert f"{PREFIX}Operation1_Dropout" not in compile_model(str(tmp_path / name), bounds=BOUNDS).variables.names
    (tmp_path / name).write_text(text, encoding="utf-8")
    model = keras_network(tmp_path / name, "Operation1_Dropout_rate_0_7", "Input2_Zeros")
    assert model.get_layer("b1_c1_op1_drop").rate == 0.7
