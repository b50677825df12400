"""A feature model, from a file of any format to a formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from featurenet_uvl.api.arguments import file_path, file_paths, whole
from featurenet_uvl.api.compiled import CompiledModel
from featurenet_uvl.api.data import DataLike, shape_and_classes
from featurenet_uvl.api.drawn import DrawnSample
from featurenet_uvl.api.network import Network
from featurenet_uvl.errors import ModelError, UsageError
from featurenet_uvl.ir import feature_model as ir
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.ir.restriction import apply_bounds
from featurenet_uvl.operations.sources import find_model, load_model, packaged_model, packaged_models
from featurenet_uvl.system.counted import counted
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.formats.language.references import unknown_references
from featurenet_uvl.translators.formats.registry import parse_model, writer_for
from featurenet_uvl.translators.pipeline import compile_feature_model
from featurenet_uvl.translators.rules.registry import model_input_shape


@dataclass(frozen=True, slots=True, repr=False)
class FeatureModel:
    """A feature model with its restrictions and bounds. It never changes; `restrict` returns another one.

    >>> model = FeatureModel.parse("features\\n\\tShop\\n\\t\\toptional\\n\\t\\t\\tSearch\\n\\t\\t\\tCart")
    >>> model, model.compile().count()
    (<FeatureModel: 3 features, 0 constraints>, 4)
    """

    ir: ir.FeatureModel
    """The model as the passes take it."""
    path: str = ""
    """The file it was read from; empty for a text."""
    restrictions: tuple[str, ...] = ()
    """The files of restrictions that are in it."""
    bounds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The upper limits that were set here."""

    @classmethod
    def read(
        cls,
        path: str | PathLike[str],
        restrictions: str | PathLike[str] | Iterable[str | PathLike[str]] = (),
        bounds: Mapping[str, int] | None = None,
    ) -> FeatureModel:
        """Read a model in UVL, FeatureIDE's XML, SXFM or a format of flamapy; the content shows the format.

        Args:
            path: A file with a model, or with a restriction, whose model is then read, too; or the name of a packaged
                model.
            restrictions: Further restrictions of the same model, by path or name.
            bounds: Upper limits of multi-features by name, such as `{"Block": 3}`.

        Raises:
            ReadError: A file is missing or malformed; all its problems together.
            ModelError: A restriction of another model, or a bound that does not fit.
        """
        source, more, limits = file_path(path), file_paths(restrictions), _checked(bounds)
        source = find_model(source)
        return cls(_bounded(load_model(source, more), limits), source, more, limits)

    @classmethod
    def named(cls, name: str, bounds: Mapping[str, int] | None = None) -> FeatureModel:
        """Return a model that comes with the package: `dnn`, or a restriction such as the paper's `s1`, `s2` and `s3`.

        Raises:
            UsageError: None has this name.
        """
        known = packaged_models()
        if name not in known:
            raise UsageError(f"found model {name!r}, expected one of {', '.join(known)}; read takes the path of a file")
        return cls.read(packaged_model(name), bounds=bounds)

    @classmethod
    def parse(cls, text: str, bounds: Mapping[str, int] | None = None) -> FeatureModel:
        """Return the model in a text of any format, such as a string of UVL.

        Raises:
            ReadError: The text is malformed; all its problems together.
            UsageError: It is a restriction, which has to lie in a file beside its model.
        """
        found = parse_model(text, "<text>")
        if not isinstance(found, ir.FeatureModel):
            raise UsageError(f"{found.span}: found a restriction, expected a model; write it to a file and read that")
        limits = _checked(bounds)
        return cls(_bounded(found, limits), bounds=limits)

    def restrict(self, *restrictions: str | PathLike[str], bounds: Mapping[str, int] | None = None) -> FeatureModel:
        """Return the model with further restrictions, which are files, and bounds.

        Raises:
            UsageError: Restrictions of a model that is no file.
            ReadError, ModelError: As `read`.
        """
        limits, more = _checked(bounds), (*self.restrictions, *file_paths(restrictions))
        model = self.ir
        if restrictions:
            if not self.path:
                raise UsageError("found a restriction of a text, expected one of a model in a file, which it imports")
            model = _bounded(load_model(self.path, more), self.bounds)
        return replace(self, ir=_bounded(model, limits), restrictions=more, bounds={**self.bounds, **limits})

    def write(self, path: str | PathLike[str], *, force: bool = False, format: str | None = None) -> None:
        """Write the model in `format`, or else in that of the ending: `.uvl`, `.xml` for FeatureIDE or `.sxfm`.

        Raises:
            UsageError: The file exists and `force` is not set, or its ending says nothing.
            UnsupportedError: The format cannot carry something; its place is named, and nothing is written.
        """
        write = writer_for(file_path(path), format)
        problems = unknown_references(self.ir)
        if problems:
            raise ModelError(problems)
        write_file(file_path(path), write(self.ir), force=force)

    def compile(
        self,
        *,
        input_shape: Shape | None = None,
        classes: int | None = None,
        rules: bool = True,
        specialise: bool = False,
        data: DataLike | None = None,
    ) -> CompiledModel:
        """Return the formula that has one solution per configuration.

        Args:
            input_shape: Height, width and channels of the images, such as `(28, 28, 1)`; None takes those of `data`,
                else the model's own.
            classes: Number of classes that networks tell apart; None takes those of `data`, else 10.
            rules: Whether the rule sets that the model names are in it: with `tensor-shapes` every configuration is a
                network for these images.
            specialise: Leave out the features that no configuration has.
            data: The images that the networks are for, as `evaluate` takes them.

        Raises:
            ModelError, UnsupportedError: As the passes say, with the place in the model's file.
            UsageError, DataError: The data are wrong, or have another shape or number of classes than given.
        """
        shape, number = shape_and_classes(input_shape, classes, data)
        cnf = compile_feature_model(self.ir, input_shape=shape, with_rules=rules, specialised=specialise)
        if shape is None and self.ir.root.attribute("input_shape") is not None:
            shape = model_input_shape(self.ir)
        return CompiledModel(cnf, shape, number)

    def sample(
        self,
        count: int,
        *,
        seed: int = 1,
        input_shape: Shape | None = None,
        classes: int | None = None,
        data: DataLike | None = None,
    ) -> DrawnSample:
        """Draw a diverse sample: `compile`, then `CompiledModel.sample`, which has more arguments."""
        return self.compile(input_shape=input_shape, classes=classes, data=data).sample(count, seed=seed)

    def decode(
        self,
        sample: DrawnSample | str | PathLike[str],
        *,
        input_shape: Shape | None = None,
        classes: int | None = None,
        any_formula: bool | None = None,
        data: DataLike | None = None,
    ) -> tuple[Network, ...]:
        """Return the networks of a sample of this model.

        Args:
            sample: A drawn sample, or a file as `CompiledModel.read_sample` takes it.
            input_shape: As for `compile`.
            classes: As for `compile`.
            any_formula: Accept a sample of another formula, such as one for other images or of an older version, if all
                its configurations are configurations of this model. None accepts it from a file only.
            data: As for `compile`.

        Raises:
            ReadError, ModelError: The file is no sample, or has other features.
            DecodeError: A configuration violates this model, or is no network.
        """
        compiled = self.compile(input_shape=input_shape, classes=classes, data=data)
        if isinstance(sample, DrawnSample):
            return compiled.take(sample, any_formula=any_formula is True).decode()
        return compiled.read_sample(sample, any_formula=any_formula is not False).decode()

    def __repr__(self) -> str:
        features = sum(1 for _ in self.ir.features())
        name = f" {Path(self.path).name}" if self.path else ""
        return (
            f"<FeatureModel{name}: {counted(features, 'feature')}, {counted(len(self.ir.constraints), 'constraint')}>"
        )


def _checked(bounds: Mapping[str, int] | None) -> Mapping[str, int]:
    if not isinstance(bounds, Mapping | None):
        raise UsageError(f"`bounds`: found {bounds!r}, expected a mapping such as {{'Block': 3}}")
    return {str(name): whole(f"`bounds`: {name}", limit, least=0) for name, limit in (bounds or {}).items()}


def _bounded(model: ir.FeatureModel, bounds: Mapping[str, int]) -> ir.FeatureModel:
    return apply_bounds(model, bounds)
