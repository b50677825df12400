"""How diverse are the samples of each sampler, and how long do they take? Ours, CMSGen, random phases, PLEDGE.

python benchmarks/sampling.py [--models DIR] [--pledge-jar JAR]    measure missing samples, write tables and figure
python benchmarks/sampling.py --show                               print the tables of the last results

Each line of benchmarks/results/sampling/rows.jsonl is one sample, written as soon as it is measured: stop the script
at any time, and the same call continues. `--again NAME` measures a sampler again. A process of its own draws each
sample; its CPU seconds are those from the CNF to the checked sample, with diagram and child processes, without imports.

The models are the paper's released one and two of FeatureIDE's examples, in `../shared`; S1 with tensor shapes; and, in
the folder of --models, `AlHajjaji2019-i386pc.dimacs` (eCos) and `Knüppel2017-1.18.0.dimacs` (BusyBox) of the public
feature-model benchmark (SoftVarE-Group/feature-model-benchmark). Models that are not there are left out.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.operations.sources import load_cnf
from featurenet_uvl.report.content.figure import Figure, Panel, Series, draw
from featurenet_uvl.sampling import registry
from featurenet_uvl.sampling.metrics.measures import Landscape, explore, measure
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.formats.configurations.sample_file import format_sample, parse_sample

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT / ".." / "shared"
EXAMPLES = SHARED / "corpus/featureide/plugins/de.ovgu.featureide.examples/featureide_examples/FeatureModels"
RESULTS = ROOT / "benchmarks" / "results" / "sampling"
ROWS = RESULTS / "rows.jsonl"

PLEDGE_BUDGET_S = 60
HARD_LIMIT_S = 120
"""Seconds per sample of the model that only some samplers can draw from."""
MARKS = {
    "diverse": "stars",
    "covering": "plusses",
    "uniform": "dots",
    "cmsgen": "triangles",
    "random": "squares",
    "steered": "crosses",
    "t-wise": "rings",
    "pledge": "diamonds",
}


@dataclass(frozen=True, slots=True)
class Model:
    """A model to sample. If `file` is a bare name, it lies in the folder of --models."""

    name: str
    file: Path
    is_hard: bool = False

    def path(self, models: Path | None) -> Path:
        return self.file if self.file.is_absolute() or models is None else models / self.file


MODELS = (
    Model("Ghamizi2019-light", (SHARED / "reference/ghamizi2019-light.xml").absolute()),
    Model("E-Shop", (EXAMPLES / "E-Shop/model.xml").absolute()),
    Model("uClibc", (EXAMPLES / "uClibc/model.xml").absolute()),
    Model("eCos i386pc", Path("AlHajjaji2019-i386pc.dimacs")),
    Model("BusyBox 1.18.0", Path("Knüppel2017-1.18.0.dimacs")),
    Model("S1 with tensor shapes", ROOT / "models/s1.uvl", is_hard=True),
)


@dataclass(frozen=True, slots=True)
class Task:
    """A sample to be drawn."""

    model: Model
    sampler: str
    count: int
    seed: int

    @property
    def key(self) -> tuple[str, str, int, int]:
        return self.model.name, self.sampler, self.count, self.seed


def tasks(model: Model, has_pledge: bool) -> Iterator[Task]:
    """Return the samples to draw from a model: five seeds each, or one if a sample takes minutes.

    PLEDGE has no seed and is measured once; with 1,000 configurations on the paper's model alone.
    """
    if model.is_hard:
        for sampler in ("diverse", "steered"):
            yield from (Task(model, sampler, 100, seed) for seed in (1, 2, 3))
            yield Task(model, sampler, 1000, 1)
        yield from (Task(model, "random", count, 1) for count in (100, 1000))
        yield Task(model, "cmsgen", 100, 1)
        return
    for count in (100, 1000):
        for sampler in ("diverse", "covering", "uniform", "cmsgen", "random", "steered"):
            yield from (Task(model, sampler, count, seed) for seed in (1, 2, 3, 4, 5))
        yield Task(model, "t-wise", count, 1)
    if has_pledge:
        yield Task(model, "pledge", 100, 1)
        if model is MODELS[0]:
            yield Task(model, "pledge", 1000, 1)


def draw_one(arguments: argparse.Namespace) -> None:
    """Draw one sample, write it and print its cost; runs in a process of its own."""
    cnf = load_cnf(arguments.one).cnf
    limit_s = HARD_LIMIT_S if arguments.is_hard else None
    options = {"pledge_jar": arguments.pledge_jar} if arguments.pledge_jar else {}
    before = cpu_s()
    try:
        sample = registry.draw(
            cnf, Request(arguments.n, arguments.seed, time_limit_s=limit_s, options=options), arguments.sampler
        )
    except FeatureNetError as error:
        print(json.dumps({"error": str(error), "cpu_s": round(cpu_s() - before, 3)}))
        return
    spent = cpu_s() - before
    Path(arguments.out).write_text(format_sample(sample), encoding="utf-8")
    print(json.dumps({"cpu_s": round(spent, 3), "engine": sample.sampler, "stop": sample.stop.value}))


def cpu_s() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usages = [resource.getrusage(kind) for kind in kinds]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Measurer:
    """Draw and measure the samples of one model; the first sample also finds the model's limits, for all."""

    def __init__(self, model: Model, path: Path, pledge_jar: str | None) -> None:
        self._model = model
        self._path = path
        self._pledge_jar = pledge_jar
        self._cnf: Cnf = load_cnf(str(path)).cnf
        self._landscape: Landscape | None = None

    def row(self, task: Task) -> dict[str, Any]:
        model, sampler, count, seed = task.key
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "sample"
            command = [sys.executable, __file__, "--one", str(self._path), "--out", str(out), "--sampler", sampler]
            command += ["-n", str(count), "--seed", str(seed), *(["--is-hard"] if self._model.is_hard else [])]
            command += ["--pledge-jar", self._pledge_jar] if self._pledge_jar and sampler == "pledge" else []
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            row = {"model": model, "sampler": sampler, "asked": count, "seed": seed, **json.loads(done.stdout)}
            if not out.is_file():
                return row
            sample = parse_sample(out.read_text(encoding="utf-8"), str(out))
        if self._landscape is None:
            self._landscape = explore(self._cnf, sample.selected)
        return row | measure(sample.selected, self._landscape).to_json()


def read_rows() -> list[dict[str, Any]]:
    """Return the rows so far, without one that was cut off."""
    lines = ROWS.read_text(encoding="utf-8").split("\n")[:-1] if ROWS.is_file() else []
    return [json.loads(line) for line in lines]


def key_of(row: dict[str, Any]) -> tuple[str, str, int, int]:
    return row["model"], row["sampler"], row["asked"], row["seed"]


def measure_missing(models: Path | None, pledge_jar: str | None) -> None:
    done = {key_of(row) for row in read_rows()}
    for model in MODELS:
        missing = [task for task in tasks(model, pledge_jar is not None) if task.key not in done]
        path = model.path(models)
        if not path.is_file() or not missing:
            continue
        measurer = Measurer(model, path, pledge_jar)
        for task in missing:
            row = measurer.row(task)
            with ROWS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(*task.key, row["cpu_s"], "CPU s", file=sys.stderr, flush=True)


def median(rows: Iterable[dict[str, Any]], name: str) -> float | None:
    values = [row[name] for row in rows if row.get(name) is not None]
    return statistics.median(values) if values else None


COLUMNS = {
    "mean": ("mean_distance", ".4f"),
    "of the limit": ("share_of_limit", ".4f"),
    "nearest": ("nearest_mean", ".4f"),
    "minimum": ("minimum", ".4f"),
    "pairs": ("pairwise_coverage", ".4f"),
    "distinct": ("distinct", ",.0f"),
    "fewest features": ("size_min", ",.0f"),
    "most": ("size_max", ",.0f"),
    "CPU s": ("cpu_s", ".2f"),
}


def table(rows: Sequence[dict[str, Any]], model: str, count: int) -> str:
    """Return the samplers on one model with one size, medians over the seeds, as a Markdown table."""
    lines = [f"| sampler | runs | {' | '.join(COLUMNS)} |", "|---|--:|" + "--:|" * len(COLUMNS)]
    for sampler in MARKS:
        mine = [row for row in rows if key_of(row)[:3] == (model, sampler, count)]
        if not mine:
            continue
        engines = sorted({row["engine"] for row in mine if row.get("engine", sampler) != sampler})
        name = f"{sampler} (by {', '.join(engines)})" if engines else sampler
        cells = []
        for key, form in COLUMNS.values():
            value = median(mine, key)
            lower = key == "pairwise_coverage" and any(row.get("undecided_pairs") for row in mine)
            if key == "pairwise_coverage" and value is not None and value < 1:
                value = min(value, 0.9999)  # never rounded up to all
            cells.append("" if value is None else ("≥ " if lower else "") + format(value, form))
        lines.append(f"| {name} | {len(mine)} | {' | '.join(cells)} |")
    errors = {row["sampler"]: row["error"] for row in rows if key_of(row)[::2] == (model, count) and "error" in row}
    lines += [f"\n{sampler}: {error}" for sampler, error in errors.items()]
    return "\n".join(lines)


def page(rows: Sequence[dict[str, Any]]) -> str:
    """Return all tables."""
    head = (
        "# Samplers\n\nMade by `python benchmarks/sampling.py`; medians over the seeds. Distances are shares of the "
        "features, `of the limit` is the share of the largest mean distance that any sample of this size can have, "
        "`pairs` the share of the pairs of literals that can be covered, over features that are neither core nor dead. "
        "CPU seconds go from the CNF to the checked sample, decision diagram and child processes included. The sampler "
        f"`pledge` has {PLEDGE_BUDGET_S} s for each sample, which it overruns."
    )
    parts = [
        f"## {model.name}, {count:,} configurations\n\n{table(rows, model.name, count)}"
        for model in MODELS
        for count in (100, 1000)
        if any(row["model"] == model.name and row["asked"] == count for row in rows)
    ]
    return "\n\n".join([head, *parts]) + "\n"


def figure(rows: Sequence[dict[str, Any]]) -> Figure:
    """Draw, for each model, the samples' measures against their cost: a point is the median of a sampler."""
    panels = []
    for model in MODELS:
        count = 100 if model.is_hard else 1000
        mine = [row for row in rows if row["model"] == model.name and row["asked"] == count and "mean_distance" in row]
        if not mine:
            continue
        title = f"{model.name}, {count:,} configurations"
        panels.append(
            Panel(title, "mean distance", "pairs covered (%)", points(mine, "mean_distance", "pairwise_coverage", 100))
        )
        panels.append(
            Panel(title, "CPU s", "distance to the nearest", points(mine, "cpu_s", "nearest_mean"), is_log_x=True)
        )
    return Figure("samplers", "Samplers", "Medians over the seeds.", tuple(panels))


def points(rows: Sequence[dict[str, Any]], x: str, y: str, scale: float = 1) -> tuple[Series, ...]:
    series = []
    for sampler, style in MARKS.items():
        mine = [row for row in rows if row["sampler"] == sampler]
        at = median(mine, x), median(mine, y)
        if at[0] is not None and at[1] is not None:
            series.append(Series(sampler, (at[0],), (scale * at[1],), style))
    return tuple(series)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, help="the folder of the models that are not in ../shared")
    parser.add_argument("--pledge-jar", help="path of PLEDGE.jar")
    parser.add_argument("--again", action="append", default=[], metavar="SAMPLER", help="measure a sampler again")
    parser.add_argument("--show", action="store_true", help="print the tables of the last results")
    for option, kind in {"--one": str, "--out": str, "--sampler": str, "-n": int, "--seed": int}.items():
        parser.add_argument(option, type=kind, help=argparse.SUPPRESS)
    parser.add_argument("--is-hard", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    if arguments.one:
        draw_one(arguments)
        return 0
    if not arguments.show:
        RESULTS.mkdir(parents=True, exist_ok=True)
        kept = [json.dumps(row) + "\n" for row in read_rows() if row["sampler"] not in arguments.again]
        write_file(ROWS, "".join(kept), force=True)
        measure_missing(arguments.models, arguments.pledge_jar)
        rows = read_rows()
        write_file(RESULTS / "samplers.md", page(rows), force=True)
        write_file(RESULTS / "samplers.png", draw(figure(rows), "png"), force=True)
    print(page(read_rows()), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
