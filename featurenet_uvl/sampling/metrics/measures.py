"""All metrics of a sample together: distances and their share of the largest possible ones, coverage, sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import isinf
from typing import Any

from featurenet_uvl.analysis.diagram import Diagram
from featurenet_uvl.analysis.exact_model import MAX_NODES, ExactModel, exact_model
from featurenet_uvl.errors import LimitError, ToolError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix
from featurenet_uvl.sampling.metrics.distance_bound import Limit, mean_distance_limit
from featurenet_uvl.sampling.metrics.distance_bound_by_programs import HullLimit, hull_limit
from featurenet_uvl.sampling.metrics.distances import Diversity, diversity
from featurenet_uvl.sampling.pairs.coverage import TIME_LIMIT_S, Coverable, Coverage, coverage, find_coverable
from featurenet_uvl.sampling.pairs.covered import covered_pairs
from featurenet_uvl.sampling.pairs.possible_by_diagram import MAX_BYTES
from featurenet_uvl.sampling.pairs.possible_by_solver import PAIR_LIMITS, PairLimits


@dataclass(frozen=True, slots=True)
class Measures:
    """The metrics of one sample.

    `covered` is the number of pairs of literals that it covers. `coverage` relates those of open features to the pairs
    that can be covered, and `limit` bounds the mean distance of any sample of this size; both are None if the model is
    unknown or too hard.
    """

    diversity: Diversity
    covered: int
    coverage: Coverage | None = None
    limit: Limit | None = None

    @property
    def share_of_limit(self) -> float | None:
        """Lower bound of the mean distance as a share of the largest possible one."""
        mean = self.diversity.mean_distance
        return None if mean is None or self.limit is None else self.limit.share(mean)

    def to_json(self) -> dict[str, Any]:
        """Return one value per entry; None for a value that is not known."""
        found = self.coverage
        return {
            **asdict(self.diversity),
            "largest_mean_distance": None if self.limit is None else self.limit.upper,
            "largest_mean_gap": None if self.limit is None or isinf(self.limit.gap) else self.limit.gap,
            "share_of_limit": self.share_of_limit,
            "covered_pairs": self.covered if found is None else found.covered,
            "coverable_pairs": None if found is None else found.coverable,
            "undecided_pairs": None if found is None else found.undecided,
            "pairwise_coverage": None if found is None else found.share,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """Limits that a model puts on any sample, as far as they are known. `notes` say why one is unknown.

    `hull` bounds distances if the formula has no diagram.
    """

    coverable: Coverable | None
    model: ExactModel | None
    notes: tuple[str, ...] = ()
    hull: HullLimit | None = None

    def limit(self, features: int, count: int) -> Limit | None:
        """Return the bound of the mean distance of `count` configurations; None for fewer than two, or if unknown."""
        if count < 2:
            return None
        if self.model is not None:
            return mean_distance_limit(self.model.choices, features, count)
        return None if self.hull is None else self.hull.at(count)


def explore(
    cnf: Cnf,
    known: BoolMatrix,
    time_limit_s: float = TIME_LIMIT_S,
    on_step: Callable[[str], None] = lambda text: None,
    max_nodes: int = MAX_NODES,
    pair_limits: PairLimits = PAIR_LIMITS,
    max_pair_bytes: int = MAX_BYTES,
) -> Landscape:
    """Return the limits that a CNF puts on any sample.

    Args:
        cnf: The formula; it has a solution.
        known: Configurations of it, at least one.
        time_limit_s: Seconds for the diagram; without one, again for the bound of distances and for the pairs.
        on_step: Receives each step that may take that long, before it begins.
        max_nodes: Largest number of nodes of the diagram.
        pair_limits: Sizes of the search for pairs by a SAT solver.
        max_pair_bytes: Largest size of the search for pairs by the diagram.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> import numpy as np
    >>> cnf = Cnf(VarMap.from_names(["App", "Log", "Net"]), ((1,), (-3, 2)))
    >>> explore(cnf, np.array([[True, True, False]])).coverable.pairs
    3
    """
    notes: list[str] = []
    model = coverable = hull = None
    try:
        model = exact_model(cnf, time_limit_s, max_nodes)
    except LimitError as error:
        on_step("bounding the mean distance by integer programs")
        try:
            hull = hull_limit(cnf, known, time_limit_s)
            notes.append(f"{error}: the largest possible mean distance is bounded by integer programs")
        except ToolError as missing:
            notes.append(f"{error}: the largest possible mean distance is unknown: {missing}")
    on_step("looking for the pairs that can be covered")
    try:
        diagram = None if model is None else model.diagram
        coverable = _coverable(cnf, known, time_limit_s, diagram, pair_limits, max_pair_bytes)
    except LimitError as error:
        notes.append(f"which pairs can be covered is unknown: {error}")
    if coverable is not None and coverable.undecided:
        notes.append(f"{coverable.undecided:,} pairs were not decided within {time_limit_s:g} s and count as coverable")
    return Landscape(coverable, model, tuple(notes), hull)


def _coverable(
    cnf: Cnf, known: BoolMatrix, time_limit_s: float, diagram: Diagram | None, limits: PairLimits, max_bytes: int
) -> Coverable:
    """Return the coverable pairs by the diagram, or by a SAT solver if that takes too much memory."""
    if diagram is not None:
        try:
            return find_coverable(cnf, known, diagram=diagram, max_bytes=max_bytes)
        except LimitError:
            return find_coverable(cnf, known, time_limit_s, limits=limits)
    return find_coverable(cnf, known, time_limit_s, limits=limits)


def measure(selected: BoolMatrix, landscape: Landscape | None = None) -> Measures:
    """Return the metrics of a sample: one row per configuration, one column per feature of the model.

    Raises:
        UsageError: The sample has no configuration.
    """
    found = diversity(selected)
    limit = None if landscape is None else landscape.limit(found.features, found.count)
    if landscape is None or landscape.coverable is None:
        return Measures(found, covered_pairs(selected), None, limit)
    covered = coverage(selected, landscape.coverable)
    return Measures(found, covered.covered, covered, limit)


def format_measures(names: Sequence[str], measures: Sequence[Measures]) -> str:
    """Return a table for people: one line per metric, one column per sample.

    >>> import numpy as np
    >>> sample = np.array([[True, False], [True, True]])
    >>> print(format_measures(["a"], [measure(sample)]))
                         a
    configurations       2
    distinct             2
    features             2
    mean distance        0.5000
    of the limit         unknown
    nearest, mean        0.5000
    nearest, minimum     0.5000
    pairwise coverage    2 pairs
    selected features    1 to 2
    selected, median     1.5
    """
    columns = [("", *_ROWS), *((name, *_cells(m)) for name, m in zip(names, measures, strict=True))]
    widths = [max(map(len, column)) for column in columns]
    lines = ["    ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in zip(*columns)]
    return "\n".join(lines)


_ROWS = (
    "configurations",
    "distinct",
    "features",
    "mean distance",
    "of the limit",
    "nearest, mean",
    "nearest, minimum",
    "pairwise coverage",
    "selected features",
    "selected, median",
)


def _cells(m: Measures) -> tuple[str, ...]:
    d = m.diversity
    share = m.share_of_limit
    return (
        f"{d.count:,}",
        f"{d.distinct:,}",
        f"{d.features:,}",
        _distance(d.mean_distance),
        "unknown" if share is None or m.limit is None else f"{share:.4f} (+{m.limit.gap:.4f})",
        _distance(d.nearest_mean),
        _distance(d.minimum),
        _coverage(m),
        f"{d.size_min:,} to {d.size_max:,}",
        f"{d.size_median:g}",
    )


def _distance(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _coverage(m: Measures) -> str:
    """Return the share if it is known; never rounded up to all pairs."""
    found = m.coverage
    if found is None:
        return f"{m.covered:,} pairs"
    if found.covered == found.coverable and found.is_exact:
        return "1 (all pairs)"
    share = min(f"{found.share:.4f}", "0.9999")
    return share if found.is_exact else f"at least {share}"
