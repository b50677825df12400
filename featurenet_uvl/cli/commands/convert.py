"""The command `convert`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featurenet_uvl.cli.console.options import Bounds, Force, Format, From, Json, Quiet, Restrictions, parse_bounds
from featurenet_uvl.cli.console.streams import check_output, put_json, say, write_output
from featurenet_uvl.errors import ModelError, UnsupportedError, UsageError
from featurenet_uvl.operations.sources import load_source
from featurenet_uvl.system.counted import counted

if TYPE_CHECKING:
    from featurenet_uvl.ir.feature_model import FeatureModel
    from featurenet_uvl.translators.formats.registry import Write

_PROJECT_FILE = re.compile(r"\.project|model\.xml|configs/[^/]+\.xml")


def convert(
    source: Annotated[
        str, typer.Argument(metavar="INPUT", help="A model, or a packaged model's name such as s1; - is stdin.")
    ],
    output: Annotated[str | None, typer.Option("-o", "--output", help="The file to write; - is stdout.")] = None,
    read_as: From = None,
    to: Format = None,
    lossy: Annotated[
        bool,
        typer.Option(
            "--lossy", help="Leave out the parts that the format cannot hold, and list them. Else they are an error."
        ),
    ] = False,
    project: Annotated[
        str | None,
        typer.Option("--featureide-project", metavar="DIR", help="Write a folder that FeatureIDE imports, instead."),
    ] = None,
    configurations: Annotated[
        str | None,
        typer.Option(
            "--configurations", metavar="SAMPLE", help="A sample for the project, which then has the unfolded model."
        ),
    ] = None,
    restrict: Restrictions = None,
    bound: Bounds = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write a feature model in another format, complete.

    The content of the input shows its format. A restriction is applied to the model that it imports.
    """
    bounds = parse_bounds(bound or ())
    losses: list[str] | None = [] if lossy else None
    if project is not None:
        _refuse("--featureide-project", {"-o": output is not None, "--to": to is not None})
        facts = _project(source, read_as, project, configurations, restrict or [], bounds, losses, force)
    else:
        if output is None:
            raise UsageError("found no -o, expected a file to write (-o FILE) or --featureide-project DIR")
        if configurations is not None:
            raise UsageError("found --configurations without --featureide-project, expected both")
        facts = _file(source, read_as, output, to, restrict or [], bounds, losses, force, as_json)
    for loss in losses or ():
        say(f"warning: {loss}", quiet=quiet)
    if as_json:
        put_json({**facts, "losses": losses or []})
    say(
        f"{counted(facts['features'], 'feature')}, {counted(facts['constraints'], 'constraint')}",
        quiet=quiet or as_json,
    )


def _refuse(option: str, given: dict[str, bool]) -> None:
    for other, is_given in given.items():
        if is_given:
            raise UsageError(f"found {option} with {other}, expected one of them")


def _file(
    source: str,
    read_as: str | None,
    output: str,
    to: str | None,
    restrict: list[str],
    bounds: Any,
    losses: list[str] | None,
    force: bool,
    as_json: bool,
) -> dict[str, Any]:
    from featurenet_uvl.ir.feature_model import FeatureModel
    from featurenet_uvl.translators.formats.registry import parse_model, writer_for

    check_output(output, force=force, as_json=as_json)
    write = writer_for(output, to)
    model = load_source(source, read_as, restrict, bounds)
    check_references(model)
    text = _written(write, model, losses)
    write_output(output, text, force=force)
    written = parse_model(text, output) if losses else model  # what is left out is not counted
    return {"output": output, **_sizes(written if isinstance(written, FeatureModel) else model)}


def _written(write: Write, model: FeatureModel, losses: list[str] | None) -> str:
    """Return the text; if the format cannot hold a part of the model, the error says whether --lossy would help."""
    try:
        return write(model, losses)
    except UnsupportedError as error:
        if losses is not None or not _writes(write, model):
            raise
        raise UnsupportedError(f"{error}; --lossy leaves out the parts that the format cannot hold") from error


def _writes(write: Write, model: FeatureModel) -> bool:
    try:
        write(model, [])
    except UnsupportedError:
        return False
    return True


def _project(
    source: str,
    read_as: str | None,
    folder: str,
    configurations: str | None,
    restrict: list[str],
    bounds: Any,
    losses: list[str] | None,
    force: bool,
) -> dict[str, Any]:
    from featurenet_uvl.system.folders import check_new_folder, write_files
    from featurenet_uvl.translators.formats.featureide.project import featureide_project

    check_new_folder(folder, force=force, is_ours=lambda name: _PROJECT_FILE.fullmatch(name) is not None)
    model = load_source(source, read_as, restrict, bounds)
    check_references(model)
    name = os.path.basename(os.path.realpath(folder))
    rows = None
    if configurations is not None:
        from featurenet_uvl.operations.configurations import read_selections
        from featurenet_uvl.translators.pipeline import compile_feature_model, emit

        model = emit(model, "rewrite_constraints")
        rows = read_selections(configurations, compile_feature_model(model, with_rules=False))
    files = featureide_project(model, name, rows, losses)
    write_files(folder, files)
    return {"output": folder, **_sizes(model), "configurations": 0 if rows is None else len(rows)}


def _sizes(model: FeatureModel) -> dict[str, int]:
    return {"features": sum(1 for _ in model.features()), "constraints": len(model.constraints)}


def check_references(model: FeatureModel) -> None:
    """Check that a model which is about to be written reads back.

    Raises:
        ModelError: A restriction names a feature or an attribute that the model lacks, or an instance by its
            unfolded name.
    """
    from featurenet_uvl.translators.formats.language.references import unknown_references

    problems = unknown_references(model)
    if problems:
        raise ModelError(problems)
