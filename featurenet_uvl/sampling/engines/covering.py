"""The sampler `covering`: a large mean distance first, and as many covered pairs of literals as that allows.

It begins with the sample of `diverse`. Then, round by round, better rows replace those of least worth. The worth of a
row is its contribution to the mean distance, and a price for each pair of literals that no other row has. It takes some
twenty times as long as `diverse`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from featurenet_uvl.analysis.choice_graph import Choices, FloatArray
from featurenet_uvl.analysis.exact_model import MAX_NODES, exact_model
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Stop
from featurenet_uvl.sampling.engines.diverse import solve_diverse
from featurenet_uvl.sampling.pairs.possible_by_diagram import pair_bits
from featurenet_uvl.sampling.pairs.rare import RarePairs
from featurenet_uvl.sampling.pairs.uncovered import OpenPairs
from featurenet_uvl.sampling.pool.pool import Counts, Pool, against, mean_distance
from featurenet_uvl.sampling.request import Request, Solutions

PRICE = 2.0
"""Share of the mean distance that may be lost per equal share of the pairs won."""
ROUNDS = 12
"""Rounds of replacement."""
REPLACED = 1 / 8
"""Share of the rows that each round replaces."""
FLOOR = 0.45
"""First floor of the distance of a new row to any other, as a share of the mean distance."""
_RELAXED = 0.9
"""Factor on the floor when no proposal keeps it."""
_STEPS = 2
"""Steps in which the rows of a round are taken out: each step changes the worth of the others."""
_PROPOSALS = 16
"""Largest number of rows proposed at a time; the better half of them is offered."""
_CLIMBS = 3
"""Attempts per proposal: each but the first aims at the open pairs of the attempt before."""
_NOISE = 0.05
"""Standard deviation of the noise on the weights of a first attempt, which lie within -1 and 1 without the pairs."""
_ANCHORED = 5.0
"""Weight of an open pair with the anchor in a first attempt, beside `_HINT`."""
_HINT = 0.05
"""Share of a literal's open pairs that a first attempt is expected to cover by selecting it."""
_FORCED = 1e6
"""Weight of the anchor: in any realistic model more than all other weights together, so that it forces the literal."""


def solve_covering(cnf: Cnf, request: Request, max_nodes: int = MAX_NODES) -> Solutions:
    """Return up to `request.count` solutions of a large mean distance that cover more pairs than those of `diverse`.

    Args:
        cnf: The formula.
        request: Number and properties of the solutions.
        max_nodes: Largest number of nodes of the decision diagram.

    Raises:
        UnsatisfiableError: The CNF has no solution.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> len(solve_covering(Cnf(VarMap.from_names(["App", "Log", "Net"]), ((1,),)), Request(4, 1)).values)
    4
    """
    found = solve_diverse(cnf, request, max_nodes)
    if found.stop is not Stop.COMPLETE:
        return replace(found, engine=found.engine or "diverse")
    best = found.values
    try:
        model = exact_model(cnf, request.time_left_s(), max_nodes)
        possible = OpenPairs.of_diagram(pair_bits(model.diagram, cnf.variables.feature_count))
        exchange = _Exchange(model.choices, possible, found.values, request.known_rows(cnf), request.seed)
        for number, rows in enumerate(exchange.rounds(), 1):
            best = rows
            request.step(f"exchanged the least diverse configurations {number} of {ROUNDS} times")
            if request.is_out_of_time():
                break
    except LimitError as error:
        request.note(f"{error}: no configuration is exchanged for one that covers more")
        return replace(found, engine=found.engine or "diverse")
    except KeyboardInterrupt:
        request.note("interrupted: the sample is as it was after the last round")
    return Solutions(best, Stop.COMPLETE)


class _Exchange:
    """A sample whose rows are replaced by better ones.

    Args:
        choices: Gives heaviest solutions.
        possible: The pairs that occur in any configuration.
        rows: The first sample.
        known: Rows over the features that stay.
        seed: Seed of all random choices.
    """

    def __init__(self, choices: Choices, possible: OpenPairs, rows: BoolMatrix, known: BoolMatrix, seed: int) -> None:
        self._choices = choices
        self._features = possible.features
        self._known = known
        self._rows = np.array(rows)
        self._rng = np.random.default_rng(seed)
        self._possible = max(1, len(possible))
        self._floor = FLOOR
        self._pairs = RarePairs(possible, rows[:, : self._features], known, self._rng)

    def rounds(self) -> Iterator[BoolMatrix]:
        """Yield the whole sample after each round, until no pair is open."""
        for _ in range(ROUNDS):
            if not self._pairs.open_count:
                return
            self._round()
            yield np.array(self._rows)

    def _round(self) -> None:
        """Take out the rows of least worth, and fill their places."""
        wanted = len(self._rows) + len(self._known)
        price = self._price(wanted)
        free = self._take_out(max(1, int(len(self._rows) * REPLACED)), price)
        before = self._rows[free]
        pool = Pool(self._features, self._known)
        pool.offer(np.delete(self._rows, free, axis=0), 0, wanted)
        mean = pool.mean_distance()
        while free:
            size = min(_PROPOSALS, 2 * len(free))
            if not self._fill(free, self._proposals(size, pool, price)[: -(-size // 2)], pool, self._floor * mean):
                self._floor *= _RELAXED
                self._fill(free, before, pool, 0)

    def _price(self, size: int) -> float:
        """Return the worth of a pair, on a scale on which one feature is worth from -1 to 1 (see `against`)."""
        selected: Counts = self._rows[:, : self._features].sum(axis=0) + self._known.sum(axis=0)
        mean = mean_distance(selected, size)
        return PRICE * max(1.0, mean) * size * self._pairs.stands_for / (2 * self._possible)

    def _take_out(self, count: int, price: float) -> list[int]:
        """Take out the rows of least worth, and return their places, the first one taken out first."""
        features = self._rows[:, : self._features]
        left = np.arange(len(features))
        selected = features.sum(axis=0) + self._known.sum(axis=0)
        step = -(-count // _STEPS)
        free: list[int] = []
        while len(free) < count:
            worth = features[left] @ against(selected, len(left) + len(self._known)) + price * self._pairs.alone(left)
            worst = left[np.argsort(worth, kind="stable")[: min(step, count - len(free))]]
            for place in worst.tolist():
                self._pairs.remove(place)
                free.append(place)
            selected = selected - features[worst].sum(axis=0)
            left = np.setdiff1d(left, worst, assume_unique=True)
        return free

    def _fill(self, free: list[int], rows: BoolMatrix, pool: Pool, floor: float) -> int:
        """Put rows that are new, and far enough from the others, in free places; return their number."""
        before = len(free)
        for row in rows:
            if free and pool.offer(row[np.newaxis], floor, len(pool) + 1):
                place = free.pop()
                self._rows[place] = row
                self._pairs.put(place, row[: self._features])
        return before - len(free)

    def _proposals(self, size: int, pool: Pool, price: float) -> BoolMatrix:
        """Return new rows, the best first. Each begins with its own anchor, a literal with open pairs."""
        matrix = self._pairs.open_matrix()
        counts: FloatArray = matrix.counts().astype(np.float64)
        if not counts.any():
            return self._rows[:0]
        size = min(size, int(np.count_nonzero(counts)))
        anchors = self._rng.choice(len(counts), size=size, replace=False, p=counts / counts.sum())
        hints = _HINT * counts[:, np.newaxis] * self._rng.uniform(0.5, 1, size=(len(counts), size))
        hints += _ANCHORED * matrix.dense(anchors).T
        noise = self._rng.normal(scale=_NOISE, size=(self._choices.variables, size))
        best, worth = self._rows[:0], np.full(size, -np.inf)
        for _ in range(_CLIMBS):
            weights, noise = noise, np.zeros_like(noise)
            weights[: self._features] += pool.against[:, np.newaxis] + price * (hints[1::2] - hints[0::2])
            weights[anchors >> 1, np.arange(size)] = np.where(anchors & 1, _FORCED, -_FORCED)
            found = self._choices.heaviest(weights)
            literals = self._pairs.literals(found).T
            hints = matrix.times(literals)
            value = found[:, : self._features] @ pool.against + price * (hints * literals).sum(axis=0) / 2
            best = np.where((value > worth)[:, np.newaxis], found, best) if len(best) else found
            worth = np.maximum(worth, value)
        return best[np.argsort(-worth, kind="stable")]
