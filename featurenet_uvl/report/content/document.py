"""The report as a whole: one JSON object for programs and the web page, and one Markdown page for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from featurenet_uvl.report.content.captions import data_scale, scale
from featurenet_uvl.report.content.escape import markdown_text, one_line
from featurenet_uvl.report.content.figure import Figure
from featurenet_uvl.report.content.figures import figures
from featurenet_uvl.report.content.model_tables import costs_table, diversity_table, sizes_table
from featurenet_uvl.report.content.study import Study
from featurenet_uvl.report.content.table import Table, table_markdown
from featurenet_uvl.report.content.tables import (
    conformance_table,
    equivalence_table,
    selection_table,
    table1,
    table2,
)
from featurenet_uvl.training.trials.trial import TrialResult

SCHEMA = "featurenet_uvl/report/1"
"""The name and version of `report.json`."""


def tables(study: Study) -> tuple[Table, ...]:
    """Return all tables that the study has data for, in the order of the paper's questions."""
    found = (
        conformance_table(study) if study.samples or study.named else None,
        equivalence_table(study),
        table1(study),
        selection_table(study) if study.samples else None,
        table2(study),
        sizes_table(study),
        diversity_table(study),
        costs_table(study),
    )
    return tuple(table for table in found if table is not None)


def study_markdown(study: Study, pictures: str = "") -> str:
    """Return the report as Markdown: missing results, all tables, and the figures if `pictures` names their folder."""
    parts = [f"# Experiment {markdown_text(study.preset)}", ""]
    if study.missing:
        parts += ["Not finished:", "", *(f"- {markdown_text(line)}" for line in study.missing), ""]
    parts += [line for note in study.notes for line in (f"Note: {markdown_text(note)}.", "")]
    parts += [_scale(study), *(table_markdown(table, 2, with_scale=False) for table in tables(study))]
    if pictures:
        parts += [_picture(figure, pictures) for figure in figures(study)]
    parts += ["## How it was made", "", *(f"    {one_line(command)}" for command in study.commands), ""]
    parts += [markdown_text(", ".join(f"{name} {value}" for name, value in study.environment.items())) + ".", ""]
    return "\n".join(parts)


def _scale(study: Study) -> str:
    return f"{markdown_text(scale(study))}\n"


def _picture(figure: Figure, folder: str) -> str:
    title = markdown_text(figure.title)
    return f"## {title}\n\n![{title}]({folder}/{figure.name}.png)\n\n{markdown_text(figure.caption)}\n"


def study_json(study: Study) -> dict[str, Any]:
    """Return everything that the report shows, and every trial with its history and its architecture.

    Trials are by name; `architecture` is in the form of `Architecture.to_json`.
    """
    return {
        "schema": SCHEMA,
        "preset": study.preset,
        "scale": study.about,
        "missing": list(study.missing),
        "notes": list(study.notes),
        "data": [{**asdict(data), "caption": data_scale(data)} for data in study.data],
        "samples": [
            {
                "name": sample.name,
                "data": sample.data,
                "model": sample.model,
                "asked": sample.asked,
                "seed": sample.seed,
                "sampler": sample.sampler,
                "diversity": asdict(sample.diversity) if sample.diversity else None,
                "limit": asdict(sample.limit) if sample.limit else None,
                "sizes": asdict(sample.sizes) if sample.sizes else None,
                "networks": [
                    {
                        "name": network.name,
                        "weights": network.weights,
                        "macs": network.architecture.macs(),
                        "predicted_cpu_s": network.predicted_cpu_s,
                        "left_out": network.left_out,
                        "architecture": network.architecture.to_json(),
                        "trial": _trial(network.result),
                    }
                    for network in sample.networks
                ],
            }
            for sample in study.samples
        ],
        "baselines": [
            {"name": one.name, "data": one.data, "runs": [_trial(run) for run in one.runs]} for one in study.baselines
        ],
        "equivalence": None
        if study.equivalence is None
        else {
            "data": study.equivalence.data,
            "margin": study.equivalence.margin,
            "by_hand": [_trial(run) for run in study.equivalence.by_hand.runs],
            "from_model": [_trial(run) for run in study.equivalence.from_model.runs],
        },
        "named": [
            {
                "name": one.name,
                "data": one.data,
                "epochs": one.epochs,
                "weights": one.weights,
                "macs": None if one.architecture is None else one.architecture.macs(),
                "result": _trial(one.result),
            }
            for one in study.named
        ],
        "longer": None
        if study.longer is None
        else {
            "sample": study.longer.sample,
            "data": study.longer.data,
            "epochs": list(study.longer.epochs),
            "rows": [
                {
                    "name": row.name,
                    "weights": row.weights,
                    "is_baseline": row.is_baseline,
                    "base": _trial(row.base),
                    "longer": _trial(row.longer),
                }
                for row in study.longer.rows
            ],
        },
        "tables": [{**asdict(table), "caption": table.caption} for table in tables(study)],
        "figures": [asdict(figure) for figure in figures(study)],
        "environment": dict(study.environment),
        "commands": list(study.commands),
    }


def _trial(result: TrialResult | None) -> dict[str, Any] | None:
    return None if result is None else asdict(result)


def results_of(study: Study) -> tuple[TrialResult, ...]:
    """Return every result of the study once."""
    found = [network.result for sample in study.samples for network in sample.networks]
    found += [run for one in study.baselines for run in one.runs]
    if study.equivalence is not None:
        found += [*study.equivalence.by_hand.runs, *study.equivalence.from_model.runs]
    found += [one.result for one in study.named]
    if study.longer is not None:
        found += [row.longer for row in study.longer.rows]
    # A network under two protocols has two results with one hash; the same run twice is one object's equal.
    unique = {(result.spec_hash, result.epochs, result.finished_at): result for result in found if result is not None}
    return tuple(unique.values())


def cpu_seconds(study: Study) -> float:
    """Return the CPU seconds of all trainings; an unknown time counts as 0."""
    return sum(float(result.provenance.get("cpu_seconds", 0.0)) for result in results_of(study))
