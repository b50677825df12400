"""Assumptions as people write them."""

from __future__ import annotations

import pytest

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.cnf import VarMap
from featurenet_uvl.sampling.assumptions import format_assumptions, parse_assumptions

VARIABLES = VarMap.from_names(["App", "Log", "!Net", "__aux_1"])


def test_texts_and_literals() -> None:
    assert parse_assumptions(["Log", "! App", "Log"], VARIABLES) == (2, -1)
    assert parse_assumptions(["!Net", "!!Net"][:1], VARIABLES) == (3,)  # a feature may begin with the sign itself
    assert parse_assumptions(["!!Net"], VARIABLES) == (-3,)
    assert format_assumptions((2, -1), VARIABLES) == "Log, !App"


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["Lgo"], "found the assumption 'Lgo', expected a feature of the model, such as 'Log', or ! and a feature"),
        (["__aux_1"], "found the assumption '__aux_1', expected a feature"),
        (["Log", "!Log"], "found the assumptions 'Log' and '!Log', expected one of them"),
    ],
)
def test_texts_that_mean_nothing(texts: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_assumptions(texts, VARIABLES)
