"""What a sampler returns: solutions of a CNF, and the sample of configurations that they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BoolMatrix = npt.NDArray[np.bool_]

Progress = Callable[[int], None]
"""Is told how many solutions there are so far, after each."""


def _frozen_matrix(matrix: BoolMatrix) -> BoolMatrix:
    copy = np.array(matrix, dtype=np.bool_, ndmin=2)
    copy.setflags(write=False)
    return copy


@dataclass(frozen=True, slots=True, eq=False)
class Solutions:
    """What an engine hands out: complete assignments, auxiliaries included, one row a solution.

    `is_exhaustive` says that no further solution exists, so that fewer were found than were asked for.
    """

    values: BoolMatrix
    is_exhaustive: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _frozen_matrix(self.values))


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Distinct configurations over feature variables: `selected[i, v]` says whether configuration i has `names[v]`.

    The matrix is read-only. `is_exhaustive` says that all configurations are here, because fewer exist than were asked
    for.

    >>> sample = Sample(("App", "Log"), np.array([[True, False], [True, True]]), "steered", 7, False)
    >>> list(sample.configurations())
    [('App',), ('App', 'Log')]
    """

    names: tuple[str, ...]
    selected: BoolMatrix
    sampler: str
    seed: int
    is_exhaustive: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "selected", _frozen_matrix(self.selected))
        if self.selected.shape[1] != len(self.names):
            raise ValueError(
                f"found {self.selected.shape[1]} columns, expected one for each of {len(self.names)} names"
            )

    def __len__(self) -> int:
        return int(self.selected.shape[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sample):
            return NotImplemented
        mine = (self.names, self.sampler, self.seed, self.is_exhaustive)
        theirs = (other.names, other.sampler, other.seed, other.is_exhaustive)
        return mine == theirs and np.array_equal(self.selected, other.selected)

    __hash__ = None  # type: ignore[assignment]  # a matrix has no hash, and mypy wants a function here

    def configurations(self) -> Iterator[tuple[str, ...]]:
        """The selected features of each configuration, by name, in document order."""
        for row in self.selected:
            yield tuple(self.names[v] for v in np.flatnonzero(row))
