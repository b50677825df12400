"""Counts against brute force and against each other; the limits and their messages."""

from __future__ import annotations

import itertools
import math
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from featurenet_uvl.analysis import count as counting
from featurenet_uvl.analysis import ganak
from featurenet_uvl.analysis.count import Count, count_solutions
from featurenet_uvl.analysis.diagram import Watch
from featurenet_uvl.analysis.diagram_counts import diagram_count
from featurenet_uvl.analysis.ganak import ganak_count, is_installed
from featurenet_uvl.errors import LimitError, UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.translators.pipeline import compile_model
from tests.places import ROOT, SHARED
from tests.unit.sampling.brute_force import all_configurations, loose_cnf
from tests.waiting import comes_true

REFERENCE = SHARED / "reference" / "ghamizi2019-light.xml"
REFERENCE_COUNT = int(
    "129159302166564746081718464284085916177693270160810103087699803380871589886086723095971778037822348779776536163"
    "322884713058892365770428362604569630320699724729499375452124863193065867297"
)
"""Number of configurations of the released model, on which pyganak and the diagram agree."""

needs_ganak = pytest.mark.skipif(not is_installed(), reason="pyganak is not installed")


def random_cnf(chance: random.Random) -> Cnf:
    count = chance.randint(1, 8)
    clauses = [
        tuple(
            chance.choice((1, -1)) * chance.randint(1, count) for _ in range(chance.randint(chance.random() > 0.02, 3))
        )
        for _ in range(chance.randint(0, 9))
    ]
    return Cnf(VarMap(tuple(f"f{n}" for n in range(count)), chance.randint(0, count)), tuple(clauses))


def brute_force(cnf: Cnf) -> int:
    count = len(cnf.variables)
    return sum(
        cnf.is_satisfied_by([number for number, value in enumerate(values, 1) if value])
        for values in itertools.product((False, True), repeat=count)
    )


@pytest.mark.parametrize("seed", range(8))
def test_diagrams_count_what_brute_force_counts(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        cnf = random_cnf(chance)
        assert diagram_count(cnf) == brute_force(cnf), cnf


@needs_ganak
def test_the_second_engine_agrees() -> None:
    chance = random.Random(9)
    for _ in range(4):
        cnf = random_cnf(chance)
        assert ganak_count(cnf) == brute_force(cnf), cnf


def test_diagrams_count_the_configurations_of_projected_formulas() -> None:
    chance = random.Random(3)
    for _ in range(200):
        cnf = replace(loose_cnf(chance), is_projected=True)
        assert diagram_count(cnf) == len(set(all_configurations(cnf))), cnf


@needs_ganak
def test_the_second_engine_counts_the_configurations_of_projected_formulas() -> None:
    chance = random.Random(4)
    for _ in range(6):
        cnf = replace(loose_cnf(chance), is_projected=True)
        assert ganak_count(cnf) == len(set(all_configurations(cnf))), cnf


def test_a_projection_onto_nothing_counts_whether_a_solution_exists() -> None:
    names = VarMap(("a",), 0)
    for engine in ("bdd", "ganak") if is_installed() else ("bdd",):
        assert count_solutions(Cnf(names, (), is_projected=True), engine=engine).value == 1
        assert count_solutions(Cnf(names, ((1,), (-1,)), is_projected=True), engine=engine).value == 0


def test_no_variable_and_no_clause() -> None:
    assert diagram_count(Cnf(VarMap((), 0), ())) == 1
    assert diagram_count(Cnf(VarMap((), 0), ((),))) == 0
    assert diagram_count(Cnf(VarMap(("a",), 1), ((),))) == 0


@pytest.mark.skipif(not REFERENCE.exists(), reason="needs shared/reference beside the project")
def test_the_released_model_of_the_paper() -> None:
    cnf = compile_model(str(REFERENCE))
    assert (cnf.variables.feature_count, len(cnf.clauses)) == (3296, 8004)
    found = count_solutions(cnf)
    assert (found.value, found.engine, found.magnitude) == (REFERENCE_COUNT, "bdd", "1.29e185")
    assert found.log10 == pytest.approx(185.11, abs=0.005)


Process = subprocess.Popen[bytes]

KILLED_DRIVER = """
import sys
from featurenet_uvl.analysis.ganak import GanakRun
from tests.unit.analysis.test_count import hard
with GanakRun(hard()) as run:
    open(sys.argv[1], "w").write(str(run._process.pid))
    run.has_ended(600)
"""

UNTIED = """
from featurenet_uvl.system.processes import ties
ties.end_with = lambda parent: False
"""


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """Return the processes of pyganak that the test starts."""
    started: list[Process] = []

    class Noted(ganak.GanakRun):
        def __init__(self, cnf: Cnf) -> None:
            super().__init__(cnf)
            started.append(self._process)

    monkeypatch.setattr(counting, "GanakRun", Noted)
    return started


def endless(cnf: Cnf, limit_s: float, max_nodes: int, watch: Watch) -> int:
    """Stand for a diagram that is never built."""
    while True:
        watch()


def slowly(cnf: Cnf, limit_s: float, max_nodes: int, watch: Watch) -> int:
    """Count by a diagram after half a second."""
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        watch()
    return diagram_count(cnf, limit_s, max_nodes, watch)


def interrupted(watch: Watch, processes: list[Process], error: type[BaseException]) -> int:
    """Raise an error once pyganak runs beside."""
    while not processes:
        watch()
    raise error


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def has_counted_for(process: int, seconds: float) -> bool:
    """Whether a process has got some seconds of processor time since it has loaded pyganak."""
    try:
        has_loaded = "pyganak" in Path(f"/proc/{process}/maps").read_text()
    except OSError:
        return False
    cpu_s = sum(psutil.Process(process).cpu_times()[:2])
    return has_loaded and cpu_s > seconds + _loaded_s.setdefault(process, cpu_s)


_loaded_s: dict[int, float] = {}
"""Processor time of processes when pyganak had just been loaded, by their numbers."""


def hard(size: int = 14) -> Cnf:
    """Return permutations in hidden order: no variable order keeps the diagram of 14 small."""
    cells = [[row * size + column + 1 for column in range(size)] for row in range(size)]
    lines = [*cells, *map(list, zip(*cells, strict=True))]
    clauses = [tuple(line) for line in lines]
    clauses += [(-a, -b) for line in lines for a, b in itertools.combinations(line, 2)]
    return Cnf(VarMap(tuple(f"x{n}" for n in range(size * size)), size * size), tuple(clauses))


def test_too_many_nodes_and_no_second_engine_name_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "is_installed", lambda: False)
    with pytest.raises(LimitError, match=r"found [0-9,]+ nodes .* expected at most 1,000; pip install pyganak"):
        count_solutions(hard(), max_nodes=1000)
    with pytest.raises(LimitError, match=r"expected at most 1,000; the engine ganak may count them"):
        count_solutions(hard(), engine="bdd", max_nodes=1000)


@needs_ganak
def test_a_diagram_that_grows_too_large_leaves_the_count_to_pyganak() -> None:
    assert count_solutions(hard(6), max_nodes=100) == Count(math.factorial(6), "ganak")


@needs_ganak
def test_pyganak_overtakes_a_slow_diagram(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "diagram_count", endless)
    assert count_solutions(hard(5)) == Count(math.factorial(5), "ganak")


@needs_ganak
def test_a_diagram_overtakes_a_slow_pyganak(processes: list[Process]) -> None:
    assert count_solutions(hard(5), head_start_s=-1) == Count(math.factorial(5), "bdd")
    assert [process.returncode for process in processes] == [-signal.SIGKILL]


@needs_ganak
def test_a_small_diagram_starts_no_process(processes: list[Process]) -> None:
    assert count_solutions(hard(4)).engine == "bdd"
    assert processes == []


@needs_ganak
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_count_leaves_no_process(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch, processes: list[Process]
) -> None:
    monkeypatch.setattr(counting, "diagram_count", lambda *_: interrupted(_[3], processes, error))
    with pytest.raises(error):
        count_solutions(hard())
    assert [process.returncode for process in processes] == [-signal.SIGKILL]


@needs_ganak
def test_a_pyganak_that_cannot_count_leaves_it_to_the_diagram(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ganak, "_task", lambda cnf: b"")
    monkeypatch.setattr(counting, "diagram_count", slowly)
    assert count_solutions(hard(5)) == Count(math.factorial(5), "bdd")
    with pytest.raises(LimitError, match=r"expected at most 10; found no count by pyganak, which ended early: IndexE"):
        count_solutions(hard(5), max_nodes=10)


@needs_ganak
@pytest.mark.parametrize("is_tied", [True, False], ids=["tied by the system", "looks at its driver"])
def test_a_count_ends_with_a_driver_that_is_killed(tmp_path: Path, *, is_tied: bool) -> None:
    """Kill the driver, also on a system that ties no processes, such as macOS; a module loaded first plays that."""
    if not is_tied:
        (tmp_path / "sitecustomize.py").write_text(UNTIED)
    driver = subprocess.Popen(
        (sys.executable, "-c", KILLED_DRIVER, str(tmp_path / "pid")),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        stdout=subprocess.DEVNULL,
    )
    assert comes_true(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    child = int((tmp_path / "pid").read_text())
    assert comes_true(lambda: has_counted_for(child, 0.5)), "pyganak does not begin"
    driver.kill()
    driver.wait()
    assert comes_true(lambda: not is_alive(child))


@needs_ganak
def test_both_engines_run_out_of_time() -> None:
    with pytest.raises(LimitError, match=r"found no decision diagram within 0.6 s; found no count by pyganak within"):
        count_solutions(hard(), 0.6)


def test_time_is_a_limit() -> None:
    with pytest.raises(LimitError, match=r"within 0.1 s"):
        diagram_count(hard(), 0.1)


@needs_ganak
def test_time_is_a_limit_of_the_second_engine() -> None:
    with pytest.raises(LimitError, match=r"found no count by pyganak within 0.01 s"):
        ganak_count(hard(), 0.01)


def test_engines_are_named() -> None:
    with pytest.raises(UsageError, match="found engine 'magic', expected one of auto, bdd, ganak"):
        count_solutions(hard(), engine="magic")


def test_digits_of_numbers_that_python_refuses_to_print() -> None:
    text = Count(7 * 10**9000 + 13, "bdd").digits
    assert text == "7" + "0" * 8998 + "13"
    assert [Count(value, "bdd").magnitude for value in (999_999, 1_000_000, 9_999_999)] == [
        "999999",
        "1.00e6",
        "1.00e7",
    ]
