"""An XML document, parsed safely, with the place of every element and a list of problems."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from lxml import etree

from featurenet_uvl.errors import ReadError, first_lines
from featurenet_uvl.ir.span import Span

MAX_PROBLEMS = 50
"""Problems of one file that an error lists; it counts the others."""

_ROOT = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<([^\s/>]+)", re.DOTALL)
_ROOT_NAME = re.compile(r"(?:(?><\?.*?\?>|<!--.*?-->)\s*)*<([^\s/>!?][^\s/>]*)", re.DOTALL)
_MARKUP = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<([^\s/>!?][^\s/>]*)", re.DOTALL)
_POSITION_IN_MESSAGE = re.compile(r", line \d+, column \d+$")
_PLACE = re.compile(r"^.*?:\d+(?::\d+)?: ")
_TEXT_ELEMENTS = frozenset({"description", "var", "c", "tags"})
"""Elements of FeatureIDE that hold text; text anywhere else is a mistake, which FeatureIDE itself would pass over."""


@dataclass(slots=True)
class Document:
    """A parsed document. Readers collect its problems, so that one error reports them all."""

    path: str
    root: etree._Element
    places: dict[etree._Element, Span]
    """The place of each element. The mapping also keeps the elements alive: lxml would make others that are no keys of
    it.
    """
    problems: list[tuple[Span, str]] = field(default_factory=list)

    def place(self, element: etree._Element) -> Span:
        return self.places[element]

    def report(self, element: etree._Element, message: str) -> None:
        """Record a problem of an element: `found, expected`."""
        self.problems.append((self.place(element), message))

    def raise_problems(self) -> None:
        """Raise ReadError with all problems recorded so far, in the order of the file; return if there are none."""
        if not self.problems:
            return
        ordered = sorted(self.problems, key=lambda problem: problem[0])
        lines = [f"{span}: {message}" for span, message in ordered]
        raise ReadError(first_lines(lines, MAX_PROBLEMS, f"{self.path}: "))


def root_name(text: str) -> str | None:
    """Return the name of the root element of an XML text, or None if the text does not begin like XML.

    >>> root_name("<?xml version='1.0'?><!-- a model --><featureModel/>"), root_name("features")
    ('featureModel', None)
    """
    match = _ROOT_NAME.match(text)
    return None if match is None else match[1]


def parse_document(
    text: str, path: str, roots: Collection[str], text_elements: Collection[str] = _TEXT_ELEMENTS
) -> Document:
    """Parse an XML text without expanding or fetching anything.

    Args:
        text: The file's text; the encoding in its XML declaration is ignored, as FeatureIDE does.
        path: The file, for messages.
        roots: Allowed names of the root element.
        text_elements: Names of the elements that may hold text; text anywhere else is a problem.

    Raises:
        ReadError: The root has another name, the text has a DOCTYPE, or it is not well-formed.
    """
    expected = " or ".join(f"<{name}>" for name in roots)
    start = _ROOT.match(text)
    if start is None:
        raise ReadError(f"{path}:1:1: found no XML, expected {expected}")
    if start[1] not in roots:
        found = "a DOCTYPE" if start[1].startswith("!DOCTYPE") else f"<{start[1][:40]}>"
        raise ReadError(f"{_span(path, text, start.start(1) - 1)}: found {found}, expected {expected}")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,  # deep trees; without a DOCTYPE there are no entities that could grow
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(text.strip().encode(), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError) as error:
        raise ReadError(_syntax_message(error, text, path)) from error
    places = dict(zip(root.iter(), _spans(path, text), strict=True))
    document = Document(path, root, places)
    _report_stray_text(document, text_elements)
    return document


def _syntax_message(error: etree.XMLSyntaxError | UnicodeEncodeError, text: str, path: str) -> str:
    if isinstance(error, UnicodeEncodeError):
        return f"{path}: found a character that UTF-8 cannot carry, expected XML"
    skipped = len(text) - len(text.lstrip())
    line = (error.lineno or 1) + text.count("\n", 0, skipped)
    message = " ".join(_POSITION_IN_MESSAGE.sub("", error.msg or "no element").split())
    return (
        f"{path}:{line}:{max(error.offset or 1, 1)}: found malformed XML ({message}), expected a well-formed document"
    )


def _spans(path: str, text: str) -> Iterator[Span]:
    """Yield the places of all start tags in document order; in well-formed XML, no other `<` looks like one."""
    line, line_start = 1, 0
    seen = 0
    for match in _MARKUP.finditer(text):
        if match[1] is None:
            continue
        position = match.start()
        newlines = text.count("\n", seen, position)
        if newlines:
            line += newlines
            line_start = text.rfind("\n", seen, position) + 1
        seen = position
        yield Span(path, line, position - line_start + 1)


def _span(path: str, text: str, position: int) -> Span:
    return Span(path, text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position))


def _report_stray_text(document: Document, text_elements: Collection[str]) -> None:
    for element in document.places:
        parts = [] if element.tag in text_elements else [element.text]
        if element.tag not in text_elements:
            parts += [child.tail for child in element]
        for part in parts:
            if part and part.strip():
                document.report(element, f"found the text {part.strip()[:40]!r} in <{element.tag}>, expected elements")


def text_of(document: Document, element: etree._Element) -> str:
    """Return the text of an element; report elements inside it."""
    if len(element):
        document.report(element[0], f"found <{element[0].tag}> in <{element.tag}>, expected text only")
    return element.text or ""


def without_place(message: str) -> str:
    """Return a message without the `path:line:column` at its start, so that the place of an element can precede it.

    >>> without_place("m.xml:4:7: found x, expected y")
    'found x, expected y'
    """
    return _PLACE.sub("", message)


def flag(document: Document, element: etree._Element, name: str) -> bool:
    """Return a boolean XML attribute, false if it is missing.

    Report any value but `true` and `false`; FeatureIDE takes every other value for false.
    """
    value = element.get(name, "false")
    if value not in ("true", "false"):
        document.report(element, f"found {name}={value!r} on <{element.tag}>, expected 'true' or 'false'")
    return value == "true"


def check_attributes(document: Document, element: etree._Element, allowed: Collection[str]) -> None:
    """Report every XML attribute of an element that is not allowed."""
    for name in element.keys():  # noqa: SIM118 an lxml element iterates over its children, not its keys
        if name not in allowed:
            expected = ", ".join(allowed) if allowed else "none"
            document.report(element, f"found the XML attribute {name!r} on <{element.tag}>, expected {expected}")
