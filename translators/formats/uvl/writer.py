"""Feature models as UVL in one canonical spelling: the same model gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import groupby

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.comments import NO_COMMENTS
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
    Constraint,
    Feature,
    FeatureModel,
    FeatureType,
    Group,
    GroupKind,
)
from featurenet_uvl.ir.span import NOWHERE
from featurenet_uvl.translators.formats.language.attribute_values import format_attribute_value, format_vector
from featurenet_uvl.translators.formats.language.printer import format_expression
from featurenet_uvl.translators.formats.language.tokens import format_name, format_path
from featurenet_uvl.translators.formats.language.values import format_value
from featurenet_uvl.translators.formats.shared.losses import attempt, with_writable_names
from featurenet_uvl.translators.formats.uvl.comments import bracketed, comment_lines, commented
from featurenet_uvl.translators.formats.uvl.features import ARRAY_CONSTRAINTS
from featurenet_uvl.translators.formats.uvl.notes import (
    FEATURE_NOTES,
    MODEL_NOTES,
    NOTE_ATTRIBUTES,
    constraint_notes,
    format_notes,
)

_INDENT = "\t\t\t"
"""The text before each indexed constraint, which is long enough for a line of its own."""


def write_uvl(model: FeatureModel, losses: list[str] | None = None) -> str:
    """Write the model as UVL text; `read_uvl` reads an equal model back.

    The root's attribute `array_constraints` holds the indexed constraints, the section `constraints` all others; but
    plain ones that precede an indexed one stand in an attribute `constraints` of the root, which keeps the order.
    Notes and
    descriptions stand in attributes that `uvl.notes` explains. `Feature.origin` is the translators' own knowledge
    and no
    part of the text. A `Count` in a formula with arithmetic becomes clauses, and an `And` or `Or` of one operand
    becomes
    this operand; they come back as the formulas that were written.

    Args:
        model: The model to write.
        losses: If given, content for which UVL has no place is left out, or renamed, and adds a line here.

    Raises:
        ModelError: The model breaks an invariant.
        UnsupportedError: UVL has no place for something: a name that it cannot quote, a formula without a spelling; the
            message names it and its place.

    >>> write_uvl(FeatureModel(Feature("Net", is_abstract=True))).split()
    ['features', 'Net', '{abstract}']
    """
    model.verify()
    model = with_writable_names(model, nearest_name, losses)
    formulas = [(c, attempt(partial(_formula, c), losses, "the constraint is left out")) for c in model.constraints]
    written = [(constraint, text) for constraint, text in formulas if text is not None]
    count = max((number for number, (c, _) in enumerate(written, 1) if c.is_indexed), default=0)
    namespace = attempt(partial(_namespace, model), losses, "left out")
    place = model.root.span
    lines = list(comment_lines(model.comments.before, "", place))
    lines += [namespace, ""] if namespace else []
    entries = [*_model_notes(model, [c for c, _ in written]), *_root_constraints(written[:count])]
    lines += ["features", *_tree(model.root, entries, losses)]
    if written[count:]:
        lines += ["", "constraints"]
        lines += (line for c, text in written[count:] for line in commented(text, c.comments, "\t", c.span))
    lines += comment_lines(model.comments.after, "", place)
    return "\n".join(lines) + "\n"


def nearest_name(name: str) -> str:
    """Return the name, or the nearest one that UVL can spell.

    >>> nearest_name("M.2 SSD"), nearest_name("sum")
    ('M_2 SSD', 'sum')
    """
    return re.sub('[".\r\n\0\ufeff]', "_", name) or "_"


def _namespace(model: FeatureModel) -> str | None:
    return None if model.namespace is None else f"namespace {format_path(model.namespace, NOWHERE)}"


def _model_notes(model: FeatureModel, constraints: list[Constraint]) -> list[str]:
    notes = [*model.notes, *constraint_notes(constraints)]
    return [format_notes(MODEL_NOTES, notes)] if notes else []


def _tree(root: Feature, root_entries: list[str], losses: list[str] | None) -> Iterator[str]:
    stack: list[tuple[int, Feature | Group]] = [(1, root)]
    while stack:
        depth, node = stack.pop()
        if isinstance(node, Feature):
            text = _feature(node, root_entries if node is root else [], "\t" * depth, losses)
            stack.extend((depth + 1, group) for group in reversed(node.groups))
        else:
            is_counted = node.kind is GroupKind.CARDINALITY
            text = str(node.cardinality) if is_counted else node.kind.value
            stack.extend((depth + 1, member) for member in reversed(node.members))
        yield from commented(text, node.comments, "\t" * depth, node.span)


def _feature(feature: Feature, more_entries: list[str], indent: str, losses: list[str] | None) -> str:
    text = format_name(feature.name, feature.span)
    if feature.type is not FeatureType.BOOLEAN:
        text = f"{feature.type.value} {text}"
    if feature.cardinality is not None:
        text += f" cardinality {feature.cardinality}"
    entries = [("abstract", NO_COMMENTS)] if feature.is_abstract else []
    for attribute in feature.attributes:
        written = attempt(partial(_attribute, feature, attribute), losses, "left out")
        if written is not None:
            entries.append((written, attribute.comments))
    if feature.notes:
        entries.append((format_notes(FEATURE_NOTES, feature.notes), NO_COMMENTS))
    entries += [(entry, NO_COMMENTS) for entry in more_entries]
    return f"{text} {bracketed('{}', entries, indent, feature.span)}" if entries else text


def _attribute(feature: Feature, attribute: Attribute) -> str:
    span = attribute.span
    if attribute.name in ("abstract", ARRAY_CONSTRAINTS, *NOTE_ATTRIBUTES):
        raise UnsupportedError(
            f"{span}: found attribute {attribute.name!r} of feature {feature.name!r}, expected another name:"
            " this one has a meaning of its own"
        )
    name = format_name(attribute.name, span)
    if attribute.domain is not None:
        first = attribute.default
        default = "" if first is None else f", default {format_attribute_value(first, span)}"
        return f"{name} {{domain {format_vector(attribute.domain, span)}{default}}}"
    value = attribute.value
    if value is None:
        return name
    if isinstance(value, Mapping) and isinstance(value.get("domain"), tuple):
        raise UnsupportedError(
            f"{span}: found a constant {feature.name}.{attribute.name} with a vector 'domain' in it, expected another"
            " name: it would read as configurable"
        )
    return f"{name} {format_attribute_value(value, span)}"


def _root_constraints(constraints: list[tuple[Constraint, str]]) -> list[str]:
    """Return the attributes that hold constraints, one per run of the same kind."""
    entries: list[str] = []
    for is_indexed, run in groupby(constraints, key=lambda pair: pair[0].is_indexed):
        texts = [(f"'{text}'" if is_indexed else text, c.comments) for c, text in run]
        if not is_indexed:
            entries.append(f"constraints {bracketed('[]', texts, _INDENT[:-1], NOWHERE)}")
        elif any(any(comments) for _, comments in texts):
            entries.append(f"{ARRAY_CONSTRAINTS} {bracketed('[]', texts, _INDENT[:-1], NOWHERE)}")
        else:
            separator = f",\n{_INDENT}"
            entries.append(f"{ARRAY_CONSTRAINTS} [\n{_INDENT}{separator.join(text for text, _ in texts)}]")
    return entries


def _formula(constraint: Constraint) -> str:
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
    text = format_expression(constraint.formula, indexed=constraint.is_indexed)
    return format_value(text, constraint.span)[1:-1] if constraint.is_indexed else text


def _is_indexed_only(node: Expression) -> bool:
    match node:
        case IndexVariable() | Quantified():
            return True
        case FeatureRef(indices=indices) | AttributeRef(indices=indices):
            return indices is not None
        case _:
            return False
