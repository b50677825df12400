"""Engines of other packages that fail at any place or give wrong answers: one line names the engine and its package."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.cli.failure import report
from featurenet_uvl.errors import FeatureNetError, ToolError
from featurenet_uvl.training.engines import registry
from featurenet_uvl.training.engines.base import Finished, Running
from featurenet_uvl.training.engines.registry import EngineOffer, make_engine
from featurenet_uvl.training.pool import run_trials
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus
from tests.unit.training import fake_trials as fakes

PLACES = ("description", "check", "session", "__enter__", "capacity", "running", "start", "finished", "__exit__")
"""Everything that an engine and its session have."""

SPEC = fakes.fake("good")


class Broken:
    """An engine that is its own session: it trains nothing, and fails or answers wrongly at one place.

    Args:
        place: One of `PLACES`.
        answer: The answer there; None: an error.
    """

    def __init__(self, place: str, answer: Any = None) -> None:
        self._place = place
        self._answer = answer
        self._running: list[Running] = []

    def _at(self, place: str, right: Any) -> Any:
        if place != self._place:
            return right
        if self._answer is None:
            raise ValueError("one line\nand another")
        return self._answer

    @property
    def description(self) -> str:
        return str(self._at("description", "broken"))

    def check(self) -> None:
        self._at("check", None)

    def session(self, _job: object) -> Any:
        return self._at("session", self)

    def __enter__(self) -> Any:
        return self._at("__enter__", self)

    def __exit__(self, *_: object) -> None:
        self._at("__exit__", None)

    @property
    def capacity(self) -> Any:
        return self._at("capacity", 1)

    @property
    def running(self) -> Any:
        return self._at("running", self._running)

    def start(self, spec: TrialSpec) -> None:
        self._at("start", None)
        self._running.append(Running(spec, "here"))

    def finished(self) -> Any:
        spec = self._running.pop().spec
        return self._at("finished", [Finished(spec, TrialResult(spec.name, spec.hash, TrialStatus.FAILED, "as asked"))])


Train = Callable[[Broken], None]


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Train:
    """Return a function that trains one network by an engine that another package offers."""

    def run(engine: Broken) -> None:
        monkeypatch.setattr(registry, "load_offer", lambda *_: (EngineOffer(lambda _: engine), "theirs:make"))
        monkeypatch.setattr(registry, "offer_label", lambda *_: "engine broken (package theirs)")
        made = make_engine("broken")
        made.check()
        run_trials([SPEC], fakes.PROTOCOL, tmp_path / "t.sqlite", data=fakes.DATA, engine=made, trainer=fakes.FAKE)

    return run


@pytest.mark.parametrize("place", PLACES)
def test_an_engine_that_fails_is_named(train: Train, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ToolError) as caught:
        train(Broken(place))
    message = r"engine broken \(package theirs\): its .*: ValueError: one line and another"
    assert re.fullmatch(message, str(caught.value))
    assert report(caught.value) == ToolError.exit_code
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("place", "answer", "message"),
    [
        ("session", 5, "found int as its session, expected a Session"),
        ("__enter__", "text", "found str as its session, expected a Session"),
        ("capacity", 0, "found the capacity 0, expected a whole number of at least 1"),
        ("capacity", "2", "found the capacity '2', expected"),
        ("running", 3, "its session's running fails: TypeError"),
        ("running", [3], "found int in its session's running, expected Running"),
        ("finished", [None], "found NoneType in its session's finished, expected Finished"),
        ("finished", [Finished(SPEC, 7)], "found a Finished of other types"),  # type: ignore[arg-type]  # a wrong answer
        (
            "finished",
            [Finished(fakes.fake("other"), TrialResult("x", "y", TrialStatus.FAILED, "z"))],
            "found the end of trial .*, which is not running",
        ),
    ],
)
def test_wrong_answers_are_told(train: Train, place: str, answer: object, message: str) -> None:
    with pytest.raises(FeatureNetError, match=rf"^engine broken \(package theirs\): {message}") as caught:
        train(Broken(place, answer))
    assert isinstance(caught.value, ToolError)


def test_an_engine_without_fault_trains(train: Train) -> None:
    train(Broken("nowhere"))
