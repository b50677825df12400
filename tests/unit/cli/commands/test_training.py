"""The commands that train: their requests, their output, and the continuation of an interrupted one."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from featurenet_uvl.cli.commands.train import _closing
from featurenet_uvl.operations.network_folders import read_network
from featurenet_uvl.training import pool
from featurenet_uvl.training.engines.job import Limits
from featurenet_uvl.training.engines.local import LocalEngine
from featurenet_uvl.training.engines.ray_cluster import RayEngine
from featurenet_uvl.training.pool import Progress
from featurenet_uvl.training.run_state import SCHEMA, RunningTrial, RunState, state_file
from featurenet_uvl.training.store import ResultStore
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus

PROTOCOL = Protocol("digits", train_images=64, epochs=1, validation_images=10)


EARLIER, BEGAN, LATER = (f"2026-01-01T00:00:0{second}+00:00" for second in range(3))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Record the requests to the pool, which trains nothing here."""
    found: dict[str, Any] = {}

    def run_trials(specs: Any, protocol: Any, store: Any, **options: Any) -> list[TrialResult]:
        found.update(specs=specs, protocol=protocol, store=store, **options)
        options["on_progress"](Progress(len(specs), 1, len(specs), 0.9, 0.0))
        done, *others = specs
        return [
            TrialResult(done.name, done.hash, TrialStatus.DONE, test_accuracy=0.9, epochs=3, weights=370, seconds=1.25),
            *(TrialResult(s.name, s.hash, TrialStatus.LIMIT, "took longer\x1b[0m than 5 s") for s in others),
        ]

    monkeypatch.setattr(pool, "run_trials", run_trials)
    return found


def test_train_asks_for_what_the_options_say(program: Any, asked: dict[str, Any], small: Path, tmp_path: Path) -> None:
    store = tmp_path / "t.sqlite"
    options = "--epochs 3 --batch-size 16 --train-size 100 --test-size 50 --seed 9 --workers 2 --time-limit 5"
    result = program("train", small / "nets", "--data", "digits", "--store", store, *options.split())
    assert result.code == 0
    assert asked["protocol"] == Protocol("digits", 100, 50, epochs=3, batch_size=16, seed=9)
    assert [spec.name for spec in asked["specs"]] == ["0001", "0002", "0003"]
    assert (asked["store"], asked["engine"], asked["limits"]) == (store, LocalEngine(2), Limits(time_s=5.0))
    macs = [read_network(small / "nets" / f"000{number}.json").macs() for number in (1, 2, 3)]
    wide = max(map(len, map(str, macs)))
    assert result.out.splitlines() == [
        f"network  status  accuracy  weights  {'MACs'.ljust(wide)}  epochs  seconds  reason",
        f"0001     done    0.9000    370      {macs[0]:<{wide}}  3       1.2",
        f"0002     limit   -         -        {macs[1]:<{wide}}  0       0.0      took longer\\x1b[0m than 5 s",
        f"0003     limit   -         -        {macs[2]:<{wide}}  0       0.0      took longer\\x1b[0m than 5 s",
    ]
    assert result.err.splitlines() == [
        "loading digits",
        "training 3 networks on digits, 3 epochs",
        "training: 3 of 3, 1 failed, best accuracy 0.9000",
        f"3 networks: 1 done, 2 limit; results in {store}",
    ]
    rows = program("train", small / "nets", "--data", "digits", "--store", store, "--json").json
    assert [(row["name"], row["status"], row["weights"]) for row in rows] == [
        ("0001", "done", 370),
        ("0002", "limit", None),
        ("0003", "limit", None),
    ]
    assert [row["macs"] for row in rows] == macs


def test_train_still_takes_the_old_limit_of_weights_and_warns(
    program: Any, asked: dict[str, Any], small: Path, tmp_path: Path
) -> None:
    command = ("train", small / "nets", "--data", "digits", "--store", tmp_path / "t.sqlite", "--weight-limit", 5000)
    result = program(*command)
    assert asked["limits"] == Limits(weights=5000)
    assert result.err.splitlines()[0] == "warning: --weight-limit is now --at-most weights=...; it goes away in 0.3"
    both = program(*command, "--at-most", "weights=4000")
    assert both.code == 2
    assert "found --weight-limit and --at-most weights=..., expected the latter alone" in both.err


def test_a_long_table_has_the_most_accurate_networks(
    program: Any, monkeypatch: pytest.MonkeyPatch, small: Path, tmp_path: Path
) -> None:
    """Of 22 results, the ten most accurate are printed, and all of them as JSON."""
    results = [
        TrialResult(f"n{number:02}", f"{number:016}", TrialStatus.DONE, test_accuracy=number / 100)
        for number in range(20)
    ] + [TrialResult(f"bad{number}", "f" * 16, TrialStatus.FAILED, "why") for number in range(2)]
    monkeypatch.setattr(pool, "run_trials", lambda *_, **__: results)
    command = ("train", small / "nets", "--data", "digits", "--store", tmp_path / "t")
    result = program(*command)
    header, *rows, last = result.out.splitlines()
    assert header.split() == ["network", "status", "accuracy", "weights", "MACs", "epochs", "seconds", "reason"]
    assert [row.split()[0] for row in rows] == [f"n{number:02}" for number in range(19, 9, -1)]
    assert last == "and 12 more, less accurate or not trained; --json prints all"
    assert result.err.splitlines()[-1] == f"22 networks: 20 done, 2 failed; results in {tmp_path / 't'}"
    assert len(program(*command, "--json").json) == 22


def test_failed_rows_of_an_earlier_run_name_the_option_that_tries_them_again() -> None:
    ends = ((TrialStatus.DONE, EARLIER), (TrialStatus.FAILED, EARLIER), (TrialStatus.LIMIT, EARLIER))
    rows = [TrialResult(f"n{n}", f"{n}", status, finished_at=moment) for n, (status, moment) in enumerate(ends)]
    new = TrialResult("new", "9", TrialStatus.FAILED, finished_at=LATER)
    hint = "; 2 failed or reached a limit in an earlier run: --retry-failed tries again"
    closing = f"4 networks: 1 done, 2 failed, 1 limit{hint}; results in t.sqlite"
    assert _closing([*rows, new], Path("t.sqlite"), BEGAN) == closing
    assert _closing([new], Path("t.sqlite"), BEGAN) == "1 network: 1 failed; results in t.sqlite"


def test_files_of_one_name_keep_apart(program: Any, asked: dict[str, Any], small: Path, tmp_path: Path) -> None:
    twin = tmp_path / "0001.json"
    twin.write_bytes((small / "nets" / "0002.json").read_bytes())
    program("train", small / "nets" / "0001.json", twin, twin, "--data", "digits", "--store", tmp_path / "t")
    assert [spec.name for spec in asked["specs"]] == [str(small / "nets" / "0001.json"), str(twin)]


def test_an_interrupted_training_says_how_it_goes_on(
    program: Any, monkeypatch: pytest.MonkeyPatch, small: Path, tmp_path: Path
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "run_trials", interrupted)
    result = program("train", small / "nets", "--data", "digits", "--store", tmp_path / "t")
    assert (result.code, result.out) == (130, "")
    assert result.err.splitlines() == [
        "loading digits",
        "training 3 networks on digits, 12 epochs",
        "what has finished is kept; the same command goes on from there",
        "featurenet-uvl: interrupted",
    ]


@pytest.mark.slow
def test_networks_are_trained_once(program: Any, small: Path, tmp_path: Path) -> None:
    size = ("--epochs", 1, "--train-size", 64, "--test-size", 32)
    command = ("train", small / "nets", "--data", "digits", *size, "--store", tmp_path / "t", "--json")
    first = program(*command)
    assert [row["status"] for row in first.json] == ["done"] * 3
    for row in first.json:
        network = json.loads((small / "nets" / f"{row['name']}.json").read_text())
        assert len(network["cells"]) in (1, 2)
        assert row["weights"] > 0
    assert program(*command).json == first.json


def test_train_passes_on_limits_and_what_is_held_out(
    program: Any, asked: dict[str, Any], small: Path, tmp_path: Path
) -> None:
    command = ("train", small / "nets", "--data", "digits", "--store", tmp_path / "t.sqlite")
    options = "--validation-size 30 --deterministic --memory-limit 900 --retry-failed"
    options += " --at-most weights=5_000 --at-most macs=2.5M"
    assert program(*command, *options.split(), "--tensorboard", tmp_path / "logs").code == 0
    assert asked["protocol"] == Protocol("digits", validation_images=30, deterministic=True)
    assert asked["limits"] == Limits(None, 900.0, 5000, 2_500_000)
    assert (asked["retry_failed"], asked["tensorboard"]) == (True, tmp_path / "logs")
    remote = "--engine ray --address 10.0.0.1:6379 --cpus 2 --gpus 0.5 --memory 2000"
    assert program(*command, *remote.split()).code == 0
    assert asked["engine"] == RayEngine("10.0.0.1:6379", 2.0, 0.5, 2000.0)
    assert program(*command, "--engine", "ray").code == 0
    assert asked["engine"] == RayEngine()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--time-limit 0", "time limit: found 0.0 s, expected more than 0"),
        ("--memory-limit nan", "memory limit: found nan MB, expected more than 0"),
        ("--weight-limit -1", "--at-most: found weights='-1', expected a whole number from 1"),
        ("--at-most macs=1.5", "--at-most: found macs='1.5', expected a whole number from 1"),
        ("--at-most macs=", "--at-most: found macs='', expected a whole number from 1"),
        ("--at-most layers=3", "--at-most: found 'layers=3', expected weights=N or macs=N"),
        ("--at-most macs=3 --at-most macs=4", "--at-most: found macs twice, expected one limit of them"),
        ("--workers 0", "workers: found 0, expected at least 1"),
        ("--validation-size 64 --train-size 64", "protocol: validation_images: found 64, expected fewer than the 64"),
        ("--engine slurm", "found engine 'slurm', expected one of local, ray"),
        (
            "--address 10.0.0.1:1 --gpus 1",
            "found --address, --gpus with --engine local, expected its options: --w",
        ),
        (
            "--engine ray --workers 3",
            "found --workers with --engine ray, expected its options: --address, --cpus",
        ),
        ("--engine-option workers", "--engine-option: found 'workers', expected NAME=VALUE"),
        ("--workers 2 --engine-option workers=3", "--engine-option: found workers twice, expected one value"),
        ("--engine-option speed=9", "engine local: found option 'speed', expected workers"),
        ("--engine-option workers=many", "workers: found 'many', expected a whole number"),
        ("--engine ray --cpus 0", "cpus per trial: found 0, expected 0.01 or more"),
        ("--engine ray --gpus 1.5", "gpus per trial: found 1.5, expected a part of one or a whole number"),
    ],
)
def test_train_refuses_what_makes_no_sense(
    program: Any, small: Path, tmp_path: Path, options: str, message: str
) -> None:
    store = tmp_path / "t.sqlite"
    result = program("train", small / "nets", "--data", "digits", "--store", store, *options.split())
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert not store.exists()


def test_status_says_how_far_a_run_is(program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    missing = program("experiments", "status")
    assert (missing.code, missing.err) == (
        2,
        "featurenet-uvl: error: results: found no results folder, expected one; name it, or a file with --store\n",
    )
    store = tmp_path / "results" / "mine" / "trials.sqlite"
    spec = TrialSpec.of_baseline("LeNet-5", "lenet5")
    with ResultStore(store) as open_store:
        bad = TrialSpec.of("bad", "x", 1)
        open_store.add(PROTOCOL, spec, TrialResult("LeNet-5", spec.hash, TrialStatus.DONE, test_accuracy=0.75))
        open_store.add(PROTOCOL, bad, TrialResult("bad", bad.hash, TrialStatus.NAN, "the loss became nan"))
        # While a run holds the store, it can be looked at.
        plain = program("experiments", "status")
    assert plain.out.splitlines() == [
        "store     results/mine/trials.sqlite",
        "run       none has been seen",
        f"protocol  digits, 64 training images, 1 epochs, 10 held out, seed 0 ({PROTOCOL.hash()})",
        "trained   2, 1 nan; best accuracy 0.7500 (LeNet-5)",
        "failed    bad: the loss became nan",
    ]
    running = RunningTrial("008", "0" * 16, "process 12", "2026-01-01T00:00:00+00:00", 3, 0.5)
    started = psutil.Process().create_time()
    state = RunState(
        *(os.getpid(), started, socket.gethostname(), "2 workers", asdict(PROTOCOL), PROTOCOL.hash(), 23, 1, 1),
        started_at="2026-01-01T00:00:00+00:00",
        updated_at="2026-01-01T00:01:00+00:00",
        done=2,
        elapsed_s=30.0,
        seconds_left=240.0,
        running=(running,),
    )
    write_state(store, state)
    out = program("experiments", "status", store.parent).out
    assert f"run       going: process {os.getpid()} on " in out
    assert "rate      2 per minute; 4 min left\n" in out
    assert "process 12, epoch 1 of 1, accuracy so far 0.5000\n" in out
    assert "trained   2 of 23, 1 nan; best" in out
    facts = program("experiments", "status", "--store", store, "--json").json
    assert (facts["run"]["is_alive"], facts["run"]["rate_per_minute"]) == (True, 2.0)
    write_state(store, replace(state, process_started=1.0))
    assert "run       killed: process" in program("experiments", "status").out
    write_state(store, replace(state, host="elsewhere"))
    assert "run       on another machine, its last word at" in program("experiments", "status").out
    write_state(store, replace(state, outcome="interrupted"))
    assert "run       interrupted at" in program("experiments", "status").out
    assert program("experiments", "status", store.parent, "--store", store).code == 2
    assert program("experiments", "status", tmp_path).err.endswith(
        "trials.sqlite: found no file, expected a result store\n"
    )


def write_state(store: Path, state: RunState) -> None:
    state_file(store).write_text(json.dumps({"schema": SCHEMA, **asdict(state)}))
