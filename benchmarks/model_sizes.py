"""How large are the DNN model and its restrictions: features, clauses, configurations, with and without tensor shapes?

python benchmarks/model_sizes.py            measure, write benchmarks/results/model_sizes.json, print the table
python benchmarks/model_sizes.py --show     print the table of that file
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from featurenet_uvl.analysis.core_and_dead import decided_features
from featurenet_uvl.analysis.count import Count, count_solutions
from featurenet_uvl.errors import LimitError
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.pipeline import compile_model

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "model_sizes.json"

MODELS = ("dnn", "s1", "s2", "s3", "small")
LIMIT_S = 120.0
"""Seconds that one exact count may take."""

DEAD_LIMIT_S = 1800.0
PAPER = {"features": 3296, "clauses": 8004}
"""Ghamizi et al. 2019, section 4.1."""


def size(model: str, with_rules: bool) -> dict[str, Any]:
    """Return the sizes that compiling gives, without those that take long."""
    cnf = compile_model(str(ROOT / "models" / f"{model}.uvl"), with_rules=with_rules)
    count = cnf.variables.feature_count
    return {
        "model": model,
        "shapes": with_rules,
        "features": count,
        "auxiliaries": len(cnf.variables) - count,
        "clauses": len(cnf.clauses),
    }


def measure(model: str, with_rules: bool) -> dict[str, Any]:
    start = time.process_time()
    row = size(model, with_rules)
    seconds = time.process_time() - start
    cnf = compile_model(str(ROOT / "models" / f"{model}.uvl"), with_rules=with_rules)
    decided = decided_features(cnf, time_limit_s=DEAD_LIMIT_S)
    return {**row, "not_dead": row["features"] - len(decided.dead), "compile_s": round(seconds, 2), **_count(cnf)}


def _count(cnf: Any) -> Mapping[str, Any]:
    """Return the exact number of configurations, None if no engine could count within the limit."""
    try:
        found: Count = count_solutions(cnf, LIMIT_S)
    except LimitError:
        return {"configurations": None, "about": None, "engine": None}
    return {"configurations": found.digits, "about": found.magnitude, "engine": found.engine}


def table(rows: list[dict[str, Any]]) -> str:
    """Return the sizes as a Markdown table."""
    return "\n".join(_lines(rows))


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    head = ("model", "tensor shapes", "features", "of these not dead", "auxiliaries", "clauses", "configurations")
    yield f"| {' | '.join(head)} | compile, CPU s |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    yield f"| the paper's, 5 x 5 | no | {PAPER['features']:,} | | | {PAPER['clauses']:,} | | |"
    for row in rows:
        numbers = [f"{row[key]:,}" for key in ("features", "not_dead", "auxiliaries", "clauses")]
        shapes = "yes" if row["shapes"] else "no"
        cells = [row["model"], shapes, *numbers, row["about"] or "not counted", f"{row['compile_s']:.1f}"]
        yield f"| {' | '.join(cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print the table of the last result")
    if parser.parse_args().show:
        result = json.loads(RESULTS.read_text(encoding="utf-8"))
    else:
        rows = []
        for model in MODELS:
            for with_rules in (False, True):
                rows.append(measure(model, with_rules))
                print(rows[-1], file=sys.stderr, flush=True)
        result = {"command": "python benchmarks/model_sizes.py", "count_limit_s": LIMIT_S, "rows": rows}
        write_file(RESULTS, json.dumps(result, indent=2) + "\n", force=True)
    print(table(result["rows"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
