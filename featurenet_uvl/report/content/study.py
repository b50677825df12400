"""What a report is made of: all that a results folder holds so far, in the order of the paper's questions."""

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
    """How large a sample's model is: its own constraints alone, and with those of tensor shapes.

    The features are the same in both; an auxiliary variable is determined by them.
    """

    features: int
    features_not_dead: int
    auxiliaries: int
    clauses: int
    auxiliaries_with_shapes: int
    clauses_with_shapes: int


@dataclass(frozen=True, slots=True)
class DiversityLimit:
    """The mean distance of no sample of this size is above `upper`; see `sampling.limit.Limit`.

    Without tensor shapes, the model has more configurations, and so the bound holds, but may be far.
    """

    count: int
    upper: float
    gap: float
    with_shapes: bool


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set and how networks are trained on it. Counts are those that the protocol uses."""

    protocol: Protocol
    input_shape: Shape
    classes: int
    train_count: int
    """Images that networks are trained on; those held out are not among them."""
    test_count: int
    hash: str

    @property
    def name(self) -> str:
        return self.protocol.data


@dataclass(frozen=True, slots=True)
class Network:
    """A network of a sample. `result` is None as long as it is not trained, `left_out` the reason why it never is."""

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
    """A sample on one data set. What is None is not made yet."""

    name: str
    data: str
    model: str
    """Such as `s1.uvl, Block at most 2`."""
    asked: int
    seed: int
    networks: tuple[Network, ...] = ()
    sampler: str | None = None
    diversity: Diversity | None = None
    sizes: ModelSizes | None = None
    limit: DiversityLimit | None = None

    @property
    def attempted(self) -> tuple[Network, ...]:
        """The networks that were trained, or that failed in it."""
        return tuple(network for network in self.networks if network.result is not None)

    @property
    def left_out(self) -> int:
        return sum(bool(network.left_out) for network in self.networks)

    def statuses(self) -> Counter[TrialStatus]:
        """How the attempts ended."""
        return Counter(network.result.status for network in self.networks if network.result is not None)

    def pending(self) -> int:
        """How many networks are still to be trained."""
        expected = len(self.networks) or self.asked
        return expected - len(self.attempted) - sum(bool(n.left_out) and n.result is None for n in self.networks)


@dataclass(frozen=True, slots=True)
class BaselineStudy:
    """A network written by hand, trained several times on one data set; None for a run that is still to come."""

    name: str
    """Its row, such as `LeNet-5`."""
    data: str
    runs: tuple[TrialResult | None, ...]
    architecture: Architecture | None = None
    """The configuration of the model that is the same network; None where there is none."""

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
    """A network at the base epochs and, once it is trained, for more of them."""

    name: str
    weights: int | None
    base: TrialResult
    longer: TrialResult | None = None
    is_baseline: bool = False

    def accuracy_at(self, epochs: int) -> float | None:
        """The test accuracy after so many epochs; None where it was not measured."""
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
    """The base count and the longer ones, as the table shows them."""
    rows: tuple[LongerRow, ...] = ()
    """Empty as long as the base epochs are not done."""


@dataclass(frozen=True, slots=True)
class Study:
    """Everything. `missing` says in sentences what is still to come; it is empty for a finished experiment."""

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

    def data_set(self, name: str) -> DataSet:
        """The data set of this name."""
        return next(data for data in self.data if data.name == name)

    def baselines_on(self, data: str) -> tuple[BaselineStudy, ...]:
        return tuple(baseline for baseline in self.baselines if baseline.data == data)
