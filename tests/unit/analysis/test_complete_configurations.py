"""Configurations of some features are completed if the others follow from them, else refused."""

from __future__ import annotations

import numpy as np
import pytest

from featurenet_uvl.analysis.complete_configurations import complete_selections
from featurenet_uvl.errors import DecodeError, ModelError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Selections

APP = Cnf(VarMap(("App", "Log", "File", "Net"), 4), ((1,), (-2, 3), (-3, 2)))


def test_what_follows_is_completed() -> None:
    given = Selections.of(("Net", "File"), [{"Net"}, {"File"}])
    done = complete_selections(given, APP, "x.pdt")
    assert done == Selections.of(APP.variables.names, [{"App", "Net"}, {"App", "Log", "File"}])
    assert complete_selections(done, APP, "x.pdt") == done


@pytest.mark.parametrize(
    ("names", "row", "error", "message"),
    [
        (("Log", "File", "Net"), (True, False, True), DecodeError, r"x: configuration 1 violates .*: Log, !File"),
        (
            ("App", "Log"),
            (True, True),
            DecodeError,
            r"x: configuration 1 says nothing of 'Net', .* expected it decided",
        ),
        (("App", "Lag"), (True, True), ModelError, r"x: found unknown feature 'Lag', expected those of the model"),
    ],
)
def test_what_is_wrong_or_not_enough_is_refused(
    names: tuple[str, ...], row: tuple[bool, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        complete_selections(Selections(names, np.array([row])), APP, "x")


def test_an_open_configuration_does_not_spoil_the_next() -> None:
    """The clause that excludes a first completion holds for that configuration only."""
    cnf = Cnf(VarMap(("A", "B", "C"), 3), ((-1, 2), (1, -2), (-3, 1)))
    given = Selections.of(("A", "C"), ["AC", "A", "", "AC"])
    expected = Selections.of(("A", "B", "C"), ["ABC", "AB", "", "ABC"])
    assert complete_selections(given, cnf, "x") == expected
