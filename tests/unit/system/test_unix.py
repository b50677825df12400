"""A system without Unix's locks: what needs them says so in one sentence, and everything else works."""

from __future__ import annotations

import subprocess
import sys

WINDOWS = """
import multiprocessing.connection, multiprocessing.forkserver, sys
for name in ("fcntl", "resource"):
    sys.modules[name] = None
from pathlib import Path
from featurenet_uvl.cli.main import run
import featurenet_uvl.training.pool, featurenet_uvl.sampling.registry
code = run(["check", "small"])
sys.platform = "win32"
from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.system.locks import Lock
from featurenet_uvl.training.engines.local import LocalEngine
for function in (lambda: Lock(Path("x.lock"), Path("x")), lambda: LocalEngine(1).check()):
    try:
        function()
    except FeatureNetError as error:
        print(error)
"""


def test_what_needs_locks_is_one_sentence_without_them() -> None:
    done = subprocess.run([sys.executable, "-c", WINDOWS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    needs = "found the system win32, expected Linux or macOS, whose locks and processes this needs; on Windows, use WSL"
    assert done.stdout.splitlines()[-2:] == [f"x.lock: {needs}", f"training: {needs}"]
    assert "small: no problems" in done.stderr
