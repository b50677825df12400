"""UVL files: the feature model of a file, or its restriction of an imported model.

A hand-written reader, one logical line at a time. It accepts and refuses the same texts as the official grammar, except
that a block comment ends at its first `*/`, also if the file has several. A file whose root is an imported root, with
nothing below it, is a restriction; any other file with imports is a composed model, see `uvl.imports`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

from featurenet_uvl.errors import ModelError, ReadError, UnsupportedError
from featurenet_uvl.ir.comments import NO_COMMENTS, Comments
from featurenet_uvl.ir.feature_model import Attribute, Constraint, FeatureModel
from featurenet_uvl.ir.feature_tree import freeze
from featurenet_uvl.ir.restriction import Restriction, restrict
from featurenet_uvl.ir.span import Span
from featurenet_uvl.translators.formats.language.parser import parse_formula
from featurenet_uvl.translators.formats.language.references import unknown_references
from featurenet_uvl.translators.formats.language.tokens import MINOR_LEVELS, Tokens
from featurenet_uvl.translators.formats.uvl.comments import comments_of, take_comments
from featurenet_uvl.translators.formats.uvl.features import Details, FeatureLine, Path
from featurenet_uvl.translators.formats.uvl.imports import MAX_FEATURES, Import, Loader, Scope, compose
from featurenet_uvl.translators.formats.uvl.lines import Line, Remark, logical_lines
from featurenet_uvl.translators.formats.uvl.notes import apply_constraint_notes, split_notes
from featurenet_uvl.translators.formats.uvl.tree import read_tree

_SECTIONS = ("namespace", "include", "imports", "features", "constraints")
"""The sections of a file, in the order that UVL demands."""
_FIRST_SECTION = re.compile(r"(?:(?>//[^\n]*|/\*.*?\*/)\s*)*(?:namespace|include|imports|features)\b", re.DOTALL)
_MAX_PROBLEMS = 100
"""Problems of one file that an error lists; it counts the others."""


def is_uvl(text: str) -> bool:
    """Whether a text is UVL: its first word, after comments, is the keyword of a section."""
    return _FIRST_SECTION.match(text) is not None


def read_uvl(text: str, path: str, max_imported: int = MAX_FEATURES) -> FeatureModel | Restriction:
    """Read the model or restriction that a text holds.

    Args:
        text: The content of a UVL file.
        path: The file, for messages and for the folder of its imports.
        max_imported: Largest number of features that the imports of one file bring: files that import one another grow
            exponentially.

    Raises:
        ReadError: The text is no UVL; every problem has its place.
        ModelError: The text is UVL, but a name is used twice or refers to nothing.
        UnsupportedError: The text uses a construct that this project cannot carry.

    >>> model = read_uvl("features\\n\\tNet\\n\\t\\toptional\\n\\t\\t\\tDrop {rate 0.5}", "net.uvl")
    >>> [feature.name for feature in model.features()]
    ['Net', 'Drop']
    """
    for character, name in (("\0", "NUL character"), ("\ufeff", "byte order mark")):
        offset = text.find(character)
        if offset >= 0:
            place = Span(path, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
            raise ReadError(f"{place}: found a {name}, expected text")
    document = _document(text, path)
    loader = Loader(_read_imported, [os.path.realpath(path)], max_features=max_imported)
    return document.restriction() if document.is_restriction else document.scope(loader).model


def unused_imports(text: str, path: str) -> list[str]:
    """Return one line per import of a UVL text that is nowhere in its tree: it is legal, and has no effect."""
    document = _document(text, path)
    used = {draft.parts[:-1] for draft in document.drafts}
    return [
        f"{entry.span}: the import {'.'.join(entry.alias)} is nowhere in the tree, so it has no effect"
        for entry in document.imports
        if entry.alias not in used
    ]


def _document(text: str, path: str) -> _Document:
    document = _Document(path)
    document.read(*logical_lines(text, path, document.problems))
    document.raise_problems()
    return document


def _read_imported(text: str, path: str, loader: Loader) -> Scope:
    """Read the model of an imported file; if the file is a restriction, the restricted model."""
    document = _document(text, path)
    if not document.is_restriction:
        return document.scope(loader)
    restriction = document.restriction()
    scope = loader.load(document.imports[0])
    model = restrict(scope.model, restriction)
    problems = unknown_references(model)
    if problems:
        raise ModelError(_shortened(problems, path))
    return Scope(model, scope.names)


@dataclass(slots=True)
class _Document:
    """The parts of a file that are already read, with all problems."""

    path: str
    problems: list[str] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)
    namespace: str | None = None
    is_restriction: bool = False
    imports: list[Import] = field(default_factory=list)
    drafts: list[FeatureLine] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    comments: Comments = NO_COMMENTS

    def read(self, lines: list[Line], below: tuple[Remark, ...]) -> None:
        sections = self._sections(lines)
        self.comments = take_comments(sections, below)
        for line in sections.get("include", ())[1:]:
            self._attempt(self._read_include, line)
        for line in sections.get("imports", ())[1:]:
            self._attempt(self._read_import, line)
        if "features" in sections:
            header, *body = sections["features"]
            self.is_restriction = len(self.imports) == 1 and len(body) == 1
            has_imports = len(sections.get("imports", ())) > 1
            tree = read_tree(header.span(self.path), body, self._alias, has_imports=has_imports)
            if self.is_restriction and self._is_plain_root(tree.drafts):
                self.is_restriction = False
                tree = read_tree(header.span(self.path), body, has_imports=has_imports)
            self.drafts = tree.drafts
            self.problems.extend(tree.problems)
            self.unsupported.extend(tree.unsupported)
        elif not self.problems:
            self.problems.append(f"{self.path}:1: found no section 'features', expected one")
        for line in sections.get("constraints", ())[1:]:
            self._attempt(self._read_constraint, line)

    def _is_plain_root(self, drafts: list[FeatureLine]) -> bool:
        """Whether the one feature of the file is its own, beside an import that it does not use."""
        parts = {draft.parts for draft in drafts if draft.feature.attribute("bound") is None}
        return any(len(names) == 1 and names != ("?",) for names in parts)

    def _attempt(self, step: Callable[[Line], None], line: Line) -> None:
        try:
            step(line)
        except UnsupportedError as error:
            self.unsupported.append(str(error))
        except ReadError as error:
            self.problems.extend(error.problems)

    def _sections(self, lines: list[Line]) -> dict[str, list[Line]]:
        """Return the lines of each section by its keyword, its header first."""
        sections: dict[str, list[Line]] = {}
        current: list[Line] = []
        is_tree = False
        for line in lines:
            if line.indent == 0:
                current, is_tree = [line], line.text == "features"
                self._attempt(partial(self._open_section, sections, current), line)
            elif not current:
                self.problems.append(f"{line.span(self.path)}: found an indented line, expected a section at its start")
                current = [line]
            else:
                if not is_tree:
                    self._check_indent(line, current)
                current.append(line)
        return sections

    def _check_indent(self, line: Line, current: list[Line]) -> None:
        if len(current) > 1 and line.indent != current[1].indent:
            self.problems.append(
                f"{line.span(self.path)}: found an indentation of {line.indent} columns,"
                f" expected {current[1].indent} as in the line before"
            )
        elif current[0].text.startswith("namespace"):
            self.problems.append(f"{line.span(self.path)}: found an indented line, expected a section")

    def _open_section(self, sections: dict[str, list[Line]], current: list[Line], line: Line) -> None:
        tokens = None if line.text in _SECTIONS[1:] else Tokens(line.text, line.span(self.path))
        name = line.text if tokens is None else tokens.peek().text if tokens.peek().kind == "keyword" else ""
        if tokens is not None and name not in _SECTIONS:
            raise tokens.unexpected(f"a section: {', '.join(_SECTIONS)}")
        if name in sections:
            raise ReadError(f"{line.span(self.path)}: found a second section {name!r}, expected one")
        later = [other for other in sections if _SECTIONS.index(other) > _SECTIONS.index(name)]
        sections[name] = current
        if tokens is not None:
            self._read_rest_of_header(tokens)
        if later:
            raise ReadError(f"{line.span(self.path)}: found section {name!r} after {later[0]!r}, expected it before")

    def _read_rest_of_header(self, tokens: Tokens) -> None:
        """Read the name of a `namespace`; refuse anything else after the keyword of a section."""
        if tokens.take().text == "namespace":
            parts, _ = tokens.reference()
            self.namespace = ".".join(part.text for part in parts)
        if tokens.peek().kind != "end":
            raise tokens.unexpected("the end of the line")

    def _read_include(self, line: Line) -> None:
        tokens = Tokens(line.text, line.span(self.path))
        if tokens.peek().text not in ("Boolean", "Arithmetic", "Type"):
            raise tokens.unexpected("a language level: Boolean, Arithmetic or Type")
        tokens.take()
        if tokens.take_if(".") and not tokens.take_if("*"):
            if tokens.peek().text not in MINOR_LEVELS:
                raise tokens.unexpected(f"a minor level: *, {', '.join(MINOR_LEVELS)}")
            tokens.take()
        if tokens.peek().kind != "end":
            raise tokens.unexpected("the end of the line")

    def _read_import(self, line: Line) -> None:
        tokens = Tokens(line.text, line.span(self.path))
        tokens_of_path, span = tokens.reference("the name of a file in this folder, without .uvl")
        parts = tuple(part.text for part in tokens_of_path)
        alias = parts
        if tokens.peek().text == "as" and tokens.take_if("keyword"):
            alias = tuple(part.text for part in tokens.reference("an alias")[0])
        if tokens.peek().kind != "end":
            raise tokens.unexpected("'as' or the end of the line")
        if any(character in part for part in parts for character in "/\\"):
            raise ReadError(f"{span}: found a path that leaves the folder, expected names, sub.file for sub/file.uvl")
        entry = Import(parts, alias, span)
        if not entry.stays_in_folder():
            raise ReadError(f"{span}: found a link that leaves the folder, {entry.path()}, expected a file below it")
        self.imports.append(entry)

    @property
    def _alias(self) -> Path:
        """The alias to take off references, because a restriction uses the imported model's own names."""
        return self.imports[0].alias if self.is_restriction else ()

    def _read_constraint(self, line: Line) -> None:
        span = line.span(self.path)
        formula = parse_formula(line.text, span, alias=self._alias)
        comments = comments_of(line.remarks) if line.remarks else NO_COMMENTS
        self.constraints.append(Constraint(formula, span=span, comments=comments))

    def raise_problems(self) -> None:
        """Raise an error with all problems so far; return if there are none."""
        if self.problems:
            raise ReadError(_shortened(self.problems, self.path))
        if self.unsupported:
            raise UnsupportedError("\n".join(_shortened(self.unsupported, self.path)))

    @property
    def _details(self) -> Iterator[Details]:
        return (draft.details for draft in self.drafts if draft.details is not None)

    @property
    def _all_constraints(self) -> tuple[Constraint, ...]:
        own = [constraint for details in self._details for constraint in details.constraints]
        return (*own, *self.constraints)

    def scope(self, loader: Loader) -> Scope:
        """Return the model, composed with its imports, and its features by their names in this file."""
        notes = tuple([note for details in self._details for note in details.model_notes])
        constraints = self._all_constraints
        if notes:
            notes, of_constraints = split_notes(notes)
            constraints = apply_constraint_notes(constraints, of_constraints, str(self.drafts[0].feature.span))
        if self.imports:
            scope = compose(self.drafts, constraints, self.imports, loader.load, loader.max_features)
            names, notes = scope.names, notes + scope.model.notes
            model = replace(scope.model, namespace=self.namespace, notes=notes, comments=self.comments)
        else:
            names = {draft.parts: draft.parts[0] for draft in self.drafts}
            model = FeatureModel(freeze(self.drafts[0]), constraints, self.namespace, notes, self.comments)
        problems: list[str] = []
        try:
            model.verify()
        except ModelError as error:
            problems.extend(error.problems)
        problems.extend(unknown_references(model))
        if problems:
            raise ModelError(_shortened(problems, self.path))
        return Scope(model, names)

    def restriction(self) -> Restriction:
        """Return the restriction of the one imported model."""
        root, first = self.drafts[0], self.imports[0]
        if root.parts[:-1] != first.alias:
            raise ModelError(
                f"{first.span}: found an import that is nowhere in the tree, expected a feature"
                f" {'.'.join(first.alias)}.NAME"
            )
        own = root.details or Details()
        if own.type or own.cardinality or own.is_abstract or own.notes or own.model_notes:
            raise UnsupportedError(
                f"{root.feature.span}: found a type, cardinality, abstract mark or notes at an imported root, expected"
                " bounds and constraints only"
            )
        bounds: dict[str, int] = {}
        for attribute in own.attributes:
            if attribute.name != "bound":
                raise UnsupportedError(
                    f"{attribute.span}: found attribute {attribute.name!r} at an imported root, expected bound,"
                    " constraint, constraints or array_constraints"
                )
            bounds.update(_bounds(attribute))
        comments = [self.comments, root.feature.comments, *(attribute.comments for attribute in own.attributes)]
        return Restriction(
            self.path,
            first.path(),
            self._all_constraints,
            MappingProxyType(bounds),
            root.feature.span,
            Comments(tuple(line for some in comments for part in some for line in part)),
        )


def _bounds(attribute: Attribute) -> dict[str, int]:
    bounds: dict[str, int] = {}
    entries = attribute.value if isinstance(attribute.value, Mapping) else {"": attribute.value}
    for name, value in entries.items():
        if not name or isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ReadError(f"{attribute.span}: found bound {name} {value!r}, expected bound {{Feature 5, ...}}")
        bounds[name] = value
    return bounds


def _shortened(problems: list[str], path: str) -> list[str]:
    if len(problems) <= _MAX_PROBLEMS:
        return problems
    return [*problems[:_MAX_PROBLEMS], f"{path}: {len(problems) - _MAX_PROBLEMS} further problems"]
