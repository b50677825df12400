"""The command line in this process, and a small model with its sample and networks."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from importlib.resources import files
from itertools import dropwhile
from pathlib import Path
from typing import Any

import pytest

from featurenet_uvl.cli.main import run
from featurenet_uvl.training.store import APPLICATION_ID

BOUNDS = ("--bound", "Block=1", "--bound", "Cell=2")


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Program:
    """Calls the program; checks that no traceback appears, and that errors are lines of one form."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Outcome:
        self._capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        if code not in (0, 130):
            words = list(dropwhile(_is_progress, err.splitlines()))
            assert words, err
            assert all(line.startswith("featurenet-uvl: error: ") for line in words), err
            assert err.endswith("\n")
        return Outcome(code, out, err)


def _is_progress(line: str) -> bool:
    return line.startswith(("loading ", "training ", "reading "))


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(capsys)


@pytest.fixture(scope="session")
def models() -> Path:
    return Path(str(files("featurenet_uvl.models")))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    """Return a folder with `m.dimacs`, `s.txt` (three configurations) and `nets` of S1 with one block of two cells."""
    folder = tmp_path_factory.mktemp("small")
    model, shape = str(models / "s1.uvl"), ("--input-shape", "16x16x1")
    dimacs, sample, nets = (str(folder / name) for name in ("m.dimacs", "s.txt", "nets"))
    assert run(["compile", model, *BOUNDS, *shape, "-o", dimacs, "-q"]) == 0
    assert run(["sample", dimacs, "-n", "3", "--sampler", "steered", "-o", sample, "-q"]) == 0
    assert run(["decode", sample, "--model", model, *BOUNDS, *shape, "-o", nets, "-q"]) == 0
    (folder / "truncated.uvl").write_text((models / "dnn.uvl").read_text()[:2500])
    tree = "features\n\tNet\n\t\toptional\n\t\t\tDrop\n\t\t\tNorm\n"
    (folder / "net.uvl").write_text(tree)
    (folder / "none.uvl").write_text(tree + "constraints\n\tDrop\n\t!Drop\n")
    (folder / "unknown.uvl").write_text("imports\n\tnet as n\nfeatures\n\tn.Net\nconstraints\n\tn.Drop => n.Blok\n")
    (folder / "large.uvl").write_text("imports\n\tnet as n\nfeatures\n\tn.Net\nconstraints\n\tn.Drop\n")
    (folder / "net.cnf").write_text("c 1 Net\nc 2 Drop\nc 3 Norm\np cnf 3 3\n1 0\n-2 1 0\n-3 1 0\n")
    (folder / "none.cnf").write_text("c 1 Net\np cnf 1 2\n1 0\n-1 0\n")
    (folder / "bad.cnf").write_text("c 1 Net\np cnf 1 1\n2 0\n")
    (folder / "attribute.uvl").write_text("features\n\tNet {price 3}\n\t\toptional\n\t\t\tDrop\n")
    (folder / "names.txt").write_text("Net\nDrop\n")
    (folder / "twice.csv").write_text("Configuration;Net;Drop\n0;+;-\n1;+;-\n")
    lines = (folder / "s.txt").read_text().splitlines(keepends=True)
    (folder / "tampered.txt").write_text("".join([*lines[:-1], "1 2 3\n"]))
    (folder / "cut.txt").write_text("".join(lines)[:-2])
    (folder / "broken").mkdir()
    (folder / "broken" / "mnist.npz").write_bytes(bytes(range(256)))
    with sqlite3.connect(folder / "v9.sqlite") as store:
        store.execute("CREATE TABLE trials (name TEXT)")
        store.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        store.execute("PRAGMA user_version = 9")
    store.close()
    (folder / "bad.json").write_text('{"schema": 1,\n nonsense}')
    network = json.loads((folder / "nets" / "0001.json").read_text())
    network["cells"][0]["input1"] = {"kind": "Dense", "neurons": "many", "activation": "relu"}
    (folder / "odd.json").write_text(json.dumps(network))
    return folder
