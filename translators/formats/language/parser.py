"""Constraints as text: UVL's formulas, and the indexed ones of the array-based semantics.

Precedence from loosest to tightest is `<=>  =>  |  &  !`, then comparisons, `+ -`, `* /`; all binary operators are
left associative, a comparison does not chain. A chain `a & b & c` is one `And`; parentheses keep operands apart. Both
directions are iterative: a formula may be thousands of operators deep.

Indexed constraints differ in this: `F[b,c+1]` and `F.a[b,c]` name instances, `exists(k, f)`, `atmost(2, k, f)`,
`atleast(..)`, `exactly(..)` bind k, a minus never belongs to a number, an unquoted bare name as a value is an index
variable, and a bare name in double quotes as a value is a text (UVL's strings cannot hold the single quote).

Source: parser grammar of uvl-parser 2.5; for indices and quantifiers see `featurenet_uvl.ir.expression`.
"""

from __future__ import annotations

from typing import cast, get_args

from featurenet_uvl.errors import ReadError, UnsupportedError
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
    Expression,
    FeatureRef,
    Iff,
    Implies,
    IndexVariable,
    Not,
    Or,
    Quantified,
    Quantifier,
    ValueFunction,
)
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.plain_formulas import read_plain_formula
from featurenet_uvl.translators.formats.language.printer import COMPARISON, PRECEDENCE, format_expression
from featurenet_uvl.translators.formats.language.tokens import FUNCTION_KEYWORDS, STRICT_NAME, Token, Tokens

__all__ = ["format_expression", "parse_formula", "read_formula"]

_QUANTIFIERS: tuple[str, ...] = get_args(Quantifier)


def parse_formula(text: str, span: Span, *, indexed: bool = False, alias: tuple[str, ...] = ()) -> Expression:
    """Read a text that holds one formula and nothing else.

    Args:
        text: A constraint without comments; line breaks count as blanks.
        span: The place of its first character.
        indexed: Whether it is an indexed constraint.
        alias: Parts to take off the front of references, as in `d.Block` with the alias `("d",)`.

    Raises:
        ReadError: The text is no formula; the message has the exact place.
        UnsupportedError: `sum` or `avg` over the attribute of one feature, which has no agreed meaning.

    >>> from featurenet_uvl.ir.span import NOWHERE
    >>> format_expression(parse_formula("(a&b) => !c", NOWHERE))
    'a & b => !c'
    """
    if not indexed:
        plain = read_plain_formula(text, span)  # its names have no dots, so an alias takes nothing off them
        if plain is not None:
            return plain
    tokens = Tokens(text, span, indexed=indexed)
    formula = read_formula(tokens, indexed=indexed, alias=alias)
    if tokens.peek().kind != "end":
        raise tokens.unexpected("an operator or the end")
    return formula


def read_formula(tokens: Tokens, *, indexed: bool = False, alias: tuple[str, ...] = ()) -> Expression:
    """Read the formula that starts at the next token; the position is then after it."""
    return _Parser(tokens, indexed, alias).formula()


class _Operand:
    """A finished part of the formula and the kinds of node it can stand for.

    A chain of `&` or `|` also has its operands so far.
    """

    __slots__ = ("chain", "is_formula", "is_term", "node", "operator", "token")

    def __init__(self, node: Expression, token: Token, *, is_formula: bool = False, is_term: bool = False) -> None:
        self.node = node
        self.token = token
        self.is_formula = is_formula
        self.is_term = is_term
        self.operator = ""
        self.chain: list[Expression] = []

    def finished(self) -> Expression:
        """Return the node, with its chain closed."""
        if self.chain:
            kind = And if self.operator == "&" else Or
            self.node, self.chain = kind(tuple(self.chain), self.node.span), []
        return self.node


class _Parser:
    """A parser after Dijkstra with two stacks: one of operands, one of operators, open parentheses and quantifiers."""

    def __init__(self, tokens: Tokens, indexed: bool, alias: tuple[str, ...]) -> None:
        self._tokens = tokens
        self._indexed = indexed
        self._alias = alias
        self._operands: list[_Operand] = []
        self._operators: list[Token] = []
        self._quantifiers: list[Quantified] = []
        self._open = 0

    def formula(self) -> Expression:
        return self._as_formula(self._parse(), "")

    def index(self) -> Expression:
        """Read an arithmetic expression over index variables and numbers."""
        return self._as_term(self._parse(), "as an index")

    def _parse(self) -> _Operand:
        while True:
            self._read_operand()
            while self._open and self._tokens.peek().kind == ")":
                self._close(self._tokens.take())
            token = self._tokens.peek()
            if token.kind not in PRECEDENCE or token.kind == "!":
                break
            if self._operators:
                self._reduce(PRECEDENCE[token.kind])
            self._operators.append(self._tokens.take())
        if self._open:
            raise self._tokens.unexpected("an operator or ')'")
        self._reduce(0)
        return self._operands.pop()

    def _read_operand(self) -> None:
        """Read the prefixes (`!`, `(`, quantifiers) of an operand, then the operand itself."""
        while True:
            token = self._tokens.peek()
            if token.kind == "(":
                self._open += 1
            elif self._indexed and token.text in _QUANTIFIERS and self._tokens.peek(1).kind == "(":
                self._read_quantifier()
                continue
            elif token.kind != "!":
                break
            self._operators.append(self._tokens.take())
        self._operands.append(self._primary(token))

    def _read_quantifier(self) -> None:
        token = self._tokens.take()
        self._tokens.take()
        number = 1
        if token.text != "exists":
            found = self._tokens.expect("number", f"the number of {token.text}(number, variable, formula)")
            if "." in found.text:
                raise ReadError(f"{self._tokens.place(found.offset)}: found {found}, expected a whole number")
            number = int(self._tokens.number(found))
            self._tokens.expect(",")
        variable = self._tokens.expect("name", "an index variable")
        self._tokens.expect(",")
        place = self._tokens.place(token.offset)
        self._quantifiers.append(
            Quantified(cast(Quantifier, token.text), number, variable.text, Constant(True, place), place)
        )
        self._operators.append(Token("quantifier", token.text, token.offset))
        self._open += 1

    def _close(self, closing: Token) -> None:
        """Make everything since the opening of a `)` one operand."""
        self._reduce(0)
        opening, operand = self._operators.pop(), self._operands[-1]
        operand.finished()
        operand.token = opening
        self._open -= 1
        if opening.kind == "quantifier":
            head, body = self._quantifiers.pop(), self._as_formula(self._operands.pop(), f"in {opening.text}(...)")
            node = Quantified(head.quantifier, head.number, head.variable, body, head.span)
            self._operands.append(_Operand(node, opening, is_formula=True))

    def _reduce(self, precedence: int) -> None:
        """Apply the operators on the stack, down to the last opening, that bind at least as tightly."""
        while self._operators and PRECEDENCE.get(self._operators[-1].kind, -1) >= max(precedence, 1):
            operator, right = self._operators.pop(), self._operands.pop()
            if operator.kind == "!":
                node = Not(self._as_formula(right, "after '!'"), self._tokens.place(operator.offset))
                self._operands.append(_Operand(node, operator, is_formula=True))
            else:
                self._operands.append(self._binary(operator.kind, self._operands.pop(), right))

    def _binary(self, operator: str, left: _Operand, right: _Operand) -> _Operand:
        before, after = "left of ", "right of "
        if PRECEDENCE[operator] >= COMPARISON:
            first, second = self._as_term(left, before, operator), self._as_term(right, after, operator)
            if PRECEDENCE[operator] == COMPARISON:
                comparison = Comparison(cast(ComparisonOperator, operator), first, second, first.span)
                return _Operand(comparison, left.token, is_formula=True)
            arithmetic = Arithmetic(cast(ArithmeticOperator, operator), first, second, first.span)
            return _Operand(arithmetic, left.token, is_term=True)
        if operator in "&|" and left.operator == operator and left.chain:
            left.chain.append(self._as_formula(right, after, operator))
            return left
        first, second = self._as_formula(left, before, operator), self._as_formula(right, after, operator)
        if operator in "&|":
            operand = _Operand(first, left.token, is_formula=True)
            operand.operator, operand.chain = operator, [first, second]
            return operand
        kind = Implies if operator == "=>" else Iff
        return _Operand(kind(first, second, first.span), left.token, is_formula=True)

    def _as_formula(self, operand: _Operand, where: str, operator: str = "") -> Expression:
        if operand.is_formula:
            return operand.finished() if operand.chain else operand.node
        raise self._wrong_kind(operand, "a value", "a formula", where, operator)

    def _as_term(self, operand: _Operand, where: str, operator: str = "") -> Expression:
        node = operand.finished()
        if not operand.is_term:
            raise self._wrong_kind(operand, "a formula", "a value", where, operator)
        if self._indexed and isinstance(node, FeatureRef) and node.indices is None:
            if not STRICT_NAME.fullmatch(node.name):
                raise self._wrong_kind(
                    operand, f'name "{node.name}"', "an index variable, which has no quotes,", where, operator
                )
            return IndexVariable(node.name, node.span)
        return node

    def _wrong_kind(self, operand: _Operand, found: str, expected: str, where: str, operator: str) -> ReadError:
        place, beside = self._tokens.place(operand.token.offset), repr(operator) if operator else ""
        return ReadError(f"{place}: found {found}, expected {expected} {where}{beside}".rstrip())

    def _primary(self, token: Token) -> _Operand:
        if token.kind == "name":
            return _Operand(self._reference(), token, is_formula=True, is_term=True)
        place = self._tokens.place(token.offset)
        match token.kind:
            case "number":
                return _Operand(Constant(self._tokens.number(self._tokens.take()), place), token, is_term=True)
            case "text":
                return _Operand(Constant(self._tokens.take().text, place), token, is_term=True)
            case "-" if self._indexed and self._tokens.peek(1).kind == "number":
                self._tokens.take()
                return _Operand(Constant(-self._tokens.number(self._tokens.take()), place), token, is_term=True)
            case "keyword" if token.text in FUNCTION_KEYWORDS:
                return _Operand(self._function(self._tokens.take(), place), token, is_term=True)
            case "quoted" if self._indexed and self._is_text():
                return _Operand(Constant(self._tokens.take().text, place), token, is_term=True)
            case "keyword" if token.text in ("true", "false"):
                raise ReadError(
                    f"{place}: found {token.text!r}, expected a formula: UVL has no truth values in constraints"
                )
            case _:
                return _Operand(self._reference(), token, is_formula=True, is_term=True)

    def _is_text(self) -> bool:
        """Whether a quoted name in an indexed constraint is a value: it is beside a comparison, and no dot or index
        follows.
        """
        following = PRECEDENCE.get(self._tokens.peek(1).kind, 0)
        previous = PRECEDENCE.get(self._operators[-1].kind, 0) if self._operators else 0
        return self._tokens.peek(1).kind not in (".", "[") and COMPARISON in (following, previous)

    def _reference(self) -> FeatureRef | AttributeRef:
        parts, place = self._tokens.reference("a name, value, '!' or '('")
        names = [part.text for part in parts]
        size = len(self._alias)
        if size and len(names) > size and tuple(names[:size]) == self._alias:
            names = names[size:]
        indices = self._indices() if self._indexed and self._tokens.peek().kind == "[" else None
        if len(names) == 1:
            return FeatureRef(names[0], indices, place)
        return AttributeRef(names[0], ".".join(names[1:]), indices, place)

    def _indices(self) -> tuple[Expression, ...]:
        self._tokens.take()
        indices: list[Expression] = []
        while not self._tokens.take_if("]"):
            if indices:
                self._tokens.expect(",", "',' or ']'")
            indices.append(_IndexParser(self._tokens, True, ()).index())
        return tuple(indices)

    def _function(self, token: Token, place: Span) -> Expression:
        """Read the arguments of a call whose name is already taken."""
        self._tokens.expect("(")
        if token.text not in get_args(AggregateFunction):
            argument = self._reference()
            self._tokens.expect(")")
            return Call(cast(ValueFunction, token.text), argument, place)
        attribute = self._aggregated(token)
        scope = self._scope() if self._tokens.take_if(",") else None
        self._tokens.expect(")", "',' or ')'" if scope is None else "')'")
        return Aggregate(cast(AggregateFunction, token.text), attribute, scope, place)

    def _scope(self) -> str:
        """Read the feature after the comma; a dotted one belongs to an import."""
        reference = self._reference()
        if reference.indices is not None:
            raise UnsupportedError(f"{reference.span}: found an indexed feature as a scope, expected a feature")
        return reference.name if isinstance(reference, FeatureRef) else f"{reference.feature}.{reference.attribute}"

    def _aggregated(self, function: Token) -> str:
        match self._reference():
            case FeatureRef(name=name, indices=None):
                return name
            case reference:
                found = reference.attribute if isinstance(reference, AttributeRef) else "an indexed feature"
                raise UnsupportedError(
                    f"{reference.span}: found {function.text} of {found!r} at one feature, expected the name of an"
                    f" attribute, {function.text}(attribute) or {function.text}(attribute, Feature)"
                )


class _IndexParser(_Parser):
    """A parser for the inside of `[...]`: only index variables, whole numbers and arithmetic."""

    def _primary(self, token: Token) -> _Operand:
        if token.kind == "name":
            self._tokens.take()
            variable = IndexVariable(token.text, self._tokens.place(token.offset))
            return _Operand(variable, token, is_term=True)
        if (token.kind == "number" and "." not in token.text) or token.kind == "-":
            return super()._primary(token)
        raise self._tokens.unexpected("an index: a variable, a whole number, or a sum of such")
