"""The settings of an experiment: data sets, samples, baselines, and the paper's questions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from featurenet_uvl.system.json_values import to_typed
from featurenet_uvl.training.data.own_data import Data
from featurenet_uvl.training.trials.protocol import Protocol


@dataclass(frozen=True, slots=True)
class SampleSetting:
    """A sample of the paper: networks drawn from a model under restrictions, separately for each data set.

    A network whose predicted training exceeds `max_cpu_s` CPU seconds is left out; every caption tells how many were.
    """

    name: str
    """Name of the sample, such as `S1`; its row of Table 1 is `Top S1`."""
    model: str
    """Path of a model, or of a restriction of one."""
    restrictions: tuple[str, ...] = ()
    bounds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    count: int = 1
    seed: int = 0
    max_cpu_s: float | None = None
    sampler: str = "diverse"
    """Name of a sampler of `sampling.registry`."""


@dataclass(frozen=True, slots=True)
class Equivalence:
    """RQ1, Fig. 5: LeNet-5 from the model against the one written by hand, on one data set, `runs` times each.

    They are equivalent if a test shows that their mean test accuracies differ by less than `margin`.
    """

    data: str
    runs: int
    margin: float


@dataclass(frozen=True, slots=True)
class Named:
    """RQ1: named architectures from the model, trained for a few epochs on one data set."""

    networks: tuple[str, ...]
    data: str
    epochs: int


@dataclass(frozen=True, slots=True)
class Longer:
    """RQ3, Table 2 and Fig. 9: the best networks of a sample, and the baselines, trained for more epochs.

    `epochs` are the numbers of epochs in the table, ascending; the networks are trained for the last of them.
    """

    sample: str
    data: str
    best: int
    epochs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a machine. Another machine may continue a run under other limits."""

    workers: int | None = None
    """Networks trained at a time; None: one per core."""
    time_limit_s: float | None = None
    """Seconds per network at the base epochs; longer training has proportionally more."""
    memory_limit_mb: int | None = None
    max_weights: int | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """A whole experiment. `limits`, `about` and `cpu_hours` do not belong to `hash`."""

    name: str
    protocols: tuple[Protocol, ...]
    """Protocols in the order of the data sets."""
    samples: tuple[SampleSetting, ...] = ()
    baselines: tuple[str, ...] = ()
    """Names in `training.baselines` of networks that are trained on each data set."""
    baseline_runs: int = 1
    equivalence: Equivalence | None = None
    named: Named | None = None
    longer: Longer | None = None
    limits: Limits = Limits()
    about: str = ""
    """Description in one line."""
    cpu_hours: float | None = None
    """CPU hours of the whole run on the machine of the preset's author."""
    sources: Mapping[str, Data] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    """A user's own data by their names in `protocols`, until `with_data_names` has named them by their content."""

    def with_data_names(self, names: Mapping[str, str]) -> Preset:
        """Return the preset with other names of its data sets; those of a user's own data tell their content."""

        one, named, longer = self.equivalence, self.named, self.longer
        return replace(
            self,
            protocols=tuple(replace(one, data=names.get(one.data, one.data)) for one in self.protocols),
            equivalence=None if one is None else replace(one, data=names.get(one.data, one.data)),
            named=None if named is None else replace(named, data=names.get(named.data, named.data)),
            longer=None if longer is None else replace(longer, data=names.get(longer.data, longer.data)),
            sources=MappingProxyType({}),
        )

    @property
    def data_names(self) -> tuple[str, ...]:
        return tuple(protocol.data for protocol in self.protocols)

    def protocol(self, data: str) -> Protocol:
        """Return the protocol of a data set of this preset."""
        return next(protocol for protocol in self.protocols if protocol.data == data)

    @property
    def named_protocol(self) -> Protocol | None:
        """Protocol of the named architectures; None without them."""
        return None if self.named is None else replace(self.protocol(self.named.data), epochs=self.named.epochs)

    @property
    def longer_protocol(self) -> Protocol | None:
        """Protocol of the longer training; None without it."""
        return None if self.longer is None else replace(self.protocol(self.longer.data), epochs=self.longer.epochs[-1])

    def to_json(self) -> dict[str, Any]:
        """Return all settings that decide the results, with model files by their names; `from_json` reads them back."""
        return {
            "protocols": [asdict(protocol) for protocol in self.protocols],
            "samples": {
                sample.name: {
                    **{key: getattr(sample, key) for key in ("count", "seed", "max_cpu_s", "sampler")},
                    "model": Path(sample.model).name,
                    "restrictions": [Path(path).name for path in sample.restrictions],
                    "bounds": dict(sorted(sample.bounds.items())),
                }
                for sample in self.samples
            },
            "baselines": list(self.baselines),
            "baseline_runs": self.baseline_runs,
            **{
                part: None if getattr(self, part) is None else asdict(getattr(self, part))
                for part in ("equivalence", "named", "longer")
            },
        }

    @classmethod
    def from_json(cls, name: str, data: object, place: str = "<json>") -> Preset:
        """Return the preset of `to_json`; its models are names without a folder, and it has no limits.

        Args:
            name: Name of the preset.
            data: A JSON value.
            place: Its name in messages.

        Raises:
            ReadError: The data is not a preset. The message names the first problem and its place.
        """
        saved = to_typed(_Saved, data, place)
        samples = (
            SampleSetting(name, bounds=MappingProxyType(dict(sample.bounds)), **_without_bounds(sample))
            for name, sample in saved.samples.items()
        )
        return cls(
            *(name, saved.protocols, tuple(samples), saved.baselines, saved.baseline_runs),
            *(saved.equivalence, saved.named, saved.longer),
        )

    def hash(self) -> str:
        """Return 16 hex digits of the SHA-256 of the canonical JSON."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _SavedSample:
    """The settings of a sample as `Preset.to_json` writes them."""

    model: str
    restrictions: tuple[str, ...]
    bounds: Mapping[str, int]
    count: int
    seed: int
    max_cpu_s: float | None
    sampler: str


@dataclass(frozen=True, slots=True)
class _Saved:
    """A preset as `Preset.to_json` writes it."""

    protocols: tuple[Protocol, ...]
    samples: Mapping[str, _SavedSample]
    baselines: tuple[str, ...]
    baseline_runs: int
    equivalence: Equivalence | None
    named: Named | None
    longer: Longer | None


def _without_bounds(sample: _SavedSample) -> dict[str, Any]:
    return {field.name: getattr(sample, field.name) for field in fields(sample) if field.name != "bounds"}
