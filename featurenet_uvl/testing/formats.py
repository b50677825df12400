"""Is a format right? Models go through it and must mean the same; hostile texts must end in an error with its place."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import islice
from random import Random
from typing import Any

from featurenet_uvl.errors import FeatureNetError, LimitError, ModelError, ReadError, UnsupportedError
from featurenet_uvl.ir.expression import Expression, children, walk
from featurenet_uvl.ir.feature_model import Feature, FeatureModel
from featurenet_uvl.ir.restriction import Restriction
from featurenet_uvl.reference import enumerate_configurations
from featurenet_uvl.testing.format_models import ODD_NAMES, PATH, attributed_model, grown_models, named_model
from featurenet_uvl.translators.formats.registry import FORMATS, Format, Write

BASIC = ("root", "mandatory", "optional", "many children")
"""The constructs that a format with a writer has to carry unless the caller names others."""

MAX_PROBLEMS = 10
"""Problems that an error lists."""

_MUTANTS = 60
"""Mutated texts per valid text."""
_MAX_LENGTH = 4_000
"""Characters of a valid text that is mutated: longer ones only take longer."""
_TEXT = "note.text"  # errors about a text must name it
_OWN = (
    *("operator", "name", "value", "feature", "attribute", "function", "scope"),
    *("lower", "upper", "quantifier", "number", "variable"),
)
"""Everything that the nodes of a formula hold beside their operands and places."""
_BLANKS = "\ufeff \t\r\n"
_NONSENSE = ("\0", "{", "}", "[", "<", "<a", "<a>", "</a>", "'", '"', "(" * 50_000, "{" * 50_000, "<a>" * 20_000)
FOREIGN_TEXTS: Mapping[str, str] = {
    "afm": "%Relationships\nR: A;\n",
    "fama": '<feature-model><feature name="R"/></feature-model>',
    "glencoe": '{"name": "m", "features": {}, "tree": {"id": "r"}, "constraints": {}}',
    "json": '{"features": {"name": "R"}, "constraints": []}',
}
"""A text of each format of the project that has no writer here."""


def check_format(name: str, entry: Format, *, carries: Collection[str] = BASIC, samples: Sequence[str] = ()) -> None:
    """Check that a format keeps the meaning of models, refuses with a place, and survives hostile texts.

    Models that grow in features are written and read back: names, attributes, notes and the configurations that
    `featurenet_uvl.reference` enumerates must be the same, or the writer must have raised UnsupportedError with the
    place of the construct. With `losses`, everything that is left out must add a line with its place. The same model
    must give the same text, in another process, too. A text that is cut, changed or nonsense must give a model or an
    error that names the path.

    Args:
        name: The name of the format, for messages.
        entry: The format.
        carries: Constructs that it must not refuse: keys of `format_models.grown_models`.
        samples: Valid texts, for a format that is only read; mutants of them are tried, too.

    Raises:
        UnsupportedError: The format breaks a rule; each problem is a line.

    Example:
        check_format("outline", Format(read_outline, write_outline, (".outline",), is_outline))
    """
    problems: list[str] = []
    for problem in _problems(name, entry, carries, samples):
        if len(problems) == MAX_PROBLEMS:
            problems.append("and more problems")
            break
        problems.append(problem)
    if problems:
        raise UnsupportedError("\n".join(f"format {name}: {problem}" for problem in problems))


def _problems(name: str, entry: Format, carries: Collection[str], samples: Sequence[str]) -> Iterator[str]:
    models = grown_models()
    unknown = sorted(set(carries) - set(models))
    if unknown:
        yield f"found the unknown construct {unknown[0]!r} in `carries`, expected some of {', '.join(models)}"
    if entry.write is None and not samples:
        yield "found neither a writer nor samples, expected one of them"
        return
    texts = list(samples)
    if entry.write is not None:
        yield from _writing_problems(entry, entry.write, models, carries)
        texts += [text for text in map(_writer(entry.write), models.values()) if text is not None]
        yield from _hash_problems(entry.write)
    for number, sample in enumerate(samples, 1):
        yield from _in(f"sample {number}", _reading_problems(entry, sample))
    yield from _detection_problems(name, entry, texts)
    yield from _hostile_problems(entry, [text for text in texts if len(text) <= _MAX_LENGTH])


def _in(what: str, problems: Iterator[str]) -> Iterator[str]:
    return (f"{what}: {problem}" for problem in problems)


def _writing_problems(
    entry: Format, write: Write, models: Mapping[str, FeatureModel], carries: Collection[str]
) -> Iterator[str]:
    for construct, model in models.items():
        yield from _in(construct, _model_problems(entry, write, model, is_carried=construct in carries))
    for odd in ODD_NAMES:
        yield from _in(f"feature {odd!r}", _model_problems(entry, write, named_model(odd)))
        yield from _in(f"attribute {odd!r}", _model_problems(entry, write, attributed_model(odd, "x")))
        yield from _in(f"text {odd!r}", _model_problems(entry, write, attributed_model("x", odd)))


def _model_problems(entry: Format, write: Write, model: FeatureModel, *, is_carried: bool = False) -> Iterator[str]:
    """Write one model, with and without losses, and read it back."""
    losses: list[str] = []
    try:
        text = write(model)
    except UnsupportedError as error:
        if is_carried:
            yield f"refused ({_short(error)}), expected it to be carried"
        yield from _refusal_problems(entry, write, model, error)
        return
    except Exception as error:
        yield f"writing raised {type(error).__name__} ({_short(error)}), expected a text or UnsupportedError"
        return
    if not isinstance(text, str):
        yield f"found {type(text).__name__} as the written model, expected str"
        return
    if write(model) != text:
        yield "found another text when writing the same model again, expected the same"
    if write(model, losses) != text or losses:
        yield "found another text or losses when losses are allowed, expected neither: nothing has to be left out"
    yield from _reading_problems(entry, text, model)


def _refusal_problems(entry: Format, write: Write, model: FeatureModel, refusal: UnsupportedError) -> Iterator[str]:
    """Check the place of a refusal, and the same model with losses allowed."""
    yield from _place_problems("the refusal", [str(refusal)], PATH)
    losses: list[str] = []
    try:
        text = write(model, losses)
    except UnsupportedError as error:
        yield from _place_problems("the refusal with losses", [str(error)], PATH)
        return
    except Exception as error:
        found = f"{type(error).__name__} ({_short(error)})"
        yield f"writing with losses raised {found}, expected a text or UnsupportedError"
        return
    if not losses:
        yield "found no line in losses for a model that is refused without them, expected one per omission"
    yield from _place_problems("a loss", losses, PATH)
    yield from _in("with losses", _reading_problems(entry, text))


def _reading_problems(entry: Format, text: str, expected: FeatureModel | None = None) -> Iterator[str]:
    """Read a valid text; compare the model with the expected one, if any."""
    try:
        model = entry.read(text, _TEXT)
    except Exception as error:
        yield f"reading it back raised {type(error).__name__} ({_short(error)}), expected a model"
        return
    yield from _result_problems(model)
    if expected is not None and isinstance(model, FeatureModel):
        yield from _differences(model, expected)


def _result_problems(model: object) -> Iterator[str]:
    """Check the invariants and places of the result of a reader."""
    if isinstance(model, Restriction):
        return
    if not isinstance(model, FeatureModel):
        yield f"found {type(model).__name__} as the model, expected FeatureModel"
        return
    try:
        model.verify()
    except ModelError as error:
        yield f"found a model that breaks an invariant ({_short(error)})"
        return
    places = [feature.span for feature in model.features()] + [constraint.span for constraint in model.constraints]
    wrong = next((place for place in places if place.path != _TEXT), None)
    if wrong is not None:
        yield f"found the place {wrong} in a model read from {_TEXT}, expected a place in that file"


def _differences(found: FeatureModel, expected: FeatureModel) -> Iterator[str]:
    """Compare everything that a feature model says; constraints and groups by the configurations that they allow."""
    ours, theirs = _facts(expected), _facts(found)
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        if ours.get(key) != theirs.get(key):
            yield f"{key}: found {_short(theirs.get(key))} after reading back, expected {_short(ours.get(key))}"
            return
    if _structure(found) == _structure(expected):
        return
    try:
        if enumerate_configurations(found) != enumerate_configurations(expected):
            yield "found other configurations after reading back, expected the same"
    except (ModelError, UnsupportedError, LimitError):
        yield "found other groups or constraints of a model without finitely many configurations, expected the same"


def _facts(model: FeatureModel) -> dict[str, Any]:
    """Return the content of a model except groups and formulas, keyed by its names in messages."""
    parents = {child.name: feature.name for feature in model.features() for child in feature.children}
    facts: dict[str, Any] = {
        "namespace": model.namespace,
        "notes of the model": sorted(model.notes),
        "descriptions of constraints": sorted(c.description for c in model.constraints if c.description),
    }
    for feature in model.features():
        facts[f"feature {feature.name!r}"] = {"parent": parents.get(feature.name), **_feature_facts(feature)}
    return facts


def _feature_facts(feature: Feature) -> dict[str, Any]:
    return {
        "abstract": feature.is_abstract,
        "type": feature.type.value,
        "cardinality": str(feature.cardinality),
        "notes": sorted(feature.notes),
        "attributes": {a.name: (_plain(a.value), _plain(a.domain), _plain(a.default)) for a in feature.attributes},
    }


def _plain(value: object) -> object:
    """Return a value in which 1, 1.0 and True differ."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return (type(value).__name__, value)


def _structure(model: FeatureModel) -> tuple[object, ...]:
    """Return groups and constraints as comparable values, without recursion over the tree."""
    groups = [
        (feature.name, group.kind, str(group.cardinality), [member.name for member in group.members])
        for feature in model.features()
        for group in feature.groups
    ]
    return groups, [(constraint.is_indexed, _spelt(constraint.formula)) for constraint in model.constraints]


def _spelt(formula: Expression) -> list[str]:
    """Return the nodes of a formula as texts, operators before their operands, without places."""
    return [
        f"{type(node).__name__} {len(children(node))} {[getattr(node, key) for key in _OWN if hasattr(node, key)]}"
        for node in walk(formula)
    ]


def _place_problems(what: str, messages: Sequence[str], path: str) -> Iterator[str]:
    for message in messages:
        if not message.strip():
            yield f"found {what} without a message, expected the place and what was found"
        elif not message.startswith(path):
            yield f"found {what} without its place ({_short(message)}), expected one in {path} before it"


def _detection_problems(name: str, entry: Format, texts: Sequence[str]) -> Iterator[str]:
    claims = {entry.detect(text.lstrip(_BLANKS)) for text in texts}
    if claims == {True, False}:
        yield "found that detect claims some of its own texts only, expected all or none"
    others = {other: f for other, f in FORMATS.items() if other != name and f.read is not entry.read}
    foreign = {other: text for other, text in FOREIGN_TEXTS.items() if other in others}
    for other, known in others.items():
        if known.write is not None:
            foreign[other] = known.write(grown_models()["optional"])
        for ending in sorted(set(entry.endings) & set(known.endings)):
            yield f"found the ending {ending}, which belongs to {other}, expected another one"
    for other, text in {**foreign, "an empty text": ""}.items():
        if entry.detect(text):
            yield f"found that detect claims {other}, expected it to claim its own texts only"
    for ending in entry.endings:
        if not ending.startswith(".") or ending != ending.lower():
            yield f"found the ending {ending!r}, expected a dot and lower-case letters"


def _hostile_problems(entry: Format, texts: Sequence[str]) -> Iterator[str]:
    """Read texts that are no models, and mutants of texts that are."""
    for text in ("", " ", "\n\n", "\ufeff"):
        yield from _in(f"the text {text!r}", _error_problems(entry, text, ReadError))
    for text in _NONSENSE:
        yield from _in(f"the text {_short(text)}", _error_problems(entry, text, None))
    random = Random(0)
    for text in dict.fromkeys(texts):
        mutants = ((mutant, next(_error_problems(entry, mutant, None), None)) for mutant in _mutants(text, random))
        yield from islice((f"the text {mutant[:400]!r}: {problem}" for mutant, problem in mutants if problem), 1)


def _error_problems(entry: Format, text: str, expected: type[FeatureNetError] | None) -> Iterator[str]:
    """Read a text that may be no model; without an expected error it may be one."""
    try:
        model = entry.read(text, _TEXT)
    except FeatureNetError as error:
        if expected is not None and not isinstance(error, expected):
            yield f"found {type(error).__name__}, expected {expected.__name__}"
        problems = getattr(error, "problems", ()) or str(error).splitlines() or [""]
        yield from _place_problems("an error", list(problems)[:1], _TEXT)
    except Exception as error:
        yield f"reading raised {type(error).__name__} ({_short(error)}), expected ReadError with its place"
    else:
        if expected is not None:
            yield f"found a model, expected {expected.__name__}"
        yield from _result_problems(model)


def _mutants(text: str, random: Random) -> Iterator[str]:
    """Yield the text cut short, with a slice left out or doubled, and with a character replaced."""
    odd = "\0\ufeff\"'<>&{}[]()|;:.,%#\\ \t\n-9é\U0001f600"
    for _ in range(_MUTANTS // 4):
        first, last = sorted(random.choices(range(len(text) + 1), k=2))
        last = min(last, first + 8)
        yield text[:first]
        yield text[:first] + text[last:]
        yield text[:last] + text[first:]
        yield text[:first] + random.choice(odd) + text[first + 1 :]


def _writer(write: Write) -> Callable[[FeatureModel], str | None]:
    def text_of(model: FeatureModel) -> str | None:
        try:
            return write(model)
        except Exception:  # reported when the model was tried
            return None

    return text_of


def _hash_problems(write: Write) -> Iterator[str]:
    """Write all models in two processes that hash texts differently; a writer outside of a module is not tried."""
    module, name = getattr(write, "__module__", ""), getattr(write, "__qualname__", "<")
    if module == "__main__" or "<" in name:
        return
    code = f"from featurenet_uvl.testing.formats import digest; print(digest({module!r}, {name!r}))"
    found = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            yield f"writing in another process failed ({_short(done.stderr.strip()[-200:])})"
            return
        found.add(done.stdout)
    if len(found) > 1:
        yield "found other texts in a process with another PYTHONHASHSEED, expected the same: a set may lack an order"


def digest(module: str, name: str) -> str:
    """Return a hash of the texts that a writer gives for all models; refusals count as text.

    Args:
        module: The module of the writer.
        name: Its qualified name there.
    """
    write: Any = import_module(module)
    for part in name.split("."):
        write = getattr(write, part)
    texts = [_writer(write)(model) for model in grown_models().values()]
    return hashlib.sha256(repr(texts).encode()).hexdigest()


def _short(found: object) -> str:
    text = " ".join((found if isinstance(found, str) else str(found)).split())
    return text if len(text) <= 160 else f"{text[:157]}..."
