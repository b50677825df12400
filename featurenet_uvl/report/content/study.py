"""The content of a report: the results of a folder so far, in the order of the paper's questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.sampling.metrics.distances import Diversity
from featurenet_uvl.training.trials.protocol import Protocol
from featurenet_uvl.training.trials.trial import TrialResult, TrialStatus


@dataclass(frozen=True, slots=True)
class ModelSizes:
    """The size of a sample's model: with its own constraints alone, and with those of tensor shapes.

    Both have the same features, which determine all auxiliary variables.
    """

    features: int
    features_not_dead: int
    auxiliaries: int
    clauses: int
    auxiliaries_with_shapes: int
    clauses_with_shapes: int


@dataclass(frozen=True, slots=True)
class DiversityLimit:
    """The bound `upper` on the mean distance of samples of this size.

    Without tensor shapes the model has more configurations, so the bound holds, but may be loose.
    """

    count: int
    upper: float
    gap: float
    with_shapes: bool


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set, and how networks are trained on it. Counts are those that the protocol uses."""

    protocol: Protocol
    input_shape: Shape
    classes: int
    train_count: int
    """Images that networks are trained on, without those held out."""
    test_count: int
    hash: str

    @property
    def name(self) -> str:
        return self.protocol.data


@dataclass(frozen=True, slots=True)
class Network:
    """A network of a sample. `result` is None until it is trained; `left_out` is the reason why it never is."""

    name: str
    weights: int
    architecture: Architecture
    spec_hash: str
    predicted_cpu_s: float | None = None
    left_out: str = ""
    result: TrialResult | None = None

    @property
    def test_accuracy(self) -> float | None:
        return self.result.test_accuracy if self.result else None

    @property
    def validation_accuracy(self) -> float | None:
        return self.result.validation_accuracy if self.result else None


@dataclass(frozen=True, slots=True)
class SampleStudy:
    """A sample on one data set. None: not produced yet."""

    name: str
    data: str
    model: str
    """Description of the model, such as `s1.uvl, Block at most 2`."""
    asked: int
    seed: int
    networks: tuple[Network, ...] = ()
    sampler: str | None = None
    diversity: Diversity | None = None
    sizes: ModelSizes | None = None
    limit: DiversityLimit | None = None

    @property
    def attempted(self) -> tuple[Network, ...]:
        """Networks that were trained, or failed in training."""
        return tuple(network for network in self.networks if network.result is not None)

    @property
    def left_out(self) -> int:
        return sum(bool(network.left_out) for network in self.networks)

    def statuses(self) -> Counter[TrialStatus]:
        """Count the attempts by how they ended."""
        return Counter(network.result.status for network in self.networks if network.result is not None)

    def pending(self) -> int:
        """Return the number of networks that are still to be trained."""
        expected = len(self.networks) or self.asked
        return expected - len(self.attempted) - sum(bool(n.left_out) and n.result is None for n in self.networks)


@dataclass(frozen=True, slots=True)
class BaselineStudy:
    """A network written by hand, trained several times on one data set. None stands for a run still to come."""

    name: str
    """Name of its row, such as `LeNet-5`."""
    data: str
    runs: tuple[TrialResult | None, ...]
    architecture: Architecture | None = None
    """The same network as a configuration of the model; None if the model has none."""

    @property
    def done(self) -> tuple[TrialResult, ...]:
        return tuple(run for run in self.runs if run is not None and run.status is TrialStatus.DONE)


@dataclass(frozen=True, slots=True)
class EquivalenceStudy:
    """LeNet-5 by hand and from the model, each trained several times on one data set."""

    data: str
    margin: float
    by_hand: BaselineStudy
    from_model: BaselineStudy


@dataclass(frozen=True, slots=True)
class NamedStudy:
    """A named architecture of the model, trained for a few epochs."""

    name: str
    data: str
    epochs: int
    weights: int
    result: TrialResult | None = None
    architecture: Architecture | None = None


@dataclass(frozen=True, slots=True)
class LongerRow:
    """A network trained for the base epochs and, if that is done, for more of them."""

    name: str
    weights: int | None
    base: TrialResult
    longer: TrialResult | None = None
    is_baseline: bool = False

    def accuracy_at(self, epochs: int) -> float | None:
        """Return the test accuracy after a number of epochs; None if it was not measured."""
        for result in (self.longer, self.base):
            if result is not None and result.status is TrialStatus.DONE and len(result.history) >= epochs:
                return result.history[epochs - 1].test_accuracy
        return None


@dataclass(frozen=True, slots=True)
class LongerStudy:
    """The best networks of a sample, and the baselines, trained for more epochs on one data set."""

    sample: str
    data: str
    epochs: tuple[int, ...]
    """Numbers of epochs that the table shows, the base number first."""
    rows: tuple[LongerRow, ...] = ()
    """Networks, best first; empty until the base epochs are done."""


@dataclass(frozen=True, slots=True)
class Study:
    """All results of an experiment. `missing` names the parts still to come, in sentences."""

    preset: str
    about: str
    data: tuple[DataSet, ...]
    samples: tuple[SampleStudy, ...] = ()
    baselines: tuple[BaselineStudy, ...] = ()
    equivalence: EquivalenceStudy | None = None
    named: tuple[NamedStudy, ...] = ()
    longer: LongerStudy | None = None
    missing: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What in the results folder was ignored, one sentence each."""

    def data_set(self, name: str) -> DataSet:
        """Return the data set of this name."""
        return next(data for data in self.data if data.name == name)

    def baselines_on(self, data: str) -> tuple[BaselineStudy, ...]:
        return tuple(baseline for baseline in self.baselines if baseline.data == data)
