"""The command `compile`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from featurenet_uvl.cli.commands.convert import check_references
from featurenet_uvl.cli.console.data_option import Channels, DataForShape, ImageSize, parse_images
from featurenet_uvl.cli.console.options import (
    Bounds,
    Force,
    Format,
    InputShape,
    Json,
    NoRules,
    Output,
    Quiet,
    Restrictions,
    Specialise,
    parse_bounds,
)
from featurenet_uvl.cli.console.progress import ProgressLine
from featurenet_uvl.cli.console.streams import check_output, put_json, say, write_output
from featurenet_uvl.errors import UsageError
from featurenet_uvl.system.counted import counted

if TYPE_CHECKING:
    from featurenet_uvl.ir.cnf import Cnf
    from featurenet_uvl.ir.feature_model import FeatureModel
    from featurenet_uvl.ir.layers import Shape


_SINGULAR = {"features": "feature", "auxiliaries": "auxiliary", "clauses": "clause", "constraints": "constraint"}


def compile_to_dimacs(
    source: Annotated[
        str, typer.Argument(metavar="MODEL", help="A model, or a packaged model's name such as s1; - is stdin.")
    ],
    output: Output,
    restrict: Restrictions = None,
    bound: Bounds = None,
    input_shape: InputShape = None,
    data: DataForShape = None,
    image_size: ImageSize = None,
    channels: Channels = None,
    no_rules: NoRules = False,
    specialise: Specialise = False,
    emit_after: Annotated[
        str | None,
        typer.Option(
            "--emit-after",
            metavar="STAGE",
            help="Write the feature model after a stage instead: restrict, discretise_attributes, "
            "unfold_multi_features, rewrite_constraints or specialise.",
        ),
    ] = None,
    to: Format = None,
    safe_names: Annotated[bool, typer.Option("--safe-names", help="Spell names with A-Z, a-z, 0-9 and _.")] = False,
    projection: Annotated[
        bool, typer.Option("--projection", help="Add a line 'c p show' with the features, for counters that project.")
    ] = False,
    projection_form: Annotated[
        str | None,
        typer.Option("--projection-form", metavar="FORM", help="show (c p show), or ind (c ind), for older samplers."),
    ] = None,
    comments: Annotated[
        bool, typer.Option("--comments", help="Add comments that name the source of each clause, with its place.")
    ] = False,
    verify_each: Annotated[bool, typer.Option("--verify-each", help="Check the model between the stages.")] = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Compile an extended feature model to DIMACS, with one solution per configuration.

    The first variables are the features, by name and in document order.
    """
    from featurenet_uvl.operations.endings import DIMACS, check_ending
    from featurenet_uvl.operations.satisfiable import has_configuration
    from featurenet_uvl.operations.sources import load_model
    from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs
    from featurenet_uvl.translators.pipeline import describe_source

    check_output(output, force=force, as_json=as_json)
    shape, _ = parse_images(input_shape, data, image_size, channels)
    bounds = parse_bounds(bound or ())
    given = {
        "--input-shape": input_shape is not None,
        "--data": data is not None,
        "--no-rules": no_rules,
        "--specialise": specialise,
        "--safe-names": safe_names,
        "--projection": projection,
        "--projection-form": projection_form is not None,
        "--comments": comments,
        "--verify-each": verify_each,
    }
    _check_usage(emit_after, to, [option for option, is_given in given.items() if is_given])
    if emit_after is None:
        check_ending(output, DIMACS, "convert writes feature models, --emit-after STAGE translated ones")
    facts: dict[str, bool | None] = {}
    if emit_after is not None:
        counts = _emit(load_model(source, restrict or (), bounds), emit_after, output, to, force, quiet)
    else:
        with ProgressLine(quiet=quiet) as line:
            line.show(f"compiling {source}")
            model = load_model(source, restrict or (), bounds)
            cnf = _compile(model, shape, no_rules, specialise, verify_each)
            text = write_dimacs(
                cnf,
                safe_names=safe_names,
                projection=projection_form or projection,
                describe=(lambda source: describe_source(source, model)) if comments else None,
            )
            line.show(f"looking for a configuration of {source}")
            is_satisfiable = has_configuration(cnf)
        counts = _write(cnf, output, text, force)
        facts = {"satisfiable": is_satisfiable}
        if is_satisfiable is False:
            say(f"note: no configuration exists, so the formula has no solution; check {source} says why", quiet=quiet)
    if as_json:
        put_json({"output": output, **facts, **counts})
    say(", ".join(counted(count, _SINGULAR[name]) for name, count in counts.items()), quiet=quiet or as_json)


def _check_usage(emit_after: str | None, to: str | None, dimacs_only: list[str]) -> None:
    if emit_after is None and to is not None:
        raise UsageError(f"found --to {to} without --emit-after STAGE, which it belongs to; else DIMACS is written")
    if emit_after is not None and dimacs_only:
        raise UsageError(f"found {dimacs_only[0]} with --emit-after, expected it with DIMACS only")


def _emit(model: FeatureModel, stage: str, output: str, to: str | None, force: bool, quiet: bool) -> dict[str, int]:
    from featurenet_uvl.ir.feature_model import FeatureModel
    from featurenet_uvl.translators.formats.registry import writer_for
    from featurenet_uvl.translators.pipeline import PASSES, emit

    write = writer_for(output, to)
    emitted = emit(model, stage)
    is_intermediate = stage in PASSES and PASSES[stage].gives is FeatureModel
    if not is_intermediate:
        check_references(emitted)
    write_output(output, write(emitted), force=force)
    if is_intermediate:
        say("note: this is for reading only: constraints may speak of attributes that are features now", quiet=quiet)
    if stage != "restrict" and emitted.root.attribute("rules") is not None:
        say("note: rule sets have no place in a feature model; only DIMACS of the source model has them", quiet=quiet)
    return {"features": sum(1 for _ in emitted.features()), "constraints": len(emitted.constraints)}


def _compile(model: FeatureModel, shape: Shape | None, no_rules: bool, specialise: bool, verify_each: bool) -> Cnf:
    from featurenet_uvl.translators.pipeline import compile_feature_model

    return compile_feature_model(
        model, input_shape=shape, with_rules=not no_rules, specialised=specialise, verify_each=verify_each
    )


def _write(cnf: Cnf, output: str, text: str, force: bool) -> dict[str, int]:
    write_output(output, text, force=force)
    features = cnf.variables.feature_count
    return {"features": features, "auxiliaries": len(cnf.variables) - features, "clauses": len(cnf.clauses)}
