"""A model is named by a path or a packaged model's name, and compiled in one run of the passes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from featurenet_uvl import FeatureModel
from featurenet_uvl.cli.main import run
from featurenet_uvl.errors import ReadError
from featurenet_uvl.operations.sources import find_model, load_cnf, load_model, packaged_models
from featurenet_uvl.translators import pipeline

OWN = "features\n\tMine\n\t\toptional\n\t\t\tOther\n"


def test_every_packaged_model_is_found_by_its_name() -> None:
    for name in packaged_models():
        assert Path(find_model(name)).is_file()
    assert load_model("small").root.name == "Architecture"
    assert FeatureModel.read("small").ir == FeatureModel.named("small").ir


def test_a_file_of_that_name_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s1").write_text(OWN)
    assert load_model("s1").root.name == "Mine"
    assert load_model("./s1").root.name == "Mine"
    assert load_model("s2").root.name == "Architecture"


def test_a_folder_of_that_name_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`experiments run -o s1` makes one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s1").mkdir()
    (tmp_path / "mine").mkdir()
    assert load_model("s1").root.name == "Architecture"
    with pytest.raises(ReadError, match=r"^mine: is a directory"):
        load_model("mine")


@pytest.mark.parametrize("name", ["s4", "S1"])
def test_an_unknown_name_says_which_exist(name: str) -> None:
    with pytest.raises(
        ReadError, match=f"^{name}: found no such file and no packaged model, .* dnn, s1, s2, s3, small"
    ):
        find_model(name)


def test_a_restriction_may_be_a_name() -> None:
    assert load_model("dnn", ["s1"]).constraints == load_model("s1").constraints


@pytest.mark.parametrize("command", ["count", "analyse", "sample"])
def test_each_pass_runs_once(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.uvl"
    model.write_text("features\n\tApp {size {domain [1, 2]}}\n\t\toptional\n\t\t\tPart cardinality [1..2]\n")
    calls: Counter[str] = Counter()
    original = pipeline.run_passes

    def counted(*arguments: object, **options: object) -> object:
        calls["run_passes"] += 1
        return original(*arguments, **options)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(pipeline, "run_passes", counted)
    output = ["-o", str(tmp_path / "s")] if command == "sample" else []
    assert run([command, str(model), *output]) == 0, capsys.readouterr().err
    assert calls == {"run_passes": 1}


def test_dimacs_has_no_boolean_model(tmp_path: Path) -> None:
    (tmp_path / "m.cnf").write_text("c 1 Net\np cnf 1 1\n1 0\n")
    assert load_cnf(str(tmp_path / "m.cnf")).boolean is None


@pytest.mark.parametrize("text", ["c 1 App\nc 2 Log\np cnf 2 1\n1 0\n", "# featurenet_uvl sample 1\n# sampler x\n"])
def test_a_file_of_another_kind_is_one_line_wherever_a_model_is_read(text: str, tmp_path: Path) -> None:
    """UVL's reader would report every line of it."""
    other, model = tmp_path / "other", tmp_path / "m.uvl"
    other.write_text(text)
    model.write_text(OWN)
    for read in (
        lambda: FeatureModel.read(other),
        lambda: FeatureModel.read(model).restrict(other),
        lambda: load_model(str(model), [str(other)]),
        lambda: FeatureModel.parse(text),
    ):
        with pytest.raises(ReadError, match=r"found (DIMACS|a sample), expected a feature model") as caught:
            read()
        assert len(caught.value.problems) == 1
