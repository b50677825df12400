"""The command `convert`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from featurenet_uvl.cli.options import Force, Format, Output, Quiet
from featurenet_uvl.cli.streams import STREAM, check_output, read_input, say, write_output
from featurenet_uvl.errors import ModelError, UnsupportedError

if TYPE_CHECKING:
    from featurenet_uvl.ir.feature_model import FeatureModel


def convert(
    source: Annotated[str, typer.Argument(metavar="INPUT", help="A model or restriction; - is stdin.")],
    output: Output,
    to: Format = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write a feature model in another format, complete.

    A restriction is applied to the model that it imports.
    """
    from featurenet_uvl.translators.formats.registry import writer_for

    check_output(output, force=force)
    writer = writer_for(output, to)
    model = _read(source)
    check_references(model)
    write_output(output, writer.write(model), force=force)
    say(f"{sum(1 for _ in model.features())} features, {len(model.constraints)} constraints", quiet=quiet)


def check_references(model: FeatureModel) -> None:
    """That a model which is to be written reads back.

    Raises:
        ModelError: A restriction names what the model lacks, or an instance by its unfolded name.
    """
    from featurenet_uvl.translators.formats.reference_check import unknown_references

    problems = unknown_references(model)
    if problems:
        raise ModelError(problems)


def _read(source: str) -> FeatureModel:
    from featurenet_uvl.ir.feature_model import FeatureModel
    from featurenet_uvl.translators.formats.registry import parse_model
    from featurenet_uvl.translators.pipeline import load_model

    if source != STREAM:
        return load_model(source)
    model = parse_model(*read_input(source))
    if not isinstance(model, FeatureModel):
        raise UnsupportedError(f"{model.span}: found a restriction, expected a model; pass the path of its file")
    return model
