"""Does flamapy, by SAT and by BDD, agree with our answers on models?

python benchmarks/second_opinion.py PYTHON   ask the flamapy of that interpreter, write results/second_opinion.json
python benchmarks/second_opinion.py --show   print the table of that file

flamapy-sat wants an older python-sat than this project, so it lives in an environment of its own:

    python -m venv flamapy && flamapy/bin/pip install flamapy-fm flamapy-bdd flamapy-sat

The models are FeatureIDE's, the UVL parser's and those with published counts, from `../shared/corpus`. Each becomes the
Boolean model that `--emit-after rewrite_constraints` writes, in UVL, and the DIMACS file. flamapy reads the UVL, and
answers by SAT and by BDD; it reads the DIMACS, and answers by SAT. The script compares: satisfiable or not,
core and dead features by name, and the number of configurations.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from featurenet_uvl.analysis.core_and_dead import decided_features
from featurenet_uvl.analysis.count import count_solutions
from featurenet_uvl.errors import FeatureNetError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs
from featurenet_uvl.translators.formats.uvl.writer import write_uvl
from featurenet_uvl.translators.pipeline import compile_feature_model, emit, load_model

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "../shared/corpus"
RESULTS = ROOT / "benchmarks" / "results" / "second_opinion.json"

MAX_FEATURES = 120
"""flamapy asks its solver once per feature, and its diagrams grow quickly."""
MAX_SAT_COUNT = 300
"""flamapy's SAT engine counts by listing every configuration."""
TIMEOUT_S = 120

THEIRS = """
import json, sys
from importlib.metadata import version
from flamapy.metamodels.fm_metamodel.transformations import UVLReader
from flamapy.metamodels.pysat_metamodel.transformations import DimacsReader, FmToPysat
from flamapy.metamodels.pysat_metamodel import operations as sat
from flamapy.metamodels.bdd_metamodel.transformations import FmToBDD
from flamapy.metamodels.bdd_metamodel import operations as bdd
uvl, dimacs, small = sys.argv[1], sys.argv[2], sys.argv[3] == "small"
names = lambda result: sorted(str(getattr(one, "name", one)) for one in result)
ask = lambda operation, model: operation.execute(model).get_result()
tree = UVLReader(uvl).transform()
found = {}
for key, model in (("sat", FmToPysat(tree).transform()), ("dimacs", DimacsReader(dimacs).transform())):
    found[key] = {"satisfiable": ask(sat.PySATSatisfiable(), model)}
    if found[key]["satisfiable"]:
        found[key]["core"] = names(ask(sat.PySATCoreFeatures(), model))
        found[key]["dead"] = names(ask(sat.PySATDeadFeatures(), model))
    if small:
        found[key]["count"] = ask(sat.PySATConfigurationsNumber(), model)
model = FmToBDD(tree).transform()
found["bdd"] = {"satisfiable": ask(bdd.BDDSatisfiable(), model), "count": ask(bdd.BDDConfigurationsNumber(), model)}
print(json.dumps({"answers": found, "versions": {n: version(n) for n in ("flamapy-fm", "flamapy-sat", "flamapy-bdd")}}))
"""


def ours(cnf: Cnf) -> dict[str, Any]:
    decided = decided_features(cnf)
    return {
        "satisfiable": decided.is_satisfiable,
        "core": sorted(decided.core),
        "dead": sorted(decided.dead),
        "count": count_solutions(cnf).value,
    }


def names_of_features(dimacs: str, cnf: Cnf) -> dict[str, str]:
    """Return the features by their names in the file, which are safe names, because flamapy cuts names at blanks."""
    lines = (line.split(" ", 2) for line in dimacs.splitlines() if line.startswith("c "))
    spelt = {int(number): name for _, number, name in lines}
    return {spelt[number]: name for number, name in enumerate(cnf.variables.feature_names, 1)}


def features_only(names: list[str], spelt: dict[str, str]) -> list[str]:
    """Return the names without auxiliaries, which flamapy takes for features."""
    return sorted(spelt[name] for name in names if name in spelt)


def compare(path: Path, python: str, folder: Path) -> dict[str, Any] | None:
    """Return the differences for one model; None if it is refused here, or too large."""
    try:
        boolean = emit(load_model(str(path)), "rewrite_constraints")
        cnf = compile_feature_model(boolean, with_rules=False)
        text = write_uvl(boolean)
    except FeatureNetError:
        return None
    if cnf.variables.feature_count > MAX_FEATURES:
        return None
    files = [folder / "model.uvl", folder / "model.dimacs"]
    for file, content in zip(files, (text, write_dimacs(cnf, safe_names=True)), strict=True):
        file.write_text(content, encoding="utf-8")
    own = ours(cnf)
    arguments = [python, "-c", THEIRS, *map(str, files), "small" if own["count"] <= MAX_SAT_COUNT else "large"]
    row: dict[str, Any] = {"model": path.relative_to(CORPUS.resolve()).as_posix(), "count": str(own["count"])}
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    except subprocess.CalledProcessError as error:
        return {**row, "stopped": error.stderr.strip().splitlines()[-1][:200]}
    except subprocess.TimeoutExpired:
        return {**row, "stopped": f"no answer in {TIMEOUT_S} s"}
    said = json.loads(done.stdout.splitlines()[-1])
    facts = [(way, what, value) for way, answer in said["answers"].items() for what, value in answer.items()]
    row["compared"] = len(facts)
    spelt = names_of_features(files[1].read_text(encoding="utf-8"), cnf)
    row["differs"] = [
        f"{way} {what}"
        for way, what, value in facts
        if (features_only(value, spelt) if way == "dimacs" and isinstance(value, list) else value) != own[what]
    ]
    return {**row, "versions": said["versions"]}


def models() -> list[Path]:
    endings = {".uvl", ".xml", ".sxfm", ".splx"}
    return sorted(path for path in CORPUS.resolve().rglob("*") if path.suffix in endings)


def table(result: dict[str, Any]) -> str:
    rows = result["rows"]
    answered = [row for row in rows if "compared" in row]
    lines = [
        f"{len(answered)} models, {sum(row['compared'] for row in answered)} answers compared,"
        f" {sum(len(row['differs']) for row in answered)} of them different.",
        "",
        "| model | configurations | flamapy |",
        "|---|--:|---|",
    ]
    for row in rows:
        said = row.get("stopped") or ", ".join(row["differs"])
        if said:
            lines.append(f"| {row['model']} | {row['count']} | {said} |".replace("||", "\\|\\|"))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", nargs="?", help="an interpreter that has flamapy-sat and flamapy-bdd")
    parser.add_argument("--show", action="store_true", help="print the last result")
    arguments = parser.parse_args()
    if not arguments.show:
        if arguments.python is None or not CORPUS.is_dir():
            sys.exit("found no interpreter, or no corpora in ../shared/corpus; expected both")
        rows: list[dict[str, Any]] = []
        versions: Counter[str] = Counter()
        with tempfile.TemporaryDirectory() as folder:
            for path in models():
                row = compare(path, arguments.python, Path(folder))
                if row is not None:
                    versions.update(f"{n} {v}" for n, v in row.pop("versions", {}).items())
                    rows.append(row)
                    print(row["model"], row.get("stopped") or row["differs"], file=sys.stderr)
        result = {"versions": sorted(versions), "rows": rows}
        write_file(RESULTS, json.dumps(result, indent=2) + "\n", force=True)
    print(table(json.loads(RESULTS.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
