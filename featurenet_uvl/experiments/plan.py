"""The networks that an experiment trains, for running and for reporting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from featurenet_uvl.decoding.named import architecture_names, named_architecture
from featurenet_uvl.experiments.preset import Preset
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.training.trials.trial import TrialResult, TrialSpec, TrialStatus

TITLES: Mapping[str, str] = {
    "lenet5": "LeNet-5",
    "squeezenet": "SqueezeNet",
    "squeezenet_paper": "SqueezeNet, as the paper ran it",
}
"""Names of networks in tables."""

EQUIVALENT = "lenet5"
"""Name of the network that RQ1 compares by hand and from the model."""


def title(name: str) -> str:
    """Return the name of a network in tables.

    >>> title("lenet5"), title("mine")
    ('LeNet-5', 'mine')
    """
    if name in TITLES:
        return TITLES[name]
    return named_architecture(name).title if name in architecture_names() else name


def named_network(name: str, input_shape: Shape, classes: int) -> Architecture:
    """Return a named architecture of the model for some images.

    Raises:
        UsageError: No architecture has this name.
        DecodeError: The architecture cannot take images of this size.
    """
    return named_architecture(name).architecture(input_shape, classes)


@dataclass(frozen=True, slots=True)
class SampledSpec:
    """A network of a sample, and the trial of it."""

    number: str
    architecture: Architecture
    spec: TrialSpec


def sampled_specs(sample: str, networks: Mapping[str, Architecture]) -> tuple[SampledSpec, ...]:
    """Return the trials of a sample's networks, named like `S1/007`."""
    return tuple(
        SampledSpec(number, network, TrialSpec.of_architecture(f"{sample}/{number}", network))
        for number, network in networks.items()
    )


def baseline_specs(preset: Preset) -> dict[str, tuple[TrialSpec, ...]]:
    """Return the trials of each baseline, one per run, which are equal for all data sets."""
    return {name: _runs(name, preset.baseline_runs) for name in preset.baselines}


def _runs(name: str, count: int) -> tuple[TrialSpec, ...]:
    return tuple(TrialSpec.of_baseline(_run_name(title(name), run), name, run) for run in range(1, count + 1))


def _run_name(name: str, run: int) -> str:
    return name if run == 1 else f"{name}, run {run}"


def by_hand_specs(preset: Preset) -> tuple[TrialSpec, ...]:
    """Return the runs of LeNet-5 by hand for RQ1, the first of which are those of the baseline."""
    return _runs(EQUIVALENT, preset.equivalence.runs) if preset.equivalence else ()


def from_model_specs(preset: Preset, input_shape: Shape, classes: int) -> tuple[TrialSpec, ...]:
    """Return the runs of LeNet-5 from the model for RQ1."""
    if preset.equivalence is None:
        return ()
    network = named_network(EQUIVALENT, input_shape, classes)
    name = f"{title(EQUIVALENT)} from the model"
    runs = range(1, preset.equivalence.runs + 1)
    return tuple(TrialSpec.of_architecture(_run_name(name, run), network, run) for run in runs)


def named_specs(preset: Preset, input_shape: Shape, classes: int) -> dict[str, TrialSpec]:
    """Return the trials of named architectures by name."""
    names = preset.named.networks if preset.named else ()
    return {
        name: TrialSpec.of_architecture(f"{title(name)} from the model", named_network(name, input_shape, classes))
        for name in names
    }


def best(results: Mapping[str, TrialResult], count: int) -> tuple[str, ...]:
    """Return the hashes of the most accurate networks on the test images, best first; of equals the smaller first."""
    done = {name: result for name, result in results.items() if result.status is TrialStatus.DONE}
    return tuple(
        sorted(done, key=lambda name: (-(done[name].test_accuracy or 0), done[name].weights or 0, name))[:count]
    )


def longer_specs(preset: Preset, chosen: tuple[TrialSpec, ...]) -> tuple[TrialSpec, ...]:
    """Return the trials for more epochs: the chosen networks, and the first run of each baseline."""
    return (*chosen, *(specs[0] for specs in baseline_specs(preset).values()))
