"""Files of version 0.1 can be read, continued, decoded and reported; tests/assets/0.1 explains how they were made."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from featurenet_uvl.cli.main import run
from featurenet_uvl.experiments.collect import collect
from featurenet_uvl.experiments.preset_file import load_preset
from featurenet_uvl.operations.network_folders import read_networks
from featurenet_uvl.report.write import write_report
from featurenet_uvl.system.files import read_text
from featurenet_uvl.training.pool import run_trials
from featurenet_uvl.training.run_state import read_run_state
from featurenet_uvl.training.store import read_all_results
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialSpec, TrialStatus
from featurenet_uvl.translators.formats.configurations.sample_file import parse_sample
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from featurenet_uvl.translators.pipeline import compile_model
from tests.places import MODELS, ROOT, UNIT

ASSETS = ROOT / "tests" / "assets" / "0.1"
NETWORKS = ("0001", "0002", "0003")
PROTOCOL = Protocol("digits", train_images=64, test_images=32, epochs=1)
WEIGHTS = (1_970, 36_237, 215_245)
"""Numbers of weights of the three networks, as 0.1 printed them."""

Program = Callable[..., tuple[int, str]]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the files, which are read with a journal beside them."""
    return Path(shutil.copytree(ASSETS, tmp_path / "old"))


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str]) -> Program:
    def call(*arguments: object) -> tuple[int, str]:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return code, capsys.readouterr().out

    return call


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in ASSETS.rglob("*") if path.is_file()) < 200_000


def test_a_network_is_the_one_that_0_1_counted() -> None:
    networks = read_networks([ASSETS / "networks"])
    assert tuple(networks) == NETWORKS
    assert tuple(network.weights() for network in networks.values()) == WEIGHTS


def test_a_formula_and_a_sample_belong_together_as_they_did() -> None:
    cnf = read_dimacs(read_text(ASSETS / "model.dimacs"), "model.dimacs")
    sample = parse_sample(read_text(ASSETS / "sample.txt"), "sample.txt")
    assert cnf.fingerprint() == sample.formula
    assert (sample.sampler, len(sample), sample.names) == ("diverse", 3, cnf.variables.feature_names)


MODEL = ("--model", MODELS / "s1.uvl", "--bound", "Block=1", "--bound", "Cell=1", "--input-shape", "16x16x1")
"""The model of the samples. Later versions may encode it in other clauses."""


@pytest.mark.parametrize(
    ("sample", "networks"),
    [("sample.txt", "networks"), ("results/samples/S1-digits/sample.txt", "results/samples/S1-digits/architectures")],
)
def test_a_sample_decodes_to_the_same_networks(program: Program, tmp_path: Path, sample: str, networks: str) -> None:
    found = tmp_path / "found"
    code, _ = program("decode", ASSETS / sample, *MODEL, "--any-formula", "-o", found)
    assert code == 0
    expected = [network.hash() for network in read_networks([ASSETS / networks]).values()]
    assert [network.hash() for network in read_networks([found]).values()] == expected


def test_a_sample_of_another_encoding_is_refused_with_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = parse_sample(read_text(ASSETS / "sample.txt"), "sample.txt")
    cnf = compile_model(str(MODELS / "s1.uvl"), bounds={"Block": 1, "Cell": 1}, input_shape=(16, 16, 1))
    code = run([str(word) for word in ("decode", ASSETS / "sample.txt", *MODEL, "-o", tmp_path / "found")])
    if sample.formula == cnf.fingerprint():
        assert code == 0
    else:
        assert (code, "--any-formula" in capsys.readouterr().err) == (1, True)


def test_a_store_is_read_and_gone_on_with(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(UNIT / "training"))
    import fake_trials

    fakes: ModuleType = fake_trials
    networks = read_networks([old / "networks"])
    specs = [TrialSpec.of_architecture(name, network) for name, network in networks.items()]
    before = read_all_results(old / "trials.sqlite")
    assert list(before) == [PROTOCOL]
    assert set(before[PROTOCOL]) == {spec.hash for spec in specs}
    assert tuple(before[PROTOCOL][spec.hash].weights for spec in specs) == WEIGHTS
    for result in before[PROTOCOL].values():
        assert (result.status, result.epochs, len(result.history)) == (TrialStatus.DONE, 1, 1)
        assert result.provenance["featurenet_uvl"] == "0.1.0"
    log = old / "log"
    more = [*specs, fakes.fake("another", log=log)]
    fake_data = fakes.Dataset("digits", "/nowhere", (16, 16, 1), 10, 1437, 360, "3528211fb762d070")
    results = run_trials(more, PROTOCOL, old / "trials.sqlite", data=fake_data, trainer=fakes.FAKE)
    assert results[:3] == [before[PROTOCOL][spec.hash] for spec in specs]
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["another"]


def test_the_command_trains_nothing_twice(old: Path, program: Program) -> None:
    command = ("train", old / "networks", "--data", "digits", "--store", old / "trials.sqlite", "--epochs", 1)
    code, out = program(*command, "--train-size", 64, "--test-size", 32, "--json", "--quiet")
    rows = json.loads(out)
    assert code == 0
    assert [(row["name"], row["weights"]) for row in rows] == list(zip(NETWORKS, WEIGHTS, strict=True))
    assert {row["finished_at"][:10] for row in rows} == {"2026-11-28"}


def test_status_reads_a_store_and_the_last_word_of_its_run(old: Path, program: Program) -> None:
    state = read_run_state(old / "trials.sqlite")
    assert state is not None
    assert (state.outcome, state.done, state.total) == ("finished", 3, 3)
    code, out = program("experiments", "status", "--store", old / "trials.sqlite", "--json")
    (status,) = json.loads(out)["protocols"]
    assert (code, status["done"], status["failed"]) == (0, 3, {})
    code, out = program("experiments", "status", old / "results", "--json")
    assert [status["done"] for status in json.loads(out)["protocols"]] == [7, 2]


def test_a_results_folder_gives_the_same_tables(old: Path) -> None:
    """The tables that 0.1 wrote, cell by cell; behind them, the list of trials has the MACs."""
    folder = old / "results"
    before = {path.relative_to(folder): path.read_text() for path in folder.rglob("*.csv")}
    study = collect(folder)
    assert study.missing == ()
    for name in before:
        (folder / name).unlink()
    write_report(study, folder)
    for name, text in before.items():
        rows = list(csv.reader((folder / name).read_text().splitlines()))
        if name == Path("trials.csv"):
            assert rows[0][-1] == "macs"
            assert all(row[-1].isdecimal() for row in rows[1:] if row[0].startswith("S"))
            rows = [row[:-1] for row in rows]
        assert rows == list(csv.reader(text.splitlines())), name
    assert (folder / "report.html").stat().st_size > 100_000


def test_a_preset_is_read_and_is_the_one_of_the_folder() -> None:
    preset = load_preset(str(ASSETS / "tiny.cfg"))
    manifest = json.loads((ASSETS / "results" / "run.json").read_text())
    assert json.loads(json.dumps(preset.to_json())) == manifest["preset"]
