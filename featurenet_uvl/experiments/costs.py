"""The costs of an experiment: workers time each network on a few steps, once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from featurenet_uvl.experiments.layout import COSTS
from featurenet_uvl.experiments.preset import Preset
from featurenet_uvl.training.cost import TIMER, Cost, cost_of
from featurenet_uvl.training.data.dataset import Dataset
from featurenet_uvl.training.engines.base import Engine
from featurenet_uvl.training.engines.job import Limits, Trainer
from featurenet_uvl.training.pool import Progress, run_trials
from featurenet_uvl.training.store import read_results
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialSpec


@dataclass(frozen=True, slots=True)
class Estimate:
    """Predicted CPU seconds of a part of the experiment, without the `unknown` networks that could not be timed."""

    part: str
    networks: int
    cpu_s: float
    slowest: str = ""
    slowest_cpu_s: float = 0.0
    left_out: int = 0
    unknown: int = 0
    timed: int | None = None
    """Networks that were timed, if the costs of others were predicted from them; else None."""
    error: tuple[float, float] | None = None
    """Nine of ten timed networks took between these times their prediction from the others."""


def time_networks(
    folder: Path,
    specs: Sequence[TrialSpec],
    protocol: Protocol,
    data: Dataset,
    *,
    engine: Engine,
    limits: Limits,
    on_progress: Callable[[Progress], None] | None = None,
    retry_failed: bool = False,
    timer: Trainer = TIMER,
) -> Mapping[str, Cost]:
    """Return the costs of networks by the hash of their specs, timing those that have none in this folder yet.

    A network that fails or reaches a limit has no cost; its training will tell the reason.
    """
    if not specs:
        return {}
    results = run_trials(
        specs,
        timing_protocol(protocol),
        folder / COSTS,
        data=data,
        engine=engine,
        limits=replace(limits, time_s=None),
        on_progress=on_progress,
        retry_failed=retry_failed,
        trainer=timer,
    )
    costs = {result.spec_hash: cost_of(result) for result in results}
    return {key: cost for key, cost in costs.items() if cost is not None}


def read_costs(folder: Path, protocol: Protocol) -> Mapping[str, Cost]:
    """Return the costs that a results folder has; none if nothing was timed.

    Raises:
        StoreError: The file is damaged.
    """
    path = folder / COSTS
    if not os.path.lexists(path):
        return {}
    costs = {key: cost_of(result) for key, result in read_results(path, timing_protocol(protocol)).items()}
    return {key: cost for key, cost in costs.items() if cost is not None}


def timing_protocol(protocol: Protocol) -> Protocol:
    """Return the protocol under which costs are stored: one epoch, because the cost of a step does not depend on it."""
    return replace(protocol, epochs=1)


def estimate(
    part: str,
    specs: Sequence[TrialSpec],
    costs: Mapping[str, Cost],
    protocol: Protocol,
    data: Dataset,
    max_cpu_s: float | None = None,
) -> Estimate:
    """Estimate the costs of some networks, leaving out those whose prediction exceeds `max_cpu_s`."""
    predicted = {spec.name: costs[spec.hash].predicted_s(protocol, data) for spec in specs if spec.hash in costs}
    kept = {name: value for name, value in predicted.items() if max_cpu_s is None or value <= max_cpu_s}
    slowest = max(kept, key=lambda name: kept[name], default="")
    return Estimate(
        part,
        len(kept),
        sum(kept.values()),
        slowest,
        kept.get(slowest, 0.0),
        len(predicted) - len(kept),
        len(specs) - len(predicted),
    )


def longer_estimate(preset: Preset, base: Sequence[Estimate]) -> Estimate | None:
    """Estimate the longer training of the best networks, as if their costs were the mean, and of the baselines."""
    if preset.longer is None:
        return None
    mine = [e for e in base if e.part == f"{preset.longer.sample} on {preset.longer.data}" and e.networks]
    if not mine:
        return None
    growth = preset.longer.epochs[-1] / preset.protocol(preset.longer.data).epochs
    sampled = min(preset.longer.best, mine[0].networks)
    mean_s = mine[0].cpu_s / mine[0].networks
    beside = sum(e.cpu_s / max(1, e.networks) for e in base if e.part == f"baselines on {preset.longer.data}")
    beside *= len(preset.baselines)
    return Estimate(
        f"the best {sampled} for {preset.longer.epochs[-1]} epochs, about",
        sampled + len(preset.baselines),
        growth * (sampled * mean_s + beside),
    )
