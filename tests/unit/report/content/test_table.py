"""The three forms of a table: each has the whole content, and no text breaks one."""

from __future__ import annotations

import csv
import io
import re

import pytest

from featurenet_uvl.report.content.table import Column, Table, table_csv, table_latex, table_markdown

TABLE = Table(
    "t",
    "A title",
    (Column("name", "Name & more | 100 %"), Column("accuracy", "Accuracy", "percent"), Column("size", "Size", "count")),
    (("S1_001 | #5", 0.97141, 545_546), ("none", None, None)),
    "A note with 5 % and a_b.",
    "At scale < 1.",
)


def test_csv_has_plain_numbers() -> None:
    rows = list(csv.reader(io.StringIO(table_csv(TABLE))))
    assert rows == [["name", "accuracy", "size"], ["S1_001 | #5", "0.97141", "545546"], ["none", "", ""]]


def test_markdown_has_as_many_cells_as_columns_in_each_row() -> None:
    lines = table_markdown(TABLE, 2).splitlines()
    assert lines[0] == "## A title"
    rows = [line for line in lines if line.startswith("|")]
    assert {len(re.split(r"(?<!\\)\|", row)) for row in rows} == {5}
    assert rows[1] == "|---|---:|---:|"
    assert rows[2:] == [r"| S1_001 \| #5 | 97.14% | 545,546 |", "| none | – | – |"]
    assert lines[-1] == "A note with 5 % and a_b. At scale < 1."
    assert table_markdown(TABLE, with_scale=False).splitlines()[-1] == "A note with 5 % and a_b."


def test_latex_is_balanced_and_escaped() -> None:
    text = table_latex(TABLE)
    assert re.findall(r"\\(begin|end)\{(\w+)\}", text) == [
        ("begin", "table"),
        ("begin", "tabular"),
        ("end", "tabular"),
        ("end", "table"),
    ]
    assert r"\begin{tabular}{lrr}" in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {len(re.split(r"(?<!\\)&", row)) for row in rows} == {3}
    assert rows[1] == r"S1\_001 | \#5 & 97.14\% & 545,546 \\"
    assert r"\caption{A title. A note with 5 \% and a\_b. At scale $<$ 1.}" in text
    bare = re.sub(r"\\[&%$#_{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"[#_]", bare)


def test_a_row_of_another_width_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="t"):
        Table("t", "", (Column("a", "A"),), (("x", "y"),), "")
