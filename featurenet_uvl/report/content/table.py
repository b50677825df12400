"""A table with typed columns, and its three forms: CSV for machines, Markdown and LaTeX for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from featurenet_uvl.report.content.escape import latex_text, markdown_text, spreadsheet_text

NOTHING = "–"
"""Text of a cell without a value."""

Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` for machines, `head` for people, `kind` of `KINDS`."""

    key: str
    head: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `name` is the name of its files; a cell without a value is None."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str
    """Meaning of the numbers."""
    scale: str = ""
    """Networks, images and epochs behind the numbers."""

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows), self.name

    @property
    def caption(self) -> str:
        """The note and the scale, as one text."""
        return f"{self.note} {self.scale}".strip()

    def column(self, key: str) -> tuple[Cell, ...]:
        """Return the cells of one column."""
        place = [column.key for column in self.columns].index(key)
        return tuple(row[place] for row in self.rows)


KINDS: Mapping[str, Callable[[float], str]] = {
    "percent": lambda value: f"{value:.2%}",
    "points": lambda value: f"{100 * value:+.2f}",
    "count": lambda value: f"{value:,.0f}",
    "ratio": lambda value: f"{value:.2f}",
    "share": lambda value: f"{value:.4f}",
    "p": lambda value: "< 0.0001" if value < 0.0001 else f"{value:.4f}",
    "seconds": lambda value: f"{value:,.0f}",
}
"""Formats of numbers by the kind of their column. `percent` and `points` are for shares from 0 to 1."""


def shown(cell: Cell, kind: str) -> str:
    """Return a cell as text for people.

    >>> shown(0.9714, "percent"), shown(545546, "count"), shown(None, "count")
    ('97.14%', '545,546', '–')
    """
    if cell is None:
        return NOTHING
    return cell if isinstance(cell, str) else KINDS[kind](cell)


def table_csv(table: Table) -> str:
    """Return the table for programs: shares from 0 to 1, and empty cells for missing values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.key for column in table.columns)
    writer.writerows(["" if cell is None else _plain(cell) for cell in row] for row in table.rows)
    return text.getvalue()


def _plain(cell: str | int | float) -> str:
    if isinstance(cell, str):
        return spreadsheet_text(cell)
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)


def table_markdown(table: Table, level: int = 1, *, with_scale: bool = True) -> str:
    """Return the table in Markdown, with its title as a heading and its caption, or with its note alone."""
    heads = [markdown_text(column.head) for column in table.columns]
    rules = ["---" if column.kind == "text" else "---:" for column in table.columns]
    lines = [" | ".join(heads).join(("| ", " |")), "|".join(rules).join("||")]
    for row in table.rows:
        cells = [markdown_text(shown(cell, column.kind)) for cell, column in zip(row, table.columns, strict=True)]
        lines.append(" | ".join(cells).join(("| ", " |")))
    below = markdown_text(table.caption if with_scale else table.note)
    return "\n".join([f"{'#' * level} {markdown_text(table.title)}", "", *lines, "", below, ""])


def table_latex(table: Table) -> str:
    """Return the table as a LaTeX float that needs no package, so that any document can input it."""
    sides = "".join("l" if column.kind == "text" else "r" for column in table.columns)
    heads = " & ".join(latex_text(column.head) for column in table.columns)
    rows = [
        " & ".join(latex_text(shown(cell, column.kind)) for cell, column in zip(row, table.columns, strict=True))
        + r" \\"
        for row in table.rows
    ]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\begin{{tabular}}{{{sides}}}",
            r"\hline",
            rf"{heads} \\",
            r"\hline",
            *rows,
            r"\hline",
            r"\end{tabular}",
            rf"\caption{{{latex_text(f'{table.title}. {table.caption}')}}}",
            rf"\label{{tab:{table.name}}}",
            r"\end{table}",
            "",
        ]
    )
