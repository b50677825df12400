"""All problems of a model at once: in its files, in its meaning, and in the configurations that it allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from featurenet_uvl.errors import FeatureNetError, ModelError, ReadError, UnsupportedError, UsageError
from featurenet_uvl.ir.feature_model import Constraint, FeatureModel
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.operations.conflicts import Question, dead_features, exclusions, rules_exclusion
from featurenet_uvl.operations.sources import find_model, load_model
from featurenet_uvl.system.files import read_text
from featurenet_uvl.translators.domains.finite import discretise
from featurenet_uvl.translators.formats.uvl.reader import is_uvl, unused_imports
from featurenet_uvl.translators.passes.rewrite_constraints import rewrite_constraints
from featurenet_uvl.translators.passes.unfold_multi_features import unfold_multi_features

_INPUT_FAULTS = (ReadError, UnsupportedError, UsageError)


def check_model(
    path: str,
    restrictions: Sequence[str] = (),
    bounds: Mapping[str, int] | None = None,
    input_shape: Shape | None = None,
    *,
    with_rules: bool = True,
) -> list[str]:
    """Return every problem of a model, one line each: the place, found, expected, and the way out.

    Faults of the files come first: those of the model and of each restriction. If all files can be read, faults of the
    meaning follow: unknown names, domains that are not finite, multi-features without a limit, indices without a range,
    names that would collide. A model without these, but without any configuration, has constraints that exclude each
    other: the result names minimal sets of them.

    Args:
        path: A model, or a restriction of one.
        restrictions: Further restrictions.
        bounds: Upper limits of multi-features by name.
        input_shape: Height, width and channels for the rule set `tensor-shapes`; None takes the model's own.
        with_rules: Whether to check rule sets that the model switches on.

    Returns:
        The problems, first cause first; an empty list for a sound model that has a configuration.

    Raises:
        LimitError: No engine could decide whether a configuration exists.
    """
    model, problems = _loaded(path, restrictions, bounds)
    return problems if model is None else problems_of(model, input_shape, with_rules=with_rules)


def problems_of(model: FeatureModel, input_shape: Shape | None = None, *, with_rules: bool = True) -> list[str]:
    """Return every problem of the meaning of a model that has been read; the arguments are those of `check_model`.

    Raises:
        LimitError: No engine could decide whether a configuration exists.
    """
    problems = meaning_problems(model)
    if problems:
        return problems
    try:
        question = Question.of(model)
        found = exclusions(question)
        if found or not with_rules:
            return found
        return rules_exclusion(question.with_rules(input_shape))
    except _INPUT_FAULTS as error:
        return _lines(error)


def check_hints(
    path: str,
    restrictions: Sequence[str] = (),
    bounds: Mapping[str, int] | None = None,
    input_shape: Shape | None = None,
    *,
    with_rules: bool = True,
) -> list[str]:
    """Return probable mistakes in a model without problems: unused imports, dead features and values, one line each.

    Raises:
        FeatureNetError: A file cannot be read, or means nothing; `check_model` lists the problems. A model without
            configurations has no hints.
    """
    model = load_model(path, restrictions, bounds)
    problems = meaning_problems(model)
    if problems:
        raise ModelError(problems)
    hints = hints_of(model, input_shape, with_rules=with_rules)
    return [*_unused(path), *hints]


def hints_of(model: FeatureModel, input_shape: Shape | None = None, *, with_rules: bool = True) -> list[str]:
    """Return the dead features and values of a model without problems; the arguments are those of `check_hints`."""
    question = Question.of(model)
    if exclusions(question):
        return []
    return dead_features(question.with_rules(input_shape) if with_rules else question)


def _unused(path: str) -> list[str]:
    """Return the imports of a UVL file that have no effect."""
    file = find_model(path)
    text = read_text(file)
    return unused_imports(text, file) if is_uvl(text) else []


def check_stream(
    source: str, bounds: Mapping[str, int] | None = None, input_shape: Shape | None = None, *, with_rules: bool = True
) -> tuple[list[str], list[str]]:
    """Return the problems and the hints of a model that can be read only once, such as stdin.

    Args:
        source: `-`, or a pipe.
        bounds: Upper limits of multi-features by name.
        input_shape: As for `check_model`.
        with_rules: As for `check_model`.

    Raises:
        LimitError: No engine could decide whether a configuration exists.
    """
    try:
        model = load_model(source, (), bounds)
    except _INPUT_FAULTS as error:
        return _lines(error), []
    problems = problems_of(model, input_shape, with_rules=with_rules)
    return problems, [] if problems else hints_of(model, input_shape, with_rules=with_rules)


def _loaded(
    path: str, restrictions: Sequence[str], bounds: Mapping[str, int] | None
) -> tuple[FeatureModel | None, list[str]]:
    """Return the model, or None and the problems of all its files."""
    try:
        return load_model(path, restrictions, bounds), []
    except _INPUT_FAULTS as error:
        problems = _lines(error)
    for file in (path, *restrictions):
        try:
            load_model(file)
        except _INPUT_FAULTS as error:
            problems.extend(_lines(error))
    return None, list(dict.fromkeys(problems))


def meaning_problems(model: FeatureModel) -> list[str]:
    """Return every problem that the passes find in a model, with each constraint on its own.

    The passes stop at the first constraint without a meaning. This function halves the constraints until it has found
    each of them: O(p log n) runs for p of them among n.
    """
    try:
        model.verify()
        discretised = discretise(model)
        _run_rest(discretised, ())
    except _INPUT_FAULTS as error:
        return _lines(error)
    return list(dict.fromkeys(_constraint_problems(discretised, discretised.constraints)))


def _constraint_problems(model: FeatureModel, constraints: Sequence[Constraint]) -> Iterator[str]:
    stack = [tuple(constraints)]
    while stack:
        some = stack.pop()
        try:
            _run_rest(model, some)
        except _INPUT_FAULTS as error:
            if len(some) > 1:
                stack.extend((some[len(some) // 2 :], some[: len(some) // 2]))
            else:
                yield from _lines(error)


def _run_rest(model: FeatureModel, constraints: tuple[Constraint, ...]) -> None:
    rewrite_constraints(unfold_multi_features(replace(model, constraints=constraints)))


def _lines(error: FeatureNetError) -> list[str]:
    return list(error.problems) if isinstance(error, ReadError | ModelError) else str(error).split("\n")
