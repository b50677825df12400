"""FeatureIDE's configuration files (`<configuration>`): one configuration, each feature selected or unselected.

Every feature is written with `manual=`: on opening, FeatureIDE drops what is `automatic` and derives it anew, and
leaves undefined what it cannot derive.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from featurenet_uvl.errors import UnsupportedError
from featurenet_uvl.ir.selections import Selections
from featurenet_uvl.translators.formats.configurations.rows import (
    check_names,
    missing_message,
    only_row,
    reordered,
    shown,
)
from featurenet_uvl.translators.formats.xml.document import Document, check_attributes, parse_document
from featurenet_uvl.translators.formats.xml.writer import element

_WHAT = "a FeatureIDE configuration file"
_VALUES = {"selected": True, "unselected": False, "undefined": None}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_configuration(selections: Selections) -> str:
    """The text of a FeatureIDE configuration file, with all features in order.

    Raises:
        UnsupportedError: There is not exactly one configuration, or a name that XML cannot carry.

    >>> print(write_configuration(Selections.of(("App", "Log"), [{"App"}])).expandtabs(2), end="")
    <?xml version="1.0" encoding="UTF-8" standalone="no"?>
    <configuration>
      <feature manual="selected" name="App"/>
      <feature manual="unselected" name="Log"/>
    </configuration>
    """
    row = only_row(selections, _WHAT)
    check_names(selections.names, "", _WHAT)
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="no"?>', "<configuration>"]
    for name, value in zip(selections.names, row, strict=True):
        bad = _NOT_XML.search(name)
        if bad:
            raise UnsupportedError(f"found {bad[0]!r} in the name {shown(name)}, which XML cannot carry")
        lines.append(element(1, "feature", manual="selected" if value else "unselected", name=name))
    lines += ["</configuration>", ""]
    return "\n".join(lines)


def read_configuration(text: str, path: str, names: Sequence[str] | None = None) -> Selections:
    """The one configuration of a FeatureIDE configuration file.

    Args:
        text: The file's content.
        path: What the file is called in messages.
        names: The features of the model, each of which needs an entry; None takes the features of the file.

    Raises:
        ReadError: Every problem with its place: a feature that is unknown, twice there, missing or undefined, or whose
            `manual` and `automatic` contradict each other.
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
    expected = tuple(values) if names is None else tuple(names)
    known = set(expected)
    for name in values:
        if name not in known:
            document.report(places[name], f"found unknown feature {shown(name)}, expected one of the model")
    missing = missing_message(values, expected)
    if missing:
        document.report(document.root, missing)
    document.raise_problems()
    return reordered([tuple(values.values())], {name: place for place, name in enumerate(values)}, expected)


def _value(document: Document, entry: etree._Element, name: str) -> bool | None:
    """Whether the feature is selected; what is wrong is reported."""
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
