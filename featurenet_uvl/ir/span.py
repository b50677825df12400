"""Origins in the user's files: the place of a node, and the part of a model that demands a clause."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from featurenet_uvl.errors import ModelError


class Span(NamedTuple):
    """A place in a file: lines and columns count from 1; 0 means that the format gives none.

    A tuple, because every node has one: a frozen dataclass takes three times as long to make.

    >>> str(Span("dnn.uvl", 3, 9))
    'dnn.uvl:3:9'
    """

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return f"{self.path}:{self.line}" + (f":{self.column}" if self.column else "")


NOWHERE = Span("<built>")
"""The span of nodes that no file holds, as in tests and models built in Python."""


class SourceKind(Enum):
    """The kind of the part of a model that demands a clause."""

    FEATURE = "feature"
    """The place of a feature in the tree: it needs its parent, and a further instance needs the one before."""
    GROUP = "group"
    """The number of members that a selected parent has."""
    CONSTRAINT = "constraint"
    DEFINITION = "definition"
    """An auxiliary variable that stands for a part of a constraint; constraints with an equal part share it."""
    RULE = "rule"
    """A rule set that the model switches on."""


class Source(NamedTuple):
    """A part of the source model, with its place.

    `name` is the feature, the parent of the group, or the rule set; features carry the names of their instances. For
    constraints and definitions it is empty, and `number` is the constraint's position in the source model, from 0.

    A tuple like `Span`, because every feature and every constraint of a model has one.

    >>> print(Source(SourceKind.GROUP, Span("dnn.uvl", 3, 9), "Net"))
    group of Net at dnn.uvl:3:9
    >>> print(Source(SourceKind.CONSTRAINT, Span("dnn.uvl", 81, 2)))
    constraint at dnn.uvl:81:2
    """

    kind: SourceKind
    span: Span
    name: str = ""
    number: int = 0

    def __str__(self) -> str:
        joint = " of " if self.kind is SourceKind.GROUP else " "
        return f"{self.kind.value}{joint if self.name else ''}{self.name} at {self.span}"


@dataclass(frozen=True, slots=True)
class ClauseSources:
    """The source of every clause of a formula, in runs, because a source's clauses follow each other.

    The clauses of `sources[i]` end before position `ends[i]`, and begin at `ends[i - 1]`, the first ones at 0.
    """

    sources: Sequence[Source]
    ends: Sequence[int]

    def __len__(self) -> int:
        """Return the number of clauses."""
        return self.ends[-1] if self.ends else 0

    def __getitem__(self, position: int) -> Source:
        """Return the source of the clause at this position, from 0."""
        if not 0 <= position < len(self):
            raise IndexError(position)
        return self.sources[bisect_right(self.ends, position)]

    def runs(self) -> Iterator[tuple[Source, range]]:
        """Yield each source with the positions of its clauses; a source may come more than once."""
        for source, (start, end) in zip(self.sources, pairwise((0, *self.ends)), strict=True):
            yield source, range(start, end)

    def verify(self, clause_count: int) -> None:
        """Raise ModelError unless each of this many clauses has exactly one source."""
        if len(self) != clause_count:
            raise ModelError(f"found sources of {len(self)} clauses, expected those of {clause_count}")
        if len(self.sources) != len(self.ends) or any(one >= other for one, other in pairwise((0, *self.ends))):
            raise ModelError("the sources of clauses are out of order")
