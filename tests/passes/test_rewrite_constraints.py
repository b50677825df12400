from __future__ import annotations

import pytest

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.translators.formats.expression_text import format_expression
from featurenet_uvl.translators.pipeline import to_boolean
from tests.passes.before_after import read

TREE = """
features
    R
        optional
            F {k {domain ['a', 'b', 'c']}, n {domain [1, 2, 3]}}
            G {cost 2}
            H {cost 5}
constraints
    CONSTRAINT
"""


def rewritten(constraint: str) -> list[str]:
    model: FeatureModel = to_boolean(read(TREE.replace("CONSTRAINT", constraint)), verify_each=True).model
    return [format_expression(c.formula) for c in model.constraints]


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("F.k == 'b'", ["F_k_b"]),
        ("F => F.n <= 2", ["F => F_n_1 | F_n_2"]),
        ("F.k != 'a' | G", ["(F_k_b | F_k_c) | G"]),
        ("!(F.k == 'zed')", []),
        ("F.n == F.n", ["F_n_1 | F_n_2 | F_n_3"]),
        ("G.cost < 1", ["!G"]),
        ("G.cost + H.cost <= 5", ["!G | !H"]),
        ("sum(cost) > 2", ["G & H | !G & H"]),
        ("avg(cost) == 2", ["G & !H"]),
        ("F.n / (F.n - 1) == 2", ["F_n_2"]),
        ("len(F.k) == 1 => G", ["F_k_a | F_k_b | F_k_c => G"]),
        ("1 + 1 == 2", []),
    ],
)
def test_comparisons_become_the_values_for_which_they_hold(constraint: str, expected: list[str]) -> None:
    assert rewritten(constraint) == expected


def test_a_table_that_would_be_too_large_is_refused_with_its_place() -> None:
    names = [f"F{i}" for i in range(8)]
    features = "\n".join(f"            {name} {{n {{domain [1, 2, 3, 4]}}}}" for name in names)
    total = " + ".join(f"{name}.n" for name in names)
    text = f"features\n    R\n        optional\n{features}\nconstraints\n    {total} < 9"
    with pytest.raises(UnsupportedError, match=r"model\.uvl:13:\d+: .*65536 combinations.*at most 20000"):
        to_boolean(read(text))
