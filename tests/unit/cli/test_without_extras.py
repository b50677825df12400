"""The core without the packages of the extras: its commands work, and the others name the extra to install."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.system.extras import EXTRAS
from tests.places import ROOT

HIDDEN = """
import contextlib, io, json, sys
hidden, lines = json.loads(sys.argv[1])
for name in hidden:
    sys.modules[name] = None
from featurenet_uvl.cli.main import run
answers = []
for line in lines:
    words = io.StringIO()
    with contextlib.redirect_stderr(words), open("stdout", "w") as out, contextlib.redirect_stdout(out):
        code = run(line.split())
    answers.append([code, words.getvalue()])
print(json.dumps(answers))
"""

CORE = (
    "--help",
    "train --help",
    "check {models}/s1.uvl",
    "convert {models}/s1.uvl -o m.xml",
    "compile {small}/m.uvl -o m.dimacs --no-rules",
    "compile {models}/s1.uvl -o s1.dimacs --bound Block=1 --bound Cell=1 --input-shape 16x16x1",
    "count {small}/m.uvl",
    "analyse {small}/m.uvl",
    "sample s1.dimacs -o s.txt -n 2 --sampler random",
    "sample m.dimacs -o d.txt -n 3",
    "diversity d.txt",
    "configurations d.txt -o d.csv",
    "decode s.txt --model {models}/s1.uvl --bound Block=1 --bound Cell=1 --input-shape 16x16x1 -o nets",
    "architectures list",
    "architectures show nets/0001.json",
    "architectures show nets/0001.json -o n.svg",
    "experiments status --store {assets}/trials.sqlite",
)
"""Commands that need no extra, each after those that write its input."""

OTHERS = {
    "train nets --data digits --store t.sqlite": "found no scikit-learn, which the data set digits needs",
    "experiments run --preset smoke -o r": "found no tensorflow, which an experiment needs",
    "experiments report {assets}/results": "found no matplotlib, which a report needs",
    "architectures show nets/0001.json -o n.png": "found no matplotlib, which",
    "decode s.txt --model {models}/s1.uvl --bound Block=1 --bound Cell=1 --input-shape 16x16x1 -o v --verify": (
        "found no (keras|tensorflow), which"
    ),
}
"""Commands that need an extra, and the beginning of the line that says so."""

MODEL = (
    "namespace M\nfeatures\n    App\n        optional\n            Log\n            Net\nconstraints\n    Log => Net\n"
)


def answers(folder: Path, lines: list[str]) -> list[Any]:
    hidden = [name for name in EXTRAS if name != "flamapy"]
    command = [sys.executable, "-c", HIDDEN, json.dumps([hidden, lines])]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_the_core_works_and_the_rest_tells_the_way_out(tmp_path: Path, models: Path) -> None:
    (tmp_path / "m.uvl").write_text(MODEL)
    shutil.copytree(ROOT / "tests" / "assets" / "0.1", tmp_path / "assets")
    places = {"models": models, "small": tmp_path, "assets": tmp_path / "assets"}
    lines = [line.format(**places) for line in (*CORE, *OTHERS)]
    found = answers(tmp_path, lines)
    for line, (code, words) in zip(lines[: len(CORE)], found, strict=False):
        assert code == 0, f"{line}: {words}"
    for (line, expected), (code, words) in zip(OTHERS.items(), found[len(CORE) :], strict=True):
        last = words.splitlines()[-1]
        assert code == 1, f"{line}: {words}"
        pattern = rf"featurenet-uvl: error: (\S+: )?{expected} ?.*: pip install 'featurenet_uvl\[\w+\]'$"
        assert re.match(pattern, last), last
