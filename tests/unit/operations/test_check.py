"""The check of a model: every problem with its place, minimal sets of constraints that exclude one another, hints."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.operations.check import check_hints, check_model, meaning_problems
from featurenet_uvl.operations.conflicts import Question, exclusions
from featurenet_uvl.reference import enumerate_configurations
from tests.places import MODELS
from tests.strategies import random_model

HEAD = "features\n\tR\n\t\toptional\n\t\t\tA {p 1}\n\t\t\tB cardinality [0..2] {k {domain [1, 2]}}\n\t\t\tC\n"


def write(folder: Path, text: str, name: str = "m.uvl") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def problems(folder: Path, text: str) -> list[str]:
    """Return the problems, without the folder of the file."""
    return [line.replace(f"{folder}/", "") for line in check_model(write(folder, text))]


def test_a_sound_model_has_none(tmp_path: Path) -> None:
    assert problems(tmp_path, HEAD + "constraints\n\tA => C\n") == []


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("features\n\tR {\n", ["m.uvl:2:4: found '{' without its end"]),
        (HEAD + "constraints\n\tX\n\tA => \n", ["m.uvl:9:6: found the end"]),
        (
            HEAD.replace("optional", "oder")
            + "\t\tor\n\t\t\tD {p 1\n\t\t\tE {q}\n\t\t\t!\nconstraints\n\tA =>\n\tA => (\n",
            ["m.uvl:8:6: found '{' without its end", "m.uvl:13:7: found '(' without its end", "m.uvl:3:3: found name",
             "m.uvl:10:4: found '!'", "m.uvl:12:6: found the end"],
        ),
        (HEAD + "constraints\n\tX\n\tA & Y\n", ["m.uvl:8:2: found unknown feature 'X'", "m.uvl:9:6: found unknown"]),
        ("features\n\tR\n\t\tor\n\t\t\tInteger n\n", ["m.uvl:4:12: "]),
        ("features\n\tR\n\t\tor\n\t\t\tB cardinality [1..*]\n", ["m.uvl:4:4: found B [1..*] without an upper limit"]),
        ("features\n\tR {array_constraints ['B[i] => B[i+1]', 'i == 1', 'B[1]', 'j == 2']}\n\t\tor\n"
         "\t\t\tB cardinality [1..3]\n", ["m.uvl:2:43: the index", "m.uvl:2:61: the index"]),
        ("features\n\tR\n\t\tor\n\t\t\tB {k {domain ['x-y', 'x_y']}}\n", ["m.uvl:4:7: B.k = 'x_y' would become"]),
        ("features\n\tR\n\t\tor\n\t\t\tB cardinality [1..2]\n\t\t\tB_1\n", ["m.uvl:5:4: B_1 would be called 'B_1'"]),
    ],
)  # fmt: skip
def test_what_means_nothing_is_told_completely(tmp_path: Path, text: str, starts: list[str]) -> None:
    found = problems(tmp_path, text)
    assert len(found) == len(starts), found
    for line, start in zip(found, starts, strict=True):
        assert line.startswith(start), line


def test_every_constraint_that_means_nothing_is_found_by_halving(tmp_path: Path) -> None:
    broken = {3, 4, 17, 31}
    texts = [f"'k{n} == {n}'" if n in broken else "'B[i] => B[i]'" for n in range(32)]
    path = write(
        tmp_path, f"features\n\tR {{array_constraints [{', '.join(texts)}]}}\n\t\tor\n\t\t\tB cardinality [1..3]\n"
    )
    found = check_model(path)
    assert [next(n for n in broken if f"'k{n}'" in line) for line in found] == sorted(broken)


def test_constraints_that_exclude_one_another_are_named_and_no_others(tmp_path: Path) -> None:
    text = HEAD + "constraints\n\tC => A\n\tA\n\tC | R\n\t!B\n\tA => B\n"
    assert problems(tmp_path, text) == [
        "m.uvl:9:2: found the constraint 'A', which excludes the constraint '!B' at m.uvl:11:2;"
        " the constraint 'A => B' at m.uvl:12:2; expected a configuration for all: weaken one of them"
    ]


def test_conflicts_that_have_nothing_to_do_with_one_another_are_all_found(tmp_path: Path) -> None:
    text = HEAD + "constraints\n\tA & !A\n\tB\n\t!B\n\tA.p > 2\n"
    found = problems(tmp_path, text)
    assert [line.split(",")[0] for line in found] == [
        "m.uvl:8:2: found the constraint 'A & !A'",
        "m.uvl:9:2: found the constraint 'B'",
        "m.uvl:11:2: found the constraint 'A.p > 2'",
    ]


def test_a_tree_can_be_at_fault_alone(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "features\n\tR\n\t\t[3..4]\n\t\t\tA\n\t\t\tB\nconstraints\n\tA\n")
    assert found.startswith("m.uvl:2:2: found a tree without any configuration")


def test_all_files_are_looked_at(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD)
    bad = write(tmp_path, "imports\n\tm as d\nfeatures\n\td.R {bound {X 1}}\n", "r1.uvl")
    worse = write(tmp_path, "features\n\tR {\n", "r2.uvl")
    found = check_model(path, [bad, worse, str(tmp_path / "r3.uvl")])
    assert len(found) == 3
    assert "r2.uvl:2:4: found '{'" in "\n".join(found)
    assert "found 'X', expected a multi-feature" in "\n".join(found)
    assert "r3.uvl: no such file" in "\n".join(found)


def test_a_restriction_can_be_the_culprit(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + "constraints\n\tA\n")
    other = write(tmp_path, "imports\n\tm as d\nfeatures\n\td.R\nconstraints\n\t!d.A\n\td.C\n", "r.uvl")
    (found,) = check_model(path, [other])
    assert "m.uvl:8:2: found the constraint 'A', which excludes the constraint '!A' at" in found
    assert "r.uvl:6:2;" in found


def test_dead_features_and_values_are_hints(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + "\t\t\t\toptional\n\t\t\t\t\tD\nconstraints\n\t!C\n\tB.k < 2\n")
    assert check_model(path) == []
    assert [line.split(":", 1)[1] for line in check_hints(path)] == [
        "5:4: hint: the value 2 of B.k is never taken",
        "6:4: hint: feature 'C' is dead, it is in no configuration",
    ]


def test_hints_of_a_model_that_means_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "features\n\tR\n\t\tor\n\t\t\tB cardinality [1..*]\n")
    with pytest.raises(ModelError, match="without an upper limit"):
        check_hints(path)


def test_a_model_of_the_project_is_sound_and_an_image_of_one_pixel_is_too_small(tmp_path: Path) -> None:
    for name in ("dnn.uvl", "s1.uvl"):
        shutil.copy(MODELS / name, tmp_path)
    path = write(
        tmp_path,
        "imports\n\ts1 as s\nfeatures\n\ts.Architecture {bound {Block 1, Cell 1}}\nconstraints\n"
        "\ts.Input1_Convolution.kernel == '5x5' & s.Input1_Convolution.padding == 'valid'\n",
    )
    assert check_model(path) == []
    (found,) = check_model(path, input_shape=(1, 1, 1))
    assert "found rule sets that exclude every configuration" in found
    assert check_model(path, input_shape=(1, 1, 1), with_rules=False) == []


def test_conflicts_are_those_of_brute_force() -> None:
    """On random models: no conflict if and only if a configuration exists, and each set is minimal."""
    unsatisfiable = 0
    for seed in range(200):
        model = random_model(np.random.default_rng(seed))
        if meaning_problems(model):
            continue
        found = exclusions(Question.of(model))
        assert (found == []) == bool(enumerate_configurations(model)), seed
        if found:
            unsatisfiable += 1
            _check_minimal(model, seed)
    assert unsatisfiable > 5


def _check_minimal(model: FeatureModel, seed: int) -> None:
    question = Question.of(model)
    core = question.core(sorted(question.switches))
    assert core is not None
    assert _has_configurations(model, core) is not True, seed
    for place in core:
        assert _has_configurations(model, [other for other in core if other != place]) is not False, seed


def _has_configurations(model: FeatureModel, places: list[int]) -> bool | None:
    """Whether a configuration exists; None if a typed feature gets its domain from an omitted constraint."""
    try:
        return bool(enumerate_configurations(replace(model, constraints=tuple(model.constraints[p] for p in places))))
    except ModelError:
        return None
