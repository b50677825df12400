"""Solutions become configurations; samples of other models and rows that violate the model are refused."""

from __future__ import annotations

import numpy as np
import pytest

from featurenet_uvl.decoding.solutions import check_names, check_solutions, decode_solution
from featurenet_uvl.errors import DecodeError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.configuration import Instance
from featurenet_uvl.ir.feature_model import Origin

VARIABLES = VarMap(
    ("R", "F_1", "F_1_a", "F_1_a_x"),
    4,
    (Origin("R"), Origin("F", (1,)), Origin("F", (1,), "a"), Origin("F", (1,), "a", "x")),
)


def test_a_solution_becomes_instances_with_values() -> None:
    found = decode_solution(np.array([True, True, True, True]), VARIABLES)
    assert dict(found.instances) == {Instance("R"): {}, Instance("F", (1,)): {"a": "x"}}
    assert found.value(Instance("F", (1,)), "a") == "x"
    assert Instance("F", (2,)) not in found


def test_solutions_of_other_sizes_or_without_origins_are_refused() -> None:
    with pytest.raises(DecodeError, match="found a solution of 3 variables, expected 4"):
        decode_solution(np.array([True, True, True]), VARIABLES)
    with pytest.raises(DecodeError, match="variables without origins"):
        decode_solution(np.array([True]), VarMap.from_names(["R"]))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("R", "F_1", "F_1_a"), r"found 3 features, 1 of the model's missing \(F_1_a_x\)"),
        (("R", "F_1", "F_1_a", "Zed"), r"1 unknown to the model \(Zed\)"),
        (("R", "F_1_a", "F_1", "F_1_a_x"), "in another order"),
    ],
)
def test_a_sample_of_another_model_is_refused(names: tuple[str, ...], message: str) -> None:
    check_names(VARIABLES.names, VARIABLES, "sample.txt")
    with pytest.raises(DecodeError, match=message):
        check_names(names, VARIABLES, "sample.txt")


def test_a_solution_that_violates_the_model_is_refused_with_the_clause() -> None:
    cnf = Cnf(VARIABLES, ((1,), (-2, 1), (-2, 3), (-3, 2)))
    check_solutions(cnf, np.array([[True, True, True, False]]), "sample.txt")
    with pytest.raises(
        DecodeError, match=r"sample\.txt: configuration 2 violates the model, which demands !F_1 \| F_1_a"
    ):
        check_solutions(cnf, np.array([[True, False, False, False], [True, True, False, False]]), "sample.txt")


def test_a_solution_that_breaks_an_auxiliary_is_refused() -> None:
    cnf = Cnf(VarMap(("R", "A", "__aux_1"), 2), ((1,), (-3, 2), (3, -2), (-3,)))
    with pytest.raises(DecodeError, match=r"configuration 1 violates the model \(the tensor shapes"):
        check_solutions(cnf, np.array([[True, True]]), "sample.txt")
