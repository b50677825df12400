"""The files of the commands, and their output for programs."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pysat.formula import CNF

from featurenet_uvl import __version__
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.architecture_json import parse_architecture
from featurenet_uvl.translators.formats.configurations.sample_file import parse_sample
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from featurenet_uvl.translators.pipeline import STAGES, load_model

BOUNDS = ("--bound", "Block=1", "--bound", "Cell=2")
SHAPE = ("--input-shape", "16x16x1")


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    streams: list[io.TextIOWrapper] = []

    def feed(data: bytes) -> None:
        file = tmp_path_factory.mktemp("stdin") / "data"
        file.write_bytes(data)
        streams.append(io.TextIOWrapper(file.open("rb")))
        monkeypatch.setattr(sys, "stdin", streams[-1])

    yield feed
    for stream in streams:
        stream.close()


def test_help_and_version(program: Any) -> None:
    assert program("--version").out == f"featurenet-uvl {__version__}\n"
    words = program("--help").out
    for command in ("convert", "check", "compile", "analyse", "count", "sample", "configurations", "decode", "train"):
        assert f" {command} " in words
    assert " experiments " in words
    assert program().out == program("--help").out
    words = program("compile", "--help").out
    assert all(stage in words for stage in STAGES)


def test_convert_there_and_back_keeps_the_model(program: Any, models: Path, tmp_path: Path) -> None:
    for name in ("dnn", "s1"):
        xml, uvl = tmp_path / f"{name}.xml", tmp_path / f"{name}.uvl"
        assert program("convert", models / f"{name}.uvl", "-o", xml).code == 0
        assert program("convert", xml, "-o", uvl, "--quiet").err == ""
        before, after = load_model(str(models / f"{name}.uvl")), load_model(str(uvl))
        assert after.root == before.root
        assert len(after.constraints) == len(before.constraints)
        assert set(after.constraints) == set(before.constraints)
    assert program("convert", models / "dnn.uvl", "-o", uvl, "--to", "featureide", "--force").code == 0
    assert uvl.read_text() == (tmp_path / "dnn.xml").read_text()


def test_streams_stand_for_files(program: Any, stdin: Any, models: Path, small: Path, tmp_path: Path) -> None:
    stdin((models / "dnn.uvl").read_bytes())
    uvl = program("convert", "-", "-o", "-", "--to", "uvl").out
    assert uvl.startswith("// The feature model of deep neural networks")
    assert "\nfeatures\n\tArchitecture" in uvl
    stdin((models / "s1.uvl").read_bytes())
    refused = program("convert", "-", "-o", "-", "--to", "uvl")
    assert (refused.code, refused.out) == (1, "")
    assert "<stdin>:5:2: found a restriction, expected a model" in refused.err
    dimacs = program("compile", models / "s1.uvl", *BOUNDS, *SHAPE, "-o", "-").out
    assert dimacs == (small / "m.dimacs").read_text()
    stdin(dimacs.encode())
    sample = program("sample", "-", "-n", "3", "--sampler", "steered", "-o", "-").out
    assert sample == (small / "s.txt").read_text()
    stdin(sample.encode())
    decoded = program("decode", "-", "--model", models / "s1.uvl", *BOUNDS, *SHAPE, "-o", tmp_path / "nets")
    assert decoded.code == 0
    net = (small / "net.uvl").read_bytes()
    for arguments in (("count", "-"), ("analyse", "-"), ("check", "-"), ("compile", "-", "-o", tmp_path / "n.dimacs")):
        stdin(net)
        assert program(*arguments).code == 0, arguments
    stdin(net + b"\n\t\t\tX Y\n")
    assert "<stdin>:" in program("check", "-").err
    assert program("count", small / "net.uvl").out == program("count", tmp_path / "n.dimacs").out
    stdin(b"\xff")
    assert "<stdin>:1:1: found the byte 0xff" in program("sample", "-", "-o", "-").err


def test_a_lossy_conversion_ends_with_the_numbers_of_its_output(program: Any, tmp_path: Path) -> None:
    text = "features\n\tR\n\t\toptional\n\t\t\tA {p 1}\n\t\t\tB\nconstraints\n\tA.p > 0\n\tA <=> B\n"
    (tmp_path / "m.uvl").write_text(text)
    done = program("convert", tmp_path / "m.uvl", "-o", tmp_path / "m.sxfm", "--lossy", "--json")
    assert (done.json["features"], done.json["constraints"]) == (3, 2)
    assert len(done.json["losses"]) == 2
    assert program("convert", tmp_path / "m.uvl", "-o", tmp_path / "m.xml").err.endswith("3 features, 2 constraints\n")


def test_the_ending_of_a_sample_chooses_its_format(program: Any, small: Path, tmp_path: Path) -> None:
    drawn = program("sample", small / "net.uvl", "-n", "2", "-o", tmp_path / "s.csv", "--no-measures")
    assert drawn.code == 0
    assert "keeps the configurations, not sampler, seed and formula" in drawn.err
    assert (tmp_path / "s.csv").read_text().startswith("Configuration;")
    assert program("configurations", tmp_path / "s.csv", "--model", small / "net.uvl", "-o", tmp_path / "s").code == 2
    again = program("configurations", tmp_path / "s.csv", "--model", small / "net.uvl", "-o", tmp_path / "s.sample")
    assert again.code == 0


def test_compile_options(program: Any, models: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.dimacs"
    counts = program("compile", models / "s1.uvl", *BOUNDS, "-o", out, "--json", "--verify-each").json
    cnf = read_dimacs(out.read_text(), "m.dimacs")
    auxiliaries = len(cnf.variables) - cnf.variables.feature_count
    assert counts == {
        "output": str(out),
        "features": cnf.variables.feature_count,
        "auxiliaries": auxiliaries,
        "clauses": len(cnf.clauses),
        "satisfiable": True,
    }
    assert auxiliaries > 0
    plain = ("compile", models / "s1.uvl", *BOUNDS, "-o", out, "--force")
    assert program(*plain, "--no-rules", "--json").json["auxiliaries"] == 0
    program(*plain, "--projection")
    assert out.read_text().endswith(f"0\nc p show {' '.join(map(str, range(1, 387)))} 0\n")
    (tmp_path / "blank.uvl").write_text('features\n\t"Soft max"\n')
    program("compile", tmp_path / "blank.uvl", "-o", out, "--force", "--safe-names")
    assert out.read_text().startswith("c 1 Soft_x20_max\n")
    restriction = "imports\n\tdnn as d\nfeatures\n\td.Architecture {bound {Block 1, Cell 1}}\n"
    (tmp_path / "dnn.uvl").write_bytes((models / "dnn.uvl").read_bytes())
    (tmp_path / "one.uvl").write_text(restriction)
    result = program("compile", models / "s1.uvl", "--restrict", tmp_path / "one.uvl", "-o", out, "--force", "--json")
    assert result.json["features"] == 195


@pytest.mark.parametrize("stage", STAGES)
def test_emit_after(program: Any, stage: str, models: Path, tmp_path: Path) -> None:
    out = tmp_path / "after.uvl"
    result = program("compile", models / "s1.uvl", *BOUNDS, "--emit-after", stage, "-o", out)
    assert result.code == 0
    readable = stage not in ("discretise_attributes", "unfold_multi_features")
    assert ("for reading only" in result.err) is not readable
    assert ("rule sets have no place" in result.err) is (stage != "restrict")
    options = () if stage == "restrict" else ("--no-rules",)
    assert (program("compile", out, *options, "-o", tmp_path / "m.dimacs").code == 0) is readable


def test_compile_comments_quote_the_constraints(program: Any, tmp_path: Path) -> None:
    model, out = tmp_path / "m.uvl", tmp_path / "m.dimacs"
    model.write_text("features\n\tR\n\t\toptional\n\t\t\tA {c 2}\n\t\t\tB\nconstraints\n\tA => B\n\tA.c > 1\n")
    assert program("compile", model, "-o", out).code == 0
    plain = out.read_text()
    assert program("compile", model, "--comments", "-o", out, "--force").code == 0
    added = out.read_text().removeprefix(plain).splitlines()
    assert added == [
        f"c clause 1: feature R at {model}:2:2",
        f"c clause 2: feature A at {model}:4:4",
        f"c clause 3: feature B at {model}:5:4",
        f"c clause 4: constraint at {model}:7:2: A => B",
        f"c clause 5: constraint at {model}:8:2: A.c > 1",
    ]
    assert program("count", out).out == program("count", model).out
    result = program("compile", model, "--comments", "--emit-after", "restrict", "-o", tmp_path / "o.uvl")
    assert (result.code, "found --comments with --emit-after" in result.err) == (2, True)


@pytest.mark.parametrize("model", [("small.uvl", "--no-rules"), ("s1.uvl", *BOUNDS, *SHAPE)])
def test_comments_change_nothing_for_readers(
    program: Any, model: tuple[str, ...], models: Path, tmp_path: Path
) -> None:
    plain, commented = tmp_path / "plain.dimacs", tmp_path / "commented.dimacs"
    assert program("compile", models / model[0], *model[1:], "-o", plain).code == 0
    assert program("compile", models / model[0], *model[1:], "--comments", "-o", commented).code == 0
    assert commented.read_text().count("\nc clause") > 100
    ours = [read_dimacs(path.read_text(), path.name) for path in (plain, commented)]
    assert ours[0] == ours[1]
    formulas = [CNF(from_file=str(path)) for path in (plain, commented)]  # python-sat's reader
    assert formulas[0].clauses == formulas[1].clauses == [list(clause) for clause in ours[0].clauses]
    assert formulas[0].nv == formulas[1].nv


def test_emitted_restriction_of_an_unknown_feature_is_refused(program: Any, small: Path, tmp_path: Path) -> None:
    arguments = ("compile", small / "unknown.uvl", "--emit-after", "restrict", "-o", tmp_path / "o.uvl")
    result = program(*arguments)
    assert (result.code, list(tmp_path.iterdir())) == (1, [])
    assert f"{small}/unknown.uvl:6:" in result.err


def test_sample_says_how_diverse_it_is(program: Any, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.txt"
    facts = program("sample", small / "m.dimacs", "-n", 4, "--seed", 7, "-o", out, "--json").json
    sample = parse_sample(out.read_text(), "s.txt")
    assert (len(sample), sample.seed, facts["count"], facts["seed"], facts["exhaustive"]) == (4, 7, 4, 7, False)
    assert 0 < facts["minimum"] <= facts["nearest_mean"] <= facts["mean_distance"] < 1
    facts = program("sample", small / "net.cnf", "-n", 9, "-o", out, "--force", "--json").json
    assert (facts["asked"], facts["count"], facts["exhaustive"]) == (9, 4, True)


def test_a_sample_says_how_near_it_is_to_the_most_diverse_one_with_its_assumptions(
    program: Any, tmp_path: Path
) -> None:
    formula, old, new = tmp_path / "f.cnf", tmp_path / "old", tmp_path / "new"
    formula.write_text("c 1 A\nc 2 B\nc 3 C\nc 4 D\np cnf 4 0\n")
    shown = program("sample", formula, "-n", 4, "--assume", "!A", "-o", old).err
    assert "1.0000 of the limit with the assumptions (certified within 0.0000)" in shown
    assert "of the pairs of literals that can be covered with the assumptions" in shown
    facts = program("sample", formula, "-n", 2, "--assume", "A", "--append", old, "-o", new, "--json").json
    assert (facts["limits_with_assumptions"], facts["coverable_pairs"]) == (False, 4 * 6)
    shown = program("sample", formula, "-n", 2, "--assume", "A", "--append", old, "-o", new, "--force").err
    assert "of the limit without the assumptions" in shown
    assert "configurations of --append do not keep the assumptions, so the limits are those without them" in shown
    shown = program("sample", formula, "-n", 2, "--assume", "!A", "--append", old, "-o", new, "--force").err
    assert "of the limit with the assumptions" in shown
    (entry,) = program("diversity", old, "--cnf", formula, "--assume", "!A", "--json").json
    assert (entry["share_of_limit"], entry["coverable_pairs"]) == (pytest.approx(1), 4 * 3)
    refused = program("diversity", old, "--cnf", formula, "--assume", "A")
    assert (refused.code, "configuration 1 does not keep the assumptions A, expected" in refused.err) == (2, True)
    assert program("diversity", old, "--assume", "A").code == 2


FORMATS = [("pdt", "o.pdt"), ("csv", "o.csv"), ("featureide", "o"), ("config", "o")]


@pytest.mark.parametrize(("form", "name"), FORMATS)
def test_a_sample_goes_to_other_tools_and_back(
    program: Any, form: str, name: str, small: Path, models: Path, tmp_path: Path
) -> None:
    theirs, back = tmp_path / name, tmp_path / "back.txt"
    model = ("--model", models / "s1.uvl", *BOUNDS, *SHAPE)
    facts = program("configurations", small / "s.txt", "--to", form, *model, "-o", theirs, "--json").json
    assert facts == {"output": str(theirs), "format": form, "configurations": 3, "features": 386}
    if theirs.is_dir():
        assert sorted(path.stem for path in theirs.iterdir()) == ["0001", "0002", "0003"]
    assert program("configurations", theirs, "--to", "sample", *model, "-o", back).code == 0
    before, after = (parse_sample(path.read_text(), "s") for path in (small / "s.txt", back))
    assert list(after.configurations()) == list(before.configurations())
    assert program("configurations", small / "s.txt", "--to", form, "-o", theirs).code == 2
    assert program("configurations", small / "s.txt", "--to", form, "-o", theirs, "--force").code == 0


def test_what_pledge_makes_of_our_dimacs_is_read(program: Any, tmp_path: Path) -> None:
    """PLEDGE keeps auxiliaries and cuts names at blanks, so it gets safe names; the reader undoes both."""
    model, answer, back = tmp_path / "app.uvl", tmp_path / "app.pdt", tmp_path / "s.txt"
    model.write_text('features\n\tApp\n\t\toptional\n\t\t\t"Log file"\n\t\t\tNet\n')
    answer.write_text("1->App\n2->Log_x20_file\n3->Net\n1;2;-3;\n1;-2;-3;\n")
    assert program("configurations", answer, "--model", model, "--to", "sample", "-o", back).code == 0
    assert list(parse_sample(back.read_text(), "s").configurations()) == [("App", "Log file"), ("App",)]
    dimacs = tmp_path / "aux.cnf"
    dimacs.write_text("c 1 App\nc 2 __aux_1\np cnf 2 2\n1 -2 0\n-1 2 0\n")
    answer.write_text("1->App\n2->__aux_1\n1;2;\n-1;-2;\n")
    for options in ((), ("--model", dimacs)):
        arguments = ("configurations", answer, *options, "--to", "sample", "-o", back, "--force")
        assert program(*arguments, "--json").json["features"] == 1
    answer.write_text("1->App\n2->__aux_1\n1;-2;\n")
    refused = program("configurations", answer, "--model", dimacs, "--to", "sample", "-o", back, "--force")
    assert (refused.code, "exclude each other there: App, !__aux_1" in refused.err) == (1, True)


def test_a_project_for_featureide(program: Any, small: Path, models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    command = ("convert", models / "s1.uvl", *BOUNDS, "--featureide-project", folder)
    assert program(*command).code == 0
    assert sorted(path.name for path in folder.iterdir()) == [".project", "model.xml"]
    facts = program(*command, "--configurations", small / "s.txt", "--force", "--json").json
    assert (facts["features"], facts["configurations"], facts["losses"]) == (386, 3, [])
    assert sorted(path.name for path in (folder / "configs").iterdir()) == ["mine_1.xml", "mine_2.xml", "mine_3.xml"]
    dimacs, back = tmp_path / "project.dimacs", tmp_path / "back.txt"
    assert program("compile", folder / "model.xml", "--no-rules", "-o", dimacs).code == 0
    assert program("configurations", folder / "configs", "--model", dimacs, "--to", "sample", "-o", back).code == 0
    before, after = (parse_sample(path.read_text(), "s") for path in (small / "s.txt", back))
    assert set(after.configurations()) == set(before.configurations())


def test_losses_are_listed(program: Any, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.sxfm"
    result = program("convert", small / "attribute.uvl", "-o", out, "--lossy", "--json")
    (loss,) = result.json["losses"]
    assert f"{small}/attribute.uvl:2:" in loss
    assert result.err == f"warning: {loss}\n"
    assert program("convert", small / "net.uvl", "-o", out, "--lossy", "--json", "--force").json["losses"] == []


def test_check_lists_problems_and_hints(program: Any, small: Path, models: Path) -> None:
    result = program("check", small / "none.uvl", "--json")
    assert (result.code, result.json["hints"], len(result.json["problems"])) == (1, [], 1)
    assert result.err == f"featurenet-uvl: error: {result.json['problems'][0]}\n"
    result = program("check", models / "s1.uvl", *BOUNDS, *SHAPE, "--json", "-q")
    assert (result.code, result.err, result.json["problems"]) == (0, "", [])
    assert any("'Combination_Product' is dead" in hint for hint in result.json["hints"])


def test_analyse_says_what_is_left(program: Any, stdin: Any, small: Path) -> None:
    assert program("analyse", small / "net.uvl").out == (
        "satisfiable: yes\nconfigurations: 4\nfeatures: 3\nauxiliaries: 0\nclauses: 3\n"
        "core: 1\n  Net\ndead: 0\nfalse-optional: 0\n"
    )
    facts = program("analyse", small / "large.uvl", "--json").json
    assert (facts["core"], facts["false_optional"], facts["configurations"]) == (["Net", "Drop"], ["Drop"], "2")
    none = program("analyse", small / "none.uvl", "--json")
    assert (none.code, none.json["satisfiable"], none.json["configurations"]) == (0, False, "0")
    stdin((small / "net.cnf").read_bytes())
    assert "false-optional: no tree to ask" in program("analyse", "-", "--no-count").out


def test_analyse_keeps_what_it_found_where_the_count_reaches_a_limit(
    monkeypatch: pytest.MonkeyPatch, program: Any, small: Path
) -> None:
    def give_up(*_: object) -> int:
        raise LimitError("found it too large")

    monkeypatch.setattr(import_module("featurenet_uvl.analysis.count"), "diagram_count", give_up)
    monkeypatch.setattr(import_module("featurenet_uvl.analysis.count"), "is_installed", lambda: False)
    result = program("analyse", small / "net.uvl", "--json")
    assert (result.code, result.json["configurations"], result.json["core"]) == (4, None, ["Net"])
    assert "found it too large; pip install pyganak" in result.err
    assert program("count", small / "net.uvl").code == 4


def test_count_counts(program: Any, stdin: Any, small: Path, models: Path) -> None:
    assert program("count", small / "net.uvl").out == "4\n"
    assert program("count", small / "none.cnf").out == "0\n"
    stdin((small / "net.cnf").read_bytes())
    assert program("count", "-").out == "4\n"
    result = program("count", models / "s1.uvl", *BOUNDS, "--no-rules")
    facts = program("count", models / "s1.uvl", *BOUNDS, "--no-rules", "--json").json
    assert (facts["engine"], facts["configurations"]) == ("bdd", result.out.strip())
    assert int(facts["configurations"]) == pytest.approx(10 ** facts["log10"])
    assert result.err.endswith(f"e{int(facts['log10'])} configurations, counted by bdd\n")


def test_decoded_networks_replace_networks_only(program: Any, small: Path, models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nets"
    command = ("decode", small / "s.txt", "--model", models / "s1.uvl", *BOUNDS, *SHAPE, "-o", folder)
    facts = program(*command, "--json").json
    assert [entry["file"] for entry in facts] == ["0001.json", "0002.json", "0003.json"]
    for entry in facts:
        network = parse_architecture(json.loads((folder / entry["file"]).read_text()))
        assert (network.hash(), network.weights(), len(network.cells)) == (
            entry["hash"],
            entry["weights"],
            entry["cells"],
        )
        assert network.input_shape == (16, 16, 1)
    assert program(*command).code == 2
    (folder / "0004.json").write_text("{}")
    assert program(*command, "--force").code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["0001.json", "0002.json", "0003.json"]
    (folder / "thesis.tex").write_text("dear")
    refused = program(*command, "--force")
    assert refused.code == 2
    assert "found thesis.tex, expected nothing but networks" in refused.err
    assert len(list(folder.iterdir())) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["nets"]


def test_a_file_of_another_program_is_no_store(program: Any, small: Path, tmp_path: Path) -> None:
    other = tmp_path / "thesis.tex"
    other.write_text("dear " * 1000)
    result = program("train", small / "nets", "--data", "digits", "--store", other)
    assert result.code == 1
    assert f"{other}: found no usable result store" in result.err
    assert other.read_text() == "dear " * 1000


def test_networks_for_other_images_are_refused(program: Any, small: Path, tmp_path: Path) -> None:
    network = json.loads((small / "nets" / "0001.json").read_text())
    (tmp_path / "n.json").write_text(json.dumps({**network, "classes": 3}))
    result = program("train", tmp_path / "n.json", "--data", "digits", "--store", tmp_path / "t")
    assert result.code == 1
    assert "n: found a network for images 16x16x1 and 3 classes, expected 16x16x1 and 10" in result.err


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "x"),
        ("cells", None),
        ("cells", [5]),
        ("input_shape", []),
        ("input_shape", [16.5, 16, 1]),
        ("classes", "ten"),
        ("comment", "an unknown key"),
    ],
)
def test_a_network_file_that_was_changed_is_refused(
    program: Any, small: Path, key: str, value: object, tmp_path: Path
) -> None:
    network = json.loads((small / "nets" / "0001.json").read_text())
    (tmp_path / "n.json").write_text(json.dumps({**network, key: value}))
    result = program("train", tmp_path / "n.json", "--data", "digits", "--store", tmp_path / "t")
    assert result.code == 1
    assert f"error: {tmp_path}/n.json: " in result.err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "featurenet-uvl: interrupted\n"),
        (MemoryError(), 4, "featurenet-uvl: error: found too little memory for this input\n"),
        (RecursionError("deep"), 4, "featurenet-uvl: error: found an input that is nested too deeply\n"),
        (OSError(5, "Input/output error", "disk"), 1, "featurenet-uvl: error: disk: input/output error\n"),
        (BrokenPipeError(), 0, ""),
        (
            ZeroDivisionError("by\nzero"),
            70,
            "featurenet-uvl: error: internal error (ZeroDivisionError: by): this is a bug of featurenet-uvl; "
            "FEATURENET_DEBUG=1 shows where, for a report\n",
        ),
    ],
)
def test_whatever_is_raised_becomes_a_line(
    monkeypatch: pytest.MonkeyPatch, program: Any, error: BaseException, code: int, words: str, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(import_module("featurenet_uvl.translators.pipeline"), "load_model", fail)
    monkeypatch.setattr("featurenet_uvl.cli.app.silence_stdout", lambda: None)
    result = program("compile", "x.uvl", "-o", tmp_path / "o.dimacs")
    assert (result.code, result.out, result.err) == (code, "", words)


def test_a_bug_shows_its_place_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from featurenet_uvl.cli.main import run

    monkeypatch.setenv("FEATURENET_DEBUG", "1")
    assert run(["convert", str(tmp_path / "missing"), "-o", str(tmp_path / "o.xml")]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err
