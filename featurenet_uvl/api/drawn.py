"""A sample of a compiled model: measured, written, decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike

from featurenet_uvl.analysis.exact_model import exact_model
from featurenet_uvl.api.arguments import file_path, seconds, whole
from featurenet_uvl.api.network import Network
from featurenet_uvl.decoding.network_key import count_networks
from featurenet_uvl.decoding.sampled import decode_networks
from featurenet_uvl.errors import LimitError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.layers import Shape
from featurenet_uvl.ir.sample import Sample
from featurenet_uvl.sampling.assumptions import parse_assumptions, under_assumptions
from featurenet_uvl.sampling.metrics.distance_bound import Limit, mean_distance_limit
from featurenet_uvl.sampling.metrics.distance_bound_by_programs import hull_limit
from featurenet_uvl.sampling.metrics.distances import Diversity, diversity
from featurenet_uvl.system.counted import counted
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.formats.configurations.sample_file import format_sample


@dataclass(frozen=True, slots=True, repr=False)
class DrawnSample:
    """Distinct configurations of a compiled model. An iteration gives the names of the selected features of each."""

    sample: Sample
    """The configurations as a matrix, and the reason why the sampler stopped."""
    cnf: Cnf
    input_shape: Shape | None
    classes: int
    notes: tuple[str, ...] = ()
    """Lines that the sampler reported, such as that another one took over."""
    assumptions: tuple[str, ...] = ()
    """The assumptions of `sample`, if every configuration keeps them, those of `after`, too. A file has none."""

    def __len__(self) -> int:
        return len(self.sample)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return self.sample.configurations()

    def diversity(self) -> Diversity:
        """Return measures of the distances between the configurations, and of their sizes."""
        return diversity(self.sample.selected)

    def limit(self, time_limit_s: float = 60.0) -> Limit:
        """Return an upper bound on the mean distance of any sample of this size that keeps the `assumptions`.

        `limit().share(diversity().mean_distance)` is the share of the bound that this sample reaches. If the formula
        has no decision diagram, as with tensor shapes for most models of networks, the bound comes from integer
        programs; its `gap` says how loose it may be. `time_limit_s` holds for each of the two ways.

        Raises:
            UsageError: There are fewer than two configurations, or SciPy is missing, which the integer programs need.
        """
        count, time_limit_s = whole("configurations", len(self), least=2), seconds("time_limit_s", time_limit_s)
        cnf = under_assumptions(self.cnf, parse_assumptions(self.assumptions, self.cnf.variables))
        try:
            return distance_limit(cnf, count, time_limit_s)
        except LimitError:
            return hull_limit(cnf, self.sample.selected, time_limit_s).at(count)

    def write(self, path: str | PathLike[str], *, force: bool = False) -> None:
        """Write a sample file, for `CompiledModel.read_sample` and the command line.

        Raises:
            UsageError: The file exists and `force` is not set.
        """
        write_file(file_path(path), format_sample(self.sample), force=force)

    def decode(self) -> tuple[Network, ...]:
        """Return one network per configuration, named by its number.

        Raises:
            UsageError: The model is not one of networks.
            DecodeError: A configuration violates the model or is no network; nothing is skipped.
        """
        if self.input_shape is None:
            raise UsageError("found a model without input_shape, expected one of networks, or compile(input_shape=...)")
        width = max(4, len(str(len(self))))
        networks = decode_networks(self.sample.selected, self.cnf, self.input_shape, self.classes, "sample")
        return tuple(Network(f"{number:0{width}}", network) for number, network in enumerate(networks, 1))

    def network_count(self) -> int:
        """Return the number of different networks: configurations can be the same network (`Network.key`).

        Raises:
            UsageError, DecodeError: As `decode`.
        """
        return count_networks(network.architecture for network in self.decode())

    def __repr__(self) -> str:
        sample = self.sample
        sizes = f"{counted(len(self), 'configuration')} of {counted(len(sample.names), 'feature')}"
        end = "" if sample.stop.value == "complete" else f", {sample.stop.value}"
        return f"<DrawnSample: {sizes}, {sample.sampler}{end}>"


def distance_limit(cnf: Cnf, count: int, time_limit_s: float) -> Limit:
    """Return a bound on the mean distance of `count` configurations of a formula.

    Raises:
        LimitError: Its diagram is too large, or takes too long.
    """
    return mean_distance_limit(exact_model(cnf, time_limit_s).choices, cnf.variables.feature_count, count)
