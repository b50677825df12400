"""The section `<meta>` of SXFM: content that SXFM has no words for, under keys that other tools skip."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lxml import etree

from featurenet_uvl.ir.comments import NO_COMMENTS, Comments
from featurenet_uvl.ir.feature_model import Feature, FeatureModel
from featurenet_uvl.ir.feature_tree import map_features
from featurenet_uvl.translators.formats.xml.document import Document, check_attributes, text_of

ABSTRACT_KEY = "featurenet_uvl.abstract"
"""The name of the `<data>` of `<meta>` with the ids of the abstract features, for which SXFM has no word."""

NAMESPACE_KEY = "featurenet_uvl.namespace"
"""The name of the `<data>` of `<meta>` with the model's UVL namespace."""

COMMENTS_KEY = "featurenet_uvl.comments"
"""The name of the `<data>` of `<meta>` with the comments: a line has the owner, `before` or `after`, and the text.

An owner is `model`, `feature:ID`, `group:2:ID` (the second group of the feature) or `clause:3`.
"""

_COMMENT = re.compile(r"([a-z]+(?::[0-9]{1,7})?(?::\S+)?) (before|after) (.*)")


@dataclass(frozen=True, slots=True)
class Meta:
    """The content of `<meta>`: ids of the abstract features, the namespace, and comments by owner."""

    abstract: frozenset[str]
    namespace: str | None
    comments: Mapping[str, Comments]


def read_meta(document: Document, element: etree._Element | None, names: Mapping[str, str]) -> Meta:
    """Read the section; report its mistakes to the document.

    Args:
        document: The document.
        element: The section, if the file has one.
        names: The names of the features by id.
    """
    texts: dict[str, str] = {}
    for data in () if element is None else element:
        if data.tag != "data":
            document.report(data, f"found <{data.tag}> in <meta>, expected <data>")
            continue
        check_attributes(document, data, ("name",))
        key, text = data.get("name", ""), text_of(document, data)
        if key not in (ABSTRACT_KEY, NAMESPACE_KEY, COMMENTS_KEY):
            continue
        if key in texts:
            document.report(data, f"found a second <data> {key!r}, expected one")
        texts[key] = text
        for identifier in text.split() if key == ABSTRACT_KEY else ():
            if identifier not in names:
                document.report(data, f"found {identifier[:60]!r} in {key!r}, expected ids of features")
    abstract = frozenset(texts.get(ABSTRACT_KEY, "").split())
    return Meta(abstract, texts.get(NAMESPACE_KEY), _comments(texts.get(COMMENTS_KEY, "")))


def _comments(text: str) -> dict[str, Comments]:
    """Return the comments by owner; a line without one, which only an edit gives, is the model's."""
    found: defaultdict[str, Comments] = defaultdict(Comments)
    for line in text.split("\n") if text else ():
        match = _COMMENT.fullmatch(line)
        owner, place, content = match.groups() if match else ("model", "before", line)
        found[owner] = found[owner].joined(Comments((content,)) if place == "before" else Comments((), (content,)))
    return found


def with_comments(model: FeatureModel, comments: Mapping[str, Comments], names: Mapping[str, str]) -> FeatureModel:
    """Return the model with its comments; those whose owner has gone are the model's.

    Args:
        model: The model.
        comments: The comments by owner.
        names: The names of the features by id.
    """
    if not comments:
        return model
    left = dict(comments)
    ids = {name: identifier for identifier, name in names.items()}

    def step(feature: Feature) -> Feature:
        identifier = ids[feature.name]
        numbered = enumerate(feature.groups, 1)
        groups = (replace(g, comments=left.pop(f"group:{n}:{identifier}", NO_COMMENTS)) for n, g in numbered)
        return replace(feature, groups=tuple(groups), comments=left.pop(f"feature:{identifier}", NO_COMMENTS))

    tree = map_features(model, step)
    clauses = enumerate(model.constraints, 1)
    constraints = tuple(replace(c, comments=left.pop(f"clause:{n}", NO_COMMENTS)) for n, c in clauses)
    own = left.pop("model", NO_COMMENTS)
    others = tuple(line for some in left.values() for part in some for line in part)
    return replace(tree, constraints=constraints, comments=Comments(own.before, own.after + others))
