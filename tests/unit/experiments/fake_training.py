"""Training without networks: results that depend on the hash of the network, the protocol and nothing else."""

from __future__ import annotations

from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.engines.job import Surroundings, Trainer
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialSpec, TrialStatus


def fake_train(spec: TrialSpec, protocol: Protocol, data: Dataset, beside: Surroundings) -> TrialResult:
    number = int(spec.hash, 16)
    if number % 11 == 0:
        return TrialResult(spec.name, spec.hash, TrialStatus.NAN, "the loss became nan in epoch 1", weights=10)
    best = 0.3 + number % 600 / 1000
    history = tuple(
        Epoch(1 / (epoch + 1), best, best * (1 - 0.5 ** (epoch + 1)), best * (1 - 0.6 ** (epoch + 1)))
        for epoch in range(protocol.epochs)
    )
    last = history[-1]
    return TrialResult(
        *(spec.name, spec.hash, TrialStatus.DONE),
        test_accuracy=last.test_accuracy,
        train_accuracy=last.train_accuracy,
        validation_accuracy=last.validation_accuracy if protocol.validation_images else None,
        loss=last.loss,
        epochs=protocol.epochs,
        weights=1000 + number % 1000,
        history=history,
    )


def fake_time(spec: TrialSpec, protocol: Protocol, data: Dataset, beside: Surroundings) -> TrialResult:
    """Return a timing in which a step is cheap if the network's hash is even, else ten times as expensive."""
    step_s = 0.001 if int(spec.hash, 16) % 2 == 0 else 0.01
    provenance = {"setup_s": "1.0", "step_s": str(step_s)}
    return TrialResult(spec.name, spec.hash, TrialStatus.DONE, weights=1, provenance=provenance)


FAKE = Trainer(fake_train)
FAKE_TIMER = Trainer(fake_time)
"""Workers import this module by its name, so its folder must be on their path, too."""
