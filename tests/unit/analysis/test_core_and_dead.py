"""Core, dead and false-optional features, against brute force; FeatureIDE's numbers: `tests/golden/test_corpora.py`."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from featurenet_uvl.analysis.core_and_dead import Decided, decided_features
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.translators.pipeline import compile_feature_model, load_model, to_boolean
from tests.unit.sampling.brute_force import hard_cnf


def test_against_brute_force() -> None:
    chance = random.Random(4)
    for _ in range(150):
        count = chance.randint(1, 6)
        clauses = tuple(
            tuple(chance.choice((1, -1)) * chance.randint(1, count) for _ in range(chance.randint(1, 3)))
            for _ in range(chance.randint(1, 9))
        )
        names = tuple(f"f{n}" for n in range(count))
        cnf = Cnf(VarMap(names, chance.randint(0, count)), clauses)
        solutions = [
            values
            for values in itertools.product((False, True), repeat=count)
            if cnf.is_satisfied_by([number for number, value in enumerate(values, 1) if value])
        ]
        features = names[: cnf.variables.feature_count]
        core = tuple(name for n, name in enumerate(features) if solutions and all(s[n] for s in solutions))
        dead = tuple(name for n, name in enumerate(features) if solutions and not any(s[n] for s in solutions))
        assert decided_features(cnf) == Decided(bool(solutions), core, dead)


def analysed(path: Path) -> Decided:
    model = load_model(str(path))
    return decided_features(compile_feature_model(model), to_boolean(model))


def test_false_optional_features(tmp_path: Path) -> None:
    (tmp_path / "m.uvl").write_text(
        "features\n\tApp\n\t\toptional\n\t\t\tLog\n\t\t\t\toptional\n\t\t\t\t\tFile\n\t\t\tNever\n"
        "\t\t\t\toptional\n\t\t\t\t\tBelow\n\t\t\tFree\n\t\tor\n\t\t\tA\n\t\t\tB\n"
        "constraints\n\tLog => File\n\t!Never\n\tA\n"
    )
    assert analysed(tmp_path / "m.uvl") == Decided(True, ("App", "A"), ("Never", "Below"), ("File", "A"))
    (tmp_path / "none.uvl").write_text("features\n\tApp\nconstraints\n\t!App\n")
    assert analysed(tmp_path / "none.uvl") == Decided(False, (), (), ())


def test_only_members_and_dead_features_are_not_false_optional(tmp_path: Path) -> None:
    """FeatureIDE counts both; benchmarks/corpora.md lists the models that show the difference."""
    (tmp_path / "m.xml").write_text(
        '<featureModel><struct><and name="App"><or name="Log"><feature name="File"/></or>'
        '<and name="Never"><feature name="Below"/></and></and></struct>'
        "<constraints><rule><not><var>Never</var></not></rule></constraints></featureModel>"
    )
    assert analysed(tmp_path / "m.xml") == Decided(True, ("App",), ("Never", "Below"), ())


def test_time_is_a_limit() -> None:
    cnf = hard_cnf(14)
    with pytest.raises(LimitError, match=r"found no answer of the SAT solver within 0.2 s"):
        decided_features(cnf, time_limit_s=0.2, pause=50)
