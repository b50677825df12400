"""What do the values of an Integer cost, by the spelling of its range?

python benchmarks/number_ranges.py            measure, write benchmarks/results/number_ranges.json, print the table
python benchmarks/number_ranges.py --show     print the table of that file
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from featurenet_uvl.ir.feature_model import FeatureModel
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.pipeline import compile_feature_model

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "number_ranges.json"

SIZES = (10, 100, 1_000, 4_000)
DOMAIN = "domain"
SPELLINGS: Mapping[str, str] = {
    "n >= 1 & n <= N": "n >= 1 & n <= {size}",
    "1 <= n, then N >= n": "1 <= n\n\t{size} >= n",
    "!(n > N) & n > 0": "!(n > {size}) & n > 0",
    "2 * n + 1 <= 2 * N + 1 & n >= 1": "2 * n + 1 <= 2 * {size} + 1 & n >= 1",
    "R => n >= 1 & n <= N": "R => n >= 1 & n <= {size}",
}
"""Constraints that give n the values 1 to N; the last one by all constraints together."""


def model_text(spelling: str, size: int) -> str:
    """Return a model with an Integer of that many values, and one comparison with it."""
    values = f" {{domain [{', '.join(map(str, range(1, size + 1)))}]}}" if spelling == DOMAIN else ""
    own = "" if spelling == DOMAIN else f"\t{SPELLINGS[spelling].format(size=size)}\n"
    tree = f"features\n\tR\n\t\tmandatory\n\t\t\tInteger n{values}\n\t\toptional\n\t\t\tWide\n"
    return f"{tree}constraints\n{own}\tWide => n > {size // 2}\n"


def measure(spelling: str, size: int) -> dict[str, Any]:
    """Return the size of the formula, and the CPU seconds from text to clauses."""
    start = time.process_time()
    model = read_uvl(model_text(spelling, size), "numbers.uvl")
    assert isinstance(model, FeatureModel)
    cnf = compile_feature_model(model)
    seconds = round(time.process_time() - start, 2)
    return {
        "range": spelling,
        "values": size,
        "variables": len(cnf.variables),
        "clauses": len(cnf.clauses),
        "cpu_s": seconds,
    }


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as Markdown."""
    return "\n".join(_lines(rows))


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "| range of n | values | variables | clauses | CPU s |"
    yield "|---|--:|--:|--:|--:|"
    for row in rows:
        numbers = f"{row['values']:,} | {row['variables']:,} | {row['clauses']:,} | {row['cpu_s']:.2f}"
        yield f"| `{row['range']}` | {numbers} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print the table of the last result")
    if parser.parse_args().show:
        result = json.loads(RESULTS.read_text(encoding="utf-8"))
    else:
        measure(DOMAIN, SIZES[0])  # imports
        rows = [measure(spelling, size) for spelling in (DOMAIN, *SPELLINGS) for size in SIZES]
        result = {"command": "python benchmarks/number_ranges.py", "rows": rows}
        write_file(RESULTS, json.dumps(result, indent=2) + "\n", force=True)
    print(table(result["rows"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
