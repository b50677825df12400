"""The cost of training a network: measured on a few steps, to predict the whole.

Keras is imported by the functions here, never by the module.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from featurenet_uvl.errors import UsageError
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.engines.job import ALONE, Surroundings, Trainer, over_size
from featurenet_uvl.training.keras_trainer import BUILDERS, KERAS, _compiled, macs_of
from featurenet_uvl.training.surroundings import standard_surroundings
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import MACS, TrialResult, TrialSpec, TrialStatus

MIN_STEPS = 2
MAX_STEPS = 10
MIN_SECONDS = 0.3
"""Timing ends after `MAX_STEPS` steps, or after this many CPU seconds and at least `MIN_STEPS` steps."""

TEST_SHARE = 1 / 3
"""Cost of testing a batch as a share of training on it: testing is one pass forwards, training has about two backwards,
too."""

SETUP_TIMES = 1.75
"""Setups per training, in units of the measured one: training traces the network for testing, too."""

EPOCH_S = 0.15
"""CPU seconds per epoch beside its steps. This and `SETUP_TIMES` are fitted to the 26 networks of the preset `smoke`,
whose training took 0.8 to 1.2 times the prediction."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of a network on the machine that measured them."""

    setup_s: float
    """CPU seconds to build and trace the network, with the first step."""
    step_s: float
    """CPU seconds per batch of training images."""

    def predicted_s(self, protocol: Protocol, data: Dataset) -> float:
        """Predict the CPU seconds to train and test the network under a protocol."""
        train = (protocol.train_images or data.train_count) - protocol.validation_images
        tested = (protocol.test_images or data.test_count) + protocol.validation_images
        steps = protocol.epochs * math.ceil(train / protocol.batch_size)
        tests = protocol.epochs * math.ceil(tested / protocol.batch_size) + math.ceil(train / protocol.batch_size)
        work_s = self.step_s * (steps + TEST_SHARE * tests)
        return SETUP_TIMES * self.setup_s + EPOCH_S * protocol.epochs + work_s


def cost_of(result: TrialResult) -> Cost | None:
    """Return the cost that `time_steps` measured; None if it failed, or if the result is not one of `time_steps`."""
    if result.status is not TrialStatus.DONE:
        return None
    setup_s, step_s = (result.provenance.get(name) for name in ("setup_s", "step_s"))
    return None if setup_s is None or step_s is None else Cost(float(setup_s), float(step_s))


def time_steps(spec: TrialSpec, protocol: Protocol, data: Dataset, beside: Surroundings = ALONE) -> TrialResult:
    """Build a network and train it for a few steps; the result's provenance has the CPU seconds.

    Raises:
        UsageError: The kind of the trial is unknown.
        ToolError: A package is missing.
    """
    if spec.kind not in BUILDERS:
        raise UsageError(f"found a trial of kind {spec.kind!r}, expected one of {', '.join(BUILDERS)}")
    with standard_surroundings(protocol.backend, deterministic=protocol.deterministic):
        return _timed(spec, protocol, data, beside)


def _timed(spec: TrialSpec, protocol: Protocol, data: Dataset, beside: Surroundings) -> TrialResult:
    count = min(protocol.batch_size, protocol.train_images or data.train_count)
    x, y = data.read("train", count, protocol.seed)
    started = time.process_time()
    network = BUILDERS[spec.kind](spec.payload, data.input_shape, data.classes)
    weights, macs = int(network.count_params()), macs_of(spec, network)
    refused = over_size(spec, weights, macs, beside.weight_limit, beside.mac_limit)
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
    provenance = {"setup_s": f"{ready - started:.4f}", "step_s": f"{step_s:.5f}", MACS: str(macs)}
    return TrialResult(spec.name, spec.hash, TrialStatus.DONE, weights=weights, provenance=provenance)


TIMER = Trainer(time_steps, KERAS.preload, KERAS.needs)
"""The trainer that measures costs instead of training."""
