"""Constraint formulas: propositional, arithmetic and indexed.

The nodes say only what was written: passes resolve the names. N-ary `And` and `Or` keep the operands in the order of
the text; `a => b => c` is `Implies(Implies(a, b), c)`, as in UVL.

Source: the UVL grammar (uvl-parser 2.5) for everything but indices and quantifiers. These are the array-based semantics
after Cordy, Schobbens, Heymans and Legay, "Beyond Boolean product-line model checking", ICSE 2013.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from featurenet_uvl.ir.span import NOWHERE, Span

Value: TypeAlias = bool | int | float | str
"""A constant: the value of an attribute, or an operand of a comparison."""

ComparisonOperator: TypeAlias = Literal["==", "!=", "<", ">", "<=", ">="]
ArithmeticOperator: TypeAlias = Literal["+", "-", "*", "/"]
AggregateFunction: TypeAlias = Literal["sum", "avg"]
ValueFunction: TypeAlias = Literal["len", "floor", "ceil"]
Quantifier: TypeAlias = Literal["exists", "atmost", "atleast", "exactly"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text or a truth value. As a formula, only `True` and `False` make sense; passes create those."""

    value: Value
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class FeatureRef:
    """A feature: as a proposition, that it is selected; within arithmetic, the value of a typed feature.

    `indices` is None for a plain reference; `F[b,c+1]` has one arithmetic expression per index, outermost first.
    """

    name: str
    indices: tuple[Expression, ...] | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class AttributeRef:
    """The value of an attribute of a feature: `F.a`, or `F.a[b,c]` for one instance of F."""

    feature: str
    attribute: str
    indices: tuple[Expression, ...] | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class IndexVariable:
    """A variable of an indexed constraint, free (universally quantified over its range) or bound by a `Quantified`."""

    name: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """True when its operand is false."""

    operand: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """True when all operands are; an empty one is true."""

    operands: tuple[Expression, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """True when some operand is; an empty one is false."""

    operands: tuple[Expression, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Implies:
    """False only when the left side is true and the right side is false."""

    left: Expression
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Iff:
    """True when both sides have the same truth value."""

    left: Expression
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Count:
    """True when the number of true operands lies in `[lower, upper]`; `upper` None means no limit.

    FeatureIDE's `atmost1` and the expansion of `atmost(n, k, ...)` are such nodes.
    """

    lower: int
    upper: int | None
    operands: tuple[Expression, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values compared; `featurenet_uvl.reference` says what a missing value means."""

    operator: ComparisonOperator
    left: Expression
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A sum, difference, product or quotient of two values."""

    operator: ArithmeticOperator
    left: Expression
    right: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`sum(a)` or `avg(a)` over all selected instances, or `sum(a, F)` over those in the subtree of F.

    `more_scopes` are further subtrees that count, too; only unfolding makes them, from a multi-feature F.
    """

    function: AggregateFunction
    attribute: str
    scope: str | None = None
    span: Span = field(default=NOWHERE, compare=False)
    more_scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """`len(x)`, `floor(x)` or `ceil(x)` of one value."""

    function: ValueFunction
    argument: Expression
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Quantified:
    """A bound on the number of k for which body is true: `exists(k, body)`, `atmost(n, k, body)`, `atleast`, `exactly`.

    `number` is 1 for `exists`, which means `atleast(1, k, body)`.
    """

    quantifier: Quantifier
    number: int
    variable: str
    body: Expression
    span: Span = field(default=NOWHERE, compare=False)


Expression: TypeAlias = (
    Constant
    | FeatureRef
    | AttributeRef
    | IndexVariable
    | Not
    | And
    | Or
    | Implies
    | Iff
    | Count
    | Comparison
    | Arithmetic
    | Aggregate
    | Call
    | Quantified
)


_OPERANDS: Mapping[type, Callable[[Any], tuple[Expression, ...]]] = MappingProxyType(
    {
        **dict.fromkeys((And, Or, Count), lambda node: node.operands),
        **dict.fromkeys((Implies, Iff, Comparison, Arithmetic), lambda node: (node.left, node.right)),
        **dict.fromkeys((FeatureRef, AttributeRef), lambda node: node.indices or ()),
        **dict.fromkeys((Constant, IndexVariable, Aggregate), lambda node: ()),
        Not: lambda node: (node.operand,),
        Quantified: lambda node: (node.body,),
        Call: lambda node: (node.argument,),
    }
)


def children(node: Expression) -> tuple[Expression, ...]:
    """Return the direct operands of a node, indices included, in the order of the text."""
    return _OPERANDS[type(node)](node)


def walk(node: Expression) -> Iterator[Expression]:
    """Yield the node and everything below it, parents first, without recursion: formulas may be thousands deep."""
    stack: list[Expression] = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def with_children(node: Expression, new: tuple[Expression, ...]) -> Expression:
    """Return the node over other operands, given in the order of `children`; itself if none of them has changed."""
    old = children(node)
    if not old or all(map(operator.is_, new, old)):
        return node
    match node:
        case And(span=span):
            return And(new, span)
        case Or(span=span):
            return Or(new, span)
        case Count(lower=lower, upper=upper, span=span):
            return Count(lower, upper, new, span)
        case Not(span=span):
            return Not(new[0], span)
        case Implies(span=span):
            return Implies(new[0], new[1], span)
        case Iff(span=span):
            return Iff(new[0], new[1], span)
        case Comparison(operator=comparison, span=span):
            return Comparison(comparison, new[0], new[1], span)
        case Arithmetic(operator=arithmetic, span=span):
            return Arithmetic(arithmetic, new[0], new[1], span)
        case Call(function=function, span=span):
            return Call(function, new[0], span)
        case Quantified(quantifier=quantifier, number=number, variable=variable, span=span):
            return Quantified(quantifier, number, variable, new[0], span)
        case FeatureRef(name=name, span=span):
            return FeatureRef(name, new, span)
        case AttributeRef(feature=feature, attribute=attribute, span=span):
            return AttributeRef(feature, attribute, new, span)
        case Constant() | IndexVariable() | Aggregate():
            return node


def rebuild(node: Expression, step: Callable[[Expression], Expression]) -> Expression:
    """Return the formula with `step` applied to every node, operands first, without recursion.

    `step` gets a node whose operands are already rebuilt, and returns the node for its place.
    """
    order = list(walk(node))
    done: list[Expression] = []  # results of complete subtrees, in reverse order of the text
    for current in reversed(order):
        count = len(children(current))
        operands = tuple(reversed(done[len(done) - count :])) if count else ()
        del done[len(done) - count :]
        done.append(step(with_children(current, operands)))
    return done[0]


_CONNECTIVES = frozenset({Not, And, Or, Implies, Iff, Count})


def plain_features(formula: Expression) -> set[str] | None:
    """Return the features of a formula of connectives over references without indices; None for any other formula."""
    names: set[str] = set()
    stack = [formula]
    while stack:
        node = stack.pop()
        if isinstance(node, FeatureRef):
            if node.indices is not None:
                return None
            names.add(node.name)
        elif type(node) in _CONNECTIVES:
            stack.extend(children(node))
        else:
            return None
    return names
