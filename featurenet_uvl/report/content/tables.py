"""The tables of RQ1 and RQ3, each beside the paper's own numbers."""

from __future__ import annotations

from statistics import mean

from featurenet_uvl.report.content.captions import STATUS_WORDS, data_scale, data_title, epochs, scale
from featurenet_uvl.report.content.choice import best_by_test, best_by_validation, efficiency
from featurenet_uvl.report.content.paper import EQUIVALENCE_RUNS, MISPRINT, SAMPLED, TABLE_1, TABLE_2
from featurenet_uvl.report.content.statistics import Interval, equivalence, mean_interval, wilson
from featurenet_uvl.report.content.study import BaselineStudy, DataSet, LongerRow, LongerStudy, SampleStudy, Study
from featurenet_uvl.report.content.table import Cell, Column, Table
from featurenet_uvl.training.trials.trial import TrialStatus

_INTERVALS = (
    "Intervals are of 95 %: for one run, of its accuracy on other test images (Wilson); for several, of the mean "
    "over the runs (Student). The best of many networks has been chosen for its accuracy, so its own interval is too "
    "optimistic."
)


def conformance_table(study: Study) -> Table:
    """Return the table of RQ1: how many sampled and named networks were built, trained and tested."""
    columns = (
        Column("data", "Data set"),
        Column("networks", "Networks"),
        Column("sampled", "Sampled", "count"),
        *(Column(str(status), word.capitalize(), "count") for status, word in STATUS_WORDS.items()),
        Column("left_out", "Left out", "count"),
        Column("pending", "To come", "count"),
        Column("built_share", "Built", "percent"),
        Column("trained_share", "Built, trained, tested", "percent"),
        Column("paper_share", f"Paper ({SAMPLED:,})", "percent"),
    )
    rows = [_conformance_row(sample) for sample in study.samples]
    for one in study.named:
        states = [int(one.result is not None and one.result.status is status) for status in STATUS_WORDS]
        paper = 1.0 if one.name.startswith(("LeNet", "Inception")) else None
        title = f"{one.name}, {epochs(one.epochs)}"
        rows.append((data_title(one.data), title, 1, *states, 0, int(one.result is None), *_shares(states), paper))
    note = (
        "RQ1. Shares are of the networks that were begun and kept the limits of this run, which speak of the machine. "
        "Built: all but those that failed; a network whose loss became infinite (diverged) was built."
    )
    title = "RQ1: sampled networks, built, trained and tested"
    return Table("rq1_conformance", title, columns, tuple(rows), note, scale(study))


def _conformance_row(sample: SampleStudy) -> tuple[Cell, ...]:
    counts = sample.statuses()
    states = [counts[status] for status in STATUS_WORDS]
    number = len(sample.networks) or sample.asked
    paper = 1.0 if sample.name == "S1" else None
    head = (data_title(sample.data), sample.name, number)
    return (*head, *states, sample.left_out, sample.pending(), *_shares(states), paper)


def _shares(states: list[int]) -> tuple[float | None, float | None]:
    """Return the shares, among networks within the limits, that were built, and that were trained and tested."""
    done, diverged, failed, _ = states
    ended = done + diverged + failed
    return ((done + diverged) / ended, done / ended) if ended else (None, None)


def equivalence_table(study: Study) -> Table | None:
    """Return the table to Fig. 5 (RQ1): LeNet-5 from the model against LeNet-5 by hand, with a test of equivalence."""
    found = study.equivalence
    if found is None:
        return None
    columns = (
        Column("measure", "Final accuracy on"),
        Column("runs", "Runs each", "count"),
        Column("by_hand", "By hand", "percent"),
        Column("from_model", "From the model", "percent"),
        Column("difference", "Difference, points", "points"),
        Column("low", "90 % interval from", "points"),
        Column("high", "to", "points"),
        Column("margin", "Margin, points", "points"),
        Column("p", "p", "p"),
        Column("verdict", "Verdict"),
    )
    rows: list[tuple[Cell, ...]] = []
    for measure, images in (("test_accuracy", "test images"), ("train_accuracy", "training images")):
        hand, model = (_measured(one, measure) for one in (found.by_hand, found.from_model))
        tested = equivalence(hand, model, found.margin)
        head: tuple[Cell, ...] = (images, min(len(hand), len(model)), *(mean(v) if v else None for v in (hand, model)))
        tail: tuple[Cell, ...] = (None, None, None, found.margin, None, "fewer than two runs")
        if tested is not None:
            ends = (tested.interval.low, tested.interval.high)
            tail = (tested.difference, *ends, found.margin, tested.p_value, str(tested.verdict))
        rows.append((*head, *tail))
    note = (
        "RQ1. Two one-sided t-tests (Welch) at 5 % each: equivalent if the 90 % interval of the difference lies "
        "within the margin, different if it lies outside, else not decided. The paper compares by eye the mean "
        "curves of "
        f"{EQUIVALENCE_RUNS} runs on CIFAR-10 (Fig. 5)."
    )
    title = f"RQ1: LeNet-5 from the model and by hand, {data_title(found.data)}"
    return Table("rq1_equivalence", title, columns, tuple(rows), note, data_scale(study.data_set(found.data)))


def _measured(baseline: BaselineStudy, measure: str) -> list[float]:
    values = (getattr(run, measure) for run in baseline.done)
    return [value for value in values if value is not None]


def table1(study: Study) -> Table:
    """Return Table 1 (RQ3): accuracy, size and efficiency of the best networks of each sample and of the baselines."""
    columns = (
        Column("data", "Data set"),
        Column("architecture", "Architecture"),
        Column("network", "Network"),
        Column("runs", "Runs", "count"),
        Column("accuracy", "Accuracy", "percent"),
        Column("low", "from", "percent"),
        Column("high", "to", "percent"),
        Column("size", "Size", "count"),
        Column("efficiency", "Efficiency", "ratio"),
        Column("paper_accuracy", "Paper: accuracy", "percent"),
        Column("paper_size", "Paper: size", "count"),
        Column("paper_efficiency", "Paper: efficiency", "ratio"),
    )
    rows: list[tuple[Cell, ...]] = []
    for data in study.data:
        baselines = study.baselines_on(data.name)
        first = [baseline for baseline in baselines if baseline.name == "LeNet-5"]
        rows += [_baseline_row(baseline, data) for baseline in first]
        rows += [_top_row(sample, data) for sample in study.samples if sample.data == data.name]
        rows += [_baseline_row(baseline, data) for baseline in baselines if baseline not in first]
    meaning = "Efficiency is accuracy (0 to 1) x 10^6 / size, size the number of weights."
    note = f"{meaning} {_INTERVALS}"
    if any(data.name == "cifar10" for data in study.data):
        note += f" {MISPRINT}"
    return Table("table1", "Table 1: accuracy, size and efficiency", columns, tuple(rows), note, scale(study))


def _paper_cells(data: str, row: str) -> tuple[Cell, Cell, Cell]:
    """Return the paper's accuracy, size and efficiency of a row; its SqueezeNet is `PAPERS_SQUEEZENET` here."""
    paper = TABLE_1.get(data, {}).get("SqueezeNet" if row == PAPERS_SQUEEZENET else row)
    if paper is None or row == "SqueezeNet":
        return None, None, None
    return paper.accuracy, paper.size, paper.efficiency


PAPERS_SQUEEZENET = "SqueezeNet, as the paper ran it"


def _ends(interval: Interval | None) -> tuple[Cell, Cell]:
    return (None, None) if interval is None else (max(0.0, interval.low), min(1.0, interval.high))


def _baseline_row(baseline: BaselineStudy, data: DataSet) -> tuple[Cell, ...]:
    values = _measured(baseline, "test_accuracy")
    accuracy = mean(values) if values else None
    interval = wilson(values[0], data.test_count) if len(values) == 1 else mean_interval(values)
    size = next((run.weights for run in baseline.runs if run is not None and run.weights), None)
    head = (data_title(data.name), baseline.name, "by hand", len(values))
    tail = (accuracy, *_ends(interval), size, efficiency(accuracy, size))
    return (*head, *tail, *_paper_cells(data.name, baseline.name))


def _top_row(sample: SampleStudy, data: DataSet) -> tuple[Cell, ...]:
    name = f"Top {sample.name}"
    best = best_by_test(sample.networks)
    paper = _paper_cells(data.name, name)
    if best is None or best.test_accuracy is None:
        return (data_title(data.name), name, "none trained yet", 0, None, None, None, None, None, *paper)
    accuracy, ends = best.test_accuracy, _ends(wilson(best.test_accuracy, data.test_count))
    source = f"{best.name} of {len(sample.networks):,}"
    figures = (accuracy, *ends, best.weights, efficiency(accuracy, best.weights))
    return (data_title(data.name), name, source, 1, *figures, *paper)


def selection_table(study: Study) -> Table | None:
    """Return the table of the best by test accuracy, as in the paper, and by images held out; None if none are."""
    if not any(data.protocol.validation_images for data in study.data):
        return None
    columns = (
        Column("data", "Data set"),
        Column("sample", "Sample"),
        Column("by_test", "Best by test"),
        Column("by_test_accuracy", "its test accuracy", "percent"),
        Column("by_validation", "Best by validation"),
        Column("by_validation_validation", "its validation accuracy", "percent"),
        Column("by_validation_accuracy", "its test accuracy", "percent"),
        Column("difference", "Difference, points", "points"),
    )
    rows: list[tuple[Cell, ...]] = []
    for sample in study.samples:
        paper, honest = best_by_test(sample.networks), best_by_validation(sample.networks)
        head = (data_title(sample.data), sample.name)
        if paper is None or honest is None or paper.test_accuracy is None or honest.test_accuracy is None:
            rows.append((*head, None, None, None, None, None, None))
            continue
        accuracies = (honest.validation_accuracy, honest.test_accuracy, paper.test_accuracy - honest.test_accuracy)
        rows.append((*head, paper.name, paper.test_accuracy, honest.name, *accuracies))
    note = (
        "The paper chooses the best network by its test accuracy, and reports that very accuracy: of many networks, "
        "the "
        "one that the test images happened to favour. Chosen by images that were held out of the training images, the "
        "test accuracy is an honest one. The difference is what the paper's way adds."
    )
    return Table("selection", "Honest selection", columns, tuple(rows), note, scale(study))


def table2(study: Study) -> Table | None:
    """Return Table 2 (RQ3): the best networks of S1 and the baselines at three numbers of epochs."""
    found = study.longer
    if found is None:
        return None
    counts = tuple(Column(f"epochs_{count}", f"{count} epochs", "percent") for count in found.epochs)
    columns = (
        Column("rank", "Rank"),
        Column("network", "Network"),
        Column("size", "Size", "count"),
        *counts,
        Column("paper_network", "Paper"),
        Column("paper_size", "Paper: size, millions", "ratio"),
        *(Column(f"paper_{count}", f"Paper: {count}", "percent") for count in (12, 300, 600)),
    )
    sampled = [row for row in found.rows if not row.is_baseline]
    ours = sorted(sampled, key=lambda row: -(row.accuracy_at(found.epochs[-1]) or -1.0))
    papers = [row for row in TABLE_2 if not row.is_baseline]
    rows: list[tuple[Cell, ...]] = []
    for rank in range(max(len(ours), len(papers) if ours else 0)):
        theirs = (*_paper_longer(papers[rank].name),) if rank < len(papers) else _NO_PAPER
        mine = _longer_cells(ours[rank], found) if rank < len(ours) else (None, None, *(None for _ in counts))
        rows.append((str(rank + 1), *mine, *theirs))
    for row in found.rows:
        if row.is_baseline:
            papers_name = {"LeNet-5": "LeNet-5", PAPERS_SQUEEZENET: "SqueezeNet"}.get(row.name)
            theirs = _paper_longer(papers_name) if papers_name else _NO_PAPER
            rows.append(("", *_longer_cells(row, found), *theirs))
    title = "Table 2: the best networks, trained for longer"
    at_scale = data_scale(study.data_set(found.data))
    return Table("table2", title, columns, tuple(rows), _longer_note(found), at_scale)


_NO_PAPER: tuple[Cell, ...] = (None, None, None, None, None)


def _longer_cells(row: LongerRow, found: LongerStudy) -> tuple[Cell, ...]:
    reason = f" ({STATUS_WORDS[row.longer.status]})" if row.longer and row.longer.status is not TrialStatus.DONE else ""
    return (f"{row.name}{reason}", row.weights, *(row.accuracy_at(count) for count in found.epochs))


def _paper_longer(name: str) -> tuple[Cell, ...]:
    row = next(row for row in TABLE_2 if row.name == name)
    return (f"{row.name}{' *' if row.is_shortened else ''}", row.size_millions, *row.accuracies)


def _longer_note(found: LongerStudy) -> str:
    open_rows = sum(row.longer is None for row in found.rows)
    state = f" {open_rows} of {len(found.rows)} are still to be trained." if open_rows else ""
    if not found.rows:
        state = " The base epochs are not done yet."
    return (
        f"The networks of {found.sample} with the highest test accuracies after {found.epochs[0]} epochs on "
        f"{data_title(found.data)}, trained again from the start for {found.epochs[-1]} epochs, and the "
        f"baselines; by accuracy at the end. The paper's ten stand beside them by rank: they are other networks. "
        f"* its training was cut off.{state}"
    )
