"""The data of the page's script: one record per trial, the points of the plot, the packed drawings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from featurenet_uvl.drawing.wording import network_steps
from featurenet_uvl.report.content.captions import data_title, epochs
from featurenet_uvl.report.content.choice import efficiency
from featurenet_uvl.report.content.paper import TABLE_1
from featurenet_uvl.report.content.statistics import wilson
from featurenet_uvl.report.content.study import Study
from featurenet_uvl.report.page.drawings import Drawings
from featurenet_uvl.report.page.entries import Entry, finite
from featurenet_uvl.report.page.html import clean
from featurenet_uvl.training.trials.trial import Epoch

BY_HAND_NOTE = (
    "Trained was the network that is written by hand. Drawn is the configuration of the model with the same name and "
    "number of weights."
)
NO_DRAWING = "A network written by hand: it is no configuration of the model, so there is no drawing of it."


def page_data(study: Study, rows: Sequence[Entry], drawings: Drawings) -> dict[str, Any]:
    """Return the record of each row and the data of the plot, adding drawings to `drawings`."""
    test_counts = {data.name: data.test_count for data in study.data}
    return {
        "trials": [_record(entry, test_counts[entry.data], drawings) for entry in rows],
        "series": _series(study),
        "data": [
            {
                "name": data.name,
                "title": f"{data_title(data.name)}, {epochs(data.protocol.epochs)}",
                "chance": 1 / data.classes,
                "paper": [
                    {"name": name, "weights": row.size, "accuracy": row.accuracy}
                    for name, row in TABLE_1.get(data.name, {}).items()
                ],
            }
            for data in study.data
        ],
    }


def _series(study: Study) -> list[dict[str, str]]:
    """Return the names of the series: samples, then networks by hand, in the order of the study."""
    samples = dict.fromkeys(sample.name for sample in study.samples)
    by_hand = dict.fromkeys(one.name for one in study.baselines)
    return [{"name": clean(name), "kind": "sample"} for name in samples] + [
        {"name": clean(name), "kind": "by hand"} for name in by_hand
    ]


def _record(entry: Entry, test_count: int, drawings: Drawings) -> dict[str, Any]:
    accuracy, result, network = entry.test_accuracy, entry.result, entry.architecture
    interval = None if accuracy is None else wilson(accuracy, test_count)
    return {
        "name": clean(entry.name),
        "part": clean(entry.part),
        "data": entry.data,
        "dataTitle": clean(data_title(entry.data)),
        "series": clean(entry.series),
        "status": entry.status,
        "reason": clean(entry.reason),
        "test": accuracy,
        "low": interval and interval.low,
        "high": interval and interval.high,
        "validation": entry.validation_accuracy,
        "train": finite(result.train_accuracy) if result else None,
        "loss": finite(result.loss) if result else None,
        "weights": entry.weights,
        "macs": entry.macs,
        "efficiency": efficiency(accuracy, entry.weights),
        "epochs": entry.epochs,
        "cpu": entry.cpu_s,
        "predicted": finite(entry.predicted_cpu_s),
        "hash": clean(result.spec_hash) if result else "",
        "history": [_epoch(epoch) for epoch in result.history] if result else [],
        "blocks": len({cell.id.block for cell in network.cells}) if network else None,
        "cells": len(network.cells) if network else None,
        "layers": sum(step.weights > 0 for cell in network_steps(network) for step in cell.steps())
        if network
        else None,
        "drawing": drawings.number(network, clean(entry.network)) if network else None,
        "note": (BY_HAND_NOTE if network else NO_DRAWING) if entry.by_hand else "",
    }


def _epoch(epoch: Epoch) -> list[float | None]:
    """Return loss, training, validation and test accuracy, as the script reads them."""
    return list(_rounded((epoch.loss, epoch.train_accuracy, epoch.validation_accuracy, epoch.test_accuracy)))


def _rounded(values: Iterable[float | None]) -> Iterable[float | None]:
    for value in values:
        known = finite(value)
        yield None if known is None else round(known, 6)
