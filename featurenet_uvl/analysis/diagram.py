"""Decision diagrams: all solutions of a CNF at once, as flat arrays."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from featurenet_uvl.analysis.one_completion import one_completion
from featurenet_uvl.analysis.order import apart_order, document_order
from featurenet_uvl.analysis.simplify import simplified
from featurenet_uvl.errors import LimitError
from featurenet_uvl.ir.cnf import Cnf

IntArray = npt.NDArray[np.int64]

FALSE, TRUE = 0, 1
"""Nodes of the two constants."""
MAX_NODES = 2_000_000
"""Default of the largest number of nodes while a diagram is built; each takes some 40 bytes in CUDD."""
TIME_LIMIT_S = 60.0
"""Default of the seconds for building a diagram."""
_CHECK_CLAUSES = 100
"""Clauses between two counts of the nodes, each of which takes CUDD a millisecond. Unlike a clock, a count ends the
construction at the same clause on every machine.
"""
_MIN_BYTES, _VARIABLE_BYTES, _NODE_BYTES = 20_000_000, 1 << 12, 150
_CACHE, _CACHE_NODES, _ENTRY_BYTES = (1 << 18, 1 << 23), 2, 32
"""CUDD's memory limit: bytes for the start, per variable and per node; smallest and largest number of cache entries,
entries per node, and bytes per entry. Unlike a timeout, it stops an exploding conjunction at the same point on every
machine.
"""
_MAX_LITERALS = 50_000
"""Largest number of literals of a formula that is tried in a second order: it has helped no larger one, and takes
seconds.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Diagram:
    """A reduced ordered binary decision diagram without complement edges.

    Node 0 is false, node 1 is true, both on level `len(order)`. Every other node tests the variable of its level, and
    leads to `low` if it is false, to `high` if it is true. Children have smaller numbers than their parents, and a node
    of a smaller level never has a smaller number than one of a larger level: the nodes from 2 on run from the bottom to
    the top. An edge may skip levels: the variables between its ends may have any value. An edge to node 0 leads to no
    solution; every other node leads to at least one.
    """

    order: tuple[int, ...]
    """Variable of each level, from the top; every variable of the CNF has a level."""
    level: IntArray
    low: IntArray
    high: IntArray
    root: int

    def __len__(self) -> int:
        return len(self.level)

    @property
    def is_satisfiable(self) -> bool:
        """Whether a solution exists."""
        return self.root != FALSE


Watch = Callable[[], None]
"""Function that is called again and again while a diagram is built; what it raises ends the construction."""


def unwatched() -> None:
    """Do nothing: nobody watches."""


def build_diagram(
    cnf: Cnf, time_limit_s: float = TIME_LIMIT_S, max_nodes: int = MAX_NODES, watch: Watch = unwatched
) -> Diagram:
    """Return the diagram of a CNF: in document order, or if that makes it too large, with independent parts apart.

    The clauses are conjoined bottom-up: those of the last variables first. Of a projected CNF, the diagram has one
    solution per configuration, so that counts and draws are those of configurations.

    Source: Bryant, "Graph-based algorithms for Boolean function manipulation", IEEE Transactions on Computers, 1986.

    Args:
        cnf: The formula.
        time_limit_s: Seconds for all of it.
        max_nodes: Largest number of nodes at any time.
        watch: Called again and again, at least once per clause.

    Raises:
        TooManyNodesError: The diagram needs more nodes.
        NoDiagramsError: CUDD is not installed.
        LimitError: It needs more time.

    >>> from featurenet_uvl.ir.cnf import VarMap
    >>> diagram = build_diagram(Cnf(VarMap.from_names(("App", "Log", "Net")), ((1,), (-2, 1))))
    >>> diagram.order, diagram.level.tolist(), diagram.low.tolist(), diagram.high.tolist(), diagram.root
    ((1, 2, 3), [3, 3, 0], [0, 1, 0], [0, 1, 1], 2)
    """
    limits = _Limits(time.monotonic() + time_limit_s, time_limit_s, max_nodes, watch)
    order = document_order(cnf)
    try:
        return _flat(_conjoined(cnf, cnf.clauses, order, limits), order, limits)
    except TooManyNodesError:
        if sum(map(len, cnf.clauses)) > _MAX_LITERALS:
            raise
    return _apart(cnf, limits)


class TooManyNodesError(LimitError):
    """A diagram grows too large while it is built, on every machine alike. Another order may help."""


class NoDiagramsError(LimitError):
    """No diagram can be built, as dd has no CUDD for this machine. Callers do without, as if it were too large."""


def has_diagrams() -> bool:
    """Whether CUDD can be found: dd has it only for Linux on x86-64."""
    try:
        return importlib.util.find_spec("dd.cudd") is not None
    except ImportError:  # no dd either
        return False


@dataclass(frozen=True, slots=True)
class _Limits:
    deadline: float
    time_limit_s: float
    max_nodes: int
    watch: Watch = unwatched
    check_clauses: int = _CHECK_CLAUSES

    def check_time(self) -> None:
        self.watch()
        if time.monotonic() > self.deadline:
            raise LimitError(f"found no decision diagram within {self.time_limit_s:.3g} s")

    def check_nodes(self, nodes: int) -> None:
        if nodes > self.max_nodes:
            raise TooManyNodesError(f"found {nodes:,} nodes of a decision diagram, expected at most {self.max_nodes:,}")


def _apart(cnf: Cnf, limits: _Limits) -> Diagram:
    """Return the diagram of the simplified clauses, in which parts that share no clause stand apart."""
    simple = simplified(cnf)
    order = apart_order(simple)
    return _flat(_conjoined(cnf, (*simple.clauses, *simple.definitions()), order, limits), order, limits)


def _conjoined(cnf: Cnf, clauses: Iterable[tuple[int, ...]], order: Sequence[int], limits: _Limits) -> Any:
    """Return the diagram of clauses that are equivalent to those of a CNF."""
    names = {variable: f"v{variable}" for variable in order}
    manager = _manager(limits, len(order))
    manager.declare(*(names[variable] for variable in order))
    try:
        diagram = _product(manager, clauses, names, order, limits)
        if cnf.is_projected:
            hidden = [names[variable] for variable in order if variable > cnf.variables.feature_count]
            diagram = one_completion(manager, diagram, hidden, limits.check_time)
    except ValueError:  # dd raises it at CUDD's max_memory
        raise TooManyNodesError(
            f"found a decision diagram that takes more memory than one of {limits.max_nodes:,} nodes, the largest that"
            " is built"
        ) from None
    limits.check_nodes(len(manager))
    return diagram


def _manager(limits: _Limits, variables: int) -> Any:
    try:
        from dd import cudd
    except ImportError:
        raise NoDiagramsError("found no dd.cudd, which decision diagrams need") from None
    smallest, largest = _CACHE
    entries = max(smallest, min(largest, _CACHE_NODES * limits.max_nodes))
    manager = cudd.BDD(memory_estimate=1 << 30, initial_cache_size=smallest)
    manager.configure(
        reordering=False,
        max_cache_hard=entries,
        max_memory=_MIN_BYTES
        + _VARIABLE_BYTES * variables
        + _ENTRY_BYTES * (entries - smallest)
        + _NODE_BYTES * limits.max_nodes,
    )
    return manager


def _product(
    manager: Any, clauses: Iterable[tuple[int, ...]], names: dict[int, str], order: Sequence[int], limits: _Limits
) -> Any:
    """Return the conjunction of the clauses, from the bottom of the order to its top."""
    level = {variable: place for place, variable in enumerate(order)}
    below_first = sorted(clauses, key=lambda clause: -min((level[abs(lit)] for lit in clause), default=0))
    diagram = manager.true
    for number, clause in enumerate(below_first, 1):
        diagram = diagram & _disjunction(manager, clause, names, level)
        if number % limits.check_clauses == 0:
            limits.check_nodes(len(manager))
        limits.check_time()
    return diagram


def _disjunction(manager: Any, clause: tuple[int, ...], names: dict[int, str], level: dict[int, int]) -> Any:
    disjunction = manager.false
    for literal in sorted(clause, key=lambda lit: -level[abs(lit)]):
        variable = manager.var(names[abs(literal)])
        disjunction = (variable if literal > 0 else ~variable) | disjunction
    return disjunction


def _flat(root: Any, order: tuple[int, ...], limits: _Limits) -> Diagram:
    """Return the reachable nodes as arrays, once per sign with which they are reached, so that no edge negates."""
    found = _signed_nodes(root, _shared_nodes(root), limits)
    signed = sorted(found, key=lambda node: -found[node][0])  # stable: by level, then as they were found
    numbers = {node: number for number, node in enumerate(signed, 2)}
    true = _regular(root.bdd.true)
    numbers[2 * true], numbers[2 * true + 1] = TRUE, FALSE
    bottom = len(order)
    table = np.array(
        [(bottom, FALSE, FALSE), (bottom, TRUE, TRUE)]
        + [(level, numbers[low], numbers[high]) for level, low, high in map(found.__getitem__, signed)],
        dtype=np.int64,
    )
    level, low, high = (np.ascontiguousarray(column) for column in table.T)
    for column in (level, low, high):
        column.setflags(write=False)
    return Diagram(order, level, low, high, numbers[_signed(root)])


_Edges = dict[int, tuple[int, int, int]]
"""By node: its level, and the targets of low and high, each twice the number of a node, plus 1 if the edge negates."""


def _shared_nodes(root: Any) -> _Edges:
    edges: _Edges = {}
    stack = [root]
    while stack:
        function = stack.pop()
        node = _regular(function)
        if node in edges or function.var is None:
            continue
        level, low, high = root.bdd.succ(function)
        edges[node] = (level, _signed(low), _signed(high))
        stack.append(low)
        stack.append(high)
    return edges


def _signed_nodes(root: Any, edges: _Edges, limits: _Limits) -> _Edges:
    """Return the edges of every node and sign that the root reaches, with the sign pushed down."""
    found: _Edges = {}
    stack = [_signed(root)]
    while stack:
        signed = stack.pop()
        if signed in found or signed >> 1 not in edges:
            continue
        sign = signed & 1
        level, low, high = edges[signed >> 1]
        found[signed] = (level, low ^ sign, high ^ sign)
        stack.append(low ^ sign)
        stack.append(high ^ sign)
    limits.check_time()
    limits.check_nodes(len(found))
    return found


def _signed(function: Any) -> int:
    return 2 * _regular(function) + int(function.negated)


def _regular(function: Any) -> int:
    """Return the number of the node that an edge leads to, whether or not the edge negates."""
    return int(~function) if function.negated else int(function)
