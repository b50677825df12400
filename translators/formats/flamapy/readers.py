"""Formats that this project reads through flamapy: AFM, FaMa XML, Glencoe and flamapy's own JSON.

flamapy's readers skip content that they do not know and misread malformed files. So each file is checked first; content
that its reader would drop or misread is refused here, with its place if the format has places.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from lxml import etree

from featurenet_uvl.errors import FeatureNetError, ReadError, UnsupportedError
from featurenet_uvl.ir.feature_model import Feature, FeatureModel
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.system.processes.temporary import TemporaryFolder
from featurenet_uvl.translators.formats.flamapy.bridge import from_flamapy, load_flamapy
from featurenet_uvl.translators.formats.xml.document import Document, check_attributes, parse_document, root_name

_GLENCOE = re.compile(r'"tree"\s*:')
_FEATURES_KEY = re.compile(r'"features"\s*:')
_TRANSFORMATIONS = "metamodels.fm_metamodel.transformations"


def is_afm(text: str) -> bool:
    """Whether a text is AFM: it begins with the name of a section, such as `%Relationships`."""
    return text.startswith("%")


def is_fama(text: str) -> bool:
    """Whether a text is FaMa's XML, by its root element."""
    return root_name(text) == "feature-model"


def is_glencoe(text: str) -> bool:
    """Whether a text is Glencoe's JSON, the only one with the key `tree`."""
    return text.startswith("{") and _GLENCOE.search(text) is not None


def is_flamapy_json(text: str) -> bool:
    """Whether a text is flamapy's own JSON: it has the key `features`, and is not Glencoe's."""
    return text.startswith("{") and _FEATURES_KEY.search(text) is not None and not is_glencoe(text)


def read_afm(text: str, path: str) -> FeatureModel:
    """Read the model of an AFM file; numerals in domains are numbers.

    Not kept are null values, the values that an attribute has while its feature is deselected: no constraint that
    flamapy's reader takes can ask for them.

    Raises:
        ReadError: Every syntax error, with its place.
    """
    transformations = load_flamapy(_TRANSFORMATIONS)
    _check_afm(text, path)
    theirs = _transformed(transformations.AFMReader, text, path, ".afm")
    for feature in _features(theirs):
        for attribute in feature.attributes:
            if attribute.domain is not None:
                attribute.domain.element_list = [_afm_value(value) for value in attribute.domain.element_list]
            attribute.default_value = _afm_value(attribute.default_value)
            attribute.null_value = None
    return from_flamapy(theirs, path)


def read_fama(text: str, path: str) -> FeatureModel:
    """Read the model of a FaMa XML file: features, relations, `requires` and `excludes`.

    Raises:
        ReadError: Every element or XML attribute that FaMa's format does not have, with its place.
        UnsupportedError: A feature with a cardinality of its own, which flamapy takes for a group.
    """
    transformations = load_flamapy(_TRANSFORMATIONS)
    _check_fama(text, path)
    return from_flamapy(_transformed(transformations.XMLReader, text, path, ".xml"), path)


def read_glencoe(text: str, path: str) -> FeatureModel:
    """Read the model of a Glencoe file; a feature's note is its description.

    Raises:
        ReadError: Malformed JSON, or a key that Glencoe's format does not have.
    """
    transformations = load_flamapy(_TRANSFORMATIONS)
    data = _json_object(text, path, _GLENCOE_KEYS, ("features", "tree", "constraints"))
    notes: dict[str, str] = {}
    entries = data["features"] if isinstance(data["features"], Mapping) else {}
    for identifier, entry in entries.items():
        _check_keys(entry, _GLENCOE_FEATURE_KEYS, f"{path}: feature {identifier!r}")
        if entry.get("note"):
            notes[str(entry.get("name"))] = str(entry["note"])
    model = from_flamapy(_transformed(transformations.GlencoeReader, text, path, ".gfm.json"), path)

    def with_note(feature: Feature) -> Feature:
        note = notes.get(feature.name)
        return feature if note is None else replace(feature, notes=(("description", note),))

    return map_features(model, with_note)


def read_flamapy_json(text: str, path: str) -> FeatureModel:
    """Read the model of a JSON file of flamapy.

    Raises:
        ReadError: Malformed JSON, or a key that flamapy's format does not have.
    """
    transformations = load_flamapy(_TRANSFORMATIONS)
    data = _json_object(text, path, ("features", "constraints"), ("features", "constraints"))
    _prepare_json(data, path)
    theirs = _guarded(lambda: transformations.JSONReader.parse_json(data), path, "flamapy's JSON")
    return from_flamapy(theirs, path)


# around flamapy


def _transformed(reader: Any, text: str, path: str, ending: str) -> Any:
    """Return the model that a reader of flamapy makes of a text, through the file that it wants."""
    with TemporaryFolder() as folder:
        file = os.path.join(folder, f"model{ending}")
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(text)
        return _guarded(lambda: reader(file).transform(), path, reader.__name__)


def _guarded(step: Callable[[], Any], path: str, what: str) -> Any:
    """Return the result of a step of flamapy; its errors are of many kinds, `KeyError` and `UnboundLocalError` among
    them.
    """
    try:
        return step()
    except FeatureNetError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or "no reason given"
        raise ReadError(f"{path}: found a model that {what} cannot read ({type(error).__name__}: {reason})") from error


def _features(model: Any) -> Iterator[Any]:
    stack = [model.root]
    while stack:
        feature = stack.pop()
        yield feature
        stack.extend(child for relation in feature.relations for child in relation.children)


# AFM


def _check_afm(text: str, path: str) -> None:
    """Raise ReadError for texts about which the parser would only complain on the terminal, and then skip."""
    antlr, lexers, parsers, listeners = (
        import_module(name)
        for name in ("antlr4", "afmparser.AFMLexer", "afmparser.AFMParser", "antlr4.error.ErrorListener")
    )
    problems: list[str] = []

    def report(_self: Any, _recognizer: Any, _symbol: Any, line: int, column: int, message: str, _error: Any) -> None:
        problems.append(f"{path}:{line}:{column + 1}: found malformed AFM ({message}), expected AFM's grammar")

    listener = type("Listener", (listeners.ErrorListener,), {"syntaxError": report})()
    lexer = lexers.AFMLexer(antlr.InputStream(text))
    stream = antlr.CommonTokenStream(lexer)
    parser = parsers.AFMParser(stream)
    for recognizer in (lexer, parser):
        recognizer.removeErrorListeners()
        recognizer.addErrorListener(listener)
    parser.feature_model()
    rest = stream.LT(1)
    if not problems and rest.type != antlr.Token.EOF:
        problems.append(f"{path}:{rest.line}:{rest.column + 1}: found {rest.text!r}, expected the end of the file")
    if problems:
        raise ReadError(problems)


def _afm_value(value: Any) -> Any:
    """Return the number that a text spells, else the text without its quotes."""
    if not isinstance(value, str):
        return value
    for number in (int, float):
        try:
            return number(value)
        except ValueError:
            continue
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


# FaMa

_FEATURES = ("feature", "solitaryfeature", "groupedfeature")
_BELOW: Mapping[str, tuple[str, ...]] = {
    "feature-model": ("feature", "requires", "excludes"),
    **dict.fromkeys(_FEATURES, ("binaryrelation", "setrelation")),
    "binaryrelation": ("cardinality", "solitaryfeature"),
    "setrelation": ("cardinality", "groupedfeature"),
}
_XML_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_FEATURES, ("name",)),
    "binaryrelation": ("name",),
    "setrelation": ("name",),
    "cardinality": ("min", "max"),
    "requires": ("name", "feature", "requires"),
    "excludes": ("name", "feature", "excludes"),
}
_NEEDED: Mapping[str, tuple[str, ...]] = {**dict.fromkeys(_FEATURES, ("name",)), "cardinality": ("min", "max")}


def _check_fama(text: str, path: str) -> None:
    document = parse_document(text, path, ("feature-model",), ())
    for element in document.places:
        tag = str(element.tag).casefold()
        if tag in _XML_ATTRIBUTES:
            check_attributes(document, element, _XML_ATTRIBUTES[tag])
        for name in _NEEDED.get(tag, ()):
            if element.get(name) is None:
                document.report(element, f"found no {name} on <{element.tag}>, expected one")
        for child in element:
            if str(child.tag).casefold() not in _BELOW.get(tag, ()):
                document.report(child, f"found <{child.tag}> in <{element.tag}>, which flamapy's reader would skip")
        if tag in ("binaryrelation", "setrelation"):
            _check_relation(document, element)
    if sum(str(child.tag).casefold() == "feature" for child in document.root) != 1:
        document.report(document.root, "expected one <feature> in <feature-model>, the root")
    document.raise_problems()


def _check_relation(document: Document, element: etree._Element) -> None:
    bounds = [child for child in element if str(child.tag).casefold() == "cardinality"]
    if len(bounds) != 1:
        document.report(element, f"found {len(bounds)} <cardinality> in <{element.tag}>, expected one")
        return
    upper = bounds[0].get("max", "")
    for name in ("min", "max"):
        if not bounds[0].get(name, "0").isdecimal():
            document.report(bounds[0], f"found {name}={bounds[0].get(name)!r}, expected a whole number from 0")
    if str(element.tag).casefold() == "binaryrelation" and upper.isdecimal() and int(upper) > 1:
        raise UnsupportedError(
            f"{document.place(bounds[0])}: found a feature cardinality up to {upper}, which flamapy takes for a group:"
            " write the model in UVL"
        )


# JSON

_GLENCOE_KEYS = ("id", "name", "author", "description", "features", "tree", "constraints")
_GLENCOE_FEATURE_KEYS = ("id", "name", "optional", "type", "note", "min", "max")
_JSON_FEATURE_KEYS = ("name", "abstract", "relations", "attributes")
_JSON_RELATION_KEYS = ("type", "card_min", "card_max", "children")


def _json_object(text: str, path: str, keys: Collection[str], needed: Collection[str]) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise ReadError(f"{place}: found malformed JSON ({error.msg}), expected a feature model") from error
    except RecursionError as error:
        raise ReadError(f"{path}: found JSON that is nested too deeply, expected a feature model") from error
    _check_keys(data, keys, path)
    missing = [key for key in needed if key not in data]
    if missing:
        raise ReadError(f"{path}: found no {missing[0]!r}, expected the keys {', '.join(needed)}")
    result: dict[str, Any] = data
    return result


def _check_keys(entry: Any, keys: Collection[str], place: str) -> None:
    """Raise ReadError unless the entry is an object with no other keys."""
    if not isinstance(entry, Mapping):
        raise ReadError(f"{place}: found {type(entry).__name__}, expected an object")
    unknown = sorted(set(entry) - set(keys))
    if unknown:
        raise ReadError(f"{place}: found the key {unknown[0]!r}, expected one of {', '.join(keys)}")


def _prepare_json(data: dict[str, Any], path: str) -> None:
    """Take off the quotes that flamapy's writer puts around names and its reader leaves there; check relations."""
    features = [data["features"]]
    while features:
        feature = features.pop()
        _check_keys(feature, _JSON_FEATURE_KEYS, f"{path}: a feature")
        feature["name"] = _unquoted(feature.get("name"))
        for attribute in feature.get("attributes", ()):
            _check_keys(attribute, ("name", "value"), f"{path}: an attribute of {feature['name']!r}")
            attribute["name"] = _unquoted(attribute.get("name"))
        for relation in feature.get("relations", ()):
            _check_keys(relation, _JSON_RELATION_KEYS, f"{path}: a relation of {feature['name']!r}")
            children = relation.get("children", [])
            if relation.get("type") in ("OPTIONAL", "MANDATORY") and len(children) != 1:
                raise ReadError(
                    f"{path}: found a relation {relation['type']} of {feature['name']!r} with {len(children)} children,"
                    " expected one: flamapy takes several for an alternative"
                )
            features.extend(children)
    nodes: list[Any] = [c.get("ast") if isinstance(c, Mapping) else c for c in data["constraints"]]
    while nodes:
        node = nodes.pop()
        _check_keys(node, ("type", "operands"), f"{path}: a constraint")
        if node.get("type") == "FEATURE":
            node["operands"] = [_unquoted(name) for name in node.get("operands", ())]
        else:
            nodes.extend(node.get("operands", ()))


def _unquoted(name: Any) -> Any:
    """Return a name without the quotes around it.

    >>> _unquoted('"a b"'), _unquoted("a")
    ('a b', 'a')
    """
    return name[1:-1] if isinstance(name, str) and len(name) > 2 and name[0] == name[-1] == '"' else name
