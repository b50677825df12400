"""A compiled model: a formula to write, count and sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike

from featurenet_uvl.api.arguments import by_name, file_path, seconds, texts, whole
from featurenet_uvl.api.drawn import DrawnSample, distance_limit
from featurenet_uvl.decoding.solutions import check_formula, check_names
from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.layers import Shape, format_shape
from featurenet_uvl.operations.configurations import read_sample
from featurenet_uvl.operations.count import count_configurations
from featurenet_uvl.operations.sample import draw_sample
from featurenet_uvl.sampling.assumptions import parse_assumptions, under_assumptions
from featurenet_uvl.sampling.metrics.distance_bound import Limit
from featurenet_uvl.sampling.registry import DEFAULT
from featurenet_uvl.system.counted import counted
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs


@dataclass(frozen=True, slots=True, repr=False)
class CompiledModel:
    """A formula whose solutions are the configurations of a model, and the images and classes of its networks."""

    cnf: Cnf
    """The clauses and the names of their variables."""
    input_shape: Shape | None
    """Height, width and channels of the images; None for a model that is not one of networks."""
    classes: int

    def write(self, path: str | PathLike[str], *, force: bool = False) -> None:
        """Write DIMACS, which names its variables.

        Raises:
            UsageError: The file exists and `force` is not set.
        """
        write_file(file_path(path), write_dimacs(self.cnf), force=force)

    def count(self, time_limit_s: float = 60.0, *, assume: Iterable[str] = ()) -> int:
        """Return the exact number of configurations.

        Args:
            time_limit_s: Seconds after which to give up.
            assume: Features that every counted configuration selects, or, with a `!` in front, does not select.

        Raises:
            UsageError: An assumption that names no feature, or contradicts another one.
            LimitError: No engine can count them within the time.
        """
        limit_s = seconds("time_limit_s", time_limit_s)
        return count_configurations(self.cnf, texts("assume", assume), limit_s).value

    def limit(self, count: int, time_limit_s: float = 60.0, *, assume: Iterable[str] = ()) -> Limit:
        """Return an upper bound on the mean distance of any sample with `count` configurations (`Limit.upper`).

        Args:
            count: Number of configurations, at least 2.
            time_limit_s: Seconds after which to give up.
            assume: Features that every configuration selects, or, with a `!` in front, does not select.

        Raises:
            UsageError: An assumption that names no feature, or contradicts another one.
            UnsatisfiableError: No configuration exists, or none with the assumptions.
            LimitError: The formula is too large for it, as with tensor shapes for most models of networks.
        """
        cnf = under_assumptions(self.cnf, parse_assumptions(texts("assume", assume), self.cnf.variables))
        return distance_limit(cnf, whole("count", count, least=2), seconds("time_limit_s", time_limit_s))

    def sample(
        self,
        count: int,
        *,
        seed: int = 1,
        sampler: str = DEFAULT,
        options: Mapping[str, str] | None = None,
        assume: Iterable[str] = (),
        after: DrawnSample | None = None,
        time_limit_s: float | None = None,
    ) -> DrawnSample:
        """Draw distinct configurations, by default as diverse as possible.

        Args:
            count: Number of new configurations.
            seed: Seed of all chance: the same seed gives the same sample.
            sampler: `diverse`, `covering`, `uniform`, `steered`, `cmsgen`, `random`, `t-wise`, `pledge`, `external`, or
                a sampler of another package.
            options: Options of the sampler by name, such as `{"command": "..."}` of `external`.
            assume: Features that every new configuration selects, or, with a `!` in front, does not select.
            after: A sample of this model. The result begins with its configurations; the new ones are far from them.
            time_limit_s: Seconds after which the sampler stops with the configurations found so far; `stop` says so.

        Raises:
            UsageError: Unknown sampler or option, or a request that makes no sense.
            UnsatisfiableError: No configuration exists, or none with the assumptions.
            LimitError: The time was over before there was any.
        """
        assumed = texts("assume", assume)
        drawn = draw_sample(
            self.cnf,
            whole("count", count, least=1),
            seed=whole("seed", seed, least=0),
            sampler=sampler,
            options=by_name("options", options, "{'command': '...'}"),
            assume=assumed,
            known=None if after is None else self.take(after).sample,
            time_limit_s=None if time_limit_s is None else seconds("time_limit_s", time_limit_s),
        )
        kept = assumed if drawn.kept else ()
        return DrawnSample(drawn.whole, self.cnf, self.input_shape, self.classes, drawn.notes, kept)

    def take(self, sample: DrawnSample, *, any_formula: bool = False) -> DrawnSample:
        """Return a sample as one of this model.

        Args:
            sample: Drawn from this model, or from one with the same features.
            any_formula: Accept a sample of another formula; `decode` still checks each configuration.

        Raises:
            DecodeError: It is of another model, or of other images.
        """
        if not isinstance(sample, DrawnSample):
            raise UsageError(f"found {sample!r} as a sample, expected a DrawnSample, as sample and read_sample give it")
        check_names(sample.sample.names, self.cnf.variables, "sample")
        if not any_formula:
            check_formula(sample.sample.formula, self.cnf, "sample")
        return DrawnSample(sample.sample, self.cnf, self.input_shape, self.classes, sample.notes, sample.assumptions)

    def read_sample(self, path: str | PathLike[str], *, any_formula: bool = True) -> DrawnSample:
        """Read a sample of this model, whichever tool wrote it.

        Args:
            path: A file that `DrawnSample.write` wrote, FeatureIDE's CSV, `.xml` or `.config`, PLEDGE's `.pdt`, lines
                of signed numbers, or a folder of such files.
            any_formula: Accept a sample of another formula, such as one that an older version drew, if all its
                configurations are configurations of this model.

        Raises:
            ReadError, ModelError: The file is of another kind, or has other features.
            DecodeError: A configuration violates the model, or the sample is of another formula.
        """
        sample = read_sample(file_path(path), self.cnf, any_formula=any_formula)
        return DrawnSample(sample, self.cnf, self.input_shape, self.classes)

    def __repr__(self) -> str:
        features, clauses = self.cnf.variables.feature_count, len(self.cnf.clauses)
        auxiliaries = counted(len(self.cnf.variables) - features, "auxiliary")
        images = "" if self.input_shape is None else f", for {format_shape(self.input_shape)} images"
        return f"<CompiledModel: {counted(features, 'feature')}, {auxiliaries}, {counted(clauses, 'clause')}{images}>"
