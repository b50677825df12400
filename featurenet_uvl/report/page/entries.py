"""Every trial of a study, and every network without one yet, as the page lists, plots and opens them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.report.content.captions import STATUS_WORDS, epochs
from featurenet_uvl.report.content.study import BaselineStudy, LongerStudy, SampleStudy, Study
from featurenet_uvl.training.trials.trial import TrialResult

TO_COME, LEFT_OUT = "to come", "left out"
"""States of a network without a trial."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the list of trials. `series` is the series of its point in Fig. 8, empty if it has none."""

    network: str
    part: str
    data: str
    weights: int | None
    result: TrialResult | None
    architecture: Architecture | None = None
    predicted_cpu_s: float | None = None
    left_out: str = ""
    run: int = 0
    """Number of the run; 0 if the network has one run only."""
    series: str = ""
    by_hand: bool = False

    @property
    def name(self) -> str:
        """Name of the network, with the run if it has several."""
        return f"{self.network}, run {self.run}" if self.run else self.network

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates for one image; None for a network by hand that has none in its row."""
        counted = None if self.result is None else self.result.macs
        return self.architecture.macs() if counted is None and self.architecture is not None else counted

    @property
    def status(self) -> str:
        """State of the trial in one or two words."""
        if self.result is not None:
            return STATUS_WORDS[self.result.status]
        return LEFT_OUT if self.left_out else TO_COME

    @property
    def reason(self) -> str:
        """Reason why the trial has no accuracy; empty if it has one, or is still to come."""
        return self.result.reason if self.result is not None else self.left_out

    @property
    def test_accuracy(self) -> float | None:
        return None if self.result is None else finite(self.result.test_accuracy)

    @property
    def validation_accuracy(self) -> float | None:
        return None if self.result is None else finite(self.result.validation_accuracy)

    @property
    def epochs(self) -> int | None:
        return None if self.result is None else self.result.epochs

    @property
    def cpu_s(self) -> float | None:
        """CPU seconds of the trial; None if unknown."""
        seconds = None if self.result is None else self.result.provenance.get("cpu_seconds")
        return None if seconds is None else finite(float(seconds))


def finite(value: float | None) -> float | None:
    """Return the value; None if it is infinite or not a number, as the loss of a diverged network."""
    return value if value is not None and math.isfinite(value) else None


def entries(study: Study) -> tuple[Entry, ...]:
    """Return all entries in the order of the paper's questions. A run that answers two questions appears once."""
    found = [entry for sample in study.samples for entry in _sampled(sample)]
    known = [entry for one in study.baselines for entry in _runs(one, "by hand", one.name)]
    found += known
    if study.equivalence is not None:
        hashes = {(entry.data, entry.result.spec_hash) for entry in known if entry.result is not None}
        by_hand = _runs(study.equivalence.by_hand, "by hand, for RQ1")
        found += [e for e in by_hand if e.result is None or (e.data, e.result.spec_hash) not in hashes]
        found += _runs(study.equivalence.from_model, "from the model, for RQ1")
    for one in study.named:
        part = f"named, {epochs(one.epochs)}"
        found.append(Entry(one.name, part, one.data, one.weights, one.result, one.architecture))
    return (*found, *(_longer(study.longer, found) if study.longer else ()))


def _sampled(sample: SampleStudy) -> Iterator[Entry]:
    for one in sample.networks:
        facts = (one.weights, one.result, one.architecture, one.predicted_cpu_s, one.left_out)
        yield Entry(one.name, sample.name, sample.data, *facts, series=sample.name)


def _runs(one: BaselineStudy, part: str, series: str = "") -> Iterator[Entry]:
    weights = next((run.weights for run in one.runs if run is not None and run.weights), None)
    for number, run in enumerate(one.runs, 1):
        count = number if len(one.runs) > 1 else 0
        by_hand = part.startswith("by hand")
        yield Entry(one.name, part, one.data, weights, run, one.architecture, run=count, series=series, by_hand=by_hand)


def _longer(longer: LongerStudy, base: list[Entry]) -> Iterator[Entry]:
    """Yield the networks that are trained for more epochs, with their results from the base epochs."""
    known = {entry.network: entry for entry in reversed(base) if entry.data == longer.data}
    part = f"longer, {epochs(longer.epochs[-1])}"
    for row in longer.rows:
        found = known.get(row.name)
        architecture = found.architecture if found else None
        yield Entry(row.name, part, longer.data, row.weights, row.longer, architecture, by_hand=row.is_baseline)
