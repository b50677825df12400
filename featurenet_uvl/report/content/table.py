"""A table with typed columns, and its three forms: CSV for machines, Markdown and LaTeX for people."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

NOTHING = "–"
"""Stands where there is no figure."""

Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` for machines, `head` for people, `kind` of `KINDS`."""

    key: str
    head: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is the file's; cells are None where there is no figure."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str
    """What its figures mean."""
    scale: str = ""
    """At what scale it was made."""

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows), self.name

    @property
    def caption(self) -> str:
        """The note and the scale."""
        return f"{self.note} {self.scale}".strip()

    def column(self, key: str) -> tuple[Cell, ...]:
        """The cells of one column."""
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
"""How numbers are shown, by the kind of their column. `percent` and `points` are of shares from 0 to 1."""


def shown(cell: Cell, kind: str) -> str:
    """A cell for people.

    >>> shown(0.9714, "percent"), shown(545546, "count"), shown(None, "count")
    ('97.14%', '545,546', '–')
    """
    if cell is None:
        return NOTHING
    return cell if isinstance(cell, str) else KINDS[kind](cell)


def table_csv(table: Table) -> str:
    """The table for machines: shares from 0 to 1, nothing where there is no figure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.key for column in table.columns)
    writer.writerows(["" if cell is None else _plain(cell) for cell in row] for row in table.rows)
    return text.getvalue()


def _plain(cell: str | int | float) -> str:
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)


def table_markdown(table: Table, level: int = 1, *, with_scale: bool = True) -> str:
    """The table with its title as a heading of a level, and its caption, or its note alone."""
    heads = [_markdown(column.head) for column in table.columns]
    rules = ["---" if column.kind == "text" else "---:" for column in table.columns]
    lines = [" | ".join(heads).join(("| ", " |")), "|".join(rules).join("||")]
    for row in table.rows:
        cells = [_markdown(shown(cell, column.kind)) for cell, column in zip(row, table.columns, strict=True)]
        lines.append(" | ".join(cells).join(("| ", " |")))
    return "\n".join([f"{'#' * level} {table.title}", "", *lines, "", table.caption if with_scale else table.note, ""])


def _markdown(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def table_latex(table: Table) -> str:
    """The table as a float, with nothing but LaTeX's own commands: it can be input anywhere."""
    sides = "".join("l" if column.kind == "text" else "r" for column in table.columns)
    heads = " & ".join(_latex(column.head) for column in table.columns)
    rows = [
        " & ".join(_latex(shown(cell, column.kind)) for cell, column in zip(row, table.columns, strict=True)) + r" \\"
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
            rf"\caption{{{_latex(f'{table.title}. {table.caption}')}}}",
            rf"\label{{tab:{table.name}}}",
            r"\end{table}",
            "",
        ]
    )


_LATEX: Mapping[str, str] = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "–": "--",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def _latex(text: str) -> str:
    r"""A text with LaTeX's own characters escaped.

    >>> _latex("S1_5 & 97 %")
    'S1\\_5 \\& 97 \\%'
    """
    return re.sub(r"[\\~^<>±×–&%$#_{}]", lambda match: _LATEX[match.group()], text)
