"""The check of training engines: engines of this project and of the page pass it, seeded faults do not."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from featurenet_uvl.errors import UnsupportedError, UsageError
from featurenet_uvl.testing import engines as checks
from featurenet_uvl.testing.engines import check_engine
from featurenet_uvl.training.engines.base import Engine, Finished, Running, Session
from featurenet_uvl.training.engines.job import NO_LIMITS, Job
from featurenet_uvl.training.engines.local import LocalEngine, LocalSession
from featurenet_uvl.training.engines.ray_cluster import RayEngine
from featurenet_uvl.training.engines.registry import engine_names, find_engine, make_engine
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus
from tests.places import DOCS

PAGE = (DOCS / "extending-engines.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_workers_on_this_machine_pass() -> None:
    check_engine(LocalEngine(2))


@pytest.mark.deep
@pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra ray")
def test_a_ray_cluster_passes() -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    try:
        check_engine(RayEngine(cluster.address))
    finally:
        cluster.shutdown()


class Wrapped(Session):
    """A session that delegates everything to another."""

    def __init__(self, session: LocalSession) -> None:
        self.inner = session

    def __enter__(self) -> Wrapped:
        self.inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        return self.inner.__exit__(kind, error, trace)

    @property
    def capacity(self) -> int:
        return self.inner.capacity

    @property
    def running(self) -> Sequence[Running]:
        return self.inner.running

    def start(self, spec: TrialSpec) -> None:
        self.inner.start(spec)

    def finished(self) -> Sequence[Finished]:
        return self.inner.finished()


class Twice(Wrapped):
    def finished(self) -> Sequence[Finished]:
        return [*(found := self.inner.finished()), *found]


class Loses(Wrapped):
    def finished(self) -> Sequence[Finished]:
        return [one for one in self.inner.finished() if one.spec.name != "n1"]


class Keeps(Wrapped):
    """Shows a finished trial among the running ones."""

    last: tuple[Running, ...] = ()

    @property
    def running(self) -> Sequence[Running]:
        return [*self.last, *self.inner.running]

    def finished(self) -> Sequence[Finished]:
        found = self.inner.finished()
        self.last = tuple(Running(one.spec, "gone") for one in found)
        return found


class MixesUp(Wrapped):
    """Gives a trial the result of another."""

    def finished(self) -> Sequence[Finished]:
        return [
            replace(one, result=replace(one.result, spec_hash="0" * 16)) if one.spec.name == "n1" else one
            for one in self.inner.finished()
        ]


class Depends(Wrapped):
    """Measures other accuracies from the second session on."""

    sessions = 0

    def __init__(self, session: LocalSession) -> None:
        super().__init__(session)
        Depends.sessions += 1

    def finished(self) -> Sequence[Finished]:
        change = 0.0 if Depends.sessions == 1 else 0.5
        return [
            replace(one, result=replace(one.result, test_accuracy=(one.result.test_accuracy or 0) + change))
            for one in self.inner.finished()
        ]


class Raises(Wrapped):
    """Raises the error of a network, instead of turning it into a result."""

    def finished(self) -> Sequence[Finished]:
        found = self.inner.finished()
        for one in found:
            if one.result.status is TrialStatus.FAILED:
                raise ValueError(one.result.reason)
        return found


class SaysTwoLines(Wrapped):
    def finished(self) -> Sequence[Finished]:
        return [
            replace(one, result=replace(one.result, reason=one.result.reason + "\nmore")) if one.result.reason else one
            for one in self.inner.finished()
        ]


class Swallows(Wrapped):
    def __exit__(self, *about: Any) -> bool:
        self.inner.__exit__(*about)
        return True


class LeavesWorkers(Wrapped):
    left: list[LocalSession] = []  # of the class, for the end of the test

    def __exit__(self, *about: Any) -> None:
        LeavesWorkers.left.append(self.inner)


class Rows(Wrapped):
    """Turns missing images into a result, instead of an error."""

    going: tuple[TrialSpec, ...] = ()

    def start(self, spec: TrialSpec) -> None:
        self.going = (*self.going, spec)
        self.inner.start(spec)

    @property
    def running(self) -> Sequence[Running]:
        return [one for one in self.inner.running if one.spec in self.going]

    def finished(self) -> Sequence[Finished]:
        try:
            found = self.inner.finished()
        except Exception as error:
            (spec,) = self.going
            found = [Finished(spec, TrialResult(spec.name, spec.hash, TrialStatus.FAILED, str(error)))]
        over = {one.spec.hash for one in found}
        self.going = tuple(spec for spec in self.going if spec.hash not in over)
        return found


@dataclass(frozen=True)
class Faulty:
    """Two workers on this machine, with a fault."""

    session_class: type[Wrapped] = Wrapped
    without_limits: bool = False
    description: str = "2 workers"

    def check(self) -> None:
        """Do nothing: this machine can always be reached."""

    def session(self, job: Job) -> Session:
        return self.session_class(LocalSession(replace(job, limits=NO_LIMITS) if self.without_limits else job, 2))


FAULTS: dict[str, tuple[Engine, str]] = {
    "a result twice": (Faulty(Twice), r"handed over 2 times, expected once"),
    "a result lost": (Faulty(Loses), r"found a started trial neither finished nor in `running`"),
    "a finished trial that runs": (Faulty(Keeps), r"found a trial both finished and in `running`"),
    "another's result": (Faulty(MixesUp), r"n1: found the result of n1 \(0{16}\), expected its own"),
    "results that depend on the order": (Faulty(Depends), r"found other results in another order|expected its own"),
    "an error instead of a row": (Faulty(Raises), r"raised ValueError: ValueError: too large"),
    "a reason of two lines": (Faulty(SaysTwoLines), r"expected one line"),
    "a swallowed interrupt": (Faulty(Swallows), r"found KeyboardInterrupt swallowed"),
    "workers left behind": (Faulty(LeavesWorkers), r"found its worker still running after the end"),
    "images gone as a row": (Faulty(Rows), r"gone: found no DataError"),
    "no description": (Faulty(description=""), r"found the description ''"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_seeded_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, message = FAULTS[fault]
    monkeypatch.setattr(Depends, "sessions", 0)
    monkeypatch.setattr(checks, "_limit_problems", lambda *_: iter(()))  # the slowest check, tested below
    try:
        with pytest.raises(UnsupportedError, match=message):
            check_engine(engine, patience_s=20.0 if fault == "workers left behind" else 120.0)
    finally:
        while LeavesWorkers.left:
            LeavesWorkers.left.pop().__exit__(None, None, None)


@pytest.mark.slow
def test_an_engine_without_limits_is_found() -> None:
    with pytest.raises(UnsupportedError, match="found no answer for 20 s, expected `finished` to return or raise"):
        check_engine(Faulty(without_limits=True), patience_s=20.0)


def test_engines_are_found_by_name() -> None:
    assert engine_names()[:2] == ("local", "ray")
    assert make_engine("local", {"workers": "3"}) == LocalEngine(3)
    asked = {"address": "10.0.0.1:6379", "cpus": "2", "gpus": "0.5", "memory": "2000.0"}
    assert make_engine("ray", asked) == RayEngine("10.0.0.1:6379", 2.0, 0.5, 2000.0)
    assert make_engine("ray") == RayEngine()
    with pytest.raises(UsageError, match="found engine 'slurm', expected one of local, ray"):
        find_engine("slurm")
    with pytest.raises(UsageError, match="engine ray: found option 'workers', expected one of address, cpus"):
        make_engine("ray", {"workers": "3"})
    with pytest.raises(UsageError, match="cpus: found 'two', expected a number"):
        make_engine("ray", {"cpus": "two"})
    with pytest.raises(UsageError, match="workers: found 0, expected at least 1"):
        make_engine("local", {"workers": "0"})


Install = Callable[[str, str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a module with its entry points, as pip would."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def call(module: str, code: str, entry_points: str) -> None:
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        monkeypatch.delitem(sys.modules, module, raising=False)

    return call


CLASS, CHECK = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(ENTRY_POINTS,) = re.findall(r"```ini\n\[options\.entry_points\]\n(.*?)```", PAGE, re.DOTALL)
"""Of setup.cfg: an installed package has the group in brackets instead."""


def installed(text: str) -> str:
    return re.sub(r"^(\S+) =$", r"[\1]", text, flags=re.MULTILINE)


@pytest.mark.slow
def test_the_engine_of_the_page_is_found_by_its_name_and_passes(install: Install) -> None:
    install("by_memory", CLASS, installed(ENTRY_POINTS))
    assert "by-memory" in engine_names()
    engine = make_engine("by-memory", {"mb": "500"})
    assert engine.description == "1 worker per 500 MB of free memory"
    with pytest.raises(UsageError, match="engine by-memory: found option 'gb', expected mb"):
        make_engine("by-memory", {"gb": "1"})
    exec(CHECK, {})
    check_engine(engine)


def test_an_engine_that_cannot_be_loaded_is_told(install: Install) -> None:
    install(
        "broken_engine",
        "raise ImportError('no such library')",
        "[featurenet_uvl.engines]\nbroken = broken_engine:make\n",
    )
    message = r"engine broken \(package broken_engine\): cannot be loaded from broken_engine:make: no such lib"
    with pytest.raises(UnsupportedError, match=message):
        make_engine("broken")
