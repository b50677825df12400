"""A whole experiment: its files, a second call, the report of an unfinished run, and refusals."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from featurenet_uvl.errors import DataError, FeatureNetError, ReadError, StoreError, UsageError
from featurenet_uvl.experiments.calibration import TIMED
from featurenet_uvl.experiments.collect import collect
from featurenet_uvl.experiments.manifest import sha256
from featurenet_uvl.experiments.preset import Preset
from featurenet_uvl.experiments.run import Listener, RunResult, run_experiment
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.report.content.study import Study
from featurenet_uvl.report.write import write_report
from featurenet_uvl.system.files import read_text
from featurenet_uvl.system.locks import Lock
from featurenet_uvl.training.cost import EPOCH_S, SETUP_TIMES
from featurenet_uvl.training.engines.ray_cluster import RayEngine
from featurenet_uvl.training.pool import Progress
from featurenet_uvl.training.trials.trial import TrialStatus
from featurenet_uvl.translators.formats.configurations.sample_file import parse_sample
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from tests.unit.experiments.damaged_folders import (
    check_that_damage_is_told_with_its_place,
    check_that_networks_are_those_of_the_sample,
)

Run = Callable[..., RunResult]


def contents(folder: Path) -> dict[str, bytes]:
    kinds = {".txt", ".md", ".csv", ".json", ".tex", ".dimacs"}
    files = (path for path in folder.rglob("*") if path.suffix in kinds and "sqlite" not in path.name)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_every_stage_leaves_its_files(run: Run, small: Preset, tmp_path: Path) -> None:
    steps: list[tuple[str, str]] = []
    result = run(small, tmp_path / "r", listener=Listener(phase=lambda *phase: steps.append(phase)))
    folder = result.folder
    place = folder / "samples" / "S1-digits"
    cnf = read_dimacs(read_text(place / "model.dimacs"), "model.dimacs")
    sample = parse_sample(read_text(place / "sample.txt"), "sample.txt")
    assert len(sample) == 6
    assert sample.names == cnf.variables.feature_names
    networks = [
        parse_architecture(json.loads(path.read_text())) for path in sorted((place / "architectures").iterdir())
    ]
    assert len({network.hash() for network in networks}) == 6
    assert {(network.input_shape, network.classes) for network in networks} == {((16, 16, 1), 10)}
    tables = {"rq1_conformance", "rq1_equivalence", "table1", "selection", "table2", "model_sizes", "diversity"}
    for form in ("csv", "md", "tex"):
        assert {path.stem for path in (folder / "tables").glob(f"*.{form}")} >= tables
    figures = {"fig5_equivalence", "fig7_accuracy_distribution", "fig8_accuracy_size", "fig9_longer"}
    for form in ("png", "pdf"):
        assert {path.stem for path in (folder / "figures").glob(f"*.{form}")} == figures
    assert all(path.is_file() for path in result.files)
    assert [name for name, _ in steps] == [
        *("loading", "compiling", "sampling", "bounding", "compiling", "sampling", "bounding", "timing"),
        *("training", "training", "training", "writing"),
    ]
    assert result.study is not None
    assert result.study.missing == ()


def test_the_report_has_everything_in_one_json(run: Run, small: Preset, tmp_path: Path) -> None:
    run(small, tmp_path / "r")
    report = json.loads((tmp_path / "r" / "report.json").read_text())
    assert report["schema"] == "featurenet_uvl/report/1"
    s1, s2 = report["samples"]
    assert [network["name"] for network in s1["networks"]] == [f"S1/00{number}" for number in range(1, 7)]
    for network in (*s1["networks"], *s2["networks"]):
        assert parse_architecture(network["architecture"]).weights() == network["weights"]
        if network["trial"]["status"] == "done":
            assert len(network["trial"]["history"]) == 3
    assert [len(report["equivalence"][side]) for side in ("by_hand", "from_model")] == [3, 3]
    assert [len(row["longer"]["history"]) for row in report["longer"]["rows"]] == [8, 8, 8]
    assert {figure["name"] for figure in report["figures"]} >= {"fig5_equivalence", "fig9_longer"}
    assert report["environment"]["python"].startswith("3.")
    assert report["commands"][1] == "featurenet-uvl experiments run --preset small.cfg -o r"


def test_the_same_call_again_trains_nothing_and_changes_nothing(run: Run, small: Preset, tmp_path: Path) -> None:
    first = run(small, tmp_path / "r")
    before = contents(tmp_path / "r")
    seen: list[Progress] = []
    other = replace(small, limits=replace(small.limits, workers=1, time_limit_s=9.0))
    again = run(other, tmp_path / "r", listener=Listener(progress=seen.append))
    assert all(progress.done == progress.total for progress in seen)
    assert again.study == first.study
    assert contents(tmp_path / "r") == before
    # Files that a kill between two steps has lost are made again, equal.
    (tmp_path / "r" / "samples" / "S1-digits" / "sample.txt").unlink()
    run(small, tmp_path / "r")
    assert contents(tmp_path / "r") == before


def encoded_otherwise(folder: Path, clause: str) -> None:
    """Let a results folder look as if its first model had been compiled to one more clause."""
    model, run_file = folder / "samples" / "S1-digits" / "model.dimacs", folder / "run.json"
    text = re.sub(
        r"^p cnf (\d+) (\d+)$",
        lambda match: f"p cnf {match[1]} {int(match[2]) + 1}",
        read_text(model) + clause,
        flags=re.MULTILINE,
    )
    model.write_text(text)
    content = json.loads(run_file.read_text())
    content["samples"]["S1-digits"]["model_sha256"] = sha256(text)
    run_file.write_text(json.dumps(content))


def test_a_run_goes_on_where_another_version_encoded_the_model_otherwise(
    run: Run, small: Preset, tmp_path: Path
) -> None:
    first = run(small, tmp_path / "r")
    before = contents(tmp_path / "r")
    variables = len(read_dimacs(read_text(tmp_path / "r" / "samples" / "S1-digits" / "model.dimacs"), "m").variables)
    encoded_otherwise(tmp_path / "r", f"{variables} -{variables} 1 0\n")
    seen: list[Progress] = []
    again = run(small, tmp_path / "r", listener=Listener(progress=seen.append))
    assert all(progress.done == progress.total for progress in seen)
    assert again.study == first.study
    assert contents(tmp_path / "r") == before


def test_a_run_does_not_go_on_with_another_model_or_an_invalid_sample(run: Run, small: Preset, tmp_path: Path) -> None:
    """One model has another clause over features; for the other, the sample holds an invalid configuration."""
    folder, refused = tmp_path / "r", r"found results of another model of S1-digits"
    run(small, folder)
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    encoded_otherwise(folder, "2 3 0\n")
    with pytest.raises(UsageError, match=refused):
        run(small, folder)
    variables = len(read_dimacs(read_text(copy / "samples" / "S1-digits" / "model.dimacs"), "m").variables)
    encoded_otherwise(copy, f"{variables} -{variables} 1 0\n")
    sample = copy / "samples" / "S1-digits" / "sample.txt"
    sample.write_text(re.sub(r"^1 2 [\d ]+$", "1 2", read_text(sample), count=1, flags=re.MULTILINE))
    with pytest.raises(UsageError, match=refused):
        run(small, copy)


class StoppedError(Exception):
    """Stands for a kill."""


def stop_after(count: int) -> Listener:
    left = [count]

    def progress(_: Progress) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise StoppedError

    return Listener(progress=progress)


def facts_of(study: Study | None) -> list[tuple[str, float | None]]:
    assert study is not None
    return [(network.name, network.test_accuracy) for sample in study.samples for network in sample.networks]


def test_a_stopped_run_goes_on_from_any_point(run: Run, small: Preset, tmp_path: Path) -> None:
    whole = run(small, tmp_path / "whole").study
    folder, count, stops = tmp_path / "r", 1, 0
    while True:
        try:
            result = run(small, folder, listener=stop_after(count))
            break
        except StoppedError:
            stops += 1
            count += 5
            study = collect(folder)
            write_report(study, folder)
            assert study.missing
            assert all(line in (folder / "report.md").read_text() for line in study.missing)
    assert stops >= 3
    assert whole is not None
    assert result.study is not None
    assert facts_of(result.study) == facts_of(whole)
    assert [row.name for row in result.study.longer.rows] == [row.name for row in whole.longer.rows]  # type: ignore[union-attr]


def test_the_ten_best_by_test_accuracy_are_trained_longer(run: Run, small: Preset, tmp_path: Path) -> None:
    study = run(small, tmp_path / "r").study
    assert study is not None
    assert study.longer is not None
    accuracies = {network.name: network.test_accuracy or 0.0 for network in study.samples[0].networks}
    expected = sorted(accuracies, key=lambda name: -accuracies[name])[:2]
    assert [row.name for row in study.longer.rows] == [*expected, "LeNet-5"]
    assert study.longer.epochs == (3, 5, 8)
    for row in study.longer.rows:
        # Fake training is the same at each epoch, however many follow.
        assert row.accuracy_at(3) == row.base.test_accuracy
        assert row.longer is not None
        assert row.accuracy_at(8) == row.longer.test_accuracy
        assert row.accuracy_at(9) is None


def test_runs_of_lenet5_are_shared_between_the_baseline_and_rq1(run: Run, small: Preset, tmp_path: Path) -> None:
    study = run(small, tmp_path / "r").study
    assert study is not None
    assert study.equivalence is not None
    (baseline,) = study.baselines
    assert len(baseline.runs) == 2
    assert study.equivalence.by_hand.runs[:2] == baseline.runs
    hashes = {one.spec_hash for one in (*study.equivalence.by_hand.runs, *study.equivalence.from_model.runs) if one}
    assert len(hashes) == 6


def test_a_dry_run_says_what_it_takes_and_trains_nothing(run: Run, small: Preset, tmp_path: Path) -> None:
    result = run(small, tmp_path / "r", dry_run=True)
    assert result.study is None
    assert not (tmp_path / "r" / "trials.sqlite").exists()
    parts = {part.part: part for part in result.estimates}
    assert list(parts) == [
        *("baselines on digits", "S1 on digits", "S2 on digits", "named architectures on digits"),
        "the best 2 for 8 epochs, about",
    ]
    assert parts["baselines on digits"].networks == 6
    # 300 images are 10 steps; 200 + 100 are tested as 10 batches at a third each; 3 epochs, then the training images.
    steps = 3 * 10 + (3 * 10 + 10) / 3
    s1 = parts["S1 on digits"]
    fixed = SETUP_TIMES * 1.0 + EPOCH_S * 3
    dear = round((s1.cpu_s - 6 * fixed) / steps / 0.009 - 6 / 9)
    assert s1.cpu_s == pytest.approx(6 * fixed + steps * (0.01 * dear + 0.001 * (6 - dear)))
    assert s1.slowest_cpu_s == pytest.approx(fixed + steps * (0.01 if dear else 0.001))
    study = collect(tmp_path / "r")
    assert "S1 on digits: 6 of 6 networks are to be trained" in study.missing
    assert write_report(study, tmp_path / "r")


def test_a_dry_run_of_many_networks_times_some_and_says_its_error(run: Run, small: Preset, tmp_path: Path) -> None:
    seen: list[Progress] = []
    many = replace(small, samples=(replace(small.samples[0], count=40), *small.samples[1:]))
    result = run(many, tmp_path / "r", dry_run=True, listener=Listener(progress=seen.append))
    parts = {part.part: part for part in result.estimates}
    s1 = parts["S1 on digits"]
    assert (s1.networks, s1.unknown, s1.timed) == (40, 0, TIMED)
    assert s1.error is not None
    assert 0 < s1.error[0] <= s1.error[1]
    by_hand = len({*many.baselines, "lenet5"})
    assert seen[-1].total <= TIMED + by_hand
    assert run(many, tmp_path / "r").study is not None


def test_cheap_ones_only_says_what_is_left_out(run: Run, small: Preset, tmp_path: Path) -> None:
    steps = 3 * 10 + (3 * 10 + 10) / 3
    s1 = replace(small.samples[0], count=12, max_cpu_s=SETUP_TIMES + EPOCH_S * 3 + steps * 0.005)
    study = run(replace(small, samples=(s1, *small.samples[1:])), tmp_path / "r").study
    assert study is not None
    sample = study.samples[0]
    dear = [network for network in sample.networks if int(network.spec_hash, 16) % 2]
    assert 0 < len(dear) < 12
    assert [network for network in sample.networks if network.left_out] == dear
    assert all(network.result is None for network in dear)
    assert sample.pending() == 0
    table = (tmp_path / "r" / "tables" / "table1.md").read_text()
    assert f"{len(dear)} left out as too slow to train" in table


def refusal(error: type[Exception], run: Run, preset: Preset, folder: Path) -> str:
    with pytest.raises(error) as caught:
        run(preset, folder)
    assert str(caught.value).startswith(str(folder))
    return str(caught.value)


def test_results_of_something_else_are_refused(run: Run, small: Preset, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    run(small, folder)
    before = contents(folder)
    other = replace(
        small,
        samples=(replace(small.samples[0], seed=2), *small.samples[1:]),
        protocols=(replace(small.protocols[0], epochs=1),),
        equivalence=None,
    )
    found = refusal(UsageError, run, other, folder)
    assert "protocols.digits.epochs 3 there, 1 here; samples.S1.seed 1 there, 2 here" in found
    assert "equivalence absent there, None here" in found
    assert found.endswith("expected those of small; pass another results folder, or remove this one")
    manifest = json.loads((folder / "run.json").read_text())
    changed = json.loads((folder / "run.json").read_text())
    changed["samples"]["S1-digits"]["model_sha256"] = "0" * 64
    (folder / "run.json").write_text(json.dumps(changed))
    assert "found results of another model of S1-digits (000000000000)" in refusal(UsageError, run, small, folder)
    changed["data"]["digits"]["hash"] = "0" * 16
    (folder / "run.json").write_text(json.dumps(changed))
    assert "found results of another data set digits (000000000000)" in refusal(UsageError, run, small, folder)
    for text, message in (
        ("{", "run.json:1:2: found no JSON"),
        ("[]", "found [], expected the manifest of a run"),
        (json.dumps({**manifest, "schema": "x"}), "found schema 'x'"),
    ):
        (folder / "run.json").write_text(text)
        assert message in refusal(ReadError, run, small, folder)
    (folder / "run.json").write_bytes(before["run.json"])
    sample = folder / "samples" / "S1-digits" / "sample.txt"
    sample.write_bytes(sample.read_bytes().replace(b"seed 1", b"seed 9"))
    assert "found another content than the run wrote" in refusal(ReadError, run, small, folder)
    with pytest.raises(ReadError, match=r"sample\.txt: found another content than the run wrote"):
        collect(folder)
    sample.write_bytes(before["samples/S1-digits/sample.txt"])
    assert contents(folder) == before
    check_that_networks_are_those_of_the_sample(folder, before)
    check_that_damage_is_told_with_its_place(folder, before)


def test_a_second_run_in_the_folder_is_refused_before_it_touches_anything(
    run: Run, small: Preset, tmp_path: Path
) -> None:
    folder = tmp_path / "r"
    with Lock(folder / "run.lock", folder):
        found = refusal(StoreError, run, small, folder)
        assert found.endswith(
            f"in use by another run (process {os.getpid()}), expected it to be free; wait for it or stop it"
        )
        assert [path.name for path in folder.iterdir()] == ["run.lock"]
    assert list(folder.iterdir()) == []


def test_a_cluster_that_does_not_answer_is_refused_before_any_work(run: Run, small: Preset, tmp_path: Path) -> None:
    with pytest.raises(FeatureNetError, match=r"^Ray at 127\.0\.0\.1:1: found no answer|^found no ray"):
        run(small, tmp_path / "r", engine=RayEngine("127.0.0.1:1"))
    assert not (tmp_path / "r").exists()


def test_a_report_without_the_samples_of_its_results_leaves_the_page(run: Run, small: Preset, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    run(small, folder)
    before = {path: path.read_bytes() for path in folder.glob("report.*")}
    shutil.rmtree(folder / "samples" / "S1-digits")
    with pytest.raises(ReadError, match=r"S1-digits: found no networks of this sample, while .* 6 networks of it"):
        collect(folder)
    assert {path: path.read_bytes() for path in folder.glob("report.*")} == before


def test_a_folder_without_a_run_has_no_report(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"found no run\.json, expected the results folder of an experiment"):
        collect(tmp_path)
    (tmp_path / "run.json").write_text(
        json.dumps({"schema": "featurenet_uvl/run/2", "name": "x", "preset": {}, "data": {}, "samples": {}})
    )
    with pytest.raises(
        ReadError, match=r"run\.json: preset: found no 'baseline_runs', expected the keys protocols, samples"
    ):
        collect(tmp_path)


def test_too_many_images_are_refused_before_any_work(run: Run, small: Preset, tmp_path: Path) -> None:
    preset = replace(small, protocols=(replace(small.protocols[0], train_images=2000),))
    with pytest.raises(DataError, match="found 1437 train images, expected at least 2000"):
        run(preset, tmp_path / "r")
    assert not (tmp_path / "r" / "samples").exists()


@pytest.mark.deep
def test_sampled_networks_train_as_configured(small: Preset, tmp_path: Path) -> None:
    protocol = replace(small.protocols[0], train_images=200, test_images=100, epochs=1)
    preset = replace(small, protocols=(protocol,), samples=small.samples[:1], equivalence=None, longer=None)
    study = run_experiment(preset, tmp_path / "r", workers=2).study
    assert study is not None
    for network in study.samples[0].networks:
        assert network.result is not None
        assert network.result.status is TrialStatus.DONE, network.result.reason
        assert network.result.epochs == 1
        assert network.result.weights == network.weights
        # A prediction within an order of magnitude, even on a busy machine and for the smallest of networks.
        assert network.predicted_cpu_s is not None
        measured = float(network.result.provenance["cpu_seconds"])
        assert 0.1 < network.predicted_cpu_s / measured < 10
    assert [one.result.status for one in study.named if one.result] == [TrialStatus.DONE]
