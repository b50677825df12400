"""Samplers by name, of the project and of other packages, with their options, and answers that are errors."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import numpy as np
import pytest

from featurenet_uvl.errors import LimitError, UnsupportedError, UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling import registry
from featurenet_uvl.sampling.engines.steered import solve_steered
from featurenet_uvl.sampling.request import Request, Sampler, Solutions
from featurenet_uvl.system import plugins

CNF = Cnf(VarMap.from_names(["a", "b", "__aux_1"]), ((1,), (-3, 2), (3, -2)))


@pytest.mark.parametrize(
    ("stop", "error"), [(Stop.TIME, LimitError), (Stop.GAVE_UP, LimitError), (Stop.INTERRUPTED, KeyboardInterrupt)]
)
def test_nothing_found_is_an_error_with_its_reason(stop: Stop, error: type[BaseException]) -> None:
    nothing = Solutions(np.zeros((0, 3), dtype=np.bool_), stop)
    with pytest.raises(error):
        registry.draw(CNF, Request(2, 1, time_limit_s=60), "none", lambda *_: nothing)


def test_samplers_of_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    offers = [
        EntryPoint("theirs", "featurenet_uvl.sampling.engines.steered:solve_steered", registry.GROUP),
        EntryPoint("broken", "featurenet_uvl.sampling.engines.steered:nothing", registry.GROUP),
    ]
    monkeypatch.setattr(plugins, "entry_points", EntryPoints(offers).select)
    assert registry.draw(CNF, Request(9, 1), "theirs").sampler == "theirs"
    with pytest.raises(UnsupportedError, match=r"sampler broken: cannot be loaded from .*steered:nothing"):
        registry.draw(CNF, Request(9, 1), "broken")
    with pytest.raises(UsageError, match=r"expected one of .*, broken, theirs"):
        registry.draw(CNF, Request(9, 1), "best")


def test_options_reach_the_sampler_that_declares_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a package of its own as a `Sampler`; a bare engine has none."""
    seen: list[dict[str, str]] = []

    def engine(cnf: Cnf, request: Request) -> Solutions:
        seen.append(dict(request.options))
        return solve_steered(cnf, request)

    monkeypatch.setattr(
        EntryPoint, "load", lambda entry: {"a:own": Sampler(engine, {"level": ""}), "a:bare": engine}[entry.value]
    )
    offers = [EntryPoint("own", "a:own", registry.GROUP), EntryPoint("bare", "a:bare", registry.GROUP)]
    monkeypatch.setattr(plugins, "entry_points", EntryPoints(offers).select)
    registry.draw(CNF, Request(2, 1, options={"level": "3"}), "own")
    registry.draw(CNF, Request(2, 1), "bare")
    assert seen == [{"level": "3"}, {}]
    for name, options, message in (
        ("own", {"level": "3", "depth": "1"}, "sampler own: found the option 'depth', expected level"),
        ("own", {"level": 3}, "sampler own: found 3 for the option level, expected a text"),
        ("bare", {"level": "3"}, "sampler bare: found the option 'level', expected none: it has no options"),
        ("diverse", {"command": "x"}, "sampler diverse: found the option 'command', expected none"),
        ("external", {"comand": "x"}, "sampler external: found the option 'comand', expected command"),
        ("pledge", {"jar": "x"}, "sampler pledge: found the option 'jar', expected pledge_jar"),
    ):
        with pytest.raises(UsageError, match=message):
            registry.draw(CNF, Request(2, 1, options=options), name)  # type: ignore[arg-type]  # one of them is wrong
    assert len(seen) == 2


def test_an_unknown_sampler() -> None:
    with pytest.raises(UsageError, match="found sampler 'best', expected one of diverse, covering, uniform, steered"):
        registry.draw(CNF, Request(3, 1), "best")
