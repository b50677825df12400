"""The findings of a study so far, in a few sentences, each beside that of the paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import mean

from featurenet_uvl.report.content.captions import STATUS_WORDS, data_title
from featurenet_uvl.report.content.choice import best_by_test
from featurenet_uvl.report.content.paper import CONSTRAINTS, FEATURES, SAMPLED, TABLE_1
from featurenet_uvl.report.content.statistics import wilson
from featurenet_uvl.report.content.study import DataSet, SampleStudy, Study
from featurenet_uvl.report.content.table import shown
from featurenet_uvl.report.content.tables import equivalence_table
from featurenet_uvl.training.trials.trial import TrialStatus

BASELINE = "LeNet-5"
"""The network that the paper compares its samples with."""


def summary(study: Study) -> tuple[tuple[str, str], ...]:
    """Return short heads, each with its sentence; questions without any result are left out."""
    return (
        *(("Every configuration a network?", text) for text in _conformance(study)),
        *(("LeNet-5 from the model", text) for text in _equivalence(study)),
        *((f"Better than {BASELINE}? {data_title(d.name)}", text) for d in study.data for text in _best(study, d)),
        *(("Size of the model", text) for text in _sizes(study)),
        *(("Diversity", text) for text in _diversity(study)),
    )


def closing_lines(study: Study) -> tuple[str, ...]:
    """Return the few lines that a run prints at its end: networks, equivalence, and the best network by data set."""
    lines = []
    if study.samples:
        sampled, _, _, done, others = _counts(study)
        lines.append(f"networks: {sampled:,} sampled, {done:,} trained and tested{others}")
    table = equivalence_table(study)
    if table is not None:
        verdict = next(
            cell for cell, column in zip(table.rows[0], table.columns, strict=True) if column.key == "verdict"
        )
        lines.append(f"LeNet-5 from the model: {verdict}")
    for data in study.data:
        found, lenet = _best_on(study, data), _baseline_accuracies(study, data)
        parts = [] if found is None else [f"best network {found[1]} with {found[2]:.2%}"]
        parts += [f"{BASELINE} {mean(lenet):.2%}"] if lenet else []
        parts += [f"difference {100 * (found[2] - mean(lenet)):+.2f} points"] if found is not None and lenet else []
        lines += [f"{data_title(data.name)}: {', '.join(parts)}"] if parts else []
    return tuple(lines)


def _counts(study: Study) -> tuple[int, int, int, int, str]:
    """Return how many networks were sampled, begun, built and trained, and words on all others."""
    sampled = sum(len(sample.networks) or sample.asked for sample in study.samples)
    counts: Counter[TrialStatus] = sum((sample.statuses() for sample in study.samples), Counter())
    built = counts[TrialStatus.DONE] + counts[TrialStatus.NAN]
    others = [
        f"{counts[status]:,} {word}" for status, word in STATUS_WORDS.items() if status != "done" and counts[status]
    ]
    left_out = sum(sample.left_out for sample in study.samples)
    pending = sum(sample.pending() for sample in study.samples)
    others += [f"{left_out:,} left out as too slow to train"] if left_out else []
    others += [f"{pending:,} still to come"] if pending else []
    return sampled, sum(counts.values()), built, counts[TrialStatus.DONE], "".join(f"; {other}" for other in others)


def _conformance(study: Study) -> Iterator[str]:
    if not study.samples:
        return
    sampled, begun, built, done, others = _counts(study)
    yield (
        f"Of {sampled:,} sampled networks, {begun:,} were begun, {built:,} built, {done:,} trained and tested{others}. "
        f"The paper: {SAMPLED:,} of {SAMPLED:,}."
    )


def _equivalence(study: Study) -> Iterator[str]:
    table = equivalence_table(study)
    if table is None or study.equivalence is None:
        return
    row = dict(zip((column.key for column in table.columns), table.rows[0], strict=True))
    kinds = {column.key: column.kind for column in table.columns}
    cells = {key: shown(cell, kinds[key]) for key, cell in row.items()}
    text = f"{cells['verdict'].capitalize()} on the test images of {data_title(study.equivalence.data)}"
    if row["difference"] is not None:
        text += (
            f": {cells['difference']} points against the network by hand (90 % interval {cells['low']} to "
            f"{cells['high']}, margin {cells['margin'].lstrip('+')}; {cells['runs']} runs each)"
        )
    yield f"{text}. The paper compares curves by eye (Fig. 5)."


def _best(study: Study, data: DataSet) -> Iterator[str]:
    found = _best_on(study, data)
    accuracies = _baseline_accuracies(study, data)
    parts: list[str] = []
    if found is not None:
        sample, name, accuracy = found
        interval = wilson(accuracy, data.test_count)
        parts.append(
            f"The best network, {name} of {len(sample.attempted):,} of {sample.name}, has {accuracy:.2%} of "
            f"{data.test_count:,} test images right ({interval.low:.2%} to {interval.high:.2%})"
        )
    if accuracies:
        several = f", mean of {len(accuracies)} runs" if len(accuracies) > 1 else ""
        parts.append(f"{BASELINE} {mean(accuracies):.2%}{several}")
    if not parts:
        return
    if found is not None and accuracies:
        parts.append(f"difference {100 * (found[2] - mean(accuracies)):+.2f} points")
    yield f"{', '.join(parts)}. {_papers_best(data.name)}".strip()


def _baseline_accuracies(study: Study, data: DataSet) -> list[float]:
    runs = [run for one in study.baselines_on(data.name) if one.name == BASELINE for run in one.done]
    return [run.test_accuracy for run in runs if run.test_accuracy is not None]


def _best_on(study: Study, data: DataSet) -> tuple[SampleStudy, str, float] | None:
    best = [
        (sample, network.name, network.test_accuracy)
        for sample in study.samples
        if sample.data == data.name and (network := best_by_test(sample.networks)) and network.test_accuracy is not None
    ]
    return max(best, key=lambda one: one[2], default=None)


def _papers_best(data: str) -> str:
    rows = TABLE_1.get(data)
    if rows is None:
        return "The paper has no such data set."
    tops = {name: row.accuracy for name, row in rows.items() if name.startswith("Top ")}
    name = max(tops, key=lambda top: tops[top])
    lenet = rows[BASELINE].accuracy
    difference = f"{100 * (tops[name] - lenet):+.2f} points"
    return f"The paper: {name} {tops[name]:.2%}, {BASELINE} {lenet:.2%}, difference {difference}."


def _sizes(study: Study) -> Iterator[str]:
    measured = {sample.name: sample.sizes for sample in study.samples if sample.sizes is not None}
    if measured:
        each = "; ".join(f"{name} {one.features:,} features, {one.clauses:,} clauses" for name, one in measured.items())
        yield f"{each} (without tensor shapes). The paper: {FEATURES:,} features, {CONSTRAINTS:,} constraints."


def _diversity(study: Study) -> Iterator[str]:
    parts: list[str] = []
    for sample in study.samples:
        if sample.diversity is not None and (mean_distance := sample.diversity.mean_distance) is not None:
            upper = sample.limit.upper if sample.limit else 0.0
            share = f"at least {mean_distance / upper:.0%}" if upper else "unknown"
            parts.append(f"{sample.name} on {data_title(sample.data)} {mean_distance:.4f} ({share})")
    if parts:
        yield f"Mean distance, and its share of the largest possible one: {', '.join(parts)}."


def certificate(sample: SampleStudy) -> str:
    """Return how near a sample's mean distance is to the largest possible one; empty if it is not measured."""
    found, limit = sample.diversity, sample.limit
    if found is None or found.mean_distance is None:
        return ""
    head = f"{sample.name} on {data_title(sample.data)}: mean distance {found.mean_distance:.4f}"
    if limit is None or not limit.upper:
        return f"{head}; the largest possible one is unknown."
    of = "" if limit.with_shapes else " of the model without tensor shapes"
    share = f"{found.mean_distance / limit.upper:.1%}"
    bound = f"no {limit.count:,} configurations{of} have more than {limit.upper:.4f}"
    return f"{head}, at least {share} of the largest possible one: {bound}."
