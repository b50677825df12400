"""Tables on the models and the samples: their size, diversity and cost."""

from __future__ import annotations

from featurenet_uvl.report.content.captions import data_title, scale
from featurenet_uvl.report.content.paper import CONSTRAINTS, FEATURES
from featurenet_uvl.report.content.study import SampleStudy, Study
from featurenet_uvl.report.content.table import Cell, Column, Table


def sizes_table(study: Study) -> Table | None:
    """Return the table of features and clauses of each sample's model, beside the paper's."""
    measured = [(sample, sample.sizes) for sample in study.samples if sample.sizes is not None]
    if not measured:
        return None
    columns = (
        Column("model", "Model"),
        Column("images", "Images"),
        Column("features", "Features", "count"),
        Column("features_not_dead", "of these not dead", "count"),
        Column("auxiliaries", "Auxiliaries", "count"),
        Column("clauses", "Clauses", "count"),
        Column("auxiliaries_with_shapes", "Auxiliaries with tensor shapes", "count"),
        Column("clauses_with_shapes", "Clauses with tensor shapes", "count"),
    )
    rows: list[tuple[Cell, ...]] = [("the paper's", "any", FEATURES, None, None, CONSTRAINTS, None, None)]
    for sample, sizes in measured:
        shape = "x".join(map(str, study.data_set(sample.data).input_shape))
        head = (f"{sample.name} ({sample.model})", shape, sizes.features, sizes.features_not_dead)
        tail = (sizes.auxiliaries, sizes.clauses, sizes.auxiliaries_with_shapes, sizes.clauses_with_shapes)
        rows.append((*head, *tail))
    note = (
        "The paper's model has 5 blocks of 5 cells, and no constraint on which tensor fits which layer; its counts are "
        "those of section 4.1. Auxiliary variables are determined by the features. A dead feature is in no "
        "configuration."
    )
    return Table("model_sizes", "Size of the feature models", columns, tuple(rows), note)


def diversity_table(study: Study) -> Table | None:
    """Return the table of the diversity of each sample."""
    rows = [row for sample in study.samples if (row := _diversity_row(sample)) is not None]
    if not rows:
        return None
    columns = (
        Column("sample", "Sample"),
        Column("data", "Data set"),
        Column("sampler", "Sampler"),
        Column("count", "Networks", "count"),
        Column("distinct", "Distinct", "count"),
        Column("mean_distance", "Mean distance", "share"),
        Column("limit", "at most possible", "share"),
        Column("limit_of", "for"),
        Column("share_of_limit", "Share of it", "percent"),
        Column("nearest_mean", "to the nearest", "share"),
        Column("minimum", "Minimum", "share"),
        Column("sizes", "Selected features"),
    )
    note = (
        "A distance is the share of the features in which two configurations differ. "
        "No sample of this size has a larger mean distance than the bound. With tensor shapes the bound is often too "
        "hard to compute: then it is that of the model without them, which may be far higher. "
        "Two opposite clusters have a large mean, too, so the nearest neighbours are shown beside it."
    )
    return Table("diversity", "Diversity of the samples", columns, tuple(rows), note, scale(study))


def _diversity_row(sample: SampleStudy) -> tuple[Cell, ...] | None:
    found = sample.diversity
    if found is None:
        return None
    sizes = f"{found.size_min} to {found.size_max}, median {found.size_median:g}"
    limit, mean = sample.limit, found.mean_distance
    bound: tuple[Cell, ...] = (None, "unknown", None)
    if limit is not None and mean is not None:
        of = "the model" if limit.with_shapes else "the model without tensor shapes"
        bound = (limit.upper, of, mean / limit.upper if limit.upper else None)
    distances = (mean, *bound, found.nearest_mean, found.minimum)
    head = (sample.name, data_title(sample.data), sample.sampler)
    return (*head, found.count, found.distinct, *distances, sizes)


def costs_table(study: Study) -> Table | None:
    """Return the table of predicted and measured CPU seconds of the training."""
    columns = (
        Column("data", "Data set"),
        Column("sample", "Sample"),
        Column("networks", "Networks", "count"),
        Column("predicted", "Predicted, CPU s", "seconds"),
        Column("measured", "Measured, CPU s", "seconds"),
        Column("slowest", "Slowest"),
        Column("slowest_measured", "its CPU s", "seconds"),
    )
    rows: list[tuple[Cell, ...]] = []
    for sample in study.samples:
        pairs = [
            (network.predicted_cpu_s, float(network.result.provenance["cpu_seconds"]), network.name)
            for network in sample.networks
            if network.result is not None
            and network.predicted_cpu_s is not None
            and "cpu_seconds" in network.result.provenance
        ]
        if pairs:
            slowest = max(pairs, key=lambda pair: pair[1])
            sums = (sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs))
            rows.append((data_title(sample.data), sample.name, len(pairs), *sums, slowest[2], slowest[1]))
    if not rows:
        return None
    note = "Each network was timed on a few steps before the training; the prediction is extrapolated from these steps."
    return Table("costs", "CPU time of the training", columns, tuple(rows), note, scale(study))
