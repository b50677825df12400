"""Parts of other packages that are broken: one line names the part, and commands that do without it work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from featurenet_uvl import FeatureModel
from featurenet_uvl.errors import FeatureNetError, ReadError, ToolError, UnsupportedError, UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.sampling.registry import draw, find_sampler, sampler_names
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.training.engines.registry import make_engine
from featurenet_uvl.translators.formats.registry import (
    detect_format,
    find_format,
    format_names,
    parse_model,
    writer_for,
)

CODE = """
import numpy as np
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.request import Sampler, Solutions
from featurenet_uvl.translators.formats.registry import Format

NUMBER = 3

def fails(*arguments, **options):
    raise ValueError("one line\\nand another")

def ends(*arguments):
    raise SystemExit(0)

def nothing(*arguments, **options):
    return None

def lies(cnf, request):
    return Solutions(np.zeros((request.count, len(cnf.variables)), dtype=bool), Stop.COMPLETE)

BAD_OPTIONS = Sampler(fails, 5)
FAILS = Format(fails, fails, (".fails",), lambda text: text.startswith("FAILS"))
NOTHING = Format(nothing, nothing, (".nothing",), lambda text: text.startswith("NOTHING"))
NO_DETECTION = Format(fails, None, (), fails)
BAD_ENDINGS = Format(fails, fails, 5)
"""
CNF = Cnf(VarMap.from_names(("App", "Log")), ((1,),))
LOADING = {
    "raising:X": "RuntimeError: at import",
    "ending:X": "SystemExit: 3",
    "no_python:X": "SyntaxError: ",
    "nowhere:X": "No module named 'nowhere'",
    "theirs:NOWHERE": "has no attribute 'NOWHERE'",
}
"""Entry points that cannot be loaded, and the reason."""
Offer = Callable[..., None]


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Return a function that installs a package with these entry points of a group."""
    modules = {"theirs": CODE, "raising": "raise RuntimeError('at import')", "ending": "raise SystemExit(3)"}
    for module, code in {**modules, "no_python": "def ("}.items():
        (tmp_path / f"{module}.py").write_text(code)
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(group: str, package: str = "theirs", **parts: str) -> None:
        info = tmp_path / f"{package}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
        lines = "".join(f"{name} = {value}\n" for name, value in parts.items())
        (info / "entry_points.txt").write_text(f"[featurenet_uvl.{group}]\n{lines}")

    return install


@pytest.mark.parametrize(("value", "reason"), LOADING.items(), ids=LOADING)
def test_a_part_that_cannot_be_loaded_says_why_in_one_line(offer: Offer, value: str, reason: str) -> None:
    offer("samplers", "a", broken=value)
    offer("formats", "b", broken=value)
    offer("engines", "c", broken=value)
    finds = ((find_sampler, "sampler", "a"), (find_format, "format", "b"), (make_engine, "engine", "c"))
    for find, kind, package in finds:
        with pytest.raises(UnsupportedError) as caught:
            find("broken")
        assert str(caught.value).startswith(f"{kind} broken (package {package}): cannot be loaded from {value}: ")
        assert reason in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("theirs:NUMBER", "found int at theirs:NUMBER, expected a function of a CNF and a request, or a Sampler"),
        ("theirs", "found module at theirs, expected a function"),
        ("theirs:BAD_OPTIONS", "found Sampler at theirs:BAD_OPTIONS, expected .* with its options by name"),
        ("theirs:fails", "failed: ValueError: one line and another"),
        ("theirs:ends", "failed: SystemExit: 0"),
        ("theirs:nothing", "found NoneType as its answer, expected Solutions"),
        ("theirs:lies", "its answer is wrong: broken: solution 1 violates clause 1"),
    ],
)
def test_a_sampler_that_is_none_or_fails(offer: Offer, value: str, message: str) -> None:
    offer("samplers", broken=value, diverse="raising:X")
    with pytest.raises(FeatureNetError, match=rf"^sampler broken \(package theirs\): {message}") as caught:
        draw(CNF, Request(1, 1), "broken")
    assert isinstance(caught.value, ToolError | UnsupportedError)
    assert len(draw(CNF, Request(1, 1), "diverse")) == 1  # a name of this project is not theirs to take
    assert sampler_names().count("diverse") == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("theirs:NUMBER", "found int at theirs:NUMBER, expected a function of options, or an EngineOffer"),
        ("theirs:fails", "cannot be made: ValueError: one line and another"),
        ("theirs:nothing", "found NoneType, expected an Engine"),
    ],
)
def test_an_engine_that_is_none_or_fails(offer: Offer, value: str, message: str) -> None:
    offer("engines", broken=value)
    with pytest.raises(FeatureNetError, match=rf"^engine broken \(package theirs\): {message}"):
        make_engine("broken")


def test_formats_that_fail_say_so_when_they_are_used(offer: Offer) -> None:
    offer("formats", fails="theirs:FAILS", nothing="theirs:NOTHING", ends="theirs:BAD_ENDINGS")
    model = FeatureModel.parse("features\n\tApp\n").ir
    for use, message in (
        (
            lambda: parse_model("FAILS", "m"),
            "m: the format fails {} failed to read it: ValueError: one line and another",
        ),
        (
            lambda: parse_model("NOTHING", "m"),
            "m: found NoneType from the format nothing {}, expected a FeatureModel",
        ),
        (lambda: writer_for("m.fails")(model), "format fails {}: failed to write the model: ValueError"),
        (
            lambda: writer_for("m.nothing")(model),
            "format nothing {}: found NoneType as the model, expected a text",
        ),
        (
            lambda: find_format("ends"),
            "format ends {}: found the endings 5 at theirs:BAD_ENDINGS, expected a tuple",
        ),
    ):
        with pytest.raises(FeatureNetError) as caught:
            use()
        assert str(caught.value).startswith(message.format("(package theirs)"))


def test_broken_formats_break_nothing_else(offer: Offer) -> None:
    """A text that no format claims is asked of each; its own problem is reported, not that of a package."""
    offer("formats", raising="raising:X", detects="theirs:NO_DETECTION", ends="theirs:BAD_ENDINGS")
    assert detect_format("featurs\n\tApp\n") == "uvl"
    with pytest.raises(ReadError, match="m:1:1: found name 'featurs'"):
        parse_model("featurs\n\tApp\n", "m")
    with pytest.raises(UsageError, match=r"m\.none: found no known ending"):
        writer_for("m.none")
    assert "raising" in format_names()
    assert "raising" not in format_names(writable=True)


def test_a_name_that_two_packages_offer_is_refused(offer: Offer) -> None:
    offer("samplers", "a", twice="theirs:lies")
    offer("samplers", "b", twice="theirs:fails")
    message = "sampler twice: found it at theirs:fails and theirs:lies, expected one; uninstall one package"
    with pytest.raises(UnsupportedError, match=message):
        find_sampler("twice")
    assert sampler_names().count("twice") == 1


@pytest.mark.parametrize(("value", "reason"), LOADING.items(), ids=LOADING)
def test_a_layer_kind_that_cannot_be_loaded(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    from featurenet_uvl.ir import layer_kinds

    monkeypatch.setattr(layer_kinds, "operation_kinds", layer_kinds.operation_kinds.__wrapped__)  # without its cache
    offer("operation_layers", Broken=value)
    with pytest.raises(
        UnsupportedError, match=rf"^layer kind Broken of {value} \(package theirs\): cannot be loaded: .*{reason}"
    ):
        layer_kinds.operation_kinds()
