"""What a network costs to train: measured on a few steps, for a prediction of the whole.

Keras is imported by the functions here, never by the module.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from featurenet_uvl.errors import UsageError
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.engines.job import ALONE, Surroundings, Trainer, over_weight
from featurenet_uvl.training.keras_trainer import BUILDERS, KERAS, _compiled
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus

MIN_STEPS = 2
MAX_STEPS = 10
MIN_SECONDS = 0.3
"""Steps are timed until so many CPU seconds have gone by, or so many steps are done."""

TEST_SHARE = 1 / 3
"""What testing a batch costs, as a share of training on it: one pass forwards, where training has that and about two
backwards."""

SETUP_TIMES = 1.75
"""How often the measured setup is paid: training traces the network for testing, too."""

EPOCH_S = 0.15
"""CPU seconds that an epoch takes beside its steps. This and `SETUP_TIMES` are fitted to the 26 networks of the preset
`smoke`, whose training took 0.8 to 1.2 times what is predicted with them."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds on the machine where they were measured."""

    setup_s: float
    """To build the network and to trace it, until after the first step."""
    step_s: float
    """For one batch of training images."""

    def predicted_s(self, protocol: Protocol, data: Dataset) -> float:
        """CPU seconds to train and test the network under a protocol."""
        train = (protocol.train_images or data.train_count) - protocol.validation_images
        tested = (protocol.test_images or data.test_count) + protocol.validation_images
        steps = protocol.epochs * math.ceil(train / protocol.batch_size)
        tests = protocol.epochs * math.ceil(tested / protocol.batch_size) + math.ceil(train / protocol.batch_size)
        work_s = self.step_s * (steps + TEST_SHARE * tests)
        return SETUP_TIMES * self.setup_s + EPOCH_S * protocol.epochs + work_s


def cost_of(result: TrialResult) -> Cost | None:
    """The cost that `time_steps` measured; None where it failed."""
    if result.status is not TrialStatus.DONE:
        return None
    return Cost(float(result.provenance["setup_s"]), float(result.provenance["step_s"]))


def time_steps(spec: TrialSpec, protocol: Protocol, data: Dataset, beside: Surroundings = ALONE) -> TrialResult:
    """Builds a network and trains it for a few steps; the CPU seconds stand in the result's provenance.

    Raises:
        UsageError: No builder for this kind of trial.
    """
    if spec.kind not in BUILDERS:
        raise UsageError(f"found a trial of kind {spec.kind!r}, expected one of {', '.join(BUILDERS)}")
    count = min(protocol.batch_size, protocol.train_images or data.train_count)
    x, y = data.read("train", count, protocol.seed)
    started = time.process_time()
    network = BUILDERS[spec.kind](spec.payload, data.input_shape, data.classes)
    weights = int(network.count_params())
    refused = over_weight(spec, weights, beside.weight_limit)
    if refused is not None:
        return refused
    model, copies = _compiled(network, protocol)
    labels = [y] * copies
    model.train_on_batch(x, labels)
    ready = time.process_time()
    steps = 0
    while steps < MIN_STEPS or (steps < MAX_STEPS and time.process_time() - ready < MIN_SECONDS):
        model.train_on_batch(x, labels)
        steps += 1
    step_s = (time.process_time() - ready) / steps
    provenance = {"setup_s": f"{ready - started:.4f}", "step_s": f"{step_s:.5f}"}
    return TrialResult(spec.name, spec.hash, TrialStatus.DONE, weights=weights, provenance=provenance)


TIMER = Trainer(time_steps, KERAS.preload)
"""Runs `time_steps` instead of the whole training."""
