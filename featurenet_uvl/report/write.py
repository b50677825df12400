"""The files of a report: `report.html`, `report.md`, `report.json`, tables and figures, each written whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.ir.architecture import Architecture
from featurenet_uvl.report.content.document import study_json, study_markdown, tables
from featurenet_uvl.report.content.escape import spreadsheet_text
from featurenet_uvl.report.content.figure import FORMATS, draw
from featurenet_uvl.report.content.figures import figures
from featurenet_uvl.report.content.study import Study
from featurenet_uvl.report.content.table import table_csv, table_latex, table_markdown
from featurenet_uvl.report.page.page import study_page
from featurenet_uvl.system.extras import check_installed
from featurenet_uvl.system.files import write_file
from featurenet_uvl.training.trials.trial import TrialResult

PAGE = "report.html"
TABLES = "tables"
FIGURES = "figures"
TRIALS = "trials.csv"


def write_report(study: Study, folder: Path) -> tuple[Path, ...]:
    """Write all files of a report into a results folder, in place of those of an earlier report.

    Returns:
        The paths of the files.

    Raises:
        ToolError: matplotlib or SciPy is not installed.
        FeatureNetError: A file cannot be written.
    """
    check_installed("a report", "matplotlib", "scipy")
    for part in (TABLES, FIGURES):
        try:
            (folder / part).mkdir(exist_ok=True)
        except OSError as error:
            raise FeatureNetError(f"{folder / part}: cannot be made: {error.strerror}") from error
    written: list[Path] = []
    for name, content in _contents(study):
        write_file(folder / name, content, force=True)
        written.append(folder / name)
    return tuple(written)


def _contents(study: Study) -> Iterator[tuple[str, str | bytes]]:
    yield PAGE, study_page(study)
    yield "report.md", study_markdown(study, FIGURES)
    yield "report.json", json.dumps(study_json(study), indent=1, sort_keys=True) + "\n"
    yield TRIALS, trials_csv(study)
    for table in tables(study):
        yield f"{TABLES}/{table.name}.csv", table_csv(table)
        yield f"{TABLES}/{table.name}.md", table_markdown(table)
        yield f"{TABLES}/{table.name}.tex", table_latex(table)
    for figure in figures(study):
        for form in FORMATS:
            yield f"{FIGURES}/{figure.name}.{form}", draw(figure, form)


_COLUMNS = (
    *("name", "spec_hash", "status", "reason", "test_accuracy", "validation_accuracy", "train_accuracy", "loss"),
    *("epochs", "weights", "seconds"),
)


def trials_csv(study: Study) -> str:
    """Return every trial as CSV, one per row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("part", "data", *_COLUMNS, "cpu_seconds", "macs"))
    for part, data, result, network in _trials(study):
        cells = (part, data, *(getattr(result, column) for column in _COLUMNS))
        texts = (spreadsheet_text(cell) if isinstance(cell, str) else cell for cell in cells)
        macs = result.macs if network is None else network.macs()
        writer.writerow((*texts, result.provenance.get("cpu_seconds", ""), macs))
    return text.getvalue()


def _trials(study: Study) -> Iterator[tuple[str, str, TrialResult, Architecture | None]]:
    """Yield each trial with its part, its data set, and the network if it is one of the model."""
    for sample in study.samples:
        for network in sample.networks:
            if network.result is not None:
                yield sample.name, sample.data, network.result, network.architecture
    parts: list[tuple[str, str, list[TrialResult | None]]] = [
        ("baseline", one.data, list(one.runs)) for one in study.baselines
    ]
    if study.equivalence is not None:
        pair = (study.equivalence.by_hand, study.equivalence.from_model)
        parts += [("equivalence", study.equivalence.data, list(one.runs)) for one in pair]
    parts += [("named", one.data, [one.result]) for one in study.named]
    if study.longer is not None:
        parts.append(("longer", study.longer.data, [row.longer for row in study.longer.rows]))
    for part, data, results in parts:
        yield from ((part, data, result, None) for result in results if result is not None)
