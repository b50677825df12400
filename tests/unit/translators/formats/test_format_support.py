"""The table of constructs and formats in docs/formats.md: each cell is the fate of a tiny model in a format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from featurenet_uvl.errors import FeatureNetError, UnsupportedError
from featurenet_uvl.ir.expression import Count, FeatureRef
from featurenet_uvl.ir.feature_model import Constraint, FeatureModel
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.translators.formats import registry
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs
from featurenet_uvl.translators.formats.flamapy.bridge import from_flamapy, to_flamapy
from featurenet_uvl.translators.formats.registry import parse_model, writer_for
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.pipeline import compile_feature_model
from tests.commented import comments_of
from tests.laws.test_count_law import all_models
from tests.places import DOCS

pytest.importorskip("flamapy.metamodels.fm_metamodel", reason="the extra flamapy is not installed")

PAGE = DOCS / "formats.md"

FORMAT_NAMES = tuple(name for name, entry in registry.FORMATS.items() if entry.write is not None)
KEPT, SAME, LOSSY, REFUSED = "kept", "same configurations", "lossy", "refused"
TITLES = {"uvl": "UVL", "featureide": "FeatureIDE XML", "sxfm": "SXFM", "dimacs": "DIMACS"}
FORMATS = {name: TITLES.get(name, name) for name in (*FORMAT_NAMES, "flamapy", "dimacs")}


def tree(text: str, root: str = "R", head: str = "", constraints: str = "") -> str:
    """Return the text of a model; `;` stands for a new line, `>` for a tab."""
    lines = text.replace(">", "\t").replace(";", "\n")
    return f"{head}features\n\t{root}\n{lines}\n" + (f"constraints\n\t{constraints}\n" if constraints else "")


TWO = ">>optional;>>>A;>>>B"
CONSTRUCTS: Mapping[str, str] = {
    "mandatory, optional, `or`, `alternative`": tree(
        ">>mandatory;>>>A;>>>>or;>>>>>B;>>>>>C;>>optional;>>>D;>>>>alternative;>>>>>E;>>>>>F"
    ),
    "group `[n..m]`": tree(">>[1..2];>>>A;>>>B;>>>C"),
    "abstract features": tree(">>optional;>>>A {abstract}"),
    "names with blanks": tree('>>optional;>>>"A b"'),
    "propositional constraints": tree(TWO, constraints="A => B"),
    "`A <=> B`": tree(TWO, constraints="A <=> B"),
    "constant attributes": tree(">>optional;>>>A {cost 3, name 'a'}"),
    "vectors and maps": tree(">>optional;>>>A {v [1, 'a'], m {x 1}}"),
    "configurable attributes": tree(">>optional;>>>A {kernel {domain ['1x1', '3x3'], default '3x3'}}"),
    "multi-features `[n..m]`": tree(">>optional;>>>A cardinality [0..2]"),
    "multi-features `[n..*]`": tree(">>optional;>>>A cardinality [1..*]"),
    "typed features with a domain": tree(">>optional;>>>Integer A {domain [1, 2]}"),
    "typed features without a domain": tree(">>optional;>>>Integer A"),
    "arithmetic constraints": tree(">>optional;>>>A {p 1};>>>B {p 2}", constraints="A.p + B.p >= 2"),
    "`sum`, `avg`": tree(">>optional;>>>A {p 1};>>>B {p 2}", constraints="sum(p) >= 2"),
    "indexed constraints": tree(
        ">>optional;>>>A cardinality [1..2];>>>B", root="R {array_constraints ['A[i+1] => B']}"
    ),
    "descriptions and other notes": tree(">>optional;>>>A {featureide__ {description 'said'}}"),
    "namespace": tree(">>optional;>>>A", head="namespace net\n"),
    "comments": "// top\n" + tree(">>optional // group;>>>A // feature;>>>B", constraints="!A | B // rule"),
}


def models() -> dict[str, FeatureModel]:
    found: dict[str, FeatureModel] = {}
    for name, text in CONSTRUCTS.items():
        model = read_uvl(text, "m.uvl")
        assert isinstance(model, FeatureModel)
        found[name] = model
    base = found["propositional constraints"]
    both = (FeatureRef("A"), FeatureRef("B"))
    found["at most n of (FeatureIDE's `atmost1`)"] = replace(base, constraints=(Constraint(Count(0, 1, both)),))
    found["descriptions of constraints"] = replace(
        base, constraints=tuple(replace(c, description="why") for c in base.constraints)
    )
    return found


def converted(model: FeatureModel, name: str, losses: list[str] | None = None) -> FeatureModel:
    """Return the model after it was written in the format and read back."""
    if name == "flamapy":
        return from_flamapy(to_flamapy(model, losses))
    again = parse_model(writer_for("-", name)(model, losses), "m")
    assert isinstance(again, FeatureModel)
    return again


def fate(model: FeatureModel, name: str) -> str:
    """Return the fate of the model in the format, in one of the words of the table."""
    if name == "dimacs":
        try:
            cnf = read_dimacs(write_dimacs(compile_feature_model(model)), "m.dimacs")
        except FeatureNetError:
            return REFUSED
        assert sum(1 for _ in all_models(cnf)) == len(enumerate_configurations(model))
        return SAME
    try:
        again = converted(model, name)
    except UnsupportedError:
        losses: list[str] = []
        try:
            converted(model, name, losses)
        except UnsupportedError:
            return REFUSED
        assert losses
        return LOSSY
    if again == model:
        assert list(comments_of(again)) == list(comments_of(model))
        return KEPT
    assert len(enumerate_configurations(again)) == len(enumerate_configurations(model))
    return SAME


def table() -> str:
    lines = [f"| construct | {' | '.join(FORMATS.values())} |", f"|---|{'---|' * len(FORMATS)}"]
    for construct, model in models().items():
        cells = [fate(model, name) for name in FORMATS]
        lines.append(f"| {construct} | {' | '.join(cells)} |")
    return "\n".join(lines)


def test_the_table_of_the_page_is_what_the_formats_do() -> None:
    assert table() in PAGE.read_text(encoding="utf-8"), f"the page needs this table:\n{table()}"


def test_nothing_is_lost_without_a_word() -> None:
    """UVL and FeatureIDE's XML refuse nothing of the table; `fate` checks that they keep the model or its
    configurations.
    """
    for construct, model in models().items():
        for name in ("uvl", "featureide"):
            assert fate(model, name) in (KEPT, SAME), (construct, name)
