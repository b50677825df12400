"""The options that several commands share, and the values of their texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.layers import Shape, ShapeError, parse_shape

MAX_TIME_LIMIT_S = 10_000_000
"""Seconds that a time limit must stay below: about four months."""

Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the results as JSON on stdout.")]
Force: TypeAlias = Annotated[bool, typer.Option("--force", help="Overwrite outputs that exist.")]
Output: TypeAlias = Annotated[str, typer.Option("-o", "--output", help="The file to write; - is stdout.")]
Format: TypeAlias = Annotated[
    str | None,
    typer.Option("--to", help="Format to write, such as uvl, featureide or sxfm. Else the output's ending decides."),
]
From: TypeAlias = Annotated[str | None, typer.Option("--from", help="Format of the input. Else its content decides.")]
Restrictions: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--restrict", metavar="FILE", help="A restriction (UVL) of the model, or a packaged one's name. Repeatable."
    ),
]
Bounds: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--bound", metavar="NAME=N", help="At most N instances of a multi-feature. Repeatable."),
]
InputShape: TypeAlias = Annotated[
    str | None,
    typer.Option("--input-shape", metavar="HxWxC", help="Shape of the images, such as 28x28x1. Else the model's own."),
]
NoRules: TypeAlias = Annotated[
    bool, typer.Option("--no-rules", help="Leave out the rule sets (tensor-shapes) that the model names.")
]
Specialise: TypeAlias = Annotated[
    bool, typer.Option("--specialise", help="Leave out the features that no configuration has.")
]
Assumptions: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--assume", metavar="FEATURE", help="A feature that every configuration selects, or !FEATURE. Repeatable."
    ),
]
TimeLimit: TypeAlias = Annotated[float, typer.Option("--time-limit", help="Seconds after which to give up.")]
Seed: TypeAlias = Annotated[
    int, typer.Option("--seed", help="Seed of all chance: the same seed gives the same result.")
]
Workers: TypeAlias = Annotated[
    int | None, typer.Option("--workers", help="Networks that are trained at the same time. Else one per core.")
]
DataDir: TypeAlias = Annotated[
    Path | None, typer.Option("--data-dir", help="A folder with mnist.npz and cifar10.npz. Else Keras' cache.")
]


def parse_bounds(texts: Iterable[str]) -> Mapping[str, int]:
    """Return upper limits by name, from texts such as `Block=3`; a name may hold a `=`, the number stands last.

    Raises:
        UsageError: A text of another form, or one name with two numbers.

    >>> dict(parse_bounds(["Block=3", "Cell=2"]))
    {'Block': 3, 'Cell': 2}
    """
    bounds: dict[str, int] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        if not name or not (number.isascii() and number.isdigit()) or len(number) > 9:
            raise UsageError(f"--bound: found {text!r}, expected NAME=NUMBER such as Block=3")
        if bounds.setdefault(name, int(number)) != int(number):
            raise UsageError(f"--bound: found {name}={bounds[name]} and {name}={number}, expected one of them")
    return bounds


def parse_time_limit(seconds: float) -> float:
    """Return the limit itself, if it is a valid one.

    Raises:
        UsageError: Not a positive, finite number.
    """
    if not 0 < seconds < MAX_TIME_LIMIT_S:
        raise UsageError(f"--time-limit: found {seconds:g}, expected seconds above 0 and below {MAX_TIME_LIMIT_S:,}")
    return seconds


def parse_input_shape(text: str | None) -> Shape | None:
    """Return height, width and channels, from a text such as `28x28x1`.

    Raises:
        UsageError: A text of another form.
    """
    if text is None:
        return None
    try:
        return parse_shape(text)
    except ShapeError as error:
        raise UsageError(f"--input-shape: {error}") from error
