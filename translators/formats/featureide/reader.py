"""FeatureIDE's XML, plain (`featureModel`) or extended (`extendedFeatureModel`), read strictly.

Content for which FeatureIDE's format has no word is carried by its attributes, as `featureide.writer` explains. Content
that matters only to the user of an editor is kept as notes; the keys are

- of a feature: `description`, `hidden`, `graphics:KEY`, `property:TYPE:KEY`, and for an attribute A
  `attribute:A:unit`, `:recursive`, `:configurable` (without a domain), `:type` (without a value), `:inherited`;
- of the model: `graphics:KEY`, `calculations:KEY`, `property:TYPE:KEY`, `comment`, `featureOrder`, and for the Nth rule
  `rule:N:tags`, `rule:N:graphics:KEY`, `rule:N:property:TYPE:KEY`.

Not kept, because FeatureIDE itself no longer heeds it: the legacy section `calculations`, its old keys, `colorSchemes`,
`coordinates`, the layout on the root element, and `mandatory` below `or` and `alt`. White space in descriptions is
normalised as FeatureIDE does. A recursive string attribute, which crashes FeatureIDE's editor, becomes one attribute
on each feature that has a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from lxml import etree

from featurenet_uvl.errors import ModelError, ReadError
from featurenet_uvl.ir.feature_model import (
    Constraint,
    Feature,
    FeatureModel,
    FeatureType,
    Group,
    GroupKind,
)
from featurenet_uvl.ir.span import Span
from featurenet_uvl.system.files import decode_text
from featurenet_uvl.translators.formats.featureide.attributes import FeatureAttributes, Heads, read_attributes
from featurenet_uvl.translators.formats.featureide.comments import FoundComments, split_comments
from featurenet_uvl.translators.formats.featureide.constraints import in_order, read_texts
from featurenet_uvl.translators.formats.featureide.groups import helper_problem
from featurenet_uvl.translators.formats.featureide.values import CONSTRAINT_DESCRIPTIONS
from featurenet_uvl.translators.formats.xml.document import (
    Document,
    check_attributes,
    flag,
    parse_document,
    root_name,
    text_of,
)
from featurenet_uvl.translators.formats.xml.formulas import FORMULA_TAGS, read_formula

ROOTS = ("featureModel", "extendedFeatureModel")
FEATURE_TAGS = ("and", "or", "alt", "feature")
NAMESPACE_NOTE = "property:featurenet_uvl:namespace"
"""The note of a UVL namespace: a custom property of the model."""
ORDER_NOTE = "property:featurenet_uvl:constraint_order"
"""The note of the order of the constraints, if the model has another one than the file: their places in the model."""
OWN_NOTES = (NAMESPACE_NOTE, ORDER_NOTE)

_SECTIONS = ("properties", "struct", "constraints", "comments", "featureOrder", "calculations", "colorSchemes")
_OLD_CALCULATIONS = frozenset({"auto", "constraints", "features", "redundant", "tautology"})
_BLANK_LINE = re.compile(r"\A[ \t\r]*\n")
_AFTER_LINE_BREAK = re.compile(r"\n[ \t\n\x0b\f\r]+")


def is_featureide(text: str) -> bool:
    """Whether a text is FeatureIDE's XML, by its root element."""
    return root_name(text) in ROOTS


def read_featureide(source: str | bytes, path: str) -> FeatureModel:
    """Read the feature model of a FeatureIDE XML file.

    Constraints come in this order: rules, then those of the attributes `constraint`, `constraints` and
    `array_constraints` in document order.

    Raises:
        ReadError: Every problem of the file, each as `path:line:column: found, expected`. Mistakes that FeatureIDE
            passes
            over in silence are problems here, too.

    >>> text = '<featureModel><struct><or name="A"><feature name="B"/><feature name="C"/></or></struct></featureModel>'
    >>> [feature.name for feature in read_featureide(text, "m.xml").features()]
    ['A', 'B', 'C']
    """
    text = decode_text(source, path) if isinstance(source, bytes) else source
    document = parse_document(text, path, ROOTS)
    sections = _sections(document)
    root = _root(document, sections.get("struct"))
    if root is None:
        document.raise_problems()
        raise ReadError(f"{path}: found no feature, expected one in <struct>")
    tree = _Tree(document)
    feature = tree.read(root)
    rules, rule_notes = _rules(document, sections.get("constraints"), tree.names)
    texts = read_texts(document, tree.text_constraints(), tree.descriptions())
    model_notes, comments = split_comments(_model_notes(document, sections, tree.names))
    notes = [*model_notes, *rule_notes]
    own = {key: text for key, text in notes if key in OWN_NOTES}
    constraints = in_order([*rules, *comments.constraints(texts)], own.get(ORDER_NOTE, ""))
    others = tuple(note for note in notes if note[0] not in OWN_NOTES)
    model = FeatureModel(feature, constraints, own.get(NAMESPACE_NOTE), others, comments.rest())
    try:
        model.verify()
    except ModelError as error:
        raise ReadError([*_problems_so_far(document), *error.problems]) from error
    document.raise_problems()
    return model


def _problems_so_far(document: Document) -> tuple[str, ...]:
    try:
        document.raise_problems()
    except ReadError as error:
        return error.problems
    return ()


def _sections(document: Document) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for element in document.root:
        if element.tag not in _SECTIONS:
            document.report(element, f"found <{element.tag}>, expected one of {', '.join(_SECTIONS[:5])}")
        elif element.tag in found:
            first = document.place(found[element.tag])
            document.report(element, f"found a second <{element.tag}>, expected one; the first is at {first}")
        else:
            found[element.tag] = element
    return found


def _root(document: Document, struct: etree._Element | None) -> etree._Element | None:
    if struct is None:
        document.report(document.root, f"found no <struct> in <{document.root.tag}>, expected one")
        return None
    root = None
    for element in struct:
        if element.tag not in FEATURE_TAGS:
            document.report(element, f"found <{element.tag}> in <struct>, expected one of {', '.join(FEATURE_TAGS)}")
        elif root is not None:
            document.report(element, f"found a second root feature {element.get('name')!r}, expected one")
        else:
            root = element
    if root is None and not len(struct):
        document.report(struct, "found no feature in <struct>, expected one")
    return root


class _Tree:
    """A reader of the features in two passes without recursion: top down over the elements, bottom up into `Feature`
    nodes.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._attributes: dict[etree._Element, FeatureAttributes] = {}
        self._notes: dict[etree._Element, list[tuple[str, str]]] = {}
        self._comments: dict[etree._Element, FoundComments] = {}
        self._children: dict[etree._Element, list[etree._Element]] = {}
        self._order: list[etree._Element] = []
        self.names: dict[str, etree._Element] = {}

    def read(self, root: etree._Element) -> Feature:
        stack: list[tuple[etree._Element, Heads]] = [(root, {})]
        while stack:
            element, heads = stack.pop()
            self._order.append(element)
            heads = self._scan(element, heads, is_root=element is root)
            stack.extend((child, heads) for child in reversed(self._children[element]))
        if self._attributes[root].is_helper:
            self._document.report(root, "found a group helper as the root, expected a feature")
        built: dict[etree._Element, Feature] = {}
        for element in reversed(self._order):
            built[element] = self._feature(element, [built.pop(child) for child in self._children[element]])
        return built[root]

    def descriptions(self) -> tuple[etree._Element, str] | None:
        """Return the root's attribute with the descriptions of text constraints; report one on another feature."""
        for element in self._order[1:]:
            other = self._attributes[element].descriptions
            if other is not None:
                self._document.report(other[0], f"found {CONSTRAINT_DESCRIPTIONS} here, expected it on the root")
        return self._attributes[self._order[0]].descriptions

    def text_constraints(self) -> Iterator[tuple[etree._Element, str, str]]:
        """Yield element, name and value of each attribute that holds constraints."""
        for element in self._order:
            yield from self._attributes[element].constraints

    def _scan(self, element: etree._Element, heads: Heads, *, is_root: bool) -> Heads:
        document = self._document
        allowed = ("name", "mandatory", "abstract", "hidden", "coordinates")
        check_attributes(document, element, allowed)
        name = element.get("name", "")
        if not name or "\n" in name or "\r" in name:
            document.report(element, f"found the feature name {name!r}, expected a name of one line")
        notes: list[tuple[str, str]] = []
        children = self._children[element] = []
        attributes: list[etree._Element] = []
        for child in element:
            if child.tag in FEATURE_TAGS:
                children.append(child)
            elif child.tag == "attribute" and document.root.tag == "extendedFeatureModel":
                attributes.append(child)
            elif child.tag == "attribute":
                document.report(
                    child, "found <attribute> in a <featureModel>, expected the root <extendedFeatureModel>"
                )
            elif child.tag == "description":
                notes.extend(_description(document, child, notes))
            else:
                notes.extend(_property(document, child, notes, f"feature {name!r}"))
        notes, self._comments[element] = split_comments(notes)
        self._notes[element] = notes
        notes.sort(key=lambda note: note[0] != "description")
        if flag(document, element, "hidden"):
            notes.append(("hidden", "true"))
        read = read_attributes(document, attributes, heads, is_root=is_root)
        self._attributes[element] = read
        if not read.is_helper:
            self.names.setdefault(name, element)
        notes.extend(read.notes)
        return read.heads

    def _feature(self, element: etree._Element, children: list[Feature]) -> Feature:
        document, attributes, comments = self._document, self._attributes[element], self._comments.pop(element)
        flag(document, element, "mandatory")
        return Feature(
            element.get("name", ""),
            comments.groups(tuple(self._groups(element, children))),
            comments.attributes(attributes.attributes),
            attributes.cardinality,
            attributes.type or FeatureType.BOOLEAN,
            flag(document, element, "abstract"),
            None,
            tuple(self._notes[element]),
            document.place(element),
            comments.rest(),
        )

    def _groups(self, element: etree._Element, children: list[Feature]) -> Iterator[Group]:
        document, span = self._document, self._document.place(element)
        elements = self._children[element]
        limits = self._attributes[element].group_cardinality
        if element.tag == "feature" and children:
            document.report(
                elements[0], f"found <{elements[0].tag}> in <feature>, expected <and>, <or> or <alt> above it"
            )
        if limits is not None:
            if element.tag != "and" or any(child.get("mandatory") == "true" for child in elements):
                document.report(element, "found group_cardinality here, expected it on an <and> with optional children")
            elif children:
                yield Group(GroupKind.CARDINALITY, tuple(children), limits, span)
            else:
                document.report(element, "found group_cardinality without children, expected some")
        elif self._attributes[element].group_kind is not None:
            if element.tag != "and" or [child.get("mandatory") for child in elements] != ["true"]:
                document.report(element, "found group_kind here, expected it on an <and> with one mandatory child")
            yield Group(self._attributes[element].group_kind or GroupKind.OR, tuple(children), None, span)
        elif element.tag in ("or", "alt") and len(children) > 1:
            yield Group(GroupKind.OR if element.tag == "or" else GroupKind.ALTERNATIVE, tuple(children), None, span)
        elif element.tag in ("or", "alt") and children:
            yield Group(GroupKind.MANDATORY, tuple(children), None, span)
        else:
            yield from self._runs(elements, children, span)
            return
        for child in elements:
            if self._attributes[child].is_helper:
                document.report(child, "found a group helper here, expected it below an <and> of its own kind")

    def _runs(self, elements: list[etree._Element], children: list[Feature], span: Span) -> Iterator[Group]:
        """Yield the groups of an `and`: runs of mandatory and of optional children, and the groups of helpers."""

        def kind_of(pair: tuple[etree._Element, Feature]) -> etree._Element | bool:
            element = pair[0]
            return element if self._attributes[element].is_helper else element.get("mandatory") == "true"

        for kind, run in groupby(zip(elements, children, strict=True), kind_of):
            members = tuple(child for _, child in run)
            if isinstance(kind, bool):
                yield Group(GroupKind.MANDATORY if kind else GroupKind.OPTIONAL, members, None, span)
                continue
            problem = helper_problem(members[0], is_mandatory=kind.get("mandatory") == "true")
            if problem:
                self._document.report(kind, problem)
            yield from members[0].groups


def _description(
    document: Document, element: etree._Element, notes: list[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    if any(key == "description" for key, _ in notes):
        document.report(element, "found a second <description>, expected one")
    check_attributes(document, element, ())
    text = description_text(text_of(document, element))
    if text:
        yield "description", text


def description_text(text: str) -> str:
    """Return a description as FeatureIDE reads it: no white space after line breaks, no empty lines, empty if blank."""
    text = _BLANK_LINE.sub("", _AFTER_LINE_BREAK.sub("\n", text)).removesuffix("\n")
    if "\n" in text:
        text = text.lstrip(" \t\r")
    return text if text.strip() else ""


def _property(
    document: Document, element: etree._Element, notes: list[tuple[str, str]], where: str
) -> Iterator[tuple[str, str]]:
    """Yield the note of a `graphics`, `calculations` or `property` element; report any other element."""
    if element.tag not in ("graphics", "property", "calculations"):
        document.report(element, f"found <{element.tag}> in {where}, expected no such element")
        return
    is_property = element.tag == "property"
    check_attributes(document, element, ("data-type", "key", "value") if is_property else ("key", "value"))
    key, value, kind = element.get("key"), element.get("value"), element.get("data-type", "custom").lower()
    if key is None or value is None:
        document.report(element, f"found <{element.tag}> without key or value, expected both")
    elif ":" in kind:
        document.report(element, f"found the data-type {kind!r}, expected one without ':'")
    else:
        note = (f"property:{kind}:{key.lower()}" if is_property else f"{element.tag}:{key.lower()}", value)
        if any(known == note[0] for known, _ in notes):
            document.report(element, f"found a second value for the key {key!r}, expected one")
        yield note


def _rules(
    document: Document, section: etree._Element | None, names: dict[str, etree._Element]
) -> tuple[list[Constraint], list[tuple[str, str]]]:
    constraints: list[Constraint] = []
    model_notes: list[tuple[str, str]] = []
    for rule in section if section is not None else ():
        if rule.tag != "rule":
            document.report(rule, f"found <{rule.tag}> in <constraints>, expected <rule>")
            continue
        check_attributes(document, rule, ("coordinates",))
        notes: list[tuple[str, str]] = []
        formulas: list[etree._Element] = []
        unknown = 0
        for child in rule:
            if child.tag in FORMULA_TAGS:
                formulas.append(child)
            elif child.tag == "description":
                notes.extend(_description(document, child, notes))
            elif child.tag == "tags":
                notes.append(("tags", text_of(document, child)))
            else:
                unknown += child.tag not in ("graphics", "property")
                notes.extend(_property(document, child, notes, "a rule"))
        if len(formulas) > 1 or not (formulas or unknown):
            document.report(rule, f"found {len(formulas)} formulas in a rule, expected 1")
        elif formulas:
            description = next((text for key, text in notes if key == "description"), "")
            formula = read_formula(document, formulas[0], names)
            notes, comments = split_comments(notes)
            place, own = document.place(rule), comments.rest()
            constraints.append(Constraint(formula, description=description, span=place, comments=own))
            number = len(constraints)
            notes.sort(key=lambda note: note[0] == "tags")
            model_notes.extend((f"rule:{number}:{key}", text) for key, text in notes if key != "description")
    return constraints, model_notes


def _model_notes(
    document: Document, sections: dict[str, etree._Element], names: dict[str, etree._Element]
) -> list[tuple[str, str]]:
    notes: list[tuple[str, str]] = []
    for element in sections.get("properties", ()):
        old = element.tag == "calculations" and element.get("key", "").lower() in _OLD_CALCULATIONS
        if not old:
            notes.extend(_property(document, element, notes, "<properties>"))
    for element in sections.get("comments", ()):
        if element.tag == "c":
            notes.append(("comment", text_of(document, element)))
        else:
            document.report(element, f"found <{element.tag}> in <comments>, expected <c>")
    order = sections.get("featureOrder")
    if order is not None and flag(document, order, "userDefined"):
        ordered = [element.get("name", "") for element in order]
        for element, name in zip(order, ordered, strict=True):
            if element.tag != "feature" or name not in names:
                document.report(element, f"found <{element.tag}> {name!r} in <featureOrder>, expected a known feature")
        notes.append(("featureOrder", "\n".join(ordered)))
    return notes
