"""A whole experiment from the command line on a cluster of two nodes, of which one is killed while it trains."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S

PRESET = """\
[data]
sets = digits
train_images = 600
test_images = 200
[training]
epochs = 6
batch_size = 16
seed = 1
[sample S1]
model = s1.uvl
bounds = Block=1, Cell=2
count = 6
seed = 1
sampler = steered
[baselines]
networks = lenet5
runs = 2
[longer]
sample = S1
data = digits
best = 1
epochs = 7, 8
"""


@pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra ray")
@pytest.mark.deep
def test_an_experiment_goes_on_where_a_machine_dies(tmp_path: Path) -> None:
    (tmp_path / "small.cfg").write_text(PRESET)
    script = Path(__file__).with_name("ray_experiment.py")
    run = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert run.returncode == 0, run.stderr[-3000:]
    found = json.loads(run.stdout)
    assert found["codes"] == [0, 0]
    assert found["trials on the node that died"] > 0
    assert 2 <= found["done when it died"] < 8
    assert found["report"]["missing"] == []
    with sqlite3.connect(tmp_path / "results" / "trials.sqlite") as store:
        rows = store.execute("SELECT name, status FROM trials").fetchall()
        runs = store.execute("SELECT count(DISTINCT protocol || spec) FROM trials").fetchone()[0]
    assert len(rows) == runs == 10  # six networks and two runs of LeNet-5, then one of each for longer
    assert {status for _, status in rows} == {"done"}
    assert found["rows after the same command again"] == found["rows"]
