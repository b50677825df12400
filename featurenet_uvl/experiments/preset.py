"""What an experiment is: data sets, samples, baselines, and the paper's questions, each with its own settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from featurenet_uvl.training.trials.protocol import Protocol


@dataclass(frozen=True, slots=True)
class SampleSetting:
    """A sample of the paper: networks drawn from a model under restrictions, for each data set anew.

    `max_cpu_s` keeps the cheap networks only: one whose training is predicted to take more CPU seconds is left out, and
    every caption says how many were.
    """

    name: str
    """Such as `S1`; the row of Table 1 is `Top S1`."""
    model: str
    """A model file, or a restriction of one."""
    restrictions: tuple[str, ...] = ()
    bounds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    count: int = 1
    seed: int = 0
    max_cpu_s: float | None = None
    sampler: str = "diverse"
    """A name of `sampling.registry`."""


@dataclass(frozen=True, slots=True)
class Equivalence:
    """RQ1, Fig. 5: LeNet-5 from the model against the one written by hand, on one data set, `runs` times each.

    They count as equivalent where the difference of their mean test accuracies is shown to lie within `margin`.
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

    `epochs` are the counts that the table shows, ascending; the networks are trained for the last of them.
    """

    sample: str
    data: str
    best: int
    epochs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a machine affords. Another machine may go on with a run under other limits."""

    workers: int | None = None
    """None for one a core."""
    time_limit_s: float | None = None
    """For each network at the base epochs; longer training has proportionally more."""
    memory_limit_mb: int | None = None
    max_weights: int | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """A whole experiment. `limits`, `about` and `cpu_hours` do not belong to `hash`."""

    name: str
    protocols: tuple[Protocol, ...]
    """One a data set, in order."""
    samples: tuple[SampleSetting, ...] = ()
    baselines: tuple[str, ...] = ()
    """Names of `training.baselines`, trained on each data set."""
    baseline_runs: int = 1
    equivalence: Equivalence | None = None
    named: Named | None = None
    longer: Longer | None = None
    limits: Limits = Limits()
    about: str = ""
    """What it is, in a line."""
    cpu_hours: float | None = None
    """What the whole run took on the machine where the preset was made."""

    @property
    def data_names(self) -> tuple[str, ...]:
        return tuple(protocol.data for protocol in self.protocols)

    def protocol(self, data: str) -> Protocol:
        """The protocol of a data set of this preset."""
        return next(protocol for protocol in self.protocols if protocol.data == data)

    @property
    def named_protocol(self) -> Protocol | None:
        """How the named architectures are trained."""
        return None if self.named is None else replace(self.protocol(self.named.data), epochs=self.named.epochs)

    @property
    def longer_protocol(self) -> Protocol | None:
        """How the best networks are trained on."""
        return None if self.longer is None else replace(self.protocol(self.longer.data), epochs=self.longer.epochs[-1])

    def to_json(self) -> dict[str, Any]:
        """What decides the results, with the model files by their names; `from_json` reads it back."""
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
    def from_json(cls, name: str, data: Mapping[str, Any]) -> Preset:
        """The preset of `to_json`; its models are names without a folder, and its limits are none.

        Raises:
            KeyError, TypeError, ValueError: This is no preset.
        """
        longer = data["longer"]
        named = data["named"]
        return cls(
            name,
            tuple(Protocol(**protocol) for protocol in data["protocols"]),
            tuple(_sample_from_json(sample, values) for sample, values in data["samples"].items()),
            tuple(data["baselines"]),
            data["baseline_runs"],
            None if data["equivalence"] is None else Equivalence(**data["equivalence"]),
            None if named is None else Named(**{**named, "networks": tuple(named["networks"])}),
            None if longer is None else Longer(**{**longer, "epochs": tuple(longer["epochs"])}),
        )

    def hash(self) -> str:
        """SHA-256 of the canonical JSON, 16 hex digits."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _sample_from_json(name: str, values: Mapping[str, Any]) -> SampleSetting:
    bounds = MappingProxyType(dict(values["bounds"]))
    return SampleSetting(name, **{**values, "restrictions": tuple(values["restrictions"]), "bounds": bounds})
