from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from featurenet_uvl.experiments.preset import Preset
from featurenet_uvl.experiments.preset_file import load_preset
from featurenet_uvl.experiments.run import RunResult, run_experiment

SMALL = """\
[data]
sets = digits
train_images = 400
validation_images = 100
test_images = 200
[training]
epochs = 3
batch_size = 32
seed = 1
[sample S1]
model = s1.uvl
bounds = Block=1, Cell=2
count = 6
seed = 1
[sample S2]
model = s1.uvl
bounds = Block=1, Cell=1
count = 2
[baselines]
networks = lenet5
runs = 2
[equivalence]
runs = 3
margin = 0.05
[architectures]
networks = mlp
epochs = 1
[longer]
sample = S1
best = 2
epochs = 5, 8
"""


@pytest.fixture(autouse=True)
def _fakes_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


@pytest.fixture
def small(tmp_path: Path) -> Preset:
    """Return an experiment with all parts, and few, small networks."""
    path = tmp_path / "small.cfg"
    path.write_text(SMALL)
    return load_preset(str(path))


@pytest.fixture
def run(_fakes_on_path: None) -> Callable[..., RunResult]:
    """Call `run_experiment` with fake training in two workers."""
    from fake_training import FAKE, FAKE_TIMER

    def run_with_fakes(preset: Preset, folder: Path, **options: object) -> RunResult:
        arguments = {"workers": 2, "trainer": FAKE, "timer": FAKE_TIMER} | options
        return run_experiment(preset, folder, **arguments)  # type: ignore[arg-type]

    return run_with_fakes
