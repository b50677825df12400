"""A network depends on no setting from outside: the same layers, weights and digits under hostile ones.

The settings of this process's Keras are tried one by one; those of a whole process, all hostile ones at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.places import ROOT
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.slow

ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
"""Environment variables without which the last digits may depend on the number of cores."""

KERAS_JSON = {"floatx": "float16", "epsilon": 0.05, "backend": "jax", "image_data_format": "channels_first"}


def facts(tmp_path: Path, *arguments: str, **environment: str) -> Any:
    script = Path(__file__).with_name("hostile_settings.py")
    run = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "data"), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **ONE_THREAD, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "oneDNN" not in run.stderr
    return json.loads(run.stdout)


def differences(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    return [key for key in sorted({*found, *expected}) if found.get(key) != expected.get(key)]


def test_settings_of_a_process_and_of_its_environment_change_nothing(tmp_path: Path) -> None:
    found = facts(tmp_path, "all")
    plain = found.pop("plain")
    assert found.pop("threads") == plain["training"][:2]
    assert len(found) >= 14
    assert {name: differences(facts, plain) for name, facts in found.items()} == {name: [] for name in found}

    home = tmp_path / "keras"
    home.mkdir()
    (home / "keras.json").write_text(json.dumps(KERAS_JSON))
    outside = {"KERAS_HOME": str(home), "KERAS_BACKEND": "tensorflow", "KERAS_MAX_EPOCHS": "1"}
    outside |= {"PYTHONHASHSEED": "5", "TZ": "Asia/Tokyo", "LC_ALL": "tr_TR.UTF-8", "KERAS_MAX_STEPS_PER_EPOCH": "1"}
    assert differences(facts(tmp_path, **outside)["plain"], plain) == []
