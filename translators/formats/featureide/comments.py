"""Comments in FeatureIDE's XML: custom properties, because FeatureIDE keeps those and drops the comments of XML.

A property of the type `featurenet_uvl` holds the lines of one node. Its key is `comments_before` or `comments_after` on
a feature, a rule and the model; comments of the second group or attribute of a feature have the keys
`group_2_comments_before` and `attribute_2_comments_before`, those of the second constraint that no rule can hold
`constraint_2_comments_before` on the model. FeatureIDE writes keys in small letters, so they have numbers for names. If
an edit has removed the node of such a number, its comments go to the feature or the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from featurenet_uvl.ir.comments import NO_COMMENTS, Comments
from featurenet_uvl.ir.feature_model import Attribute, Constraint, Feature, Group

_NOTE = "property:featurenet_uvl:"
_KEY = re.compile(_NOTE + r"(?:(group|attribute|constraint)_([1-9][0-9]{0,5})_)?comments_(before|after)")

Notes = Iterable[tuple[str, str]]


@dataclass(slots=True)
class FoundComments:
    """The comments in the notes of one element: its own, and those of parts of it by kind and number."""

    own: Comments = NO_COMMENTS
    parts: dict[tuple[str, int], Comments] = field(default_factory=dict)

    def attributes(self, attributes: Sequence[Attribute]) -> tuple[Attribute, ...]:
        """Return the attributes with their comments."""
        numbered = enumerate(attributes, 1)
        return tuple(replace(a, comments=found) if (found := self._take("attribute", n)) else a for n, a in numbered)

    def groups(self, groups: Sequence[Group]) -> tuple[Group, ...]:
        """Return the groups with their comments."""
        return tuple(
            replace(group, comments=found) if (found := self._take("group", number)) else group
            for number, group in enumerate(groups, 1)
        )

    def constraints(self, constraints: Sequence[Constraint]) -> list[Constraint]:
        """Return the constraints that no rule can hold with their comments."""
        numbered = enumerate(constraints, 1)
        return [replace(c, comments=found) if (found := self._take("constraint", n)) else c for n, c in numbered]

    def rest(self) -> Comments:
        """Return the comments of the element itself, and those of parts that it lacks."""
        lines = [line for _, part in sorted(self.parts.items()) for some in part for line in some]
        return Comments(self.own.before + tuple(lines), self.own.after)

    def _take(self, kind: str, number: int) -> Comments | None:
        return self.parts.pop((kind, number), None) if self.parts else None


def split_comments(notes: Notes) -> tuple[list[tuple[str, str]], FoundComments]:
    """Return the other notes of an element, and the comments among its notes."""
    others: list[tuple[str, str]] = []
    found = FoundComments()
    for key, text in notes:
        match = _KEY.fullmatch(key)
        if match is None:
            others.append((key, text))
            continue
        lines = tuple(text.split("\n"))
        some = Comments(lines) if match[3] == "before" else Comments(after=lines)
        if match[1] is None:
            found.own = found.own.joined(some)
        else:
            part = match[1], int(match[2])
            found.parts[part] = found.parts.get(part, NO_COMMENTS).joined(some)
    return others, found


def comments_of_feature(feature: Feature) -> Iterator[tuple[str, str]]:
    """Yield the notes that carry the comments of a feature, its groups and its attributes."""
    yield from comment_notes(feature.comments)
    for number, group in enumerate(feature.groups, 1):
        yield from comment_notes(group.comments, f"group_{number}_")
    for number, attribute in enumerate(feature.attributes, 1):
        yield from comment_notes(attribute.comments, f"attribute_{number}_")


def comment_notes(comments: Comments, part: str = "") -> Iterator[tuple[str, str]]:
    r"""Yield the notes that carry comments.

    >>> list(comment_notes(Comments((" how", " why"), ()), "group_1_"))
    [('property:featurenet_uvl:group_1_comments_before', ' how\n why')]
    """
    for name, lines in (("before", comments.before), ("after", comments.after)):
        if lines:
            yield f"{_NOTE}{part}comments_{name}", "\n".join(lines)
