"""The conformance suite for samplers: the project's samplers and the page's example pass it, and seeded faults fail."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from featurenet_uvl.errors import UnsatisfiableError, UnsupportedError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.engines.random_phases import solve_random
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Engine, Request, Solutions
from featurenet_uvl.testing.sampler_formulas import SMALL, UNSATISFIABLE, all_rows
from featurenet_uvl.testing.samplers import check_sampler
from tests.places import DOCS

PAGE = (DOCS / "extending-samplers.md").read_text(encoding="utf-8")
MODULE, USE, CHECK = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(OUTPUT,) = re.findall(r"prints\n\n    (.*\n)", PAGE)
(ENTRY_POINTS,) = re.findall(r"```ini\n\[options.entry_points\]\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("name", ["diverse", "covering", "uniform", "steered", "cmsgen", "random"])
def test_the_samplers_of_the_project_pass(name: str) -> None:
    check_sampler(name)


def test_t_wise_passes_and_ends_before_it_has_found_all() -> None:
    check_sampler("t-wise", finds_all=False)
    with pytest.raises(UnsupportedError, match=r"sampler t-wise: free features: .* stop 'covered', expected"):
        check_sampler("t-wise")


TOOL = """
import random, sys

def read(path):
    names, clauses = {}, []
    for line in open(path, encoding="utf-8"):
        words = line.split()
        if words[0] == "c" and len(words) == 3:
            names[int(words[1])] = words[2]
        elif words[0] == "p":
            count = int(words[2])
        elif words[0] != "c":
            clauses.append([int(word) for word in words[:-1]])
    return names, count, clauses

def solutions(count, clauses, chance, row=()):
    if any(all(abs(lit) <= len(row) and (lit > 0) != row[abs(lit) - 1] for lit in clause) for clause in clauses):
        return
    if len(row) == count:
        yield [number if value else -number for number, value in enumerate(row, 1)]
        return
    first = chance.random() < 0.5
    for value in (first, not first):
        yield from solutions(count, clauses, chance, (*row, value))

def some(path, wanted, seed):
    names, count, clauses = read(path)
    found = solutions(count, clauses, random.Random(seed))
    return names, [row for row, _ in zip(found, range(wanted))]
"""
EXTERNAL = TOOL + (
    "_, rows = some(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))\n"
    "sys.stdout.write(''.join(' '.join(map(str, row)) + ' 0\\n' for row in rows))\n"
)
JAVA = TOOL + (
    "args = sys.argv[1:]\n"
    "value = lambda option: args[args.index(option) + 1]\n"
    "names, rows = some(value('-fm'), int(value('-nbProds')), random.random())\n"
    "lines = [f'{number}->{name}' for number, name in sorted(names.items())]\n"
    "lines += [';'.join(map(str, row)) + ';' for row in rows]\n"
    "open(value('-o'), 'w').write('\\n'.join(lines) + '\\n')\n"
)


def test_an_external_tool_passes(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text(EXTERNAL, encoding="utf-8")
    command = f"{shlex.quote(sys.executable)} -S -E {shlex.quote(str(tmp_path / 'tool.py'))} {{dimacs}} {{n}} {{seed}}"
    check_sampler("external", options={"command": command}, finds_all=False)


def test_pledge_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that answers as PLEDGE does replaces Java."""
    (tmp_path / "java").write_text(f"#!{sys.executable} -SE\n{JAVA}", encoding="utf-8")
    (tmp_path / "java").chmod(0o755)
    with zipfile.ZipFile(tmp_path / "PLEDGE.jar", "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Main-Class: pledge.Main\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    check_sampler("pledge", options={"pledge_jar": str(tmp_path / "PLEDGE.jar")}, finds_all=False, has_seed=False)


@pytest.fixture
def sparse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Install the module of the page with its entry point, as pip would."""
    (tmp_path / "sparse.py").write_text(MODULE, encoding="utf-8")
    info = tmp_path / "sparse-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sparse\nVersion: 1.0\n", encoding="utf-8")
    group, lines = ENTRY_POINTS.split("=", 1)
    (info / "entry_points.txt").write_text(f"[{group.strip()}]\n{lines.strip()}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    import sparse  # type: ignore[import-not-found]  # written just now

    yield sparse
    del sys.modules["sparse"]


def test_the_sampler_of_the_page(sparse: ModuleType) -> None:
    """Offered, used and checked as the page says."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(USE, "docs/extending-samplers.md", "exec"), {})
    assert out.getvalue() == OUTPUT
    exec(compile(CHECK, "docs/extending-samplers.md", "exec"), {})
    check_sampler(sparse.solve_sparse)
    with pytest.raises(UsageError, match="found the share 'much', expected a number from 0 to 1"):
        draw(SMALL["a tree"], Request(1, 1, options={"share": "much"}), "sparse")
    with pytest.raises(UsageError, match="sampler sparse: found the option 'chance', expected share"):
        draw(SMALL["a tree"], Request(1, 1, options={"chance": "1"}), "sparse")


def changed(change: Callable[[Cnf, Request, Solutions], Solutions]) -> Engine:
    """Return an engine that spoils the solutions of a right one."""
    return lambda cnf, request: change(cnf, request, solve_random(cnf, request))


def invalid(cnf: Cnf, request: Request, found: Solutions) -> Solutions:
    rows = np.array(found.values)
    rows[-1] = ~rows[-1]
    return replace(found, values=rows)


def twice(cnf: Cnf, request: Request, found: Solutions) -> Solutions:
    return replace(found, values=found.values[[0, *range(len(found.values) - 1)]])


def without_auxiliaries(cnf: Cnf, request: Request, found: Solutions) -> Solutions:
    return replace(found, values=found.values[:, : cnf.variables.feature_count])


def one_too_few(cnf: Cnf, request: Request, found: Solutions) -> Solutions:
    return Solutions(found.values[1:], found.stop)


def says_exhausted(cnf: Cnf, request: Request, found: Solutions) -> Solutions:
    return Solutions(found.values[:1], Stop.EXHAUSTED if request.count > 1 else Stop.COMPLETE)


def gives_up(cnf: Cnf, request: Request, found: Solutions) -> Solutions:
    return Solutions(found.values[:0], Stop.GAVE_UP)


def forgets_known(cnf: Cnf, request: Request) -> Solutions:
    return solve_random(cnf, replace(request, known=request.known[:0]))


def ignores_the_seed(cnf: Cnf, request: Request) -> Solutions:
    return solve_random(cnf, replace(request, seed=5))


def uses_the_hash(cnf: Cnf, request: Request) -> Solutions:
    return solve_random(cnf, replace(request, seed=request.seed + hash("seed") % 2**60))


def draws_globally(cnf: Cnf, request: Request) -> Solutions:
    return solve_random(cnf, replace(request, seed=int(np.random.randint(1000))))


def seeds_globally(cnf: Cnf, request: Request) -> Solutions:
    np.random.seed(request.seed % 1000)
    return solve_random(cnf, request)


def ignores_the_time(cnf: Cnf, request: Request) -> Solutions:
    return solve_random(cnf, replace(request, time_limit_s=None))


def dies_of_interrupts(cnf: Cnf, request: Request) -> Solutions:
    found = solve_random(cnf, replace(request, on_progress=None))
    for done in range(len(found.values)):
        request.progress(done + 1)
    return found


def calls_all_interrupted(cnf: Cnf, request: Request) -> Solutions:
    found = solve_random(cnf, request)
    return Solutions(found.values, Stop.INTERRUPTED if request.on_progress is not None else found.stop)


def finds_some_for_none(cnf: Cnf, request: Request) -> Solutions:
    try:
        return solve_random(cnf, request)
    except UnsatisfiableError:
        return Solutions(np.zeros((0, len(cnf.variables)), dtype=np.bool_), Stop.EXHAUSTED)


def reports_backwards(cnf: Cnf, request: Request) -> Solutions:
    found = solve_random(cnf, replace(request, on_progress=None))
    with contextlib.suppress(KeyboardInterrupt):
        for done in (3, 2, 1):
            request.progress(done)
    return found


def changes_the_known(cnf: Cnf, request: Request) -> Solutions:
    found = solve_random(cnf, request)
    request.known[:] = False
    return found


def has_a_bug(cnf: Cnf, request: Request) -> Solutions:
    raise ZeroDivisionError("division by zero")


def is_wrong_with_auxiliaries(cnf: Cnf, request: Request) -> Solutions:
    found = solve_random(cnf, request)
    rows = np.array(found.values)
    rows[:, cnf.variables.feature_count :] = False
    return replace(found, values=rows)


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        (changed(invalid), "found the invalid solution"),
        (changed(twice), "found a configuration twice"),
        (changed(without_auxiliaries), "auxiliaries: .*found 4 columns, expected one per variable: 6"),
        (changed(one_too_few), "found 0 of 1 solutions and the stop 'complete'"),
        (changed(says_exhausted), "found 1 solutions and the stop 'exhausted', though"),
        (changed(gives_up), "found 0 solutions and the stop 'gave-up', expected"),
        (forgets_known, "known configurations: .*found a known configuration again"),
        (ignores_the_seed, "seeds: found the same solutions for every seed"),
        (uses_the_hash, "seeds: found other solutions for the same seed in another process"),
        (draws_globally, "global random state: found a global random generator used"),
        (seeds_globally, "global random state: found a global random generator used"),
        (ignores_the_time, "time limit: found 2000 solutions and the stop 'complete' after the time was over"),
        (dies_of_interrupts, "interrupt: raised KeyboardInterrupt"),
        (calls_all_interrupted, "found 12 of 12 solutions and the stop 'interrupted'"),
        (finds_some_for_none, "no configuration: found 0 solutions, expected UnsatisfiableError"),
        (reports_backwards, r"found the reports of progress \[3, 2, 1\]"),
        (changes_the_known, "found the known configurations changed"),
        (has_a_bug, "free features: raised ZeroDivisionError: division by zero"),
        (is_wrong_with_auxiliaries, "auxiliaries: .*found the invalid solution"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_seeded_fault_fails(engine: Engine, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        check_sampler(engine)


def test_a_bare_engine_and_one_that_no_other_process_finds() -> None:
    check_sampler(solve_random)
    check_sampler(partial(solve_random, pause=100))


def test_many_problems_are_cut_short() -> None:
    with pytest.raises(UnsupportedError) as caught:
        check_sampler(has_a_bug)
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "sampler has_a_bug: and more problems"


def test_the_formulas_are_what_they_are_called() -> None:
    assert len(all_rows(SMALL["one configuration"])) == 1
    assert len(all_rows(SMALL["two configurations"])) == 2
    assert all_rows(UNSATISFIABLE) == ()
    for cnf in SMALL.values():
        features = [row[: cnf.variables.feature_count] for row in all_rows(cnf)]
        assert len(set(features)) == len(features) > 0
