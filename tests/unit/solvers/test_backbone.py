"""The backbone agrees with brute force, with and without assumptions."""

from __future__ import annotations

import pytest

from featurenet_uvl.solvers.backbone import backbone
from featurenet_uvl.solvers.limits import OutOfTimeError
from featurenet_uvl.solvers.session import Session
from tests.unit.sampling.brute_force import hard_cnf, small_cnf
from tests.unit.solvers.test_session import models


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("assumptions", [(), (1,), (-1, 2)])
def test_all_literals(seed: int, assumptions: tuple[int, ...]) -> None:
    cnf = small_cnf(seed)
    expected = models(cnf, assumptions)
    variables = range(1, len(cnf.variables) + 1)
    with Session(cnf.clauses, len(cnf.variables)) as session:
        found = backbone(session, [sign * number for number in variables for sign in (1, -1)], assumptions)
        if not expected:
            assert found is None
            return
        assert found == set(expected[0]).intersection(*expected)
        negative = backbone(session, [-number for number in variables], assumptions)
        assert negative == {literal for literal in found if literal < 0}
        assert session.solve() == bool(models(cnf, ()))  # assumptions are not added for good
        unassumed = backbone(session, [sign * number for number in variables for sign in (1, -1)])
        assert unassumed == set(models(cnf, ())[0]).intersection(*models(cnf, ()))


def test_time_is_a_limit() -> None:
    hard = hard_cnf(12)
    looks = iter([False, True])
    with (
        Session(hard.clauses, len(hard.variables), is_over=lambda: next(looks), pause=10) as session,
        pytest.raises(OutOfTimeError),
    ):
        backbone(session, [1])
