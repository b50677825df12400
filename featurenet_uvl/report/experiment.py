"""All tables and figures of one experiment."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from featurenet_uvl.files import write_file
from featurenet_uvl.report.figures import FORMATS, PAPER_FIGURE_7, Distribution, draw_distribution
from featurenet_uvl.report.table1 import Table1, make_table1, table1_csv, table1_markdown
from featurenet_uvl.training.protocol import Protocol
from featurenet_uvl.training.trial import TrialResult, TrialStatus

_STATUS_WORDS: Mapping[TrialStatus, str] = {
    TrialStatus.DONE: "trained",
    TrialStatus.NAN: "diverged",
    TrialStatus.FAILED: "failed",
    TrialStatus.LIMIT: "over the time limit",
}


@dataclass(frozen=True, slots=True)
class Experiment:
    """What a report is made of."""

    sample_name: str
    """Such as `S1`."""
    model: str
    protocol: Protocol
    train_count: int
    test_count: int
    sample: tuple[TrialResult, ...]
    baselines: Mapping[str, TrialResult]
    """By their rows in Table 1."""

    def caption(self) -> str:
        """The scale of the run, in full sentences."""
        p = self.protocol
        counts = Counter(result.status for result in self.sample)
        states = ", ".join(f"{counts[status]} {word}" for status, word in _STATUS_WORDS.items() if counts[status])
        momentum = f", momentum {p.momentum:g}" if p.momentum else ""
        return (
            f"{len(self.sample)} networks sampled from {self.model} ({states}). Data set {p.data}: "
            f"{self.train_count:,} training and {self.test_count:,} test images, {p.epochs} epochs, "
            f"batch {p.batch_size}, {p.optimizer.upper()} {p.learning_rate:g}{momentum}, seed {p.seed}. "
            "Efficiency is accuracy (0 to 1) x 10^6 / size, size the number of weights. "
            "The paper's figures: 1,000 networks, all images of MNIST and CIFAR-10, 12 epochs, batch 128."
        )


def write_report(experiment: Experiment, folder: Path) -> tuple[Table1, tuple[Path, ...]]:
    """Writes `table1.md`, `table1.csv`, `trials.csv`, and `accuracy_distribution` as PNG and PDF.

    Returns:
        The table, and the files.
    """
    data = experiment.protocol.data
    row = f"Top {experiment.sample_name}"
    table = make_table1(data, experiment.caption(), row, experiment.sample, experiment.baselines)
    figure = _distribution(experiment)
    contents: dict[str, str | bytes] = {
        "table1.md": table1_markdown(table),
        "table1.csv": table1_csv(table),
        "trials.csv": trials_csv(experiment),
    }
    contents |= {f"accuracy_distribution.{form}": draw_distribution(figure, form) for form in FORMATS}
    for name, content in contents.items():
        write_file(folder / name, content, force=True)
    return table, tuple(folder / name for name in contents)


def _distribution(experiment: Experiment) -> Distribution:
    baselines = [(row, r.test_accuracy) for row, r in experiment.baselines.items() if r.test_accuracy is not None]
    accuracies = tuple(r.test_accuracy for r in experiment.sample if r.test_accuracy is not None)
    p = experiment.protocol
    missing = len(experiment.sample) - len(accuracies)
    note = f"; {missing} without an accuracy are left out" if missing else ""
    title = f"{p.data}, {experiment.train_count:,} images, {p.epochs} epochs{note}"
    return Distribution(accuracies, title, PAPER_FIGURE_7.get(p.data, ()), tuple(baselines))


_COLUMNS = ("name", "spec_hash", "status", "reason", "test_accuracy", "train_accuracy", "loss", "epochs", "weights")


def trials_csv(experiment: Experiment) -> str:
    """Every trial of the experiment, one a row, the sample first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*_COLUMNS, "seconds"))
    for result in (*experiment.sample, *experiment.baselines.values()):
        writer.writerow((*(getattr(result, column) for column in _COLUMNS), result.seconds))
    return text.getvalue()
