"""Feature models as FeatureIDE XML, byte for byte as FeatureIDE 3.12 would save them, so that they open cleanly.

Content for which FeatureIDE's format has no word is carried by attributes of `extendedFeatureModel`, type `string`:

- a configurable attribute is `configurable="true"` with its domain as value, `1x1|3x3|5x5`; numerals are numbers, and a
  text that could be taken for anything else stands in single quotes; the default of `A` is the constant `A_default`;
- a vector or map is a text as UVL spells it, with the unit `uvl:value`;
- `cardinality` and `group_cardinality` (on an `and` with optional children) hold `1..5` or `0..*`;
- `group_kind` holds `or` or `alternative` for a group with one member; `group_helper` marks the features below which
  further groups of a feature are put, see `featureide.groups`;
- `feature_type` holds `Integer`, `Real` or `String`; `rules` on the root holds names joined by `|`;
- `constraints` and `array_constraints` on the root hold the constraints that no `rule` can say, joined by ` ; `, and
  `constraint_descriptions` their descriptions, escaped as in UVL.

The namespace is a custom property, and so is the order of the constraints if the file has another one. Notes are
written to the places in which `featureide.reader` finds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from xml.sax.saxutils import escape

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.feature_model import Constraint, Feature, FeatureModel, GroupKind
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.featureide.attribute_writer import attribute_lines
from featurenet_uvl.translators.formats.featureide.comments import comment_notes, comments_of_feature
from featurenet_uvl.translators.formats.featureide.constraints import is_plain_rule
from featurenet_uvl.translators.formats.featureide.groups import split_groups
from featurenet_uvl.translators.formats.featureide.reader import NAMESPACE_NOTE, ORDER_NOTE
from featurenet_uvl.translators.formats.featureide.values import CONSTRAINT_DESCRIPTIONS, CONSTRAINT_SEPARATOR
from featurenet_uvl.translators.formats.language.printer import format_expression
from featurenet_uvl.translators.formats.language.values import escape_text
from featurenet_uvl.translators.formats.shared.losses import attempt, with_writable_names
from featurenet_uvl.translators.formats.xml.formulas import format_formula
from featurenet_uvl.translators.formats.xml.writer import element

_BAD_NAME = re.compile(r'["()\r\n]')
"""Characters of a feature name that FeatureIDE's editor does not open."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""
_FEATURE_NOTES = ("description", "hidden", "graphics:", "property:", "attribute:")
_MODEL_NOTES = ("comment", "featureOrder", "rule:", "graphics:", "calculations:", "property:")
_GROUP_TAGS = {GroupKind.OR: "or", GroupKind.ALTERNATIVE: "alt"}


def write_featureide(model: FeatureModel, losses: list[str] | None = None) -> str:
    """Return the text of a FeatureIDE XML file; equal models give equal texts.

    Args:
        model: The model to write.
        losses: If given, content for which the format has no place is left out, or renamed, and adds a line here.

    Raises:
        UnsupportedError: Neither the format nor the conventions above can carry something; with its place.
        ModelError: The model breaks an invariant.

    >>> print(write_featureide(FeatureModel(Feature("Net"))).expandtabs(2), end="")
    <?xml version="1.0" encoding="UTF-8" standalone="no"?>
    <featureModel>
      <struct>
        <feature mandatory="true" name="Net"/>
      </struct>
    </featureModel>
    """
    model.verify()
    model = split_groups(_without_strange_notes(with_writable_names(model, nearest_name, losses), losses))
    rules = [c for c in model.constraints if is_plain_rule(c)]
    others = _texts_of_others(model.constraints, losses)
    struct = list(_struct(model, others, losses))
    is_extended = any(line.lstrip("\t").startswith("<attribute ") for line in struct)
    root = "extendedFeatureModel" if is_extended else "featureModel"
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="no"?>', f"<{root}>"]
    lines += _section("properties", _properties(model, [*rules, *(constraint for constraint, _ in others)]))
    lines += ["\t<struct>", *struct, "\t</struct>"]
    lines += _section("constraints", _rules(model, rules))
    lines += _section("comments", (_comment(text) for key, text in model.notes if key == "comment"))
    order = next((text for key, text in model.notes if key == "featureOrder"), None)
    if order is not None:
        lines.append('\t<featureOrder userDefined="true">')
        lines += [element(2, "feature", name=name) for name in order.split("\n") if name]
        lines.append("\t</featureOrder>")
    lines += [f"</{root}>", ""]
    text = "\n".join(lines)
    return attempt(partial(_checked_text, text, model), losses, "written as ?") or _NOT_XML.sub("?", text)


def _checked_text(text: str, model: FeatureModel) -> str:
    bad = _NOT_XML.search(text)
    if bad:
        line = text[text.rfind("\n", 0, bad.start()) + 1 :].split("\n", 1)[0].strip()
        place = _place_of(bad[0], model)
        raise UnsupportedError(f"{place}: found the character {bad[0]!r} in {line[:60]!r}, which XML cannot carry")
    return text


def _place_of(character: str, model: FeatureModel) -> Span:
    """Return the place of the first construct with the character in one of its texts; else that of the root."""
    for feature in model.features():
        if any(character in text for text in (feature.name, *chain.from_iterable(feature.notes))):
            return feature.span
        for attribute in feature.attributes:
            if repr(character)[1:-1] in repr((attribute.name, attribute.value, attribute.domain)):
                return attribute.span
    described = (c.span for c in model.constraints if character in c.description)
    return next(described, model.root.span)


def nearest_name(name: str) -> str:
    """Return the name, or the nearest one that FeatureIDE's editor opens.

    >>> nearest_name("size (MB)"), nearest_name("M.2 SSD")
    ('size _MB_', 'M.2 SSD')
    """
    return _NOT_XML.sub("_", _BAD_NAME.sub("_", name)) if name.strip() else "_"


def _without_strange_notes(model: FeatureModel, losses: list[str] | None) -> FeatureModel:
    """Return the model without notes for which the format has no place; raise for them if nothing may be lost."""
    strange = [
        _strange_note(f"feature {f.name!r}", str(f.span), key)
        for f in model.features()
        for key, _ in f.notes
        if not key.startswith(_FEATURE_NOTES)
    ]
    strange += [
        _strange_note("the model", str(model.root.span), key)
        for key, _ in model.notes
        if not key.startswith(_MODEL_NOTES)
    ]
    if strange and losses is None:
        raise UnsupportedError("\n".join(strange))
    if losses is None or not strange:
        return model
    losses.extend(f"{line}; left out" for line in strange)
    return map_features(
        replace(model, notes=tuple(note for note in model.notes if note[0].startswith(_MODEL_NOTES))),
        lambda feature: replace(feature, notes=tuple(n for n in feature.notes if n[0].startswith(_FEATURE_NOTES))),
    )


def _strange_note(owner: str, place: str, key: str) -> str:
    return f"{place}: found the note {key!r} on {owner}, for which FeatureIDE XML has no place"


def _comment(text: str) -> str:
    return f"\t\t<c>{_text(text)}</c>" if text else element(2, "c")


def _section(name: str, content: Iterator[str]) -> list[str]:
    lines = list(content)
    return [f"\t<{name}>", *lines, f"\t</{name}>"] if lines else []


def _text(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def _properties(model: FeatureModel, written: list[Constraint]) -> Iterator[str]:
    for key, value in model.notes:
        if key.startswith(("graphics:", "calculations:", "property:")):
            yield _property(2, key, value)
    for key, value in comment_notes(model.comments):
        yield _property(2, key, value)
    others = [constraint for constraint in written if not is_plain_rule(constraint)]
    for number, constraint in enumerate(others, 1):
        for key, value in comment_notes(constraint.comments, f"constraint_{number}_"):
            yield _property(2, key, value)
    if model.namespace is not None:
        yield _property(2, NAMESPACE_NOTE, model.namespace)
    places = {id(constraint): place for place, constraint in enumerate(model.constraints, 1)}
    order = [places[id(constraint)] for constraint in written]
    if order != sorted(order):
        yield _property(2, ORDER_NOTE, " ".join(map(str, order)))


def _property(depth: int, note: str, value: str) -> str:
    tag, _, key = note.partition(":")
    if tag != "property":
        return element(depth, tag, key=key, value=value)
    kind, _, key = key.partition(":")
    return element(depth, tag, data_type=kind, key=key, value=value)


def _struct(model: FeatureModel, others: list[tuple[Constraint, str]], losses: list[str] | None) -> Iterator[str]:
    stack: list[tuple[int, Feature | str, bool]] = [(2, model.root, True)]
    while stack:
        depth, feature, is_mandatory = stack.pop()
        if isinstance(feature, str):
            yield "\t" * depth + feature
            continue
        tag, children = _children(feature)
        content = [*_content(feature, depth + 1, losses, is_root=feature is model.root)]
        if feature is model.root:
            content += _constraint_attributes(others, depth + 1)
        yield element(
            depth,
            tag,
            is_open=bool(content or children),
            abstract="true" if feature.is_abstract else None,
            hidden="true" if ("hidden", "true") in feature.notes else None,
            mandatory="true" if is_mandatory else None,
            name=_checked_name(feature),
        )
        yield from content
        if content or children:
            stack.append((depth, f"</{tag}>", False))
        stack.extend((depth + 1, child, flag) for child, flag in reversed(children))


def _children(feature: Feature) -> tuple[str, list[tuple[Feature, bool]]]:
    """Return the element name of a feature, and its children, each with whether it is marked mandatory."""
    kinds = [group.kind for group in feature.groups]
    if not kinds:
        return "feature", []
    if len(kinds) == 1 and kinds[0] in _GROUP_TAGS and len(feature.groups[0].members) > 1:
        return _GROUP_TAGS[kinds[0]], [(child, False) for child in feature.children]
    children: list[tuple[Feature, bool]] = []
    for group in feature.groups:
        is_single_choice = group.kind in _GROUP_TAGS and len(group.members) == 1
        is_mandatory = group.kind is GroupKind.MANDATORY or is_single_choice
        children.extend((child, is_mandatory) for child in group.members)
    return "and", children


def _checked_name(feature: Feature) -> str:
    if not feature.name.strip() or _BAD_NAME.search(feature.name):
        raise UnsupportedError(
            f"{feature.span}: found the feature name {feature.name!r}, expected one that FeatureIDE's editor opens:"
            " not blank, one line, without quotation marks and parentheses"
        )
    return feature.name


def _content(feature: Feature, depth: int, losses: list[str] | None, *, is_root: bool) -> Iterator[str]:
    """Yield the description, properties and attributes of a feature."""
    for key, text in feature.notes:
        if key == "description":
            yield from _description(text, depth)
    for key, text in feature.notes:
        if key.startswith(("graphics:", "property:")):
            yield _property(depth, key, text)
    yield from (_property(depth, key, text) for key, text in comments_of_feature(feature))
    yield from attribute_lines(feature, depth, is_root=is_root, losses=losses)


def _description(text: str, depth: int) -> Iterator[str]:
    indent = "\t" * depth
    lines = [_text(line) for line in text.split("\n")]
    if len(lines) == 1:
        yield f"{indent}<description>{lines[0]}</description>"
        return
    yield f"{indent}<description>"
    yield from (f"{indent}\t{line}" for line in lines)
    yield f"{indent}</description>"


def _texts_of_others(constraints: tuple[Constraint, ...], losses: list[str] | None) -> list[tuple[Constraint, str]]:
    """Return the constraints that no rule can say with their texts, plain ones first."""
    others = [c for c in constraints if not is_plain_rule(c)]
    ordered = sorted(others, key=lambda constraint: constraint.is_indexed)
    texts = [(c, attempt(partial(_constraint_text, c), losses, "the constraint is left out")) for c in ordered]
    return [(constraint, text) for constraint, text in texts if text is not None]


def _constraint_attributes(others: list[tuple[Constraint, str]], depth: int) -> Iterator[str]:
    for name, is_indexed in (("constraints", False), ("array_constraints", True)):
        texts = [text for constraint, text in others if constraint.is_indexed == is_indexed]
        if texts:
            yield element(depth, "attribute", name=name, type="string", unit="", value=CONSTRAINT_SEPARATOR.join(texts))
    if any(constraint.description for constraint, _ in others):
        texts = [escape_text(constraint.description).replace(";", "%3B") for constraint, _ in others]
        text = CONSTRAINT_SEPARATOR.join(texts)
        yield element(depth, "attribute", name=CONSTRAINT_DESCRIPTIONS, type="string", unit="", value=text)


def _constraint_text(constraint: Constraint) -> str:
    text = format_expression(constraint.formula, indexed=constraint.is_indexed)
    if CONSTRAINT_SEPARATOR in text:
        raise UnsupportedError(
            f"{constraint.span}: found {CONSTRAINT_SEPARATOR!r} within the constraint {text!r}; FeatureIDE XML carries"
            " it in an attribute where that separates constraints: change the text"
        )
    return text


def _rules(model: FeatureModel, rules: list[Constraint]) -> Iterator[str]:
    notes: dict[str, list[tuple[str, str]]] = {}
    for key, text in model.notes:
        if key.startswith("rule:"):
            _, place, kind = key.split(":", 2)
            notes.setdefault(place, []).append((kind, text))
    for number, rule in enumerate(rules, 1):
        yield "\t\t<rule>"
        if rule.description:
            yield from _description(rule.description, 3)
        own = notes.get(str(number), ())
        yield from (_property(3, key, text) for key, text in own if key != "tags")
        yield from (_property(3, key, text) for key, text in comment_notes(rule.comments))
        yield from (f"\t\t\t<tags>{_text(text)}</tags>" for key, text in own if key == "tags")
        yield from format_formula(rule.formula, 3)
        yield "\t\t</rule>"
