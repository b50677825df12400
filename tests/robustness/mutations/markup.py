"""Changes to the elements and attributes of XML."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from random import Random

from lxml import etree

from tests.robustness.mutations.changes import NUMBERS

_TAGS = (
    "and",
    "or",
    "alt",
    "feature",
    "var",
    "not",
    "disj",
    "imp",
    "rule",
    "atmost1",
    "x",
    "attribute",
    "description",
    "configuration",
)
_VALUES = (
    "",
    "true",
    "false",
    "x",
    "ä",
    "a b",
    " ",
    "selected",
    "undefined",
    "1..2",
    "0..0",
    "1|2",
    "\n",
    "'",
    '"',
    "&",
    "<",
    "x" * 3_000,
)
_KEYS = ("name", "mandatory", "abstract", "value", "type", "manual", "automatic", "x", "key", "hidden")
_DEPTHS = (3, 200, 3_000)
_TEXTS = ("x", " ", "<![CDATA[x]]>", "&lt;", "ä", "<?pi x?>", "<!-- c -->", "<!-- < > -->", "<?xml version='1.0'?>")


def change_xml(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Move, repeat, remove, rename, wrap or fill an element, or change an attribute."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except (etree.XMLSyntaxError, ValueError):
        return data
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    element, other = rng.choice(elements), rng.choice(elements)
    match rng.randrange(9):
        case 0:
            _remove(element)
        case 1:
            other.insert(rng.randint(0, len(other)), deepcopy(element))
        case 2:
            if element not in other.iterancestors() and element is not other and element.getparent() is not None:
                other.insert(rng.randint(0, len(other)), element)
        case 3:
            element.tag = rng.choice((*_TAGS, other.tag))
        case 4 | 5:
            _change_attribute(rng, element, other)
        case 6:
            element.text = rng.choice((*_VALUES, *NUMBERS, other.text or ""))
        case 7:
            for _ in range(rng.choice(_DEPTHS)):
                element.append(
                    etree.Element(rng.choice(_TAGS) if rng.random() < 0.1 else element.tag, dict(element.attrib))
                )
                element = element[-1]
        case _:
            return _with_text(rng, etree.tostring(root))
    return etree.tostring(root, xml_declaration=rng.random() < 0.3, encoding="utf-8")


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _change_attribute(rng: Random, element: etree._Element, other: etree._Element) -> None:
    keys = list(element.keys())
    if keys and rng.random() < 0.3:
        del element.attrib[rng.choice(keys)]
        return
    key = rng.choice((*keys, *keys, *_KEYS))
    element.set(key, rng.choice((*_VALUES, *NUMBERS, *map(str, other.values()))))


def _with_text(rng: Random, data: bytes) -> bytes:
    """Return XML with a text, a comment or an instruction before or after any tag, or an attribute twice."""
    places = [at for at, byte in enumerate(data) if byte in b"<>"]
    at = rng.choice(places)
    if data[at : at + 1] == b">" and rng.random() < 0.3:
        return (
            data[:at] + rng.choice((b' name="x"', b" x=''", b" x", b' xmlns="u"', b' xml:space="preserve"')) + data[at:]
        )
    at += data[at : at + 1] == b">"
    return data[:at] + rng.choice(_TEXTS).encode() + data[at:]
