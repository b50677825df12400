"""Feature models as UVL, in one canonical spelling: the same model gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.expression import (
    Aggregate,
    Arithmetic,
    AttributeRef,
    Call,
    Constant,
    Expression,
    FeatureRef,
    IndexVariable,
    Quantified,
    walk,
)
from featurenet_uvl.ir.feature_model import (
    Attribute,
    AttributeValue,
    Constraint,
    Feature,
    FeatureModel,
    FeatureType,
    Group,
    GroupKind,
)
from featurenet_uvl.ir.span import NOWHERE, Span
from featurenet_uvl.translators.formats.expression_format import format_expression
from featurenet_uvl.translators.formats.uvl_features import ARRAY_CONSTRAINTS
from featurenet_uvl.translators.formats.uvl_tokens import format_name, format_path, format_value

_NEW_LINE = "\n\t\t\t"
"""Before each indexed constraint: they are long."""


def write_uvl(model: FeatureModel) -> str:
    """The model as UVL text; `read_uvl` reads an equal model back.

    Indexed constraints stand in the root's attribute `array_constraints`, all others in the section `constraints`; but
    plain ones that precede an indexed one stand in an attribute `constraints` of the root: the order is kept. What
    features stand for (`Feature.origin`) is the translators' own knowledge and no part of the text. A `Count` is spelt
    out, and an `And` or `Or` of one operand becomes this operand; those come back as the formulas that were written.

    Raises:
        ModelError: The model breaks an invariant.
        UnsupportedError: UVL has no place for something: a note, a rule's description, a name or text that it cannot
            quote, a formula without a spelling; the message names it and its place.

    >>> write_uvl(FeatureModel(Feature("Net", is_abstract=True))).split()
    ['features', 'Net', '{abstract}']
    """
    model.verify()
    for note, _ in model.notes:
        raise UnsupportedError(f"{model.root.span}: found the note {note!r} of the model, which UVL cannot hold")
    count = max((number for number, c in enumerate(model.constraints, 1) if c.is_indexed), default=0)
    lines = [f"namespace {format_path(model.namespace, NOWHERE)}", ""] if model.namespace is not None else []
    lines += ["features", *_tree(model.root, _root_constraints(model.constraints[:count]))]
    if model.constraints[count:]:
        lines += ["", "constraints", *(f"\t{_formula(constraint)}" for constraint in model.constraints[count:])]
    return "\n".join(lines) + "\n"


def _tree(root: Feature, root_entries: list[str]) -> Iterator[str]:
    stack: list[tuple[int, Feature | Group]] = [(1, root)]
    while stack:
        depth, node = stack.pop()
        if isinstance(node, Feature):
            text = _feature(node, root_entries if node is root else [])
            stack.extend((depth + 1, group) for group in reversed(node.groups))
        else:
            is_counted = node.kind is GroupKind.CARDINALITY
            text = str(node.cardinality) if is_counted else node.kind.value
            stack.extend((depth + 1, member) for member in reversed(node.members))
        yield "\t" * depth + text


def _feature(feature: Feature, more_entries: list[str]) -> str:
    for note, _ in feature.notes:
        raise UnsupportedError(
            f"{feature.span}: found the note {note!r} of feature {feature.name!r}, which UVL cannot hold"
        )
    text = format_name(feature.name, feature.span)
    if feature.type is not FeatureType.BOOLEAN:
        text = f"{feature.type.value} {text}"
    if feature.cardinality is not None:
        text += f" cardinality {feature.cardinality}"
    entries = ["abstract"] if feature.is_abstract else []
    entries += [_attribute(feature, attribute) for attribute in feature.attributes]
    entries += more_entries
    return f"{text} {{{', '.join(entries)}}}" if entries else text


def _attribute(feature: Feature, attribute: Attribute) -> str:
    span = attribute.span
    if attribute.name in ("abstract", ARRAY_CONSTRAINTS):
        raise UnsupportedError(
            f"{span}: found attribute {attribute.name!r} of feature {feature.name!r}, expected another name:"
            " this one has a meaning of its own"
        )
    name = format_name(attribute.name, span)
    if attribute.domain is not None:
        default = f", default {format_value(attribute.default, span)}" if attribute.default is not None else ""
        return f"{name} {{domain {_vector(attribute.domain, span)}{default}}}"
    value = attribute.value
    if value is None:
        return name
    if isinstance(value, Mapping) and isinstance(value.get("domain"), tuple):
        raise UnsupportedError(
            f"{span}: found a constant {feature.name}.{attribute.name} with a vector 'domain' in it, expected another"
            " name: it would read as configurable"
        )
    return f"{name} {_value(value, span)}"


def _value(value: AttributeValue, span: Span) -> str:
    if isinstance(value, tuple):
        return _vector(value, span)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{format_name(key, span)} {_value(inner, span)}' for key, inner in value.items())}}}"
    return format_value(value, span)


def _vector(values: tuple[AttributeValue, ...], span: Span) -> str:
    # A whole number alone in brackets reads as a cardinality, [ 1] does not.
    blank = " " if len(values) == 1 and isinstance(values[0], int) else ""
    return f"[{blank}{', '.join(_value(value, span) for value in values)}]"


def _root_constraints(constraints: tuple[Constraint, ...]) -> list[str]:
    """Attributes for constraints in a row of each kind."""
    entries: list[str] = []
    for is_indexed, run in groupby(constraints, key=lambda constraint: constraint.is_indexed):
        if is_indexed:
            texts = [format_value(_formula(constraint), constraint.span) for constraint in run]
            entries.append(f"{ARRAY_CONSTRAINTS} [{_NEW_LINE}{f',{_NEW_LINE}'.join(texts)}]")
        else:
            entries.append(f"constraints [{', '.join(_formula(constraint) for constraint in run)}]")
    return entries


def _formula(constraint: Constraint) -> str:
    if constraint.description:
        raise UnsupportedError(
            f"{constraint.span}: found a constraint with the description {constraint.description!r},"
            " which UVL cannot hold"
        )
    if isinstance(constraint.formula, Constant | Arithmetic | Aggregate | Call | IndexVariable):
        kind = type(constraint.formula).__name__
        raise UnsupportedError(
            f"{constraint.span}: found {kind} as a constraint, expected a formula that UVL can write"
        )
    if not constraint.is_indexed:
        for node in walk(constraint.formula):
            if _is_indexed_only(node):
                raise UnsupportedError(
                    f"{node.span}: found {type(node).__name__} with indices in an ordinary constraint,"
                    " expected it in an indexed one"
                )
    return format_expression(constraint.formula, indexed=constraint.is_indexed)


def _is_indexed_only(node: Expression) -> bool:
    match node:
        case IndexVariable() | Quantified():
            return True
        case FeatureRef(indices=indices) | AttributeRef(indices=indices):
            return indices is not None
        case _:
            return False
