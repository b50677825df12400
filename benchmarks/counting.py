"""Which models of FeatureIDE are counted, by which engine, and in how many seconds?

python benchmarks/counting.py              count those in ../shared/corpus/featureide
python benchmarks/counting.py FOLDER...    and all below the folders whose names end like those of models
python benchmarks/counting.py --show       print the last result

Models that are in the last result are not counted again; `--again` begins from nothing.

A folder is, for example, `featureide_examples/FeatureModels` of a checkout of FeatureIDE. Seconds are CPU seconds of
all processes: reading, compiling and counting.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import re
import resource
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from featurenet_uvl.analysis.count import count_solutions
from featurenet_uvl.errors import FeatureNetError, LimitError
from featurenet_uvl.operations.sources import load_cnf
from featurenet_uvl.system.files import write_file

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "../shared/corpus/featureide"
RESULTS = ROOT / "benchmarks" / "results" / "counting.json"

TIME_LIMIT_S = 120.0
"""Wall seconds per model, on a machine that has other work."""
GOAL_S = 5.0
"""CPU seconds within which a model is to be counted."""
ENDINGS = {".xml", ".uvl", ".sxfm", ".m", ".velvet", ".dimacs"}
_FOLDERS = re.compile(r"(?:[^\s:]*/)+(?=[^\s/:]+)")
"""The folders of a path in a reason: they belong to one machine."""
_SHOWN = 160
"""Characters of a reason in the table."""


def cpu_s() -> float:
    """Return the CPU seconds so far, of this process and of those that it has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(path: Path, name: str) -> dict[str, Any]:
    """Count one model: its sizes, the number, the engine and the seconds; or the reason why there is no number."""
    begin = cpu_s()
    row: dict[str, Any] = {"model": name}
    try:
        cnf = load_cnf(str(path)).cnf
        row |= {"features": cnf.variables.feature_count, "clauses": len(cnf.clauses)}
        found = count_solutions(cnf, TIME_LIMIT_S)
        row |= {"count": found.digits, "magnitude": found.magnitude, "engine": found.engine}
    except LimitError as error:
        row |= {"reason": str(error)}
    except FeatureNetError as error:
        row |= {"reason": _FOLDERS.sub("", str(error).splitlines()[0]), "refused": True}
    return row | {"cpu_s": round(cpu_s() - begin, 2)}


def sources(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the models of the corpus, then those below each folder, small ones first, with their names."""
    if (CORPUS / "MANIFEST.tsv").is_file():
        with (CORPUS / "MANIFEST.tsv").open(encoding="utf-8", newline="") as stream:
            for line in csv.DictReader(stream, delimiter="\t"):
                yield CORPUS / line["file"], line["file"]
    for folder in folders:
        for path in sorted(folder.rglob("*"), key=lambda path: (path.stat().st_size, path)):
            if path.is_file() and path.suffix in ENDINGS:
                yield path, f"{folder.name}/{path.relative_to(folder).as_posix()}"


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Print a summary, the slow models and those without a number, as Markdown."""
    counted = [row for row in rows if "count" in row]
    slow = [row for row in counted if row["cpu_s"] > GOAL_S]
    by = {engine: sum(row["engine"] == engine for row in counted) for engine in ("bdd", "ganak")}
    print(f"{len(counted)} of {len(rows)} models are counted: {by['bdd']} by the diagram, {by['ganak']} by pyganak,")
    print(f"{len(counted) - len(slow)} of them within {GOAL_S:g} CPU s. The slowest:\n")
    print("| model | features | clauses | count | by | CPU s |")
    print("|---|--:|--:|--:|---|--:|")
    for row in sorted(counted, key=lambda row: -row["cpu_s"])[: max(10, len(slow))]:
        print(
            f"| {row['model']} | {row['features']:,} | {row['clauses']:,} | {row['magnitude']} | {row['engine']}"
            f" | {row['cpu_s']} |"
        )
    print("\nNot counted:\n\n| model | features | clauses | reason | CPU s |\n|---|--:|--:|---|--:|")
    for row in rows:
        if "count" not in row:
            print(
                f"| {row['model']} | {row.get('features', '')} | {row.get('clauses', '')}"
                f" | {row['reason'][:_SHOWN].replace('|', chr(92) + '|')} | {row['cpu_s']} |"
            )


def last_rows() -> list[dict[str, Any]]:
    """Return the rows of the last result; none if there is no result."""
    if not RESULTS.is_file():
        return []
    rows: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]
    return rows


def write(rows: Sequence[dict[str, Any]]) -> None:
    """Write the result, after each model."""
    facts = {
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in ("featurenet_uvl", "dd", "pyganak")},
        "time_limit_s": TIME_LIMIT_S,
        "rows": rows,
    }
    write_file(RESULTS, json.dumps(facts, indent=1) + "\n", force=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--again", action="store_true", help="count all models again")
    parser.add_argument("--show", action="store_true", help="print the last result")
    arguments = parser.parse_args()
    if not arguments.show:
        rows = [] if arguments.again else last_rows()
        known = {row["model"] for row in rows}
        for path, name in sources(arguments.folders):
            if name not in known:
                rows.append(measure(path, name))
                print(json.dumps(rows[-1])[:200], file=sys.stderr, flush=True)
                write(rows)
    show(last_rows())


if __name__ == "__main__":
    main()
