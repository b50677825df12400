"""A compiled model: the formula, to be written, counted and sampled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike

import numpy as np

from featurenet_uvl.analysis.count import count_solutions
from featurenet_uvl.api.arguments import file_path, whole
from featurenet_uvl.api.drawn import DrawnSample, distance_limit
from featurenet_uvl.decoding.solutions import check_formula, check_names
from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.layers import Shape, format_shape
from featurenet_uvl.ir.sample import Sample, Stop
from featurenet_uvl.sampling.assumptions import parse_assumptions
from featurenet_uvl.sampling.metrics.distance_bound import Limit
from featurenet_uvl.sampling.registry import DEFAULT, draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.system.files import read_text, write_file
from featurenet_uvl.translators.formats.configurations.detect import checked_selections, read_listed, selected_matrix
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs


@dataclass(frozen=True, slots=True, repr=False)
class CompiledModel:
    """A formula whose solutions are the configurations of a model, and what its networks are for."""

    cnf: Cnf
    """The clauses and the names of their variables."""
    input_shape: Shape | None
    """Of the images; None for a model that is not one of networks."""
    classes: int

    def write(self, path: str | PathLike[str], *, force: bool = False) -> None:
        """Writes DIMACS, which names its variables.

        Raises:
            UsageError: The file exists and `force` is not set.
        """
        write_file(file_path(path), write_dimacs(self.cnf), force=force)

    def count(self, time_limit_s: float = 60.0) -> int:
        """How many configurations there are, exactly.

        Raises:
            LimitError: No engine can count them within the time.
        """
        return count_solutions(self.cnf, time_limit_s).value

    def limit(self, count: int, time_limit_s: float = 60.0) -> Limit:
        """What the mean distance of no sample of so many configurations can exceed (`Limit.upper`).

        Raises:
            LimitError: The formula is too large for it, as with tensor shapes for most models of networks.
        """
        return distance_limit(self.cnf, whole("count", count, least=2), time_limit_s)

    def sample(
        self,
        count: int,
        *,
        seed: int = 1,
        sampler: str = DEFAULT,
        assume: Iterable[str] = (),
        after: DrawnSample | None = None,
        time_limit_s: float | None = None,
    ) -> DrawnSample:
        """Distinct configurations, by default as diverse as can be.

        Args:
            count: How many new ones.
            seed: Of all chance: the same seed gives the same sample.
            sampler: `diverse`, `covering`, `uniform`, `steered`, `cmsgen`, `random`, `t-wise`, or a package's own.
            assume: Features that all have, or with a `!` in front, that none has.
            after: A sample of this model that the new ones are put behind, and far from.
            time_limit_s: When to stop with what there is; the sample's `stop` says so.

        Raises:
            UsageError: Unknown sampler, or a request without sense.
            UnsatisfiableError: No configuration exists, or none with the assumptions.
            LimitError: The time was over before there was any.
        """
        notes: list[str] = []
        request = Request(
            whole("count", count, least=1),
            whole("seed", seed, least=0),
            known=np.zeros((0, 0), dtype=np.bool_) if after is None else self.take(after).sample.selected,
            assumptions=parse_assumptions([assume] if isinstance(assume, str) else list(assume), self.cnf.variables),
            time_limit_s=time_limit_s,
            on_note=notes.append,
        )
        drawn = draw(self.cnf, request, sampler)
        return DrawnSample(
            drawn.after(request.known_rows(self.cnf)), self.cnf, self.input_shape, self.classes, tuple(notes)
        )

    def take(self, sample: DrawnSample) -> DrawnSample:
        """A sample as one of this model.

        Raises:
            DecodeError: It is of another model, or of other images.
        """
        check_names(sample.sample.names, self.cnf.variables, "sample")
        check_formula(sample.sample.formula, self.cnf, "sample")
        return DrawnSample(sample.sample, self.cnf, self.input_shape, self.classes, sample.notes)

    def read_sample(self, path: str | PathLike[str]) -> DrawnSample:
        """The sample in a file: as `DrawnSample.write` writes it, PLEDGE's `.pdt`, a CSV, or lines of signed numbers.

        Raises:
            ReadError, ModelError: The file is none of these, or speaks of other features.
            DecodeError: A configuration violates the model.
        """
        place = file_path(path)
        found = checked_selections(read_listed(read_text(place), place, self.cnf.variables), self.cnf, place)
        if not len(found):
            raise UsageError(f"{place}: found no configurations, expected at least one")
        sample = Sample(found.names, selected_matrix(found), "read", 0, Stop.COMPLETE, self.cnf.fingerprint())
        return DrawnSample(sample, self.cnf, self.input_shape, self.classes)

    def __repr__(self) -> str:
        features = self.cnf.variables.feature_count
        sizes = f"{features:,} features, {len(self.cnf.variables) - features:,} auxiliaries"
        images = "" if self.input_shape is None else f", for {format_shape(self.input_shape)} images"
        return f"<CompiledModel: {sizes}, {len(self.cnf.clauses):,} clauses{images}>"
