"""Is a diverse sample of every model at least as diverse as those of other samplers?

python benchmarks/sampling_corpus.py          sample the corpora, write results/sampling_corpus.json, print the table
python benchmarks/sampling_corpus.py --show   print the table of that file

The models are FeatureIDE's and the UVL parser's from `../shared/corpus`: those with a decision diagram and more than
twice as many configurations as are drawn. Mean distances are compared: the limit is the same for all.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from featurenet_uvl.analysis.exact_model import exact_model
from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.sampling.metrics.distances import diversity
from featurenet_uvl.sampling.registry import draw
from featurenet_uvl.sampling.request import Request
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.pipeline import compile_feature_model, load_model

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "../shared/corpus"
RESULTS = ROOT / "benchmarks" / "results" / "sampling_corpus.json"
COUNT, SEED = 50, 1
OTHERS = ("uniform", "cmsgen", "random")


def measured(cnf: Cnf, sampler: str) -> dict[str, float | None]:
    found = diversity(draw(cnf, Request(COUNT, seed=SEED), sampler).selected)
    return {"mean": found.mean_distance, "nearest": found.nearest_mean, "distinct": found.distinct}


def row(path: Path) -> dict[str, Any] | None:
    """Measure the samplers on one model; None if it is refused, or has too few configurations or no diagram."""
    try:
        cnf = compile_feature_model(load_model(str(path)), with_rules=False)
        if exact_model(cnf).total <= 2 * COUNT:
            return None
    except FeatureNetError:
        return None
    samplers = {name: measured(cnf, name) for name in ("diverse", *OTHERS)}
    name = path.relative_to(CORPUS.resolve()).as_posix()
    return {"model": name, "features": cnf.variables.feature_count, "samplers": samplers}


def table(result: dict[str, Any]) -> str:
    rows = result["rows"]
    lines = [
        f"{len(rows)} models, samples of {result['count']}.",
        "",
        "| sampler | larger mean distance than diverse | larger distance to the nearest |",
    ]
    lines.append("|---|--:|--:|")
    for name in OTHERS:
        above = [
            sum(one["samplers"][name][what] > one["samplers"]["diverse"][what] + 1e-12 for one in rows)
            for what in ("mean", "nearest")
        ]
        lines.append(f"| {name} | {above[0]} | {above[1]} |")
    for one in rows:
        best = max(OTHERS, key=lambda name: one["samplers"][name]["mean"])
        ours, theirs = one["samplers"]["diverse"]["mean"], one["samplers"][best]["mean"]
        if theirs > ours + 1e-12:
            lines.append(f"\n{one['model']}: {best} {theirs:.4f}, diverse {ours:.4f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--show", action="store_true", help="print the last result")
    if not parser.parse_args().show:
        if not CORPUS.is_dir():
            sys.exit("found no corpora in ../shared/corpus, expected them there")
        rows = []
        for path in sorted(CORPUS.resolve().rglob("*")):
            if path.suffix in (".xml", ".uvl") and (found := row(path)) is not None:
                rows.append(found)
                print(found["model"], file=sys.stderr, flush=True)
        write_file(RESULTS, json.dumps({"count": COUNT, "seed": SEED, "rows": rows}, indent=1) + "\n", force=True)
    print(table(json.loads(RESULTS.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
