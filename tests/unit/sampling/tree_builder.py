"""Small feature trees as CNFs, for tests of samplers."""

from __future__ import annotations

import itertools

from featurenet_uvl.ir.cnf import Cnf, VarMap


class TreeBuilder:
    """Features and clauses of a feature tree, in document order."""

    def __init__(self) -> None:
        self.features = 1
        self.clauses: list[tuple[int, ...]] = [(1,)]

    def child(self, parent: int, *, mandatory: bool = False) -> int:
        self.features += 1
        self.clauses.append((-self.features, parent))
        if mandatory:
            self.clauses.append((-parent, self.features))
        return self.features

    def alternative(self, parent: int, size: int) -> list[int]:
        members = [self.child(parent) for _ in range(size)]
        self.clauses.append((-parent, *members))
        self.clauses.extend((-a, -b) for a, b in itertools.combinations(members, 2))
        return members

    def array(self, parent: int, size: int) -> list[int]:
        """Add elements 1 to size, of which the first is mandatory; return their variables."""
        elements = [self.child(parent, mandatory=not i) for i in range(size)]
        self.clauses.extend((-b, a) for a, b in itertools.pairwise(elements))
        return elements

    def cnf(self) -> Cnf:
        names = [f"f{i}" for i in range(1, self.features + 1)]
        return Cnf(VarMap.from_names(names), tuple(self.clauses))
