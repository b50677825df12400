"""The sampler `covering`: as far from each other as can be, and as many pairs of literals covered as that leaves room
for. It takes ten times as long as `diverse`.

Each configuration is worth what it adds to the mean distance, and a price for each pair that it is the first to have.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.choices import FloatArray
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.sampling.diverse import FLOOR, NOISE, herd, solve_diverse
from featurenet_uvl.sampling.exact import ExactModel, exact_model
from featurenet_uvl.sampling.finish import finish
from featurenet_uvl.sampling.open_pairs import OpenPairs
from featurenet_uvl.sampling.pair_diagram import pair_bits
from featurenet_uvl.sampling.pool import Pool
from featurenet_uvl.sampling.request import BoolMatrix, Request, Solutions, Stop

PRICE = 1.6
"""What share of the mean distance may be lost for as large a share of the pairs."""
_HINT = 0.3
"""What share of the open pairs of a literal are expected in a configuration that has it."""
_ROUNDS = 3
"""How often a configuration is improved, given the pairs of the one before."""
_BATCHES = (4, 8)
_MANY = 60
"""From so many configurations on, the larger batch."""
_RELAXED = 0.95
_FORCED = 1e6
"""A weight above all others: no model has so many features with as many pairs each at any price."""

_Anchors = list[tuple[int, int]]


def solve_covering(cnf: Cnf, request: Request) -> Solutions:
    """Up to `request.count` solutions of a large mean distance that cover more pairs than those of `diverse`.

    Raises:
        UnsatisfiableError: The CNF has no solution.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> len(solve_covering(Cnf(VarMap.from_names(["App", "Log", "Net"]), ((1,),)), Request(4, 1)).values)
    4
    """
    features = cnf.variables.feature_count
    try:
        model = exact_model(cnf, request.time_left_s())
        pairs = OpenPairs.of_diagram(pair_bits(model.diagram, features))
    except LimitError as error:
        request.note(f"{error}: the sampler diverse draws instead")
        found = solve_diverse(cnf, request)
        return Solutions(found.values, found.stop, found.engine or "diverse")
    known = request.known_rows(cnf)
    pairs.cover(known)
    pool = Pool(features, known)
    rng = np.random.default_rng(request.seed)
    try:
        stop = _cover(pool, model, pairs, request, rng)
        if stop is Stop.COVERED:
            stop = herd(pool, model, request, rng)
    except KeyboardInterrupt:
        stop = Stop.INTERRUPTED
    return finish(cnf, request, pool, stop)


def _cover(pool: Pool, model: ExactModel, pairs: OpenPairs, request: Request, rng: np.random.Generator) -> Stop:
    """Fills the pool while there are open pairs."""
    wanted, total = request.count + len(request.known), max(1, len(pairs))
    share = FLOOR
    while len(pool) < wanted:
        if request.is_out_of_time():
            return Stop.TIME
        if not len(pairs):
            return Stop.COVERED
        size = min(_BATCHES[len(pool) >= _MANY], wanted - len(pool))
        against = 1 - 2 * pool.selected / max(1, len(pool))
        price = PRICE * max(1.0, pool.mean_distance()) * wanted / (2 * total)
        rows = _Batch(model, pairs, against, price).propose(size, rng)
        before = len(pool.rows)
        taken = pool.offer(rows, share * pool.mean_distance(), wanted)
        pairs.cover(np.array(pool.rows[before:], dtype=np.bool_).reshape(taken, model.choices.variables))
        if 2 * taken < size:
            share *= _RELAXED
        if not taken and share * pool.mean_distance() < 1:
            return Stop.COVERED
        request.progress(len(pool.rows))
    return Stop.COMPLETE


class _Batch:
    """Proposals for the next configurations.

    Args:
        model: Where heaviest solutions come from.
        pairs: Those that are open.
        against: By feature, what selecting it adds to the mean distance.
        price: Of a pair, on the same scale.
    """

    def __init__(self, model: ExactModel, pairs: OpenPairs, against: FloatArray, price: float) -> None:
        self._model = model
        self._pairs = pairs
        self._against = against
        self._price = price

    def propose(self, size: int, rng: np.random.Generator) -> BoolMatrix:
        """The best found of each anchor: a pair that is open; or without one, where that is worth more."""
        features = self._pairs.features
        noise = rng.normal(scale=NOISE, size=(self._model.choices.variables, size))
        noise[:features] += self._against[:, np.newaxis]
        best = self._model.choices.heaviest(noise)
        worth, _ = self._worth(best)
        anchors = self._anchors(size, rng)
        hints = _HINT * self._pairs.counts[:, np.newaxis] * rng.uniform(0.5, 1, size=(2 * features, size))
        for _ in range(_ROUNDS):
            weights = noise.copy()
            weights[:features] += self._price * (hints[1::2] - hints[0::2])
            for column, anchor in enumerate(anchors):
                for literal in anchor:
                    weights[literal >> 1, column] = _FORCED if literal & 1 else -_FORCED
            found = self._model.choices.heaviest(weights)
            value, hints = self._worth(found)
            better = value > worth
            best = np.where(better[:, np.newaxis], found, best)
            worth = np.maximum(value, worth)
        return best

    def _worth(self, rows: BoolMatrix) -> tuple[FloatArray, FloatArray]:
        """What each row is worth, and how many open pairs each literal has with it."""
        literals = self._pairs.literals(rows)
        partners = self._pairs.partners(literals).astype(np.float64)
        gains = (partners * literals.T).sum(axis=0) / 2
        return rows[:, : self._pairs.features] @ self._against + self._price * gains, partners

    def _anchors(self, size: int, rng: np.random.Generator) -> _Anchors:
        """Open pairs: their first literals are as likely as they have open pairs."""
        counts: npt.NDArray[np.float64] = self._pairs.counts / self._pairs.counts.sum()
        first = rng.choice(len(counts), size=size, p=counts)
        return [(int(literal), int(rng.choice(self._pairs.partners_of(int(literal))))) for literal in first]
