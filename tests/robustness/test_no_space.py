"""A full disk: one clear error, and no acknowledged result is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from featurenet_uvl.training.data.dataset import load_dataset
from featurenet_uvl.training.pool import run_trials
from featurenet_uvl.training.store import read_results
from tests.places import UNIT
from tests.waiting import PATIENCE_S

FAKES = UNIT / "training"

DRIVER = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import fake_trials
from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.training.data.dataset import load_dataset
from featurenet_uvl.training.data.dataset import load_dataset
from featurenet_uvl.training.pool import run_trials

if __name__ == "__main__":
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))  # a write beyond it fails as on a full disk
    try:
        if "data" in sys.argv:
            load_dataset("digits", None, Path("cache"))
        specs = [fake_trials.fake(str(n)) for n in range(60)]
        run_trials(specs, fake_trials.PROTOCOL, Path("t.sqlite"), data=fake_trials.DATA, workers=2,
                   trainer=fake_trials.FAKE, on_progress=lambda p: print(p.done, flush=True))
    except FeatureNetError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
"""


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FAKES))
    import fake_trials

    return fake_trials


def run(folder: Path, limit: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = folder / "driver.py"
    script.write_text(DRIVER)
    command = [sys.executable, str(script), str(FAKES), str(limit), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=folder)


def test_a_result_that_cannot_be_stored_stops_the_run(fakes: ModuleType, tmp_path: Path) -> None:
    done = run(tmp_path, 100_000)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("t.sqlite: cannot store a result of ")
    assert line.endswith("make room for it and run the same again: earlier results are safe")
    acknowledged = int(done.stdout.split()[-1])
    kept = dict(read_results(tmp_path / "t.sqlite", fakes.PROTOCOL))
    assert 0 < acknowledged == len(kept) < 60
    # With room, the same run goes on from there.
    specs = [fakes.fake(str(number)) for number in range(60)]
    run_trials(specs, fakes.PROTOCOL, tmp_path / "t.sqlite", data=fakes.DATA, trainer=fakes.FAKE, workers=2)
    results = dict(read_results(tmp_path / "t.sqlite", fakes.PROTOCOL))
    assert len(results) == 60
    assert results.items() >= kept.items()


@pytest.mark.parametrize("limit", [0, 5_000])
def test_no_room_for_a_store_at_all(tmp_path: Path, limit: int) -> None:
    done = run(tmp_path, limit)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("t.sqlite: found no usable result store (")
    assert line.endswith("; is there room on its disk?")


def test_images_that_are_not_whole_are_not_left_behind(tmp_path: Path) -> None:
    done = run(tmp_path, 50_000, "data")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("cache/digits-own: cannot unpack data set digits: ")
    assert line.endswith("; make room for it")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == []


EXPERIMENT = """
import resource, sys
from featurenet_uvl.cli.main import run

if __name__ == "__main__":
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    sys.exit(run(["experiments", "run", "--preset", "tiny.cfg", "-o", "results", "--dry-run", "--quiet"]))
"""
TINY = """
[data]
sets = digits
[training]
epochs = 1
[sample S1]
model = s1.uvl
bounds = Block=1, Cell=2
count = 2
seed = 1
sampler = steered
"""


@pytest.mark.parametrize(
    ("limit", "what"), [(10_000, "data/digits-own: cannot unpack"), (60_000, "S1-digits/model.dimacs: ")]
)
def test_an_experiment_without_room_leaves_nothing_half_written(tmp_path: Path, limit: int, what: str) -> None:
    (tmp_path / "tiny.cfg").write_text(TINY)
    (tmp_path / "driver.py").write_text(EXPERIMENT)
    if "dimacs" in what:
        load_dataset("digits", None, tmp_path / "results" / "data")
    command = [sys.executable, "driver.py", str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert what in line
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".tmp") or path.suffix == ".dimacs"]
