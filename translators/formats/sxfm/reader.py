r"""SXFM, the XML of the SPLOT repository: a tree drawn with tabs, and clauses over the ids of its features.

    <feature_model name="Phone">
    <feature_tree>
    :r Phone (p)
        :m Screen (s)                 mandatory; :o is optional
            :g [1,1]                  a group of `: NAME (ID)` lines; [1,*] is "or", [n,m] any other cardinality
                : Basic (b)
                : Colour (c)
    </feature_tree>
    <constraints>
    c1: ~b or s
    </constraints>
    </feature_model>

FeatureIDE's reader decides where files are careless: a line belongs to the nearest line above with fewer tabs, however
many more it has; in a group, `:m` and `:o` are members like any other; outside of groups, `: NAME (ID)` is mandatory.

A feature is called by its name if no other feature has that name, else by its id. The id stands in parentheses;
without them, it equals the name. Constraints speak of ids.

Not kept, because they decide nothing and other formats have no place for them: the model's name, `<meta>`, the name
and id of a group, the ids of features that have a name of their own, and the labels of constraints. Content that
`sxfm.writer` puts into `<meta>` under its own keys comes back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from lxml import etree

from featurenet_uvl.ir.expression import Expression, FeatureRef, Not, Or
from featurenet_uvl.ir.feature_model import Cardinality, Constraint, Feature, FeatureModel, Group, GroupKind
from featurenet_uvl.ir.span import Span
from featurenet_uvl.system.files import decode_text
from featurenet_uvl.translators.formats.sxfm.meta import read_meta, with_comments
from featurenet_uvl.translators.formats.xml.document import (
    Document,
    check_attributes,
    parse_document,
    root_name,
    text_of,
)

_SECTIONS = ("meta", "feature_tree", "constraints")
_SKIPPED = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_NOT_NEWLINE = re.compile(r"[^\n]")
_LINE = re.compile(r":(?P<kind>[rmog]?)(?:[ \t]+|(?=[(\[]))(?P<rest>.*)")
_BOUNDS = re.compile(r"[ \t]*([0-9]{1,9})[ \t]*,[ \t]*([0-9]{1,9}|\*)[ \t]*\]")
_OR = re.compile(r"(?<=\s)or(?=\s)", re.IGNORECASE)
_FORMS = "':r NAME (ID)', ':m NAME (ID)', ':o NAME (ID)', ':g [N,M]' or ': NAME (ID)'"
_ROOT, _MANDATORY, _OPTIONAL, _GROUP, _MEMBER, _BROKEN = "r", "m", "o", "g", "", "?"


@dataclass(slots=True)
class _Line:
    """A line of the tree; `kind` is the letter after the colon, `children` are numbers of lines."""

    kind: str
    depth: int
    span: Span
    name: str = ""
    id: str = ""
    cardinality: Cardinality | None = None
    children: list[int] = field(default_factory=list)

    @property
    def is_feature(self) -> bool:
        return self.kind not in (_GROUP, _BROKEN)


def is_sxfm(text: str) -> bool:
    """Whether a text is SXFM, by its root element."""
    return root_name(text) == "feature_model"


def read_sxfm(source: str | bytes, path: str) -> FeatureModel:
    r"""Read the feature model of an SXFM file.

    Raises:
        ReadError: Every problem of the file, each as `path:line:column: found, expected`.

    >>> text = "<feature_model><feature_tree>\n:r Net (n)\n\t:o Pool (p)\n</feature_tree></feature_model>"
    >>> [feature.name for feature in read_sxfm(text, "m.xml").features()]
    ['Net', 'Pool']
    """
    text = decode_text(source, path) if isinstance(source, bytes) else source.replace("\r\n", "\n")
    text = _SKIPPED.sub(_blanked, text)
    document = parse_document(text, path, ("feature_model",), ("data", "feature_tree", "constraints"))
    check_attributes(document, document.root, ("name",))
    sections = _sections(document)
    source_lines = text.split("\n")
    lines = _tree(document, sections.get("feature_tree"), source_lines)
    names = _names(lines)
    clauses = _clauses(document, sections.get("constraints"), source_lines, lines, names)
    meta = read_meta(document, sections.get("meta"), names)
    document.raise_problems()
    model = FeatureModel(_built(lines, names, meta.abstract), clauses, meta.namespace)
    model.verify()
    return with_comments(model, meta.comments, names)


def _blanked(match: re.Match[str]) -> str:
    """Return a comment or processing instruction as blanks, so that the text after it keeps its place."""
    text = match[0]
    is_kept = text.startswith("<![") or (text.startswith("<?xml") and not text[5].isalnum())
    return text if is_kept else _NOT_NEWLINE.sub(" ", text)


def _sections(document: Document) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for element in document.root:
        if element.tag not in _SECTIONS:
            document.report(element, f"found <{element.tag}>, expected one of {', '.join(_SECTIONS)}")
        elif element.tag in found:
            first = document.place(found[element.tag])
            document.report(element, f"found a second <{element.tag}>, expected one; the first is at {first}")
        else:
            check_attributes(document, element, ())
            found[element.tag] = element
    if "feature_tree" not in found:
        document.report(document.root, "found no <feature_tree> in <feature_model>, expected one")
    return found


def _text_lines(
    document: Document, element: etree._Element | None, source_lines: Sequence[str]
) -> Iterator[tuple[Span, str]]:
    """Yield the lines of a section that are not blank, each with the place of its first character."""
    if element is None:
        return
    start = document.place(element)
    row, column = start.line, source_lines[start.line - 1].find(">", start.column - 1)
    while column < 0:
        row += 1
        column = source_lines[row - 1].find(">")
    for number, line in enumerate(text_of(document, element).split("\n")):
        if line.strip():
            yield Span(document.path, row + number, 1 if number else column + 2), line


def _moved(span: Span, columns: int) -> Span:
    return Span(span.path, span.line, span.column + columns)


# the tree


def _tree(document: Document, element: etree._Element | None, source_lines: Sequence[str]) -> list[_Line]:
    """Return the lines of the tree, each with its children; report problems to the document, and go on reading."""
    lines: list[_Line] = []
    open_lines: list[int] = []
    for span, text in _text_lines(document, element, source_lines):
        line = _parsed(document, span, text)
        if not lines:
            line.depth = 0  # FeatureIDE counts no tabs before the root
        while open_lines and lines[open_lines[-1]].depth >= line.depth:
            open_lines.pop()
        parent = lines[open_lines[-1]] if open_lines else None
        problem = _misplaced(line, parent, bool(lines))
        if problem:
            document.problems.append((line.span, problem))
        if parent is not None:
            parent.children.append(len(lines))
        open_lines.append(len(lines))
        lines.append(line)
    if element is not None and not lines:
        document.report(element, "found no feature in <feature_tree>, expected ':r NAME (ID)'")
    for line in lines:
        if line.kind == _GROUP and not line.children:
            document.problems.append((line.span, "found a group without members, expected ': NAME (ID)' lines below"))
    _report_repeated_ids(document, lines)
    return lines


def _parsed(document: Document, span: Span, text: str) -> _Line:
    content = text.lstrip("\t")
    depth = len(text) - len(content)
    span = _moved(span, depth)
    if content[0].isspace():
        document.problems.append((span, f"found {content[0]!r} before the colon, expected tabs alone"))
        return _Line(_BROKEN, depth, span)
    content = content.strip()
    match = _LINE.fullmatch(content)
    if match is None:
        document.problems.append((span, f"found {_cut(content)}, expected {_FORMS}"))
        return _Line(_BROKEN, depth, span)
    kind, rest = match["kind"], match["rest"]
    cardinality = None
    problem = None
    if kind == _GROUP:
        rest, _, bounds = rest.rpartition("[")
        cardinality, problem = _cardinality(bounds, content)
    name, identifier = _label(rest.strip())
    if kind != _GROUP and not identifier:
        problem = f"found {_cut(content)}, expected a name, and an id in parentheses if there are any"
    if problem:
        document.problems.append((span, problem))
        kind = kind if kind == _GROUP else _BROKEN
    return _Line(kind, depth, span, name, identifier, cardinality)


def _cardinality(bounds: str, content: str) -> tuple[Cardinality | None, str | None]:
    match = _BOUNDS.fullmatch(bounds)
    if match is None:
        return None, f"found {_cut(content)}, expected a group with its cardinality, such as ':g [1,1]' or ':g [1,*]'"
    cardinality = Cardinality(int(match[1]), None if match[2] == "*" else int(match[2]))
    if cardinality.upper is not None and cardinality.upper < cardinality.lower:
        return None, f"found the cardinality [{match[1]},{match[2]}], expected one whose upper bound is not the smaller"
    return cardinality, None


def _label(text: str) -> tuple[str, str]:
    """Return name and id of `NAME (ID)`, `NAME` or `(ID)`; the id is empty for any other text."""
    if not text.endswith(")"):
        return text, text
    name, parenthesis, identifier = text[:-1].rpartition("(")
    identifier = identifier.strip()
    if not parenthesis or ")" in identifier:
        return text, ""
    return name.strip() or identifier, identifier


def _misplaced(line: _Line, parent: _Line | None, has_root: bool) -> str | None:
    """Return the problem with the place of a line, or None."""
    if line.kind == _BROKEN:
        return None
    if parent is None and has_root:
        return "found a second line without indentation, expected one root; indent what lies below it"
    if parent is None:
        return None if line.kind == _ROOT else f"found ':{line.kind}' at the top of the tree, expected ':r NAME (ID)'"
    if parent.kind == _BROKEN:
        return None
    if parent.kind == _GROUP:
        is_member = line.kind in (_MEMBER, _MANDATORY, _OPTIONAL)
        return None if is_member else f"found ':{line.kind}' in a group, expected a member ': NAME (ID)'"
    if line.kind == _ROOT:
        return f"found ':r' below {_cut(parent.name)}, expected ':m', ':o' or ':g'"
    return None


def _report_repeated_ids(document: Document, lines: Sequence[_Line]) -> None:
    first: dict[str, _Line] = {}
    for line in lines:
        if line.is_feature and first.setdefault(line.id, line) is not line:
            message = f"found the id {_cut(line.id)} a second time, expected it once; the first is at"
            document.problems.append((line.span, f"{message} {first[line.id].span}"))


def _names(lines: Sequence[_Line]) -> dict[str, str]:
    """Return the name of each feature by its id: its own, or its id if others have that name; never one name twice."""
    features = [line for line in lines if line.is_feature]
    count = Counter(line.name for line in features)
    names = {line.id: line.name if count[line.name] == 1 else line.id for line in features}
    owners = {name: identifier for identifier, name in names.items() if name != identifier}
    pending = [identifier for identifier, name in names.items() if name == identifier]
    while pending:  # an id that serves as a name takes that name from the feature that shows it
        other = owners.pop(pending.pop(), None)
        if other is not None:
            names[other] = other
            pending.append(other)
    return names


def _built(lines: Sequence[_Line], names: Mapping[str, str], abstract: frozenset[str]) -> Feature:
    features: dict[int, Feature] = {}
    groups: dict[int, Group] = {}
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        if line.kind == _GROUP:
            groups[number] = _group(line, tuple(features[child] for child in line.children))
        else:
            own = tuple(_groups_of(line, lines, features, groups))
            features[number] = Feature(names[line.id], own, is_abstract=line.id in abstract, span=line.span)
    return features[0]


def _group(line: _Line, members: tuple[Feature, ...]) -> Group:
    if line.cardinality == Cardinality(1, 1):
        return Group(GroupKind.ALTERNATIVE, members, span=line.span)
    if line.cardinality == Cardinality(1, None):
        return Group(GroupKind.OR, members, span=line.span)
    return Group(GroupKind.CARDINALITY, members, line.cardinality, line.span)


def _groups_of(
    line: _Line, lines: Sequence[_Line], features: Mapping[int, Feature], groups: Mapping[int, Group]
) -> Iterator[Group]:
    """Yield the groups of a feature in the order of the file; neighbours that are both mandatory or both optional share
    one.
    """
    for kind, run in groupby(line.children, lambda child: lines[child].kind or _MANDATORY):
        children = list(run)
        if kind == _GROUP:
            yield from (groups[child] for child in children)
        else:
            group_kind = GroupKind.OPTIONAL if kind == _OPTIONAL else GroupKind.MANDATORY
            yield Group(group_kind, tuple(features[child] for child in children), span=lines[children[0]].span)


# constraints and meta data


def _clauses(
    document: Document,
    element: etree._Element | None,
    source_lines: Sequence[str],
    lines: Sequence[_Line],
    names: Mapping[str, str],
) -> tuple[Constraint, ...]:
    hints = {line.name: f"; the id of {_cut(line.name)} is {_cut(line.id)}" for line in lines if line.is_feature}
    hints |= {line.id: "; this is the id of a group" for line in lines if line.kind == _GROUP and line.id}
    constraints: list[Constraint] = []
    for span, text in _text_lines(document, element, source_lines):
        indent = len(text) - len(text.lstrip())
        label, colon, clause = text.partition(":")
        if not colon:
            problem = f"found {_cut(text.strip())}, expected LABEL: CLAUSE, such as 'c1: ~a or b'"
            document.problems.append((_moved(span, indent), problem))
            continue
        literals: list[Expression] = []
        for place, literal in _literals(_moved(span, len(label) + 1), clause):
            identifier = literal.removeprefix("~").strip()
            if identifier not in names:
                problem = f"found {_cut(literal)}, expected the id of a feature, or ~ and an id"
                document.problems.append((place, problem + hints.get(identifier, "")))
                continue
            reference = FeatureRef(names[identifier], span=place)
            literals.append(Not(reference, place) if literal.startswith("~") else reference)
        place = _moved(span, indent)
        formula = literals[0] if len(literals) == 1 else Or(tuple(literals), place)
        constraints.append(Constraint(formula, span=place))
    return tuple(constraints)


def _literals(span: Span, clause: str) -> Iterator[tuple[Span, str]]:
    """Yield the texts between the `or`s of a clause, empty ones included, each with its place."""
    start = 0
    padded = clause + " "
    for end, after in [*((match.start(), match.end()) for match in _OR.finditer(padded)), (len(padded), 0)]:
        part = padded[start:end]
        yield _moved(span, start + len(part) - len(part.lstrip())), part.strip()
        start = after


def _cut(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
