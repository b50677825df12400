"""The commands `check`, `analyse` and `count`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from featurenet_uvl.cli.console.options import (
    Assumptions,
    Bounds,
    InputShape,
    Json,
    NoRules,
    Quiet,
    Restrictions,
    TimeLimit,
    parse_bounds,
    parse_input_shape,
    parse_time_limit,
)
from featurenet_uvl.cli.console.progress import ProgressLine
from featurenet_uvl.cli.console.streams import put, put_json, say
from featurenet_uvl.cli.console.wording import in_options
from featurenet_uvl.errors import FeatureNetError, LimitError, ReadError, UsageError, first_lines
from featurenet_uvl.operations.sources import is_stream, load_cnf
from featurenet_uvl.system.counted import counted
from featurenet_uvl.system.streams import printable, read_input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from featurenet_uvl.analysis.core_and_dead import Decided
    from featurenet_uvl.analysis.count import Count

MAX_PROBLEMS = 20
"""Problems that `check` prints."""

Engine = Annotated[
    str,
    typer.Option(
        "--engine", help="bdd (a decision diagram), ganak (if pyganak is installed), or auto: whichever ends first."
    ),
]
Subject = Annotated[
    str,
    typer.Argument(metavar="MODEL|DIMACS", help="A model, a packaged model's name such as s1, or DIMACS; - is stdin."),
]


def check(
    source: Annotated[
        str, typer.Argument(metavar="MODEL", help="A model, or a packaged model's name such as s1; - is stdin.")
    ],
    restrict: Restrictions = None,
    bound: Bounds = None,
    input_shape: InputShape = None,
    no_rules: NoRules = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find all problems of a model at once, each with its place and the way out.

    Hints name features that no configuration has, which is rarely the intention. The exit code is 1 if problems exist.
    """
    from featurenet_uvl.operations.check import check_hints, check_model, check_stream

    shape, bounds, files = parse_input_shape(input_shape), parse_bounds(bound or ()), restrict or []
    is_once, rules = is_stream(source), not no_rules
    if is_once and files:
        raise UsageError(f"found --restrict with {source}, expected a file that a restriction can import")
    hints: list[str] = []
    with ProgressLine(quiet=quiet) as line:
        line.show(f"looking for problems of {source}")
        if is_once:
            problems, hints = check_stream(source, bounds, shape, with_rules=rules)
        else:
            problems = _kind_problems((source, *files)) or check_model(source, files, bounds, shape, with_rules=rules)
        line.show(f"looking for dead features of {source}")
        if not problems and not is_once:
            hints = check_hints(source, files, bounds, shape, with_rules=rules)
    problems, hints = list(map(in_options, problems)), list(map(in_options, hints))
    if as_json:
        put_json({"problems": problems, "hints": hints})
    if problems:
        after = " more problems; --json lists all of them"  # a file of another kind has hundreds
        raise ReadError(first_lines(problems, MAX_PROBLEMS, f"{source}: ", after))
    for hint in hints:
        say(hint, quiet=quiet)
    say(f"{source}: no problems, {counted(len(hints), 'hint')}", quiet=quiet or as_json)


def _kind_problems(files: Sequence[str]) -> list[str]:
    """Return one line for each file that is DIMACS or a sample; `check_model` reports files that cannot be read."""
    from featurenet_uvl.translators.formats.registry import refuse_other_kinds

    found: list[str] = []
    for file in files:
        try:
            text, place = read_input(file)
        except FeatureNetError:
            return []
        try:
            refuse_other_kinds(text, place)
        except ReadError as error:
            found.extend(error.problems)
    return found


def analyse(
    source: Subject,
    restrict: Restrictions = None,
    bound: Bounds = None,
    input_shape: InputShape = None,
    no_rules: NoRules = False,
    no_count: Annotated[bool, typer.Option("--no-count", help="Do not count the configurations.")] = False,
    engine: Engine = "auto",
    time_limit: TimeLimit = 600.0,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find core, dead and false-optional features of a model or DIMACS, and count its configurations.

    A false-optional feature is optional in the tree, but selected in every configuration that selects its parent.
    DIMACS has no tree, so none is false-optional there.
    """
    from featurenet_uvl.analysis.core_and_dead import decided_features
    from featurenet_uvl.analysis.count import Count, check_engine, count_solutions

    limit_s = parse_time_limit(time_limit)
    check_engine(engine)
    options = (restrict or [], parse_bounds(bound or ()), parse_input_shape(input_shape), no_rules)
    with ProgressLine(quiet=quiet) as line:
        line.show(f"compiling {source}")
        formula = load_cnf(source, *options)
        cnf = formula.cnf
        line.show("looking for core and dead features")
        decided = decided_features(cnf, formula.boolean, limit_s)
        count, limit = None, None
        if not decided.is_satisfiable:
            count = Count(0, "sat")
        elif not no_count:
            line.show("counting configurations")
            try:
                count = count_solutions(cnf, limit_s, engine)
            except LimitError as error:
                limit = error
    sizes = {
        "features": cnf.variables.feature_count,
        "auxiliaries": len(cnf.variables) - cnf.variables.feature_count,
        "clauses": len(cnf.clauses),
    }
    if as_json:
        put_json(_facts(decided, count, sizes))
    else:
        put(_text(decided, count, sizes))
    if limit is not None:
        raise limit


def _facts(decided: Decided, count: Count | None, sizes: dict[str, int]) -> dict[str, Any]:
    return {
        "satisfiable": decided.is_satisfiable,
        **_count_facts(count),
        **sizes,
        "core": decided.core,
        "dead": decided.dead,
        "false_optional": decided.false_optional,
    }


def _count_facts(count: Count | None) -> dict[str, Any]:
    if count is None:
        return {"configurations": None, "log10": None, "engine": None}
    return {"configurations": count.digits, "log10": count.log10, "engine": count.engine}


def _text(decided: Decided, count: Count | None, sizes: dict[str, int]) -> str:
    lines = [f"satisfiable: {'yes' if decided.is_satisfiable else 'no'}"]
    lines.append(f"configurations: {'not counted' if count is None else _shown(count)}")
    lines.extend(f"{what}: {number}" for what, number in sizes.items())
    lists = {"core": decided.core, "dead": decided.dead, "false-optional": decided.false_optional}
    for what, names in lists.items():
        lines.append(f"{what}: {'no tree to ask' if names is None else len(names)}")
        lines.extend(f"  {printable(name)}" for name in names or ())
    return "\n".join(lines) + "\n"


def _shown(count: Count) -> str:
    about = "" if count.magnitude == count.digits else f" ({count.magnitude})"
    return f"{count.digits}{about}"


def count(
    source: Subject,
    restrict: Restrictions = None,
    bound: Bounds = None,
    input_shape: InputShape = None,
    no_rules: NoRules = False,
    assume: Assumptions = None,
    engine: Engine = "auto",
    time_limit: TimeLimit = 600.0,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Count the configurations of a model, or the solutions of DIMACS, exactly.

    With --assume, count those that select some features and leave out others. If DIMACS shows some variables (c p show
    or c ind), count the assignments to these that have a solution.
    """
    from featurenet_uvl.analysis.count import check_engine
    from featurenet_uvl.operations.count import count_configurations

    limit_s = parse_time_limit(time_limit)
    check_engine(engine)
    options = (restrict or [], parse_bounds(bound or ()), parse_input_shape(input_shape), no_rules)
    with ProgressLine(quiet=quiet) as line:
        line.show(f"compiling {source}")
        formula = load_cnf(source, *options)
        line.show("counting configurations")
        found = count_configurations(formula.cnf, assume or (), limit_s, engine)
    if as_json:
        put_json({**_count_facts(found), "assumptions": assume or []})
        return
    put(found.digits + "\n")
    if found.magnitude != found.digits:
        say(f"{found.magnitude} configurations, counted by {found.engine}", quiet=quiet)
