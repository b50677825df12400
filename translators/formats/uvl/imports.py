"""Imports of UVL: models composed of several files.

`imports sub.file as f` reads `sub/file.uvl` beside the importing file; `f.Root` in the tree stands for the whole
imported tree, and the groups, attributes or cardinality at that place are added to its root. In the composed model, a
feature `f.X` is called `f_X`, because a plain name of UVL has no dots; through two files, `f.g.X` is `f_g_X`.
Constraints write `f.X`, `f.X.attribute` or `f.g.X`, as in UVL. The constraints of the imported file come along and
still speak of its features only: `sum(cost)` becomes `sum(cost, f_Root)`. Each import is a copy of its own: one file
under two aliases is two subtrees. An import that is nowhere in the tree brings nothing.

The namespace, the properties and the feature order of an imported file describe that file as a whole and stay there;
its comments and everything about its features and constraints come along.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from featurenet_uvl.errors import ModelError, ReadError
from featurenet_uvl.ir.comments import Comments
from featurenet_uvl.ir.expression import Aggregate, AttributeRef, Expression, FeatureRef, rebuild
from featurenet_uvl.ir.feature_model import Constraint, Feature, FeatureModel
from featurenet_uvl.ir.feature_tree import draft_of, freeze
from featurenet_uvl.ir.span import Span
from featurenet_uvl.system.files import MAX_MODEL_BYTES, read_text
from featurenet_uvl.translators.formats.shared.renaming import rename_features
from featurenet_uvl.translators.formats.uvl.features import FeatureLine, Path
from featurenet_uvl.translators.formats.xml.formulas import is_rule

MAX_FEATURES = 100_000
"""Features of the imports of one file: files that import one another grow exponentially."""
MAX_DEPTH = 50
"""Files in a chain of imports."""


@dataclass(frozen=True, slots=True)
class Import:
    """One line of the section `imports`: the parts of the file's name, its alias, and the place of the line."""

    parts: Path
    alias: Path
    span: Span

    def path(self) -> str:
        """Return the path of the imported file."""
        return os.path.join(os.path.dirname(self.span.path), *self.parts) + ".uvl"

    def stays_in_folder(self) -> bool:
        """Whether the imported file lies below the folder of the importing one once links are followed."""
        folder = os.path.realpath(os.path.dirname(self.span.path))
        return os.path.realpath(self.path()).startswith(os.path.join(folder, ""))


@dataclass(frozen=True, slots=True)
class Scope:
    """A model, and its features by the names that the constraints of its file give them."""

    model: FeatureModel
    names: Mapping[Path, str]


@dataclass(slots=True)
class Loader:
    """A reader of imported files, each once; `chain` holds the files that are being read at the moment."""

    read: Callable[[str, str, Loader], Scope]
    chain: list[str] = field(default_factory=list)
    scopes: dict[str, Scope] = field(default_factory=dict)
    max_features: int = MAX_FEATURES

    def load(self, entry: Import) -> Scope:
        """Return the model of an imported file.

        Raises:
            ReadError: The file is missing or malformed.
            ModelError: The file imports itself, perhaps through others.
        """
        path = entry.path()
        key = os.path.realpath(path)
        if key in self.chain:
            way = " -> ".join(os.path.basename(name) for name in [*self.chain[self.chain.index(key) :], key])
            raise ModelError(f"{entry.span}: found an import of {path} within itself ({way}), expected no circle")
        if len(self.chain) > MAX_DEPTH:
            raise ModelError(f"{entry.span}: found more than {MAX_DEPTH} files that import one another, expected fewer")
        if key not in self.scopes:
            try:
                text = read_text(path, limit=MAX_MODEL_BYTES, is_named_by_user=False)
            except ReadError as error:
                raise ReadError([f"{entry.span}: the import cannot be read: {p}" for p in error.problems]) from error
            self.chain.append(key)
            self.scopes[key] = self.read(text, path, self)
            self.chain.pop()
        return self.scopes[key]


def compose(
    drafts: Sequence[FeatureLine],
    constraints: Sequence[Constraint],
    imports: Sequence[Import],
    load: Callable[[Import], Scope],
    max_features: int = MAX_FEATURES,
) -> Scope:
    """Compose the model of a file that imports others.

    Args:
        drafts: The tree in document order; drafts with a dotted name stand for imported trees.
        constraints: The constraints of the file itself.
        imports: Its imports.
        load: Reads one of them.
        max_features: Largest number of features of the imports together.

    Raises:
        ReadError, ModelError: As `load` says; an import is not in the place of its root, or a constraint speaks of one
            that is nowhere in the tree; two features have one name. All problems together.
    """
    composition = _Composition({entry.alias: (entry, load(entry)) for entry in imports}, max_features)
    composition.check_aliases(imports)
    for draft in reversed(drafts):
        composition.place(draft)
    composition.raise_problems()
    names = composition.names(drafts)
    own = {(draft.parts[-1], a.name) for draft in drafts if draft.details for a in draft.details.attributes}
    resolved = [replace(c, formula=composition.resolve(c.formula, names, own)) for c in constraints]
    composition.raise_problems()
    notes: list[tuple[str, str]] = []
    for part in composition.used_parts():
        notes += _notes(part, sum(not c.is_indexed and is_rule(c.formula) for c in resolved))
        resolved += part.constraints
    return Scope(FeatureModel(freeze(drafts[0]), tuple(resolved), notes=tuple(notes)), names)


class _Composition:
    def __init__(self, scopes: Mapping[Path, tuple[Import, Scope]], most: int) -> None:
        self._scopes = scopes
        self._problems: list[str] = []
        self._placed: dict[Path, FeatureLine] = {}
        self._unused: dict[Path, str] = {}
        self.parts: dict[Path, FeatureModel] = {}
        size = sum(sum(1 for _ in scope.model.features()) for _, scope in scopes.values())
        if size > most:
            entry = next(entry for entry, _ in scopes.values())
            raise ModelError(f"{entry.span}: found imports with {size} features, expected at most {most}")
        for alias, (_, scope) in scopes.items():
            prefix = "_".join(alias) + "_"
            names = {feature.name: prefix + feature.name for feature in scope.model.features()}
            self.parts[alias] = rename_features(_with_scopes(_with_comments_at_root(scope.model)), names)

    def raise_problems(self) -> None:
        if self._problems:
            raise ModelError(self._problems)

    def used_parts(self) -> Iterator[FeatureModel]:
        """Yield the imported models that have a place in the tree."""
        return (part for alias, part in self.parts.items() if alias in self._placed)

    def check_aliases(self, imports: Sequence[Import]) -> None:
        seen: dict[Path, Import] = {}
        for entry in imports:
            first = seen.setdefault(entry.alias, entry)
            if first is not entry:
                self._problems.append(
                    f"{entry.span}: found the alias {'.'.join(entry.alias)} twice, expected another one; the first is"
                    f" at {first.span}"
                )

    def place(self, draft: FeatureLine) -> None:
        """Replace a draft with a dotted name by the imported tree; leave any other draft."""
        alias, span = draft.parts[:-1], draft.feature.span
        if not alias:
            return
        if alias not in self._scopes:
            known = ", ".join(".".join(name) for name in self._scopes)
            self._problems.append(
                f"{span}: found {'.'.join(draft.parts)}, expected a feature of this file or the root of an import"
                f" ({known})"
            )
            return
        entry, scope = self._scopes[alias]
        root = scope.model.root
        if draft.parts[-1] != root.name:
            self._problems.append(
                f"{span}: found {'.'.join(draft.parts)}, expected the root of the imported file,"
                f" {'.'.join(alias)}.{root.name} (at {root.span})"
            )
        elif alias in self._placed:
            self._problems.append(
                f"{span}: found {'.'.join(draft.parts)} twice, expected it once; import {entry.path()} under a"
                f" second alias for a second copy; the other place is {self._placed[alias].feature.span}"
            )
        else:
            self._graft(draft, self.parts[alias].root)
        self._placed[alias] = draft

    def _graft(self, draft: FeatureLine, root: Feature) -> None:
        """Make the draft the imported root, together with everything that the importing file adds to it."""
        own = draft.feature
        own_type = draft.details.type if draft.details else None
        if own_type is not None and own_type is not root.type:
            self._problems.append(
                f"{own.span}: found {own_type.value} at an imported root, expected {root.type.value} as at {root.span}"
            )
        if root.attribute("rules") is not None:
            self._problems.append(
                f"{own.span}: found an import of a model with rule sets ({root.span}), expected none: they speak of a"
                " whole model; move the attribute rules to the root of the importing file"
            )
        if own.cardinality is not None and root.cardinality is not None:
            self._problems.append(
                f"{own.span}: found a cardinality at an imported root that has one ({root.span}), expected only one"
            )
        draft.groups.extend(draft_of(root).groups)
        draft.feature = replace(
            root,
            groups=(),
            attributes=own.attributes + root.attributes,
            cardinality=own.cardinality or root.cardinality,
            is_abstract=own.is_abstract or root.is_abstract,
            notes=own.notes + root.notes,
            span=own.span,
            comments=own.comments.joined(root.comments).of_node(),
        )

    def names(self, drafts: Sequence[FeatureLine]) -> dict[Path, str]:
        """Return the names of the composed model by dotted name; report two features with one name.

        An import that is nowhere in the tree is legal, and none of its features exist.
        """
        names: dict[Path, str] = {draft.parts: draft.parts[0] for draft in drafts if len(draft.parts) == 1}
        sources = {draft.parts[0]: (draft.parts[0], draft.feature.span) for draft in drafts if len(draft.parts) == 1}
        for alias, (entry, scope) in self._scopes.items():
            if alias not in self._placed:
                self._unused[alias] = (
                    f"{'.'.join(alias)}.{scope.model.root.name} in the tree; the import is at {entry.span}"
                )
                continue
            spans = {feature.name: feature.span for feature in scope.model.features()}
            for path, inner in scope.names.items():
                name = "_".join((*alias, inner))
                names[alias + path] = name
                dotted = ".".join(alias + path)
                first = sources.setdefault(name, (dotted, spans[inner]))
                if first[0] != dotted:
                    self._problems.append(
                        f"{spans[inner]}: {dotted} would be called {name!r}, and so is {first[0]} at {first[1]};"
                        " rename one of them, or choose another alias"
                    )
        return names

    def resolve(self, formula: Expression, names: Mapping[Path, str], own: set[tuple[str, str]]) -> Expression:
        """Return the formula over the names of the composed model."""

        def step(node: Expression) -> Expression:
            match node:
                case AttributeRef(feature=feature, attribute=attribute, indices=indices, span=span):
                    path = (feature, *attribute.split("."))
                    found = _longest(path, names)
                    if found is None:
                        self._report_unused(path, span)
                        return node
                    if (feature, path[1]) in own:
                        self._problems.append(
                            f"{span}: found {'.'.join(path)}, expected one meaning: it is an imported feature and an"
                            f" attribute of {feature!r}; choose another alias"
                        )
                    name, rest = names[path[:found]], ".".join(path[found:])
                    return AttributeRef(name, rest, indices, span) if rest else FeatureRef(name, indices, span)
                case Aggregate(scope=str(scope)) if "." in scope:
                    self._report_unused(tuple(scope.split(".")), node.span)
                    return replace(node, scope=names.get(tuple(scope.split(".")), scope))
                case _:
                    return node

        return rebuild(formula, step)

    def _report_unused(self, path: Path, span: Span) -> None:
        """Report a reference to a feature of an import that is nowhere in the tree."""
        alias = next((alias for alias in self._unused if path[: len(alias)] == alias), None)
        if alias is not None:
            self._problems.append(f"{span}: found {'.'.join(path)}, expected {self._unused[alias]}")


def _with_comments_at_root(model: FeatureModel) -> FeatureModel:
    """Return the model with the comments of its file at its root."""
    before, after = model.comments
    comments = Comments(before + after).joined(model.root.comments)
    return replace(model, root=replace(model.root, comments=comments)) if before or after else model


def _with_scopes(model: FeatureModel) -> FeatureModel:
    """Return the model whose aggregates name its root, so that they still mean the features of this file only."""
    root = model.root.name

    def step(node: Expression) -> Expression:
        return replace(node, scope=root) if isinstance(node, Aggregate) and node.scope is None else node

    return replace(model, constraints=tuple(replace(c, formula=rebuild(c.formula, step)) for c in model.constraints))


def _longest(path: Path, names: Mapping[Path, str]) -> int | None:
    """Return the length of the longest beginning, of two parts or more, that is a name; None if there is none."""
    return next((size for size in range(len(path), 1, -1) if path[:size] in names), None)


def _notes(part: FeatureModel, rules_before: int) -> Iterator[tuple[str, str]]:
    """Yield the notes of an imported model that apply to the composed one; rules get new numbers."""
    for key, text in part.notes:
        if key == "comment":
            yield key, text
        elif key.startswith("rule:"):
            _, number, rest = key.split(":", 2)
            yield f"rule:{int(number) + rules_before}:{rest}" if number.isdigit() else key, text
