"""Trained networks as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from featurenet_uvl.errors import UsageError
from featurenet_uvl.system.streams import printable
from featurenet_uvl.training.trials.trial import TrialResult, TrialStatus

_COLUMNS: Mapping[str, Callable[[Any], str]] = {
    "name": printable,
    "status": str,
    "accuracy": "{:.4f}".format,
    "validation_accuracy": "{:.4f}".format,
    "weights": "{:,}".format,
    "macs": "{:,}".format,
    "epochs": str,
    "seconds": "{:.1f}".format,
    "reason": printable,
}


@dataclass(frozen=True, slots=True, repr=False)
class Results:
    """One result per network, in the order of the networks; a sequence of `TrialResult`, shown as a table.

    >>> Results((TrialResult("a", "0", TrialStatus.DONE, test_accuracy=0.5, epochs=3, weights=1290, seconds=1.25),))
    name  status  accuracy  weights  epochs  seconds
    a     done    0.5000    1,290    3       1.2
    """

    trials: tuple[TrialResult, ...]
    """Each with its history by epoch, and with seed, versions and device."""

    def __len__(self) -> int:
        return len(self.trials)

    def __getitem__(self, position: int) -> TrialResult:
        return self.trials[position]

    def __iter__(self) -> Iterator[TrialResult]:
        return iter(self.trials)

    def rows(self) -> list[dict[str, Any]]:
        """Return one flat dict per network: `pandas.DataFrame(results.rows())` is a table of them."""
        return [
            {
                "name": trial.name,
                "status": str(trial.status),
                "accuracy": trial.test_accuracy,
                "validation_accuracy": trial.validation_accuracy,
                "train_accuracy": trial.train_accuracy,
                "loss": trial.loss,
                "weights": trial.weights,
                "macs": trial.macs,
                "epochs": trial.epochs,
                "seconds": trial.seconds,
                "reason": trial.reason,
            }
            for trial in self.trials
        ]

    def best(self) -> TrialResult:
        """Return the result with the highest accuracy on the test images; among equals, the one with fewer weights.

        Raises:
            UsageError: No network has an accuracy.
        """
        done = [trial for trial in self.trials if trial.status is TrialStatus.DONE]
        if not done:
            raise UsageError(f"found no network with an accuracy (0 of {len(self)}), expected at least one")
        return min(done, key=lambda trial: (-(trial.test_accuracy or 0.0), trial.weights or 0))

    def _cells(self) -> list[list[str]]:
        """Return the heads and the rows of the table, without empty columns."""
        rows = self.rows()
        kept = [name for name in _COLUMNS if not rows or any(row[name] not in (None, "") for row in rows)]
        cells = [["-" if row[name] is None else _COLUMNS[name](row[name]) for name in kept] for row in rows]
        return [["MACs" if name == "macs" else name.replace("_", " ") for name in kept], *cells]

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head, *rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in self._cells())
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head.replace('td>', 'th>')}</tr></thead><tbody>{body}</tbody></table>"
