"""The table of rare pairs, against counting every pair of every row."""

from itertools import combinations

import numpy as np
import pytest

from featurenet_uvl.analysis.diagram import build_diagram
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.pairs.possible_by_diagram import pair_bits
from featurenet_uvl.sampling.pairs.rare import RARE, RarePairs
from featurenet_uvl.sampling.pairs.uncovered import OpenPairs

FEATURES = 9


@pytest.fixture(scope="module")
def possible() -> OpenPairs:
    """Return the possible pairs of nine features: the first is core, 3 requires 2, 4 and 5 exclude each other."""
    names = VarMap.from_names([f"f{number}" for number in range(FEATURES)])
    cnf = Cnf(names, ((1,), (-3, 2), (-4, -5)))
    return OpenPairs.of_diagram(pair_bits(build_diagram(cnf), FEATURES))


def some(count: int, seed: int) -> BoolMatrix:
    rows = np.random.default_rng(seed).random((count, FEATURES)) < 0.3
    rows[:, 0] = True
    rows[:, 1] |= rows[:, 2]
    rows[:, 4] &= ~rows[:, 3]
    return rows


def pairs_of(rows: BoolMatrix, possible: OpenPairs) -> dict[tuple[int, int], int]:
    """Count the rows with each possible pair."""
    open_ = {(a, int(b)) for a in range(2 * FEATURES) for b in possible.partners_of(a) if a < b}
    chosen = [sorted(2 * place + int(value) for place, value in enumerate(row)) for row in rows]
    return {pair: sum(pair in set(combinations(literals, 2)) for literals in chosen) for pair in open_}


def test_rows_come_and_go(possible: OpenPairs) -> None:
    known, rows = some(2, 1), some(6, 2)
    pairs = RarePairs(possible, rows, known, np.random.default_rng(1))
    at_first = pairs_of(np.concatenate([rows, known]), possible)
    rare = {pair for pair, count in at_first.items() if count <= RARE}
    assert len(pairs) == len(rare)
    assert pairs.stands_for == 1
    for step, row in enumerate(some(20, 3)):
        place = step % len(rows)
        pairs.remove(place)
        pairs.put(place, row)
        rows[place] = row
        counts = pairs_of(np.concatenate([rows, known]), possible)
        open_ = {pair for pair in rare if counts[pair] == 0}
        assert pairs.open_count == len(open_)
        matrix = pairs.open_matrix()
        dense = matrix.dense(np.arange(2 * FEATURES))
        assert {(int(a), int(b)) for a, b in np.argwhere(np.triu(dense))} == open_
        assert (dense == dense.T).all()
        assert (matrix.counts() == dense.sum(axis=1)).all()
        literals = np.tile(pairs.literals(rows).T, 3)  # more columns than share one pass
        assert (matrix.times(literals) == dense @ literals).all()
        alone = [
            sum(counts[pair] == 1 for pair, has in pairs_of(row[np.newaxis], possible).items() if has and pair in rare)
            for row in rows
        ]
        assert pairs.alone().tolist() == alone
        assert pairs.alone(np.array([2, 0])).tolist() == [alone[2], alone[0]]


def test_what_only_a_known_row_has_is_no_rows_merit(possible: OpenPairs) -> None:
    row = some(1, 5)
    assert RarePairs(possible, row, row, np.random.default_rng(1)).alone().tolist() == [0]


def test_too_many_pairs_are_thinned_out(possible: OpenPairs) -> None:
    rows = some(2, 4)
    all_ = len(RarePairs(possible, rows, rows[:0], np.random.default_rng(1)))
    drawn = [RarePairs(possible, rows, rows[:0], np.random.default_rng(seed), 40, 4) for seed in range(200)]
    assert max(map(len, drawn)) <= 40
    assert all_ > 80
    mean = np.mean([len(pairs) * pairs.stands_for for pairs in drawn])
    assert abs(mean - all_) < 0.1 * all_
