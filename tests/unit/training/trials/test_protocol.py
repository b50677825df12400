"""Keys of results: the same in every process, and different whenever a result could differ."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from featurenet_uvl.errors import UsageError
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialSpec

OTHER = {
    "data": "mnist",
    "train_images": 10,
    "test_images": 10,
    "epochs": 13,
    "batch_size": 32,
    "learning_rate": 0.1,
    "momentum": 0.9,
    "seed": 1,
    "validation_images": 5,
    "deterministic": True,
    "callbacks": "early stopping",
}


def test_the_hash_is_fixed() -> None:
    # A change of this value makes every stored result unreachable: raise the store's version then.
    assert Protocol("mnist").hash() == "c81434b95849826a"


def test_every_setting_is_in_the_hash() -> None:
    names = {field.name for field in fields(Protocol)}
    assert names - OTHER.keys() == {"optimizer", "loss", "backend"}  # these have one value each
    hashes = {replace(Protocol("digits"), **{name: value}).hash() for name, value in OTHER.items()}
    assert len(hashes | {Protocol("digits").hash()}) == len(OTHER) + 1


def test_all_problems_together() -> None:
    with pytest.raises(UsageError) as caught:
        Protocol("digits", epochs=0, learning_rate=float("nan"), momentum=1.0, seed=-1, backend="abacus")
    lines = str(caught.value).splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["epochs", "learning_rate", "momentum", "seed", "backend"]
    assert lines[-1] == "protocol: backend: found 'abacus', expected tensorflow"


def test_seeds_differ_between_networks_and_runs() -> None:
    one, two = Protocol("digits", seed=1), Protocol("digits", seed=2)
    seeds = {one.trial_seed("a"), one.trial_seed("b"), two.trial_seed("a")}
    assert len(seeds) == 3
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_name_is_not_in_the_hash() -> None:
    assert TrialSpec.of_baseline("x", "lenet5").hash == TrialSpec.of_baseline("y", "lenet5").hash
    assert TrialSpec.of("x", "a", 1).hash != TrialSpec.of("x", "b", 1).hash != TrialSpec.of("x", "b", 2).hash
