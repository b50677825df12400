"""The command `diversity`: the same metrics from every format, side by side, plots, and errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

CNF = "c 1 Net\nc 2 Drop\nc 3 Norm\np cnf 3 3\n1 0\n-2 1 0\n-3 1 0\n"
FILES = {
    "net.cnf": CNF,
    "other.cnf": CNF.replace("Norm", "Pool"),
    "all.sample": "# featurenet_uvl sample 1\n# sampler x\n# seed 1\n# stop complete\n# configurations 4\n"
    "# features 3\n"
    "c 1 Net\nc 2 Drop\nc 3 Norm\n1\n1 2\n1 3\n1 2 3\n",
    "all.pdt": "1->Norm\n2->Net\n3->Drop\n-1;2;-3;\n-1;2;3;\n1;2;-3;\n1;2;3;\n",
    "all.csv": "Configuration;Net;Drop;Norm\n0;+;-;-\n1;+;+;-\n2;+;-;+\n3;+;+;+\n",
    "all.txt": "1 -2 -3 0\n1 2 -3 0\n1 -2 3 0\n1 2 3 0\n",
    "two.csv": "Configuration;Net;Drop;Norm\n0;+;-;-\n1;+;+;-\n",
    "twice.csv": "Configuration;Net;Drop;Norm\n0;+;-;-\n1;+;-;-\n",
    "one.csv": "Configuration;Net;Drop;Norm\n0;+;-;-\n",
    "none.csv": "Configuration;Net;Drop;Norm\n",
    "foreign.csv": "Configuration;Net;Drop;Pool\n0;+;-;-\n",
    "invalid.csv": "Configuration;Net;Drop;Norm\n0;+;-;-\n1;-;+;-\n",
    "cut.pdt": "1->Net\n2->Drop\n3->Norm\n1;-2;",
    "empty": "",
    "words": "hello\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("samples")
    for name, text in FILES.items():
        (where / name).write_text(text, encoding="utf-8")
    (where / "binary.pdt").write_bytes(b"\xff\xfe\x00")
    return where


def test_every_format_has_the_same_metrics(program: Any, folder: Path) -> None:
    paths = [folder / name for name in ("all.sample", "all.pdt", "all.csv", "all.txt")]
    found = program("diversity", *paths, "--cnf", folder / "net.cnf", "--json").json
    assert [entry.pop("sample") for entry in found] == [str(path) for path in paths]
    assert all(entry == found[0] for entry in found)
    assert found[0]["mean_distance"] == pytest.approx((4 * 1 + 2 * 2) / 6 / 3)
    assert (found[0]["nearest_mean"], found[0]["minimum"]) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert (found[0]["covered_pairs"], found[0]["coverable_pairs"], found[0]["pairwise_coverage"]) == (4, 4, 1.0)
    assert (found[0]["count"], found[0]["distinct"], found[0]["size_min"], found[0]["size_max"]) == (4, 4, 1, 3)


def test_samples_side_by_side(program: Any, folder: Path) -> None:
    done = program("diversity", folder / "all.pdt", folder / "twice.csv", "--cnf", folder / "net.cnf")
    assert (done.code, done.err) == (0, "")
    lines = {line[:21].strip(): line[21:].split() for line in done.out.splitlines()}
    assert lines[""] == ["all.pdt", "twice.csv"]
    assert lines["configurations"] == ["4", "2"]
    assert lines["distinct"] == ["4", "1"]
    assert lines["nearest, minimum"] == ["0.3333", "0.0000"]
    assert "0.2500" in lines["pairwise coverage"]


def test_without_a_model_the_way_to_more_is_said(program: Any, folder: Path) -> None:
    done = program("diversity", folder / "two.csv")
    assert done.code == 0
    assert "--cnf DIMACS tells which pairs can be covered at all" in done.err
    assert program("diversity", folder / "two.csv", "--quiet").err == ""
    found = program("diversity", folder / "two.csv", "--json").json[0]
    assert (found["covered_pairs"], found["pairwise_coverage"], found["share_of_limit"]) == (5, None, None)


def test_one_configuration_has_no_distance(program: Any, folder: Path) -> None:
    found = program("diversity", folder / "one.csv", "--cnf", folder / "net.cnf", "--json").json[0]
    assert (found["mean_distance"], found["nearest_mean"], found["minimum"]) == (None, None, None)
    assert found["pairwise_coverage"] == 0.25
    assert "none" in program("diversity", folder / "one.csv").out


def test_no_bound_is_promised_where_there_is_no_distance(program: Any, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "one.dimacs").write_text("c 1 App\np cnf 1 1\n1 0\n")
    said = program("sample", tmp_path / "one.dimacs", "-n", 1, "-o", tmp_path / "one.sample").err
    assert "distance: mean none\n" in said


def test_models_are_compiled_on_the_way(program: Any, small: Path) -> None:
    assert program("diversity", small / "s.txt", "--cnf", small / "m.dimacs", "--time-limit", "1").code == 0
    (small / "net.csv").write_text("Configuration;Net;Drop;Norm\n0;+;-;-\n")
    assert program("diversity", small / "net.csv", "--cnf", small / "net.uvl", "--json").json[0]["coverable_pairs"] == 4


def test_plots(program: Any, folder: Path, tmp_path: Path) -> None:
    command = ("diversity", folder / "all.pdt", folder / "one.csv", "--quiet", "--plot")
    assert program(*command, tmp_path / "d.PNG").code == 0
    first = (tmp_path / "d.PNG").read_bytes()
    assert first.startswith(b"\x89PNG")
    assert program(*command, tmp_path / "d.PNG").code == 2
    assert program(*command, tmp_path / "d.PNG", "--force").code == 0
    assert (tmp_path / "d.PNG").read_bytes() == first
    assert program(*command, tmp_path / "d.pdf", "--cnf", folder / "net.cnf").code == 0
    assert (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("missing.pdt", 1, "missing.pdt: no such file"),
        ("empty", 1, "empty:1: found nothing, expected a sample file"),
        ("words", 1, "words:1: found 'hello', expected a sample file"),
        ("binary.pdt", 1, "binary.pdt:1:1: found the byte 0xff"),
        ("cut.pdt", 1, "cut.pdt:4:"),
        ("none.csv", 1, "none.csv: found no configurations, expected at least one"),
        ("all.txt", 1, "all.txt: found lines of signed numbers, expected the model"),
        ("net.cnf", 1, "net.cnf:1: found 'c 1 Net', expected a sample file"),
        ("all.pdt foreign.csv", 1, "foreign.csv: found 'Pool', which {folder}/all.pdt lacks; found no 'Norm'"),
        ("all.pdt --cnf {folder}/other.cnf", 1, "all.pdt: found 'Norm', which the model lacks; found no 'Pool'"),
        ("invalid.csv --cnf {folder}/net.cnf", 1, "invalid.csv: configuration 2 violates the model"),
        ("all.pdt --cnf {folder}/words", 1, "words:1:"),
        ("all.pdt --cnf {folder}/missing", 1, "missing: no such file"),
        ("all.pdt --plot d.svg", 2, "--plot: found 'd.svg', expected a file that ends in .png or .pdf"),
        ("all.pdt --plot {folder}/no/d.png", 1, "found no folder"),
        ("all.pdt --time-limit 0", 2, "--time-limit: found 0"),
        ("- -", 2, "found - twice"),
        ("", 2, "Missing argument"),
    ],
)
def test_what_is_wrong_is_said(program: Any, folder: Path, words: str, code: int, message: str) -> None:
    arguments = [
        str(folder / word) if not word.startswith("-") and word in (*FILES, "missing.pdt", "binary.pdt") else word
        for word in words.format(folder=folder).split()
    ]
    done = program("diversity", *arguments)
    assert (done.code, message.format(folder=folder) in done.err) == (code, True), done.err
    assert done.out == ""
