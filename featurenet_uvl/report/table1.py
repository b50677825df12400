"""Table 1 of the paper: accuracy, size and efficiency of the best networks, beside the paper's own figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from featurenet_uvl.training.trial import TrialResult, TrialStatus

NOTHING = "–"
"""Stands where the paper has no figure, or a trial no accuracy."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A row as the paper prints it."""

    accuracy: float
    """Of the test images, 0 to 1."""
    size: int
    """Number of weights."""
    efficiency: float


PAPER: Mapping[str, Mapping[str, PaperRow]] = {
    "mnist": {
        "LeNet-5": PaperRow(0.9714, 545_546, 1.78),
        "Top S1": PaperRow(0.9774, 365_194, 2.68),
        "Top S2": PaperRow(0.9765, 570_218, 1.71),
        "Top S3": PaperRow(0.9231, 43_578, 21.18),
        "SqueezeNet": PaperRow(0.4367, 858_154, 0.51),
    },
    "cifar10": {
        "LeNet-5": PaperRow(0.4913, 868_406, 0.57),
        "Top S1": PaperRow(0.5277, 2_494_858, 0.21),
        "Top S2": PaperRow(0.5779, 862_646, 0.67),
        "Top S3": PaperRow(0.3744, 38_842, 9.64),
        "SqueezeNet": PaperRow(0.1796, 876_970, 0.51),  # as printed; accuracy and size give 0.20
    },
}
"""Table 1 by data set and row: 1,000 sampled networks, all images, 12 epochs.

Source: Ghamizi, Cordy, Papadakis and Le Traon, "Automated Search for Configurations of Deep Neural Network
Architectures", 2019, Table 1.
"""


@dataclass(frozen=True, slots=True)
class Table1Row:
    """One network: `name` is the paper's row, `source` says which network it is here."""

    name: str
    source: str
    accuracy: float | None
    size: int | None


@dataclass(frozen=True, slots=True)
class Table1:
    """The table; `data` is the data set, `caption` says at what scale it was made."""

    data: str
    caption: str
    rows: tuple[Table1Row, ...]


def efficiency(accuracy: float, size: int) -> float:
    """Accuracy (0 to 1) for each million weights, as the paper defines it.

    >>> round(efficiency(0.9714, 545_546), 2)
    1.78
    """
    return accuracy * 1e6 / size


def best_of(results: Sequence[TrialResult]) -> TrialResult | None:
    """The trial with the highest test accuracy; of equals the smaller network, then the first. None if all failed."""
    done = [result for result in results if result.status is TrialStatus.DONE and result.test_accuracy is not None]
    return max(done, key=lambda result: (result.test_accuracy, -(result.weights or 0)), default=None)


def make_table1(
    data: str, caption: str, sample_row: str, sample: Sequence[TrialResult], baselines: Mapping[str, TrialResult]
) -> Table1:
    """The table of one sample and some baselines.

    Args:
        data: The data set, for the paper's figures beside.
        caption: The scale of the run.
        sample_row: The row of the sample's best network, such as `Top S1`.
        sample: The trials of the sample.
        baselines: Trials by their rows, such as `LeNet-5`.
    """
    rows = [Table1Row(name, "hand-written", r.test_accuracy, r.weights) for name, r in baselines.items()]
    best = best_of(sample)
    if best is None:
        rows.append(Table1Row(sample_row, f"none of {len(sample)} was trained", None, None))
    else:
        rows.append(Table1Row(sample_row, f"{best.name} of {len(sample)}", best.test_accuracy, best.weights))
    return Table1(data, caption, tuple(rows))


_COLUMNS = (
    "architecture",
    "network",
    "accuracy",
    "size",
    "efficiency",
    "paper_accuracy",
    "paper_size",
    "paper_efficiency",
)


def table1_csv(table: Table1) -> str:
    """The table for machines: accuracies from 0 to 1, nothing where there is no figure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in table.rows:
        paper = _paper(table, row)
        figures = (row.accuracy, row.size, _efficiency(row))
        theirs = (paper.accuracy, paper.size, paper.efficiency) if paper else (None, None, None)
        writer.writerow([row.name, row.source, *_plain(*figures), *_plain(*theirs)])
    return text.getvalue()


def table1_markdown(table: Table1) -> str:
    """The table for people, with its caption."""
    lines = [
        "| Architecture | Network | Accuracy | Size | Efficiency | Paper: accuracy | Paper: size | Paper: efficiency |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in table.rows:
        paper = _paper(table, row)
        cells = [
            *(row.name, row.source),
            *_shown(row.accuracy, row.size, _efficiency(row)),
            *(_shown(paper.accuracy, paper.size, paper.efficiency) if paper else [NOTHING] * 3),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(["# Accuracy, size and efficiency", "", *lines, "", table.caption, ""])


def _paper(table: Table1, row: Table1Row) -> PaperRow | None:
    return PAPER.get(table.data, {}).get(row.name)


def _efficiency(row: Table1Row) -> float | None:
    if row.accuracy is None or not row.size:
        return None
    return efficiency(row.accuracy, row.size)


def _shown(accuracy: float | None, size: int | None, value: float | None) -> list[str]:
    return [
        NOTHING if accuracy is None else f"{accuracy:.2%}",
        NOTHING if size is None else f"{size:,}",
        NOTHING if value is None else f"{value:.2f}",
    ]


def _plain(accuracy: float | None, size: int | None, value: float | None) -> list[str]:
    return [
        "" if accuracy is None else f"{accuracy:.4f}",
        "" if size is None else str(size),
        "" if value is None else f"{value:.4f}",
    ]
