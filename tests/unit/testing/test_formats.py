"""The conformance suite for formats: the project's formats pass it, so does the page's example; seeded faults fail."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from featurenet_uvl.errors import UnsupportedError, UsageError
from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.operations.sources import load_source
from featurenet_uvl.testing.format_models import grown_models
from featurenet_uvl.testing.formats import check_format
from featurenet_uvl.translators.formats.registry import (
    FORMATS,
    Format,
    detect_format,
    find_format,
    format_names,
    parse_model,
    writer_for,
)
from tests.places import DOCS

PAGE = (DOCS / "extending-formats.md").read_text(encoding="utf-8")
MODULE, CHECK = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(ENTRY_POINTS,) = re.findall(r"```ini\n\[options.entry_points\]\n(.*?)```", PAGE, re.DOTALL)
(OUTLINE,) = re.findall(r"\n\n((?:    .*\n)+)\n## Reader", PAGE)
OUTLINE = re.sub(r"^    ", "", OUTLINE, flags=re.MULTILINE)
TREES = ("root", "mandatory", "optional", "or", "alternative", "nested groups", "several groups", "deep tree")
FORMULAS = ("literal constraints", "implications", "equivalences", "nested formulas", "at most one of")


class Installer:
    """Installs a module with its entry points, as pip would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: list[str] = []

    def __call__(self, module: str, code: str, entry_points: str = "") -> ModuleType:
        (self.folder / f"{module}.py").write_text(code, encoding="utf-8")
        self.modules.append(module)
        if entry_points:
            info = self.folder / f"{module}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
            (info / "entry_points.txt").write_text(entry_points, encoding="utf-8")
        __import__(module)
        return sys.modules[module]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installer]:
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    installer = Installer(tmp_path / "site")
    yield installer
    for name in installer.modules:
        sys.modules.pop(name, None)


def page_entry_points() -> str:
    """Return the page's setup.cfg as the file that an installed package has."""
    group, line = re.findall(r"^([\w.]+) =\n +(.*)$", ENTRY_POINTS, re.MULTILINE)[0]
    return f"[{group}]\n{line}\n"


@pytest.mark.parametrize("name", format_names(writable=True))
def test_formats_of_the_project_keep_what_models_mean(name: str) -> None:
    """SXFM carries trees and propositional formulas, the others every construct."""
    carries = (*TREES, *FORMULAS) if name == "sxfm" else tuple(grown_models())
    check_format(name, FORMATS[name], carries=carries)


def test_the_example_of_the_page_is_right(install: Installer) -> None:
    module = install("outline", MODULE)
    exec(compile(CHECK, "docs/extending-formats.md", "exec"), {"OUTLINE": module.OUTLINE})


def test_a_format_of_another_package_is_detected_read_and_written(install: Installer, tmp_path: Path) -> None:
    module = install("outline", MODULE, page_entry_points())
    assert format_names(writable=True) == ("uvl", "featureide", "sxfm", "outline")
    assert find_format("outline").endings == module.OUTLINE.endings
    assert detect_format(OUTLINE) == "outline"
    model = parse_model(OUTLINE, "net.outline")
    assert isinstance(model, FeatureModel)
    assert [feature.name for feature in model.features()] == ["Net", "Input", "Pool"]
    assert (
        writer_for("NET.outline")(model) == writer_for("-", "outline")(model) == module.write_outline(model) == OUTLINE
    )
    (tmp_path / "net.outline").write_text(OUTLINE, encoding="utf-8")
    assert load_source(str(tmp_path / "net.outline")) == load_source(str(tmp_path / "net.outline"), "outline") == model


def test_a_format_cannot_take_a_name_of_the_project(install: Installer) -> None:
    install("outline", MODULE, page_entry_points().replace("outline =", "uvl ="))
    assert find_format("uvl") is FORMATS["uvl"]
    assert "outline" not in format_names()


@pytest.mark.parametrize(
    ("value", "message"),
    [("outline:NOTHING", "cannot be loaded from outline:NOTHING"), ("outline:HEAD", "found str at outline:HEAD")],
)
def test_a_package_that_offers_no_format_is_named(install: Installer, value: str, message: str) -> None:
    install("outline", MODULE, f"[featurenet_uvl.formats]\noutline = {value}\n")
    with pytest.raises(UnsupportedError, match=rf"^format outline \(package outline\): {message}"):
        find_format("outline")
    assert detect_format("features\n\tA\n") == "uvl"  # the project's own formats do not need it


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(UsageError, match="found format 'outline', expected one of uvl, featureide, sxfm, afm, "):
        find_format("outline")
    with pytest.raises(UsageError, match="found format 'afm', which can only be read, expected one of uvl, "):
        writer_for("-", "afm")


FAULTS: dict[str, tuple[str, str, str]] = {
    "drops abstract marks": ("if feature.is_abstract:", "if False:", "abstract features: feature 'A': found "),
    "drops attributes": (
        "for attribute in feature.attributes:",
        "for attribute in ():",
        "constant attributes: feature",
    ),
    "drops constraints": ("for constraint in model.constraints:", "for constraint in ():", "other configurations"),
    "drops descriptions": ("for note, _ in feature.notes:", "for note, _ in ():", "notes of features: feature 'A'"),
    "drops the namespace": ("model.namespace is not None or ", "", "namespace: namespace: found None"),
    "takes mandatory for optional": ("SIGNS[group.kind], child", '"-", child', "mandatory: found other configurations"),
    "refuses without a place": ('f"{group.span}: found a group', 'f"found a group', "the refusal without its place"),
    "leaves out without a line": ('losses.append(f"{problem}; left out")', "pass", "no line in losses"),
    "loses without a place": ("{problem}; left out", "something is left out", "a loss without its place"),
    "loses what it can hold": ("lines = [HEAD]", 'lines = [HEAD]; (losses or []) != losses or losses.append("x")', "x"),
    "refuses what it should carry": ('"+": GroupKind.MANDATORY, ', "", "expected it to be carried"),
    "recurses": ("lines = [HEAD]", "repr(model); lines = [HEAD]", "deep tree: writing raised RecursionError"),
    "raises another error": ("if not NAME.fullmatch(feature.name):", "if {}[feature.name]:", "writing raised KeyError"),
    "writes bytes": ('"\\n".join(lines) + "\\n"', 'b""', "found bytes as the written model"),
    "counts its calls": ("lines = [HEAD]", "NAMES.append(0); lines = [HEAD + ' ' * len(NAMES)]", "another text"),
    "depends on the order of a set": (
        "stack.extend(reversed(children))",
        "names = {child[2].name: child for child in children}; stack.extend(names[name] for name in set(names))",
        "PYTHONHASHSEED",
    ),
    "gives no places": (
        "place = Span(path, number, depth + 1)",
        'place = Span("here")',
        "expected a place in that file",
    ),
    "reads nothing as a model": ("if not branch:", "if False:", "reading raised IndexError"),
    "takes any line": ("if match is None:", "if False:", "reading raised TypeError"),
    "complains without a place": ('f"{path}:1:1: found {head', 'f"found {head', "an error without its place"),
    "claims every text": ("text.startswith(HEAD + ", "bool(HEAD + ", "that detect claims afm"),
    "claims some of its texts": ("text.startswith(HEAD + ", "len(text) > 20 or (HEAD + ", "that detect claims"),
    "takes another's ending": ('(".outline",)', '(".uvl",)', "the ending .uvl, which belongs to uvl"),
    "has an ending without a dot": ('(".outline",)', '("Outline",)', "the ending 'Outline', expected a dot"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, install: Installer) -> None:
    old, new, expected = FAULTS[fault]
    assert old in MODULE
    code = MODULE.replace(old, new).replace("SIGNS = {", "NAMES = []\nSIGNS = {")
    module = install("outline", code)
    with pytest.raises(UnsupportedError, match="(?m)^format outline: .*" + re.escape(expected)):
        check_format("outline", module.OUTLINE)


def test_the_message_of_the_page_is_the_one_that_is_given(install: Installer) -> None:
    (message,) = re.findall(r"\n    (format outline: .*)\n", PAGE)
    module = install("outline", MODULE.replace("if feature.is_abstract:", "if False:"))
    with pytest.raises(UnsupportedError) as caught:
        check_format("outline", module.OUTLINE)
    assert message in str(caught.value).splitlines()


def test_a_format_that_is_only_read_needs_samples() -> None:
    reader = Format(FORMATS["uvl"].read)
    with pytest.raises(UnsupportedError, match="found neither a writer nor samples"):
        check_format("mine", reader)
    check_format("mine", reader, samples=["features\n\tA\n"])
    with pytest.raises(UnsupportedError, match="sample 1: reading it back raised ReadError"):
        check_format("mine", reader, samples=["features"])


def test_constructs_are_named_by_their_keys() -> None:
    with pytest.raises(UnsupportedError, match="the unknown construct 'trees' in `carries`, expected some of root"):
        check_format("uvl", FORMATS["uvl"], carries=["trees"])


def test_the_models_of_the_suite_are_valid_and_placed() -> None:
    models: dict[str, Any] = dict(grown_models())
    assert len(models) >= 30
    for model in models.values():
        model.verify()
        places = [feature.span for feature in model.features()] + [c.span for c in model.constraints]
        assert len(set(places)) == len(places)
