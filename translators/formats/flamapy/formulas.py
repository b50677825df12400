"""Formulas to and from flamapy's syntax trees, which are binary and name features and attributes by text.

Only the callers import flamapy: its enumeration of operations is an argument.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import (
    Aggregate,
    AggregateFunction,
    And,
    Arithmetic,
    ArithmeticOperator,
    AttributeRef,
    Call,
    Comparison,
    ComparisonOperator,
    Constant,
    Count,
    Expression,
    FeatureRef,
    Iff,
    Implies,
    Not,
    Or,
    ValueFunction,
    children,
    rebuild,
    walk,
)
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.printer import MAX_CLAUSES, without_count

COMPARISONS: Mapping[str, ComparisonOperator] = {
    "EQUALS": "==",
    "NOT_EQUALS": "!=",
    "LOWER": "<",
    "GREATER": ">",
    "LOWER_EQUALS": "<=",
    "GREATER_EQUALS": ">=",
}
ARITHMETIC: Mapping[str, ArithmeticOperator] = {"ADD": "+", "SUB": "-", "MUL": "*", "DIV": "/"}
AGGREGATES: Mapping[str, AggregateFunction] = {"SUM": "sum", "AVG": "avg"}
CALLS: Mapping[str, ValueFunction] = {"LEN": "len", "FLOOR": "floor", "CEIL": "ceil"}

_NAMES: Mapping[str, str] = {
    sign: name for table in (COMPARISONS, ARITHMETIC, AGGREGATES, CALLS) for name, sign in table.items()
}
_UNARY = ("NOT", *CALLS)


# to flamapy


@dataclass(frozen=True, slots=True)
class NodeMaker:
    """A maker of the nodes of one model; `language` is flamapy's module `core.models.ast`."""

    language: Any
    features: Collection[str]

    def node(self, formula: Expression) -> Any:
        """Return the tree of a formula; mark a conjunction or disjunction that is the first operand of another.

        A `Count` becomes clauses, at most 1,000.

        Raises:
            UnsupportedError: flamapy has no operation for a node; with its place.
        """
        formula = _without_counts(formula)
        done: list[Any] = []
        for current in reversed(list(walk(formula))):
            count = len(children(current))
            operands = list(reversed(done[len(done) - count :])) if count else []
            del done[len(done) - count :]
            done.append(self._made(current, operands))
        return done[0]

    def _made(self, formula: Expression, operands: Sequence[Any]) -> Any:
        match formula:
            case And() | Or():
                return self._chain("AND" if isinstance(formula, And) else "OR", formula, operands)
            case Not():
                return self._operation("NOT", *operands)
            case Implies():
                return self._operation("IMPLIES", *operands)
            case Iff():
                return self._operation("EQUIVALENCE", *operands)
            case Comparison(operator=operator) | Arithmetic(operator=operator):
                return self._operation(_NAMES[operator], *operands)
            case Call(function=function):
                return self._operation(_NAMES[function], *operands)
            case _:
                return self._leaf(formula)

    def _leaf(self, formula: Expression) -> Any:
        kinds = self.language.NodeType
        match formula:
            case Constant(value=int() | float() | str() as value) if not isinstance(value, bool):
                return self.language.Node(value, node_type=kinds.LITERAL)
            case FeatureRef(name=name, indices=None):
                return self.language.Node(name, node_type=kinds.FEATURE)
            case AttributeRef(feature=feature, attribute=attribute, indices=None):
                text = f"{feature}.{attribute}"
                if splits(text, self.features) != [(feature, attribute)]:
                    raise UnsupportedError(
                        f"{formula.span}: found {text!r}, which flamapy cannot tell from another attribute or feature:"
                        " rename the feature"
                    )
                return self.language.Node(text, node_type=kinds.FEATURE)
            case Aggregate(function=function, attribute=attribute, scope=scope, more_scopes=()):
                names = [attribute] if scope is None else [attribute, scope]
                return self._operation(
                    _NAMES[function], *(self.language.Node(name, node_type=kinds.FEATURE) for name in names)
                )
            case _:
                raise UnsupportedError(
                    f"{formula.span}: found {_described(formula)}, which flamapy cannot hold: compile the model first"
                )

    def _chain(self, name: str, formula: Expression, operands: Sequence[Any]) -> Any:
        if not operands:
            raise UnsupportedError(f"{formula.span}: found {_described(formula)}, which flamapy cannot hold")
        if len(operands) > 1 and self._is(operands[0], name):
            operands[0].featurenet_uvl_own = True
        return reduce(lambda left, right: self._operation(name, left, right), operands)

    def _is(self, node: Any, name: str) -> bool:
        return bool(node.data == self.language.ASTOperation[name])

    def _operation(self, name: str, *operands: Any) -> Any:
        return self.language.Node(
            self.language.ASTOperation[name], *operands, node_type=self.language.NodeType.OPERATOR
        )


def _described(formula: Expression) -> str:
    match formula:
        case Constant(value=value):
            return f"the truth value {str(value).lower()}"
        case FeatureRef(name=name) | AttributeRef(feature=name):
            return f"an instance of {name!r}"
        case Aggregate(function=function):
            return f"{function}() over several subtrees"
        case And() | Or():
            return f"an empty {type(formula).__name__}"
        case _:
            return type(formula).__name__


def _without_counts(formula: Expression) -> Expression:
    return rebuild(formula, lambda node: _spelt_out(node) if isinstance(node, Count) else node)


def _spelt_out(node: Count) -> Expression:
    formula = without_count(node)
    if formula is None:
        upper = len(node.operands) if node.upper is None else node.upper
        raise UnsupportedError(
            f"{node.span}: found a count [{node.lower}..{upper}] of {len(node.operands)} operands, which flamapy cannot"
            f" hold: expected at most {MAX_CLAUSES:,} clauses, and a bound"
        )
    return formula


# from flamapy


@dataclass(frozen=True, slots=True)
class FormulaMaker:
    """A maker of formulas from the nodes of one model.

    `features` and `attributes` are the names of the model; `place` is for messages.
    """

    features: Collection[str]
    attributes: Collection[str]
    place: Span

    def formula(self, root: Any) -> Expression:
        """Return the formula of a tree; a chain of one connective to the left is one node, unless it is marked as its
        own.

        Raises:
            ModelError: An operand is missing, or a name is no feature or attribute of the model.
            UnsupportedError: An operation has no meaning here.
        """
        done: dict[int, Expression] = {}
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            node, is_ready = stack.pop()
            if node is None:
                raise ModelError(f"{self.place}: found an empty constraint, expected a formula")
            operands = self._operands(node)
            if is_ready:
                done[id(node)] = self._made(node, [done[id(operand)] for operand in operands])
            else:
                stack.append((node, True))
                stack.extend((operand, False) for operand in operands)
        return done[id(root)]

    def _operands(self, node: Any) -> list[Any]:
        """Return the operands to translate: those of the whole chain for a connective, none for an aggregate."""
        name = _operation(node)
        if name is None or name in AGGREGATES:
            return []
        if name in _UNARY:  # the AFM reader puts the operand of NOT to the right
            return self._present(node, [node.left if node.left is not None else node.right])
        chain = [node.right]
        first = node.left
        while name in ("AND", "OR") and _operation(first) == name and not getattr(first, "featurenet_uvl_own", False):
            chain.append(first.right)
            first = first.left
        return self._present(node, [first, *reversed(chain)])

    def _present(self, node: Any, operands: list[Any]) -> list[Any]:
        if any(operand is None for operand in operands):
            raise ModelError(f"{self.place}: found {node.data.value} without an operand, expected {len(operands)}")
        return operands

    def _made(self, node: Any, operands: list[Expression]) -> Expression:
        name = _operation(node)
        match name:
            case None:
                return self._leaf(node)
            case "AND":
                return And(tuple(operands), self.place)
            case "OR":
                return Or(tuple(operands), self.place)
            case "NOT":
                return Not(operands[0], self.place)
            case "IMPLIES" | "REQUIRES":
                return Implies(operands[0], operands[1], self.place)
            case "EQUIVALENCE":
                return Iff(operands[0], operands[1], self.place)
            case "EXCLUDES":
                return Implies(operands[0], Not(operands[1], self.place), self.place)
            case "XOR":
                return Not(Iff(operands[0], operands[1], self.place), self.place)
            case _:
                return self._value(name, node, operands)

    def _value(self, name: str, node: Any, operands: list[Expression]) -> Expression:
        if name in COMPARISONS:
            return Comparison(COMPARISONS[name], operands[0], operands[1], self.place)
        if name in ARITHMETIC:
            return Arithmetic(ARITHMETIC[name], operands[0], operands[1], self.place)
        if name in CALLS:
            return Call(CALLS[name], operands[0], self.place)
        if name in AGGREGATES:
            return self._aggregate(AGGREGATES[name], node)
        raise UnsupportedError(f"{self.place}: found the operation {name}, which has no meaning here")

    def _aggregate(self, function: AggregateFunction, node: Any) -> Expression:
        attribute, scope = (None if side is None else str(side.data) for side in (node.left, node.right))
        if attribute is None or attribute not in self.attributes:
            raise UnsupportedError(
                f"{self.place}: found {function} of {attribute!r}, expected an attribute of some feature"
            )
        if scope is not None and scope not in self.features:
            raise ModelError(f"{self.place}: found unknown feature {scope!r} in {function}, expected one of the model")
        return Aggregate(function, attribute, scope, self.place)

    def _leaf(self, node: Any) -> Expression:
        data = node.data
        is_literal = node.node_type is not None and node.node_type.name == "LITERAL"
        if is_literal or isinstance(data, bool | int | float):
            return Constant(data, self.place)
        if not isinstance(data, str):
            raise ModelError(f"{self.place}: found {data!r} in a constraint, expected a feature, number or text")
        if data in self.features:
            return FeatureRef(data, None, self.place)
        if node.node_type is None and len(data) > 1 and data[0] == data[-1] == "'":
            return Constant(data[1:-1], self.place)
        found = splits(data, self.features)
        if len(found) != 1:
            raise ModelError(f"{self.place}: found unknown feature {data!r} in a constraint, expected one of the model")
        return AttributeRef(*found[0], None, self.place)


def splits(text: str, features: Collection[str]) -> list[tuple[str, str]]:
    """Return the ways to read a text as an attribute of a feature; it is unclear unless there is exactly one.

    >>> splits("A.size", {"A"}), splits("M.2.size", {"M", "M.2"}), splits("M.2", {"M", "M.2"})
    ([('A', 'size')], [('M', '2.size'), ('M.2', 'size')], [])
    """
    if text in features:
        return []
    dots = [position for position, letter in enumerate(text) if letter == "."]
    return [(text[:dot], text[dot + 1 :]) for dot in dots if text[:dot] in features]


def _operation(node: Any) -> str | None:
    """Return the name of a node's operation, None for a leaf."""
    return node.data.name if node is not None and node.is_op() else None
