"""The parts of the page that need no script: summary, tables, figures, the list of trials, how it was made."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from featurenet_uvl.report.content.captions import data_scale, data_title, scale
from featurenet_uvl.report.content.document import tables
from featurenet_uvl.report.content.figure import Figure, draw
from featurenet_uvl.report.content.figures import figures
from featurenet_uvl.report.content.study import Study
from featurenet_uvl.report.content.table import Column, Table, shown
from featurenet_uvl.report.page.entries import Entry
from featurenet_uvl.report.page.html import Child, Markup, element, joined
from featurenet_uvl.report.page.summary import certificate, summary


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page. `key` is the target of links."""

    key: str
    title: str
    content: Markup


_PLACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("rq1", "RQ1: is every configuration a network?", ("rq1_conformance", "rq1_equivalence", "fig5_equivalence")),
    ("rq2", "RQ2: how do the accuracies spread?", ("fig7_accuracy_distribution", "fig8_accuracy_size")),
    ("rq3", "RQ3: better than networks by hand?", ("table1", "selection", "table2", "fig9_longer")),
    ("models", "How large are the feature models?", ("model_sizes",)),
    ("samples", "How diverse are the samples?", ("diversity",)),
    ("took", "What did it take?", ("costs",)),
)
"""Tables and figures by section; all others stand at the end."""


def sections(study: Study, rows: Sequence[Entry]) -> tuple[Section, ...]:
    """Return all sections for which the study has data, in the order of the page."""
    blocks = {table.name: table_block(table) for table in tables(study)}
    blocks |= {figure.name: figure_block(figure) for figure in figures(study)}
    found = [Section("summary", "Summary", _summary(study)), Section("explore", "Accuracy and size", _plot())]
    for key, title, names in _PLACES:
        own = [blocks.pop(name) for name in names if name in blocks]
        if own:
            found.append(Section(key, title, joined([*own, *(_certificates(study) if key == "samples" else ())])))
    if blocks:
        found.append(Section("more", "More", joined(blocks.values())))
    found.append(Section("trials", "All networks and trials", _trials(rows)))
    found.append(Section("made", "How it was made", _made(study)))
    return tuple(found)


def _summary(study: Study) -> Markup:
    facts = [joined([element("dt", head), element("dd", text)]) for head, text in summary(study)]
    return joined(
        [element("dl", *facts, class_="summary") if facts else None, element("p", scale(study), class_="note")]
    )


def _plot() -> Markup:
    """Return the place of the plot, which the script fills; its text tells readers without scripts."""
    how = (
        "Each point is a network: choose one, by mouse, touch or keyboard (arrows move, Enter opens), for its drawing, "
        "its settings and its accuracy by epoch."
    )
    without = element("p", "The plot needs JavaScript; Fig. 8 below shows the same.")
    return joined([element("p", how), element("div", without, id="plot")])


def table_block(table: Table) -> Markup:
    """Return a table with its title, in a box that scrolls, and its caption below."""
    note = f"{table.name}-note"
    head = element("tr", *(_head(column) for column in table.columns))
    body = [
        element(
            "tr", *(_cell(shown(cell, column.kind), column) for cell, column in zip(row, table.columns, strict=True))
        )
        for row in table.rows
    ]
    title = f"{table.name}-title"
    whole = element(
        "table", element("thead", head), element("tbody", *body), aria_describedby=note, aria_labelledby=title
    )
    box = element("div", whole, class_="scroll", tabindex=0, role="region", aria_labelledby=title)
    return element(
        "section",
        element("h3", table.title, id=title),
        box,
        element("p", table.caption, class_="note", id=note),
        class_="table",
        id=table.name,
    )


def _classes(column: Column) -> str | None:
    found = ["number"] if column.kind != "text" else []
    found += ["paper"] if column.key.startswith("paper") else []
    return " ".join(found) or None


def _head(column: Column) -> Markup:
    return element("th", column.head, scope="col", class_=_classes(column))


def _cell(text: str, column: Column) -> Markup:
    return element("td", text, class_=_classes(column))


def figure_block(figure: Figure) -> Markup:
    """Return a figure as an image within the page."""
    image = base64.b64encode(draw(figure, "svg")).decode("ascii")
    panels = "; ".join(
        f"{panel.title}: {', '.join(series.label for series in panel.series)}" for panel in figure.panels
    )
    title = f"{figure.name}-title"
    picture = element(
        "img", src=f"data:image/svg+xml;base64,{image}", alt=f"{figure.title}. {panels}. The numbers are in the tables."
    )
    return element(
        "figure",
        element("h3", figure.title, id=title),
        element("div", picture, class_="scroll", tabindex=0, role="region", aria_labelledby=title),
        element("figcaption", figure.caption, class_="note"),
        id=figure.name,
    )


def _certificates(study: Study) -> Iterator[Markup]:
    lines = [line for sample in study.samples if (line := certificate(sample))]
    if lines:
        yield element("h3", "What is certain")
        yield element("ul", *(element("li", line) for line in lines), class_="certificates")


TRIAL_COLUMNS = (
    Column("name", "Network"),
    Column("part", "Part"),
    Column("dataTitle", "Data set"),
    Column("status", "State"),
    Column("test", "Test accuracy", "percent"),
    Column("validation", "Validation accuracy", "percent"),
    Column("weights", "Weights", "count"),
    Column("macs", "MACs", "count"),
    Column("epochs", "Epochs", "count"),
    Column("cpu", "CPU s", "seconds"),
    Column("reason", "Reason"),
)
"""Columns of the list; their keys are those of the script's records."""


def _trials(rows: Sequence[Entry]) -> Markup:
    shown_columns = [
        c for c in TRIAL_COLUMNS if c.key != "validation" or any(r.validation_accuracy is not None for r in rows)
    ]
    head = [
        element(
            "th",
            element("button", column.head, type="button"),
            scope="col",
            class_=_classes(column),
            aria_sort="none",
            data_key=column.key,
            data_head=column.head,
        )
        for column in shown_columns
    ]
    body = [_trial(number, entry, shown_columns) for number, entry in enumerate(rows)]
    table = element(
        "table",
        element("thead", element("tr", *head)),
        element("tbody", *body),
        id="list",
        aria_labelledby="trials-title",
    )
    controls = element(
        "p",
        element("label", "Filter ", element("input", type="search", id="filter", autocomplete="off")),
        " ",
        element("span", f"{len(rows):,} of {len(rows):,}", id="count", role="status"),
        class_="screen controls",
    )
    box = element("div", table, class_="scroll tall", tabindex=0, role="region", aria_labelledby="trials-title")
    note = "Every network of every sample, those that failed, too, with the reason; then networks by hand, and others."
    return joined([element("p", note), controls, box])


def _trial(number: int, entry: Entry, columns: Sequence[Column]) -> Markup:
    values: dict[str, str | float | None] = {
        "part": entry.part,
        "dataTitle": data_title(entry.data),
        "status": entry.status,
        "test": entry.test_accuracy,
        "validation": entry.validation_accuracy,
        "weights": entry.weights,
        "macs": entry.macs,
        "epochs": entry.epochs,
        "cpu": entry.cpu_s,
        "reason": entry.reason,
    }
    name = element("th", element("button", entry.name, type="button", class_="open"), scope="row")
    cells = [_cell(shown(values[column.key], column.kind), column) for column in columns[1:]]
    return element("tr", name, *cells, data_trial=number)


def _made(study: Study) -> Markup:
    facts = [
        element("tr", element("th", name, scope="row"), element("td", value))
        for name, value in study.environment.items()
    ]
    data = [element("li", f"{data_scale(one)} Hash of the data: {one.hash}.") for one in study.data]
    return joined(
        [
            element("h3", "Commands"),
            element("pre", element("code", "\n".join(study.commands)), tabindex=0, aria_label="Commands"),
            element("p", "The same command continues a stopped run, and trains nothing twice."),
            element("h3", "Data and settings"),
            element("ul", *data),
            element("h3", "Environment"),
            element("p", "Of the machine that wrote this report."),
            element("table", element("tbody", *facts), class_="facts", id="environment"),
        ]
    )


def missing_notice(study: Study) -> Child:
    """Return the lists of missing parts and of ignored files; nothing for a finished experiment without any."""
    notes = [element("p", f"Note: {note}.", class_="note") for note in study.notes]
    if not study.missing:
        return joined(notes) if notes else None
    return element(
        "section",
        element("h2", "Not finished"),
        element("ul", *(element("li", line) for line in study.missing)),
        *notes,
        class_="missing",
        id="missing",
    )
