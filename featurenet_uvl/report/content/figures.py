"""The paper's figures 5, 7, 8 and 9 from the data of a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import mean

from featurenet_uvl.report.content.captions import data_scale, data_title, epochs, scale
from featurenet_uvl.report.content.figure import Figure, Panel, Series
from featurenet_uvl.report.content.paper import EQUIVALENCE_RUNS, FIGURE_7, SAMPLED, TABLE_1
from featurenet_uvl.report.content.study import BaselineStudy, DataSet, LongerRow, SampleStudy, Study
from featurenet_uvl.system.counted import counted
from featurenet_uvl.training.trials.trial import Epoch, TrialResult, TrialStatus

_STEPS = ("steps", "steps 2", "steps 3")
_MARKS = ("dots", "triangles", "squares")


def figures(study: Study) -> tuple[Figure, ...]:
    """Return all figures for which the study has data, in the order of the paper."""
    found = (equivalence_figure(study), distribution_figure(study), size_figure(study), longer_figure(study))
    return tuple(figure for figure in found if figure is not None)


def equivalence_figure(study: Study) -> Figure | None:
    """Return Fig. 5: accuracy by epoch of LeNet-5 by hand and from the model, mean and range over the runs."""
    found = study.equivalence
    if found is None or not (found.by_hand.done or found.from_model.done):
        return None
    measures: tuple[tuple[str, Callable[[Epoch], float]], ...] = (
        ("test images", lambda epoch: epoch.test_accuracy),
        ("training images", lambda epoch: epoch.train_accuracy),
    )
    panels = tuple(
        Panel(
            f"{data_title(found.data)}, {images}",
            "epoch",
            "accuracy (%)",
            tuple(
                _mean_curve(f"{name}, {len(one.done)} run{'s' * (len(one.done) > 1)}", one, style, measure)
                for name, one, style in (
                    ("by hand", found.by_hand, "first"),
                    ("from the model", found.from_model, "second"),
                )
                if one.done
            ),
        )
        for images, measure in measures
    )
    caption = (
        "LeNet-5 written by hand in Keras, and as a configuration of the model: mean over the runs, and the range "
        "from the "
        "lowest to the highest. Accuracy on training images is the mean during the epoch. The paper's Fig. 5 shows "
        f"{EQUIVALENCE_RUNS} runs on CIFAR-10. {data_scale(study.data_set(found.data))}"
    )
    return Figure("fig5_equivalence", "Fig. 5: LeNet-5 from the model and by hand", caption, panels)


def _mean_curve(label: str, one: BaselineStudy, style: str, measure: Callable[[Epoch], float]) -> Series:
    count = min(len(run.history) for run in one.done)
    values = [[100 * measure(run.history[epoch]) for run in one.done] for epoch in range(count)]
    x = tuple(float(epoch + 1) for epoch in range(count))
    lows, highs = tuple(map(min, values)), tuple(map(max, values))
    return Series(label, x, tuple(map(mean, values)), style, lows, highs)


def count_below(accuracies: Sequence[float], limit: float) -> int:
    """Return the number of networks whose accuracy is below the limit.

    >>> count_below([0.1, 0.5, 0.9], 0.5)
    1
    """
    return sum(accuracy < limit for accuracy in accuracies)


def distribution_points(accuracies: Sequence[float]) -> list[tuple[int, int]]:
    """Return the points (x, y) of Fig. 7: y networks have an accuracy below x %, for x = 0 .. 100.

    >>> distribution_points([0.005, 0.015])[:3]
    [(0, 0), (1, 1), (2, 2)]
    """
    return [(percent, count_below(accuracies, percent / 100)) for percent in range(101)]


def distribution_figure(study: Study) -> Figure | None:
    """Return Fig. 7: the number of networks with an accuracy below x %, one panel per data set."""
    panels = tuple(panel for data in study.data if (panel := _distribution_panel(study, data)) is not None)
    if not panels:
        return None
    caption = (
        "Any point (x, y) says that y % of the sampled networks have a test accuracy lower than x %. Crosses are the "
        "paper's "
        f"{SAMPLED:,} networks, as far as its text gives numbers. Networks without an accuracy are left out. "
        f"{scale(study)}"
    )
    return Figure("fig7_accuracy_distribution", "Fig. 7: distribution of accuracies", caption, panels)


def _distribution_panel(study: Study, data: DataSet) -> Panel | None:
    series: list[Series] = []
    samples = [sample for sample in study.samples if sample.data == data.name]
    for sample, style in zip(samples, _STEPS, strict=False):
        accuracies = [n.test_accuracy for n in sample.networks if n.test_accuracy is not None]
        if accuracies:
            points = distribution_points(accuracies)
            y = tuple(100 * count / len(accuracies) for _, count in points)
            label = f"{sample.name}, {counted(len(accuracies), 'network')}"
            series.append(Series(label, tuple(float(percent) for percent, _ in points), y, style))
    if not series:
        return None
    papers = FIGURE_7.get(data.name, ())
    if papers:
        x, y = tuple(100 * a for a, _ in papers), tuple(100 * share for _, share in papers)
        series.append(Series("paper, S1", x, y, "crosses"))
    styles = ("vertical", "vertical 2", "vertical 2")
    for baseline, style in zip(study.baselines_on(data.name), styles, strict=False):
        if (accuracy := _accuracy(baseline)) is not None:
            series.append(Series(f"{baseline.name}, {accuracy:.1%}", (100 * accuracy,), (), style))
    title = f"{data_title(data.name)}, {data.train_count:,} images, {epochs(data.protocol.epochs)}"
    y_label = "networks with a lower accuracy (%)"
    return Panel(title, "test accuracy (%)", y_label, tuple(series), x_limits=(0, 100), y_limits=(0, 103))


def _accuracy(baseline: BaselineStudy) -> float | None:
    values = [run.test_accuracy for run in baseline.done if run.test_accuracy is not None]
    return mean(values) if values else None


def size_figure(study: Study) -> Figure | None:
    """Return Fig. 8: accuracy against the number of weights, one panel per data set."""
    panels = tuple(panel for data in study.data if (panel := _size_panel(study, data)) is not None)
    if not panels:
        return None
    caption = (
        "Each point is a network; stars are the baselines, rings the rows of the paper's Table 1 (at its own scale). "
        f"{scale(study)}"
    )
    return Figure("fig8_accuracy_size", "Fig. 8: accuracy and size", caption, panels)


def _size_panel(study: Study, data: DataSet) -> Panel | None:
    series: list[Series] = []
    samples = [sample for sample in study.samples if sample.data == data.name]
    for sample, style in zip(samples, _MARKS, strict=False):
        points = _size_points(sample)
        if points:
            names, sizes, accuracies = zip(*points, strict=True)
            series.append(Series(sample.name, sizes, accuracies, style, names=names))
    if not series:
        return None
    stars = [(b.name, b.done[0].weights, _accuracy(b)) for b in study.baselines_on(data.name) if b.done]
    whole = [(name, float(size), 100 * accuracy) for name, size, accuracy in stars if size and accuracy is not None]
    if whole:
        names, sizes, accuracies = zip(*whole, strict=True)
        series.append(Series(", ".join(names), sizes, accuracies, "stars", names=names))
    papers = TABLE_1.get(data.name, {})
    if papers:
        x, y = (
            tuple(float(row.size) for row in papers.values()),
            tuple(100 * row.accuracy for row in papers.values()),
        )
        series.append(Series("paper, Table 1", x, y, "rings", names=tuple(papers)))
    title = f"{data_title(data.name)}, {data.train_count:,} images, {epochs(data.protocol.epochs)}"
    return Panel(
        title, "size (number of weights)", "test accuracy (%)", tuple(series), is_log_x=True, y_limits=(0, 103)
    )


def _size_points(sample: SampleStudy) -> list[tuple[str, float, float]]:
    return [
        (network.name, float(network.weights), 100 * network.test_accuracy)
        for network in sample.networks
        if network.test_accuracy is not None
    ]


def longer_figure(study: Study) -> Figure | None:
    """Return Fig. 9: training and test accuracy by epoch of the networks trained for longer, one panel each."""
    found = study.longer
    panels = [_longer_panel(row, row.longer) for row in found.rows if _is_trained(row.longer)] if found else []
    whole = tuple(panel for panel in panels if panel is not None)
    if found is None or not whole:
        return None
    caption = (
        f"The best of {found.sample} and the baselines on {data_title(found.data)}, trained for {found.epochs[-1]} "
        "epochs; "
        "sizes in millions of weights. Accuracy on training images is the mean during the epoch. The paper's Fig. 9 "
        "shows 300 "
        f"epochs of CIFAR-10. {data_scale(study.data_set(found.data))}"
    )
    return Figure("fig9_longer", "Fig. 9: accuracy over the epochs", caption, whole, columns=4)


def _is_trained(result: TrialResult | None) -> bool:
    return result is not None and result.status is TrialStatus.DONE


def _longer_panel(row: LongerRow, result: TrialResult | None) -> Panel | None:
    if result is None:
        return None
    x = tuple(float(epoch + 1) for epoch in range(len(result.history)))
    curves = (
        Series("test", x, tuple(100 * epoch.test_accuracy for epoch in result.history), "first"),
        Series("training", x, tuple(100 * epoch.train_accuracy for epoch in result.history), "second, thin"),
    )
    return Panel(f"{row.name} ({(row.weights or 0) / 1e6:.2f} M)", "epoch", "accuracy (%)", curves, y_limits=(0, 103))
