"""A formula in conjunctive normal form whose first variables are the features."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from featurenet_uvl.errors import ModelError
from featurenet_uvl.ir.feature_model import Origin
from featurenet_uvl.ir.span import ClauseSources

AUXILIARY_PREFIX = "__aux_"


@dataclass(frozen=True, slots=True)
class VarMap:
    """Variable i (from 1) is `names[i - 1]`; the first `feature_count` are features, the rest auxiliaries.

    `origins` has one entry per feature if the CNF was compiled here, and is empty if it was read from a file.
    `abstract` names the features that are abstract in the model; it is empty if the CNF was read from a file.
    `numbers` has the number of each variable in the file that the CNF was read from; it is empty if that is i.
    """

    names: tuple[str, ...]
    feature_count: int
    origins: tuple[Origin, ...] = ()
    abstract: frozenset[str] = frozenset()
    numbers: tuple[int, ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.names[: self.feature_count]

    @classmethod
    def from_names(cls, names: Sequence[str]) -> VarMap:
        """Return the variables of a DIMACS file with these names: trailing `__aux_<n>` are auxiliaries."""
        count = len(names)
        while count and names[count - 1].startswith(AUXILIARY_PREFIX):
            count -= 1
        return cls(tuple(names), count)


@dataclass(frozen=True, slots=True)
class Cnf:
    """Clauses of non-zero literals over `variables`; the features determine every auxiliary variable.

    So the number of models equals the number of configurations, without projection. If `is_projected`, as in a file
    that shows some of its variables, the features may leave auxiliaries open: a configuration is then an assignment to
    the features that has at least one model.

    `sources` says which part of the source model demands each clause. It is None for a formula that was read from a
    file. Both are no part of equality or of the fingerprint, since the configurations are the same.
    """

    variables: VarMap
    clauses: tuple[tuple[int, ...], ...]
    sources: ClauseSources | None = field(default=None, compare=False)
    is_projected: bool = field(default=False, compare=False)

    def with_clauses(self, further: Iterable[tuple[int, ...]]) -> Cnf:
        """Return the formula with further clauses, which no model demands: the result has no sources."""
        return replace(self, clauses=(*self.clauses, *further), sources=None)

    def verify(self) -> None:
        """Raise ModelError for a literal out of range, a repeated name, or origins or sources that do not fit."""
        count = len(self.variables)
        for number, clause in enumerate(self.clauses, 1):
            if any(literal == 0 or abs(literal) > count for literal in clause):
                raise ModelError(f"clause {number}: found {clause}, expected literals within 1..{count}")
        if len(set(self.variables.names)) < count:
            raise ModelError("two variables of the CNF share a name")
        if self.variables.origins and len(self.variables.origins) != self.variables.feature_count:
            raise ModelError("the CNF has not one origin per feature")
        if self.sources is not None:
            self.sources.verify(len(self.clauses))

    def fingerprint(self) -> str:
        """Return a key of names and clauses, equal for equal formulas in any process: SHA-256 of both, 16 hex digits.

        >>> Cnf(VarMap.from_names(["App"]), ((1,),)).fingerprint()
        'f25737deea34ce62'
        """
        digest = hashlib.sha256("\n".join(self.variables.names).encode("utf-8", "surrogatepass"))
        digest.update(f"\n{self.variables.feature_count}\n".encode())
        digest.update("\n".join(" ".join(map(str, clause)) for clause in self.clauses).encode())
        return digest.hexdigest()[:16]

    def sample_fingerprint(self) -> str:
        """Return the fingerprint that a sample carries: empty if the file of the formula has other numbers.

        A sample without it cannot be written as numbers without the file, which would be other numbers.
        """
        return "" if self.variables.numbers else self.fingerprint()

    def is_satisfied_by(self, positive: Iterable[int]) -> bool:
        """Return whether the assignment that makes exactly these variables true satisfies every clause."""
        true = set(positive)
        return all(any((literal > 0) == (abs(literal) in true) for literal in clause) for clause in self.clauses)
