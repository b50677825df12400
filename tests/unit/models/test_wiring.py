"""The model's rules on connections against brute force, with the rules written again from the paper's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest

from featurenet_uvl.analysis.count import count_solutions
from featurenet_uvl.translators.pipeline import compile_feature_model, load_model
from tests.places import MODELS

Cell = tuple[str | int, bool]
"""A cell: its destination (a relative index, `B` or `O`), and whether it has a second half."""

Block = tuple[Cell, ...]

BARE = """
imports
	dnn as d
features
	d.Architecture
constraints
	d.Input1_Identity & d.Operation1_Void & d.Operation2_Void & d.Combination_Sum
	d.Input2_Zeros | d.Input2_Identity
"""


def sources(blocks: Sequence[Block], b: int, c: int) -> list[tuple[int, int]]:
    """Return the sources of a cell: the cells that point at it, or else those that the previous block sends on."""
    aiming = [(b, i) for i in range(c) if blocks[b][i][0] == c - i - 1]
    if aiming or b == 0:
        return aiming
    return [(b - 1, i) for i, cell in enumerate(blocks[b - 1]) if cell[0] == "B"]


def is_wiring(blocks: Sequence[Block]) -> bool:
    last = len(blocks) - 1
    for b, block in enumerate(blocks):
        for c, (target, has_second) in enumerate(block):
            taken = sources(blocks, b, c)
            if isinstance(target, int) and c + target + 1 >= len(block):
                return False
            if (target == "B" and b == last) or (target == "O" and b != last):
                return False
            if len(taken) > 2 or (len(taken) == 2 and not has_second) or (b > 0 and not taken):
                return False
        senders = sum(target == "B" for target, _ in block)
        if senders > 2 or (b != last and not senders):
            return False
    return any(target == "O" for target, _ in blocks[last])


def are_all_needed(blocks: Sequence[Block]) -> bool:
    """Whether every cell has a path to an end, so that every configured part has an effect."""
    places = [(b, c) for b, block in enumerate(blocks) for c in range(len(block))]
    needed = {(b, c) for b, c in places if blocks[b][c][0] == "O"}
    for b, c in reversed(places):
        if (b, c) in needed:
            needed.update(sources(blocks, b, c))
    return needed == set(places)


def wirings(block_count: int, cell_count: int) -> Iterator[tuple[Block, ...]]:
    cells = list(product([0, 1, 2, 3, "B", "O"], [False, True]))
    blocks: list[Block] = [
        block
        for size in range(1, cell_count + 1)
        for block in product(cells, repeat=size)
        if all(not isinstance(target, int) or c + target + 1 < size for c, (target, _) in enumerate(block))
    ]
    for count in range(1, block_count + 1):
        yield from (found for found in product(blocks, repeat=count) if is_wiring(found))


@pytest.mark.parametrize(("blocks", "cells"), [(1, 4), (2, 2), (3, 1), (2, 3)])
def test_the_wirings_of_the_model_are_exactly_those_of_the_papers_words(
    blocks: int, cells: int, tmp_path: Path
) -> None:
    (tmp_path / "bare.uvl").write_text(BARE, encoding="utf-8")
    (tmp_path / "dnn.uvl").write_text((MODELS / "dnn.uvl").read_text(encoding="utf-8"), encoding="utf-8")
    model = load_model(str(tmp_path / "bare.uvl"), bounds={"Block": blocks, "Cell": cells})
    expected = 0
    for wiring in wirings(blocks, cells):
        assert are_all_needed(wiring)
        expected += 1
    assert count_solutions(compile_feature_model(model, with_rules=False)).value == expected
