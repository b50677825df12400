"""FeatureIDE's rule elements and formulas, in both directions, without recursion: formulas may be thousands deep."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from xml.sax.saxutils import escape

from lxml import etree

from featurenet_uvl.ir.expression import And, Constant, Count, Expression, FeatureRef, Iff, Implies, Not, Or, walk
from featurenet_uvl.translators.formats.xml.document import Document, check_attributes, text_of

FORMULA_TAGS = ("var", "not", "conj", "disj", "imp", "eq", "atmost1")
_EXACT_OPERANDS = {"not": 1, "imp": 2, "eq": 2}


def read_formula(document: Document, top: etree._Element, names: Collection[str]) -> Expression:
    """Return the formula of an element; report its mistakes to the document, and put a placeholder in their place."""
    elements: list[etree._Element] = []
    stack = [top]
    while stack:
        element = stack.pop()
        elements.append(element)
        if element.tag != "var":
            stack.extend(child for child in element if _is_formula(document, child))
    built: dict[etree._Element, Expression] = {}
    for element in reversed(elements):
        built[element] = _node(document, element, built, names)
    return built[top]


def _is_formula(document: Document, element: etree._Element) -> bool:
    if element.tag in FORMULA_TAGS:
        return True
    document.report(element, f"found <{element.tag}> in a formula, expected one of {', '.join(FORMULA_TAGS)}")
    return False


def _node(
    document: Document, element: etree._Element, built: dict[etree._Element, Expression], names: Collection[str]
) -> Expression:
    span = document.place(element)
    check_attributes(document, element, ())
    if element.tag == "var":
        name = text_of(document, element)
        if name not in names:
            document.report(
                element, f"found the unknown feature {name!r} in a rule, expected a name of the tree, verbatim"
            )
        return FeatureRef(name, span=span)
    operands = tuple(built[child] for child in element if child in built)
    wanted = _EXACT_OPERANDS.get(element.tag)
    if len(operands) != wanted if wanted is not None else not operands:
        expected = f"expected {wanted}" if wanted else "expected at least 1"
        if len(element) == len(operands):  # else a missing operand has been reported already
            document.report(element, f"<{element.tag}> has {len(operands)} operands, {expected}")
        return Constant(True, span=span)
    match element.tag:
        case "not":
            return Not(operands[0], span=span)
        case "conj":
            return And(operands, span=span)
        case "disj":
            return Or(operands, span=span)
        case "imp":
            return Implies(operands[0], operands[1], span=span)
        case "eq":
            return Iff(operands[0], operands[1], span=span)
    return Count(0, 1, operands, span=span)


def is_rule(formula: Expression) -> bool:
    """Whether FeatureIDE's rule elements can express the formula."""
    for node in walk(formula):
        match node:
            case FeatureRef(indices=None) | Not() | Implies() | Iff():
                pass
            case And(operands=operands) | Or(operands=operands) | Count(lower=0, upper=1, operands=operands):
                if not operands:
                    return False
            case _:
                return False
    return True


def format_formula(formula: Expression, depth: int) -> Iterator[str]:
    """Yield the lines of a formula for which `is_rule` holds, indented by `depth` tabs, without line ends."""
    stack: list[tuple[int, Expression | str]] = [(depth, formula)]
    while stack:
        depth, node = stack.pop()
        indent = "\t" * depth
        if isinstance(node, str):
            yield f"{indent}</{node}>"
        elif isinstance(node, FeatureRef):
            yield f"{indent}<var>{escape(node.name)}</var>"
        else:
            tag, operands = _parts(node)
            yield f"{indent}<{tag}>"
            stack.append((depth, tag))
            stack.extend((depth + 1, operand) for operand in reversed(operands))


def _parts(node: Expression) -> tuple[str, tuple[Expression, ...]]:
    match node:
        case Not(operand=operand):
            return "not", (operand,)
        case And(operands=operands):
            return "conj", operands
        case Or(operands=operands):
            return "disj", operands
        case Implies(left=left, right=right):
            return "imp", (left, right)
        case Iff(left=left, right=right):
            return "eq", (left, right)
        case Count(lower=0, upper=1, operands=operands):
            return "atmost1", operands
    raise AssertionError(f"no rule element for {type(node).__name__}; is_rule should have refused it")
