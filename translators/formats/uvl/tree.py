"""The section `features` of a UVL file: indented lines that become a tree of drafts."""

from __future__ import annotations

from dataclasses import dataclass, field

from featurenet_uvl.errors import ReadError, UnsupportedError
from featurenet_uvl.ir.feature_model import Feature
from featurenet_uvl.ir.feature_tree import GroupDraft
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.tokens import GROUP_KEYWORDS
from featurenet_uvl.translators.formats.uvl.features import (
    FeatureLine,
    Path,
    read_feature_line,
    read_group_line,
)
from featurenet_uvl.translators.formats.uvl.lines import Line


@dataclass(slots=True)
class Tree:
    """The drafts in document order, the root first, and the problems met on the way."""

    drafts: list[FeatureLine] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)


def read_tree(header: Span, lines: list[Line], alias: Path = (), *, has_imports: bool = False) -> Tree:
    """Read the tree from the lines below `features`.

    Reading goes on after a line that is no feature or group, without what lies below it. It stops at the first line
    with a wrong indentation: all lines after it would look wrong, too.
    """
    reader = _TreeReader(header.path, alias, has_imports)
    if not lines:
        reader.tree.problems.append(f"{header}: found no feature below 'features', expected the root")
    for line in lines:
        if not reader.read(line):
            return reader.tree
    reader.tree.problems.extend(
        f"{group.span}: found an empty group, expected features one level deeper"
        for draft in reader.tree.drafts
        for group in draft.groups
        if not group.members
    )
    return reader.tree


class _TreeReader:
    def __init__(self, path: str, alias: Path, has_imports: bool) -> None:
        self.tree = Tree()
        self._path = path
        self._alias = alias
        self._has_imports = has_imports
        self._open: list[tuple[int, FeatureLine | GroupDraft]] = []
        self._skipped_below: int | None = None
        """The indentation of a line that could not be read: what it holds is skipped."""

    def read(self, line: Line) -> bool:
        """Read a line; return whether it fits into the tree."""
        if self._skipped_below is not None and line.indent > self._skipped_below:
            return True
        self._skipped_below = None
        span = line.span(self._path)
        problem = self._close_deeper(line.indent)
        if problem:
            self.tree.problems.append(f"{span}: {problem}")
            return False
        parent = self._open[-1][1] if self._open else None
        try:
            if isinstance(parent, FeatureLine):
                group = read_group_line(line, self._path)
                parent.groups.append(group)
                self._open.append((line.indent, group))
            else:
                self._add(self._feature(line, span), parent, line.indent)
        except ReadError as error:
            self.tree.problems.extend(error.problems)
            self._skipped_below = line.indent
            if isinstance(parent, GroupDraft):
                parent.members.append(_placeholder(span))
            return parent is not None
        return True

    def _close_deeper(self, indent: int) -> str | None:
        """Close the levels that the indentation ends; return a message if it fits none that is open."""
        above = None
        while self._open and self._open[-1][0] >= indent:
            above = self._open.pop()[0]
        if above not in (None, indent):
            return f"found an indentation of {indent} columns, expected that of an earlier line, such as {above}"
        if not self._open and self.tree.drafts:
            return "found a second feature beside the root, expected one root; indent what belongs below it"
        return None

    def _feature(self, line: Line, span: Span) -> FeatureLine:
        """Read the feature of a line; report details that are wrong, and keep the feature for its children."""
        try:
            return read_feature_line(line, self._path, self._alias)
        except UnsupportedError as error:
            self.tree.unsupported.append(str(error))
        except ReadError as error:
            if any(word in GROUP_KEYWORDS for word in line.text.split()[:1]):
                raise
            self.tree.problems.extend(error.problems)
        return _placeholder(span)

    def _add(self, draft: FeatureLine, parent: GroupDraft | None, indent: int) -> None:
        if len(draft.parts) > 1 and not self._has_imports:
            name = ".".join(draft.parts)
            self.tree.problems.append(
                f"{draft.feature.span}: found {name}, expected a name without a dot, or an import for it"
            )
        if parent is not None:
            parent.members.append(draft)
        self.tree.drafts.append(draft)
        self._open.append((indent, draft))


def _placeholder(span: Span) -> FeatureLine:
    """Return a feature in place of one that cannot be read."""
    return FeatureLine(Feature("?", span=span), parts=("?",))
