"""Table 1: its numbers against the paper's, and what it says of networks without an accuracy."""

from __future__ import annotations

import csv
import io

import pytest

from featurenet_uvl.report.table1 import (
    PAPER,
    best_of,
    efficiency,
    make_table1,
    table1_csv,
    table1_markdown,
)
from featurenet_uvl.training.trial import TrialResult, TrialStatus


def done(name: str, accuracy: float, weights: int) -> TrialResult:
    return TrialResult(name, name, TrialStatus.DONE, test_accuracy=accuracy, weights=weights)


NAN = TrialResult("nan", "nan", TrialStatus.NAN, "the loss became nan", weights=5)


def test_the_papers_efficiencies_follow_from_its_accuracies_and_sizes() -> None:
    wrong = {
        (data, name)
        for data, rows in PAPER.items()
        for name, row in rows.items()
        if round(efficiency(row.accuracy, row.size), 2) != row.efficiency
    }
    # As printed; 17.96 % and 876,970 weights give 0.20.
    assert wrong == {("cifar10", "SqueezeNet")}


def test_the_papers_claims_hold_in_its_table() -> None:
    mnist = PAPER["mnist"]
    assert round(1 - mnist["Top S1"].size / mnist["LeNet-5"].size, 2) == 0.33  # "34% smaller"
    assert round(mnist["Top S3"].efficiency / mnist["LeNet-5"].efficiency) == 12


def test_the_best_is_the_most_accurate_then_the_smallest_then_the_first() -> None:
    trials = [done("a", 0.5, 10), done("b", 0.9, 30), done("c", 0.9, 20), done("d", 0.9, 20), NAN]
    best = best_of(trials)
    assert best is not None
    assert best.name == "c"
    assert best_of([NAN]) is None


def test_markdown_stands_beside_the_papers_figures() -> None:
    sample = [done("001", 0.25, 1000), done("002", 0.9774, 365_194)]
    table = make_table1("mnist", "A caption.", "Top S1", sample, {"LeNet-5": done("LeNet-5", 0.9708, 545_546)})
    lines = table1_markdown(table).splitlines()
    assert lines[4:6] == [
        "| LeNet-5 | hand-written | 97.08% | 545,546 | 1.78 | 97.14% | 545,546 | 1.78 |",
        "| Top S1 | 002 of 2 | 97.74% | 365,194 | 2.68 | 97.74% | 365,194 | 2.68 |",
    ]
    assert lines[-1] == "A caption."
    assert len({line.count("|") for line in lines[2:6]}) == 1


def test_digits_have_no_figures_of_the_paper() -> None:
    table = make_table1("digits", "", "Top S1", [NAN], {"LeNet-5": done("LeNet-5", 0.5, 61_706)})
    assert "| LeNet-5 | hand-written | 50.00% | 61,706 | 8.10 | – | – | – |" in table1_markdown(table)
    assert "| Top S1 | none of 1 was trained | – | – | – | – | – | – |" in table1_markdown(table)


def test_csv_reads_back_as_numbers() -> None:
    table = make_table1("cifar10", "", "Top S9", [done("1", 0.5, 250_000)], {"LeNet-5": NAN})
    rows = list(csv.DictReader(io.StringIO(table1_csv(table))))
    assert rows[0]["accuracy"] == ""
    assert (float(rows[0]["paper_accuracy"]), int(rows[0]["paper_size"])) == (0.4913, 868_406)
    assert float(rows[1]["efficiency"]) == pytest.approx(2.0)
    assert rows[1]["paper_accuracy"] == ""
