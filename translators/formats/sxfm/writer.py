r"""Boolean feature models as SXFM, which `sxfm.reader` describes.

Constraints become clauses, by distribution and without auxiliaries; one that needs auxiliaries is refused. Abstract
features, comments and the namespace, which SXFM has no words for, stand in `<meta>`, which other tools skip. The id of
a feature is its name if that is a plain word, else a made-up one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from xml.sax.saxutils import escape, quoteattr

from featurenet_uvl.errors import ModelError, UnsupportedError
from featurenet_uvl.ir.expression import (
    And,
    Constant,
    Count,
    FeatureRef,
    Iff,
    Implies,
    Not,
    Or,
    walk,
)
from featurenet_uvl.ir.feature_model import Constraint, Feature, FeatureModel, FeatureType, Group, GroupKind
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.formula import assert_formula
from featurenet_uvl.translators.formats.language.references import unknown_references
from featurenet_uvl.translators.formats.shared.losses import attempt, lose, with_writable_names
from featurenet_uvl.translators.formats.sxfm.meta import ABSTRACT_KEY, COMMENTS_KEY, NAMESPACE_KEY

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile(r"[\n\r]")
_BOUNDS = {GroupKind.ALTERNATIVE: "1,1", GroupKind.OR: "1,*"}
_LETTERS = {GroupKind.MANDATORY: "m", GroupKind.OPTIONAL: "o"}


def write_sxfm(model: FeatureModel, losses: list[str] | None = None) -> str:
    """Return the text of an SXFM file; equal models give equal texts, and reading it gives the same configurations.

    Args:
        model: A Boolean model. Multi-features and typed features are refused in any case.
        losses: If given, other content for which SXFM has no place is left out, or renamed, and adds a line here.

    Raises:
        UnsupportedError: The format cannot carry something; with its place.
        ModelError: The model breaks an invariant, or a constraint names an unknown feature.

    >>> print(write_sxfm(FeatureModel(Feature("Net"))), end="")
    <?xml version="1.0" encoding="UTF-8" standalone="no"?>
    <feature_model name="Net">
    <feature_tree>
    :r Net (Net)
    </feature_tree>
    <constraints>
    </constraints>
    </feature_model>
    """
    model.verify()
    unknown = unknown_references(model)
    if unknown:
        raise ModelError(unknown)
    model = with_writable_names(model, nearest_name, losses)
    for note, _ in model.notes:
        lose(f"{model.root.span}: found the note {note!r} of the model, which SXFM cannot hold", losses)
    for feature in model.features():
        _check_feature(feature)
        for loss in _lost_of(feature):
            lose(loss, losses)
    ids = _ids(model)
    clauses = _constraints(model, ids, losses)
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="no"?>']
    lines.append(f"<feature_model name={quoteattr(model.root.name)}>")
    lines += _meta(model, ids, clauses)
    lines += ["<feature_tree>", *_tree(model, ids), "</feature_tree>"]
    lines.append("<constraints>")
    lines += (f"C{number}: {clause}" for number, clause in enumerate((text for _, text in clauses), 1))
    lines += ["</constraints>", "</feature_model>", ""]
    return "\n".join(lines)


def nearest_name(name: str) -> str:
    """Return the name, or the nearest one that SXFM can hold.

    >>> nearest_name(" size\\n"), nearest_name("M.2 SSD")
    ('size', 'M.2 SSD')
    """
    return _NOT_XML.sub("_", _LINE_END.sub("_", name.strip())).strip() or "_"


def _check_feature(feature: Feature) -> None:
    """Raise UnsupportedError for a feature that the tree of the format cannot hold."""
    name, place = feature.name, feature.span
    if not name or name != name.strip() or _LINE_END.search(name):
        raise UnsupportedError(
            f"{place}: found the feature name {name!r}, expected one on one line without blanks around it, as SXFM"
            " needs: rename the feature"
        )
    bad = _NOT_XML.search(name)
    if bad:
        raise UnsupportedError(f"{place}: found {bad[0]!r} in the feature name {name!r}, which XML cannot carry")
    if feature.cardinality is not None:
        raise UnsupportedError(
            f"{place}: found the multi-feature {name!r} {feature.cardinality}, which SXFM cannot hold; the"
            " model after rewrite_constraints (`emit`) has its instances as features"
        )
    if feature.type is not FeatureType.BOOLEAN:
        raise UnsupportedError(f"{place}: found {name!r} of type {feature.type.value}, expected Boolean as SXFM needs")


def _lost_of(feature: Feature) -> Iterator[str]:
    """Yield everything about a feature that the format cannot hold and that may be left out."""
    name = feature.name
    for attribute in feature.attributes:
        yield f"{attribute.span}: found the attribute {name}.{attribute.name}, which SXFM cannot hold"
    for note, _ in feature.notes:
        yield f"{feature.span}: found the note {note!r} of feature {name!r}, which SXFM cannot hold"


def _ids(model: FeatureModel) -> dict[str, str]:
    """Return an id for each feature name: letters, digits and `_`, never one id twice, and never the word `or`."""
    names = [feature.name for feature in model.features()]
    taken = set(names)
    ids: dict[str, str] = {}
    for number, name in enumerate(names, 1):
        identifier = name
        if not _PLAIN.fullmatch(name) or name.lower() == "or":
            identifier = f"id_{number}"
            while identifier in taken:
                identifier += "_"
        ids[name] = identifier
    return ids


def _meta(model: FeatureModel, ids: Mapping[str, str], clauses: list[tuple[Constraint, str]]) -> list[str]:
    abstract = " ".join(ids[feature.name] for feature in model.features() if feature.is_abstract)
    comments = "\n".join(_comments(model, ids, clauses))
    bad = _NOT_XML.search(comments)
    if bad:
        raise UnsupportedError(f"{model.root.span}: found {bad[0]!r} in a comment, which XML cannot carry")
    texts = {ABSTRACT_KEY: abstract or None, NAMESPACE_KEY: model.namespace, COMMENTS_KEY: comments or None}
    data = [
        f'<data name="{key}">{escape(text, {chr(13): "&#13;"})}</data>'
        for key, text in texts.items()
        if text is not None
    ]
    return ["<meta>", *data, "</meta>"] if data else []


def _comments(model: FeatureModel, ids: Mapping[str, str], clauses: list[tuple[Constraint, str]]) -> Iterator[str]:
    """Yield a line per line of comment: its owner, whether it stands before or after it, and its text."""
    places: dict[int, int] = {}
    for number, (constraint, _) in enumerate(clauses, 1):
        places.setdefault(id(constraint), number)
    owners = [("model", model.comments)]
    for feature in model.features():
        owners.append((f"feature:{ids[feature.name]}", feature.comments))
        owners += ((f"group:{n}:{ids[feature.name]}", group.comments) for n, group in enumerate(feature.groups, 1))
    for constraint in model.constraints:
        owners.append((f"clause:{places.get(id(constraint), 0)}", constraint.comments))
    for owner, comments in owners:
        for place, lines in zip(("before", "after"), comments, strict=True):
            yield from (f"{owner} {place} {line}" for text in lines for line in text.split("\n"))


def _tree(model: FeatureModel, ids: Mapping[str, str]) -> Iterator[str]:
    stack: list[tuple[int, str, Feature | Group]] = [(0, "r", model.root)]
    while stack:
        depth, letter, node = stack.pop()
        indent = "\t" * depth
        if isinstance(node, Group):
            yield f"{indent}:g [{_bounds(node)}]"
            below: list[tuple[int, str, Feature | Group]] = [(depth + 1, "", member) for member in node.members]
        else:
            yield f"{indent}:{letter} {escape(node.name)} ({ids[node.name]})"
            below = []
            for group in node.groups:
                if group.kind in _LETTERS:
                    below += [(depth + 1, _LETTERS[group.kind], member) for member in group.members]
                else:
                    below.append((depth + 1, "g", group))
        stack.extend(reversed(below))


def _bounds(group: Group) -> str:
    if group.cardinality is None:
        return _BOUNDS[group.kind]
    upper = group.cardinality.upper
    return f"{group.cardinality.lower},{'*' if upper is None else upper}"


def _constraints(model: FeatureModel, ids: Mapping[str, str], losses: list[str] | None) -> list[tuple[Constraint, str]]:
    """Return the clauses as texts, each with the constraint that it is a part of."""
    identifiers = ["", *(ids[feature.name] for feature in model.features())]
    builder = ClauseBuilder(list(ids))
    found: list[tuple[Constraint, str]] = []
    for constraint in model.constraints:
        if constraint.description:
            what = f"found the description {constraint.description[:40]!r} of a constraint, which SXFM cannot hold"
            lose(f"{constraint.span}: {what}", losses)
        step = partial(_clauses, constraint, builder)
        for clause in attempt(step, losses, "the constraint is left out") or ():
            # An empty clause has no form in SXFM: the root, which is always selected, denied.
            literals = [("" if literal > 0 else "~") + identifiers[abs(literal)] for literal in clause or (-1,)]
            found.append((constraint, " or ".join(literals)))
    return found


def _clauses(constraint: Constraint, builder: ClauseBuilder) -> list[tuple[int, ...]]:
    """Return the clauses of a constraint over the features' numbers in document order."""
    if constraint.is_indexed:
        raise UnsupportedError(f"{constraint.span}: found an indexed constraint, which SXFM cannot hold")
    for node in walk(constraint.formula):
        match node:
            case FeatureRef(indices=None) | Not() | And() | Or() | Implies() | Iff() | Count() | Constant(value=bool()):
                continue
            case _:
                raise UnsupportedError(
                    f"{constraint.span}: found {type(node).__name__} in a constraint, expected a propositional formula"
                    " as SXFM needs"
                )
    builder.count, start = len(builder.features), len(builder.clauses)
    assert_formula(builder, constraint.formula)
    if builder.count > len(builder.features):
        raise UnsupportedError(
            f"{constraint.span}: found a constraint that takes auxiliary variables, which SXFM cannot hold: split it,"
            " or write another format"
        )
    return builder.clauses[start:]
