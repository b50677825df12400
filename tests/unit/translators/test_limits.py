"""The limits of a translation: each reaches the part that it belongs to, and none changes the configurations."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from featurenet_uvl.errors import FeatureNetError, LimitError, UnsupportedError, UsageError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.limits import LIMITS, CompileLimits
from featurenet_uvl.translators.pipeline import compile_feature_model, compile_model, emit
from tests.laws.test_count_law import disagreement

MODEL = """\
features
\tR {array_constraints ['!A[i] | B[j]', 'exists(i, A[i]) | !E']}
\t\talternative
\t\t\tC {cost 1}
\t\t\tD {cost 2}
\t\toptional
\t\t\tE {cost 3}
\t\t\t\t[1..2]
\t\t\t\t\tF
\t\t\t\t\tG
\t\t\t\t\tH
\t\t\tInteger n {domain [1, 2, 3]}
\t\t\tM cardinality [0..2]
\t\t\t\toptional
\t\t\t\t\tA {cost 4}
\t\t\tN cardinality [0..2]
\t\t\t\toptional
\t\t\t\t\tB {cost 5}
constraints
\tn * n == 4 | C & D | (E & C) | !C & D
\tsum(cost) <= 14
\tsum(cost, M) <= 4
\tA & E <=> B & C
\t(A | E) & (A | C) & (B | D)
"""

REFUSES = {
    "max_values": (2, "values of the Integer feature 'n', expected at most 2;"),
    "max_unfolded": (15, "unfolds to .* features, expected at most 15;"),
    "max_copied_nodes": (5, "combinations of instances of M, N, expected at most 5 nodes in all;"),
    "max_indexed_copies": (3, "4 combinations of its variables i, j, expected at most 3;"),
    "max_indexed_nodes": (3, "comes to more than 3 nodes,"),
    "max_combinations": (2, "combinations of values, expected at most 2;"),
    "max_rows": (2, "more than 2 combinations of values, for all instances together"),
    "max_clauses": (20, "more than 20 clauses up to here"),
}
"""For each limit beyond which a translation ends: a small value for this model, and a part of the message."""

BESIDE: dict[str, dict[str, int]] = {
    "max_copied_nodes": {"max_together": 0, "max_split_clauses": 0},
    "max_combinations": {"max_table": 0},
    "max_diagram_edges": {"max_table": 0, "max_term_values": 20},
    "max_split_clauses": {"max_together": 0},
    "max_table": {"max_diagram_edges": 0, "max_term_values": 20},
    "max_term_values": {"max_table": 0},
}
"""Other limits without which a limit means nothing for a small model."""

ELSEWHERE = ("max_listed", "max_image_side", "max_channels", "max_conflicts")
"""Limits that mean nothing for so small a model; `test_many_values.py` and `test_image_limits.py` have them.

A solver counts conflicts in pauses, so no small model reaches the last one.
"""


def model() -> FeatureModel:
    found = read_uvl(MODEL, "m.uvl")
    assert isinstance(found, FeatureModel)
    return found


def settings(name: str, value: int) -> CompileLimits:
    return CompileLimits(**{**BESIDE.get(name, {}), name: value})


@pytest.mark.parametrize("name", REFUSES)
def test_a_limit_ends_the_translation_at_its_place(name: str) -> None:
    value, message = REFUSES[name]
    with pytest.raises((UnsupportedError, LimitError), match=rf"^m\.uvl:\d+:\d+: .*{message}"):
        compile_feature_model(model(), limits=settings(name, value))


@pytest.mark.parametrize("name", [field.name for field in fields(LIMITS) if field.name not in {*REFUSES, *ELSEWHERE}])
def test_a_limit_of_an_encoding_changes_the_clauses_and_keeps_the_configurations(name: str) -> None:
    usual = compile_feature_model(model(), limits=replace(settings(name, 1), **{name: getattr(LIMITS, name)}))
    other = compile_feature_model(model(), limits=settings(name, 0))
    assert other.clauses != usual.clauses
    assert disagreement(model(), settings(name, 0)) is None


def test_the_limits_reach_the_translation_by_every_way(tmp_path: Any) -> None:
    path = tmp_path / "m.uvl"
    path.write_text(MODEL, encoding="utf-8")
    tight = CompileLimits(max_unfolded=15)
    for call in (
        lambda: compile_model(str(path), limits=tight),
        lambda: emit(model(), "unfold_multi_features", tight),
        lambda: compile_feature_model(model(), specialised=True, limits=CompileLimits(max_clauses=20)),
    ):
        with pytest.raises(FeatureNetError, match=r"expected (at most 15|fewer);"):
            call()


@pytest.mark.parametrize("value", [-1, 1.5, True, None, "7"])
def test_a_limit_is_a_whole_number(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^limit max_table: found .*, expected a whole number from 0 on$"):
        CompileLimits(max_table=value)
