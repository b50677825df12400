"""Names of the user in reports: Markdown shows them, spreadsheets compute none of them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest
from hostile import ATTACKS, hostile_study
from markdown_it import MarkdownIt
from markdown_it.token import Token
from study_of import whole_study

from featurenet_uvl.report.content.document import study_markdown, tables
from featurenet_uvl.report.content.escape import markdown_text, one_line, spreadsheet_text
from featurenet_uvl.report.content.table import Column, Table, table_csv, table_latex, table_markdown
from featurenet_uvl.report.write import trials_csv

MARKS = (
    "a|b",
    "`x` and `",
    "[here](javascript:alert(1))",
    "![x](y)",
    "*loud* _and_ __bold__",
    "&lt;&#60;",
    "a\\",
    "a\n\nb",
)
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("x")', "-", "- a note")


def parsed(text: str) -> list[Token]:
    """Return all tokens, also those within lines."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    return [part for token in tokens for part in (token, *(token.children or ()))]


@pytest.mark.parametrize("text", [*ATTACKS, *MARKS])
def test_markdown_shows_the_text_itself(text: str) -> None:
    tokens = parsed(f"x {markdown_text(text)} y\n\n| a | b |\n|---|---|\n| {markdown_text(text)} | z |\n")
    assert {token.type for token in tokens} <= {
        *("inline", "text", "text_special", "paragraph_open", "paragraph_close"),
        *(f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")),
    }
    line, *cells = ("".join(p.content for p in token.children or ()) for token in tokens if token.type == "inline")
    shown = " ".join(one_line(text).split(" "))
    assert (line, cells) == (f"x {shown} y", ["a", "b", shown.strip(), "z"])


def test_no_name_acts_in_the_markdown_of_a_report() -> None:
    plain = {token.type for token in parsed(study_markdown(whole_study(), "figures"))}
    found = parsed(study_markdown(hostile_study(), "figures"))
    assert {token.type for token in found} <= plain | {"bullet_list_open", "bullet_list_close"} | {
        *("list_item_open", "list_item_close", "text_special")
    }
    assert not [token for token in found if token.type in ("html_block", "html_inline", "link_open", "code_inline")]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_spreadsheet_gets_a_text_for_a_formula(text: str) -> None:
    table = Table("t", "", (Column("a", "A"), Column("b", "B", "points")), ((text, -0.5), ("S1/1", 1e-9)), "")
    rows = list(csv.reader(io.StringIO(table_csv(table), newline="")))
    assert rows == [["a", "b"], [f"'{one_line(text)}", "-0.5"], ["S1/1", "1e-09"]]


@pytest.mark.parametrize("text", ["-0.5", "+3", "-1e-9", "-inf", "", "a=b", "S1/007", "–"])
def test_numbers_and_other_texts_stay(text: str) -> None:
    assert spreadsheet_text(text) == text


def test_no_trial_is_a_formula() -> None:
    study = whole_study()
    sample = study.samples[0]
    bad = [replace(one, result=one.result and replace(one.result, name="=x", reason="@y")) for one in sample.networks]
    text = trials_csv(replace(study, samples=(replace(sample, name="+z", networks=tuple(bad)),)))
    cells = {cell for row in csv.reader(io.StringIO(text)) for cell in row}
    assert {"'=x", "'@y", "'+z"} <= cells
    assert not [cell for cell in cells if re.match(r"[=+@-]", cell) and not re.fullmatch(r"[+-][\d.e-]+", cell)]


def test_a_line_end_in_a_cell_ends_no_row() -> None:
    table = Table("t", "a\nb", (Column("a", "A\nB"),), (("x\n\ny",),), "note\n# x")
    assert "\n\n" not in table_latex(table)
    assert [line for line in table_markdown(table).splitlines() if line.startswith("|")] == [
        "| A B |",
        "|---|",
        "| x  y |",
    ]


def test_the_tables_of_an_ordinary_report_need_no_escape() -> None:
    for table in tables(whole_study()):
        texts = [cell for row in table.rows for cell in row if isinstance(cell, str)]
        assert [markdown_text(text) for text in texts] == texts
