"""Configurations as rows of truth values, and the sample: distinct ones, with the way they came about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Self

import numpy as np
import numpy.typing as npt

from featurenet_uvl.errors import ModelError

BoolMatrix = npt.NDArray[np.bool_]
"""Truth values, usually of shape (configurations, features)."""


class Stop(Enum):
    """The reason why a sampler stopped."""

    COMPLETE = "complete"
    """The sample has the requested size."""
    EXHAUSTED = "exhausted"
    """No more configurations exist."""
    TIME = "time"
    """The time limit was reached."""
    INTERRUPTED = "interrupted"
    """The user interrupted the sampler."""
    GAVE_UP = "gave-up"
    """More configurations may exist, but the engine finds none."""
    COVERED = "covered"
    """The sample covers everything that it was made to cover; more configurations would add nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Selections:
    """Configurations over the same features: `selected[i, v]` says whether configuration i selects `names[v]`.

    Rows may repeat. The matrix is a read-only copy.

    >>> Selections.of(("App", "Log"), [{"App"}, {"App", "Log"}]).selected.tolist()
    [[True, False], [True, True]]
    """

    names: tuple[str, ...]
    selected: BoolMatrix
    """Shape (configurations, names)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "selected", frozen_matrix(self.selected, len(self.names)))

    @classmethod
    def of(cls, names: Sequence[str], selected: Iterable[Iterable[str]]) -> Selections:
        """Return the configurations that select exactly these names.

        Raises:
            ModelError: A configuration selects a name that is not among `names`, or two names are equal.
        """
        places = {name: place for place, name in enumerate(names)}
        configurations = [set(features) for features in selected]
        matrix = np.zeros((len(configurations), len(names)), dtype=np.bool_)
        for number, chosen in enumerate(configurations, 1):
            for name in sorted(chosen - set(places)):
                raise ModelError(f"configuration {number}: found unknown feature {name!r}, expected one of the model")
            matrix[number - 1, [places[name] for name in chosen]] = True
        result = Selections(tuple(names), matrix)
        result.verify()
        return result

    def verify(self) -> None:
        """Raise ModelError for a name that occurs twice."""
        if len(set(self.names)) < len(self.names):
            raise ModelError("two features of a list of configurations share a name, expected unique names")

    def configurations(self) -> Iterator[tuple[str, ...]]:
        """Yield the names that each configuration selects, in the order of `names`."""
        for row in self.selected:
            yield tuple(self.names[v] for v in np.flatnonzero(row))

    def take(self, names: Sequence[str], columns: Sequence[int]) -> Self:
        """Return the same configurations with the columns of these numbers only, under these names."""
        return replace(self, names=tuple(names), selected=self.selected[:, list(columns)])

    def __len__(self) -> int:
        return int(self.selected.shape[0])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = ([getattr(one, f.name) for f in fields(self) if f.name != "selected"] for one in (self, other))
        return mine == theirs and np.array_equal(self.selected, other.selected)

    __hash__ = None  # type: ignore[assignment]  # a matrix has no hash, and mypy wants a function here


@dataclass(frozen=True, slots=True, eq=False)
class Sample(Selections):
    """Distinct configurations over the feature variables of a formula, and how they came about.

    >>> sample = Sample(("App", "Log"), np.array([[True, False], [True, True]]), "steered", 7, Stop.COMPLETE)
    >>> list(sample.configurations()), sample.is_exhaustive
    ([('App',), ('App', 'Log')], False)
    """

    sampler: str
    """The engine that drew them."""
    seed: int
    stop: Stop
    formula: str = ""
    """Fingerprint of the CNF that they were drawn from; empty if it is not known."""

    @property
    def is_exhaustive(self) -> bool:
        """Whether these are all configurations that exist."""
        return self.stop is Stop.EXHAUSTED

    def after(self, known: BoolMatrix) -> Sample:
        """Return a sample of the known configurations, followed by these."""
        return replace(self, selected=np.concatenate([known, self.selected]))


def frozen_matrix(matrix: BoolMatrix, columns: int | None = None) -> BoolMatrix:
    """Return a read-only copy of a matrix.

    Args:
        matrix: The values.
        columns: The number of columns that it must have; a matrix without rows gets it. None takes any number.

    Raises:
        ValueError: Another number of columns.
    """
    copy = np.array(matrix, dtype=np.bool_, ndmin=2)
    if columns is not None and not copy.size:
        copy = copy.reshape((len(matrix), columns))
    if columns is not None and copy.shape[1] != columns:
        raise ValueError(f"found {copy.shape[1]} columns, expected one for each of {columns} names")
    copy.setflags(write=False)
    return copy
