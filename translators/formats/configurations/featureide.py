"""FeatureIDE's configuration files (`<configuration>`): one configuration, each feature selected or unselected.

Every feature is written with `manual=`: on opening, FeatureIDE drops the `automatic` values, derives them again, and
leaves undefined the values that it cannot derive.
"""

from __future__ import annotations

import re

import numpy as np
from lxml import etree

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.sample import Selections
from featurenet_uvl.translators.formats.configurations.rows import check_names, only_row, shown
from featurenet_uvl.translators.formats.xml.document import Document, check_attributes, parse_document
from featurenet_uvl.translators.formats.xml.writer import element

_HOLDER = "a FeatureIDE configuration file"
_VALUES = {"selected": True, "unselected": False, "undefined": None}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def is_configuration(text: str) -> bool:
    """Whether a text begins like XML."""
    return text.lstrip().startswith("<")


def write_configuration(selections: Selections) -> str:
    """Return the text of a FeatureIDE configuration file, with all features in order.

    Raises:
        UnsupportedError: There is not exactly one configuration, or a name that XML cannot hold.

    >>> print(write_configuration(Selections.of(("App", "Log"), [{"App"}])).expandtabs(2), end="")
    <?xml version="1.0" encoding="UTF-8" standalone="no"?>
    <configuration>
      <feature manual="selected" name="App"/>
      <feature manual="unselected" name="Log"/>
    </configuration>
    """
    row = only_row(selections, _HOLDER)
    check_names(selections.names, "", _HOLDER)
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="no"?>', "<configuration>"]
    for name, value in zip(selections.names, row, strict=True):
        bad = _NOT_XML.search(name)
        if bad:
            raise UnsupportedError(f"found {bad[0]!r} in the name {shown(name)}, which XML cannot carry")
        lines.append(element(1, "feature", manual="selected" if value else "unselected", name=name))
    lines += ["</configuration>", ""]
    return "\n".join(lines)


def read_configuration(text: str, path: str) -> Selections:
    """Return the one configuration of a FeatureIDE configuration file.

    Args:
        text: The file's content.
        path: Name of the file in messages.

    Raises:
        ReadError: Every problem with its place: a feature that occurs twice or is undefined, or whose `manual` and
            `automatic` contradict each other.
    """
    document = parse_document(text, path, ("configuration",))
    check_attributes(document, document.root, ())
    values: dict[str, bool] = {}
    places: dict[str, etree._Element] = {}
    for entry in document.root:
        if entry.tag != "feature":
            document.report(entry, f"found <{entry.tag}> in <configuration>, expected <feature>")
            continue
        check_attributes(document, entry, ("automatic", "manual", "name"))
        for child in entry:
            document.report(child, f"found <{child.tag}> in <feature>, expected nothing")
        name = entry.get("name")
        if not name:
            document.report(entry, "found a <feature> without a name, expected name=")
            continue
        if places.setdefault(name, entry) is not entry:
            message = f"found feature {shown(name)} a second time, expected it once; the first is at"
            document.report(entry, f"{message} {document.place(places[name])}")
            continue
        value = _value(document, entry, name)
        values[name] = bool(value)
    document.raise_problems()
    return Selections(tuple(values), np.array([list(values.values())], dtype=np.bool_))


def _value(document: Document, entry: etree._Element, name: str) -> bool | None:
    """Return whether the feature is selected; None if the document reports a problem instead."""
    values: list[bool] = []
    for kind in ("manual", "automatic"):
        word = entry.get(kind, "undefined")
        if word not in _VALUES:
            document.report(entry, f"found {kind}={word!r}, expected 'selected' or 'unselected'")
            return None
        value = _VALUES[word]
        if value is not None:
            values.append(value)
    if not values:
        document.report(entry, f"found feature {shown(name)} undefined, expected manual='selected' or 'unselected'")
        return None
    if values[0] is not values[-1]:
        both = f"manual={entry.get('manual')!r} and automatic={entry.get('automatic')!r}"
        document.report(entry, f"found feature {shown(name)} with {both}, expected one of them")
    return values[0]
