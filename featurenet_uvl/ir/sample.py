"""The sample: distinct configurations over the features, and how they came about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import numpy.typing as npt

BoolMatrix = npt.NDArray[np.bool_]


class Stop(Enum):
    """Why a sampler stopped."""

    COMPLETE = "complete"
    """There are as many as were asked for."""
    EXHAUSTED = "exhausted"
    """No more exist."""
    TIME = "time"
    """The time limit was reached."""
    INTERRUPTED = "interrupted"
    """The user wanted no more."""
    GAVE_UP = "gave-up"
    """More may exist, but the engine finds none."""
    COVERED = "covered"
    """The sample covers what it was made to cover; more would add nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Distinct configurations over feature variables: `selected[i, v]` says whether configuration i has `names[v]`.

    The matrix is read-only. `sampler` is the engine that really ran, `stop` says why there are no more. `formula` is
    the fingerprint of the CNF that it was drawn from, empty where that is not known.

    >>> sample = Sample(("App", "Log"), np.array([[True, False], [True, True]]), "steered", 7, Stop.COMPLETE)
    >>> list(sample.configurations()), sample.is_exhaustive
    ([('App',), ('App', 'Log')], False)
    """

    names: tuple[str, ...]
    selected: BoolMatrix
    sampler: str
    seed: int
    stop: Stop
    formula: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "selected", frozen_matrix(self.selected))
        if self.selected.shape[1] != len(self.names):
            raise ValueError(
                f"found {self.selected.shape[1]} columns, expected one for each of {len(self.names)} names"
            )

    @property
    def is_exhaustive(self) -> bool:
        """Whether all configurations are here, because fewer exist than were asked for."""
        return self.stop is Stop.EXHAUSTED

    def __len__(self) -> int:
        return int(self.selected.shape[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sample):
            return NotImplemented
        mine = (self.names, self.sampler, self.seed, self.stop, self.formula)
        theirs = (other.names, other.sampler, other.seed, other.stop, other.formula)
        return mine == theirs and np.array_equal(self.selected, other.selected)

    __hash__ = None  # type: ignore[assignment]  # a matrix has no hash, and mypy wants a function here

    def configurations(self) -> Iterator[tuple[str, ...]]:
        """The selected features of each configuration, by name, in document order."""
        for row in self.selected:
            yield tuple(self.names[v] for v in np.flatnonzero(row))

    def after(self, known: BoolMatrix) -> Sample:
        """The known configurations, and then these."""
        return replace(self, selected=np.concatenate([known, self.selected]))


def frozen_matrix(matrix: BoolMatrix) -> BoolMatrix:
    """A copy of a matrix that nobody can write to."""
    copy = np.array(matrix, dtype=np.bool_, ndmin=2)
    copy.setflags(write=False)
    return copy
