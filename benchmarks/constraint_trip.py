"""Through how many files of the project does one constraint `B => C` run, from a UVL file to DIMACS?

python benchmarks/constraint_trip.py            measure, write benchmarks/results/constraint_trip.json, print the list
python benchmarks/constraint_trip.py --show     print the list of that file

A file counts if one of its functions runs while a model of three features with this constraint is read, compiled and
written. Imports come before and do not count.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from types import FrameType

from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs
from featurenet_uvl.translators.pipeline import compile_model

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "constraint_trip.json"
MODEL = "features\n\tA\n\t\toptional\n\t\t\tB\n\t\t\tC\nconstraints\n\tB => C\n"
PARTS = ("featurenet_uvl", "translators")


def files_on_the_way() -> list[str]:
    """Return the files of the project whose functions run, in the order of their first call."""
    found: dict[str, None] = {}

    def note(frame: FrameType, _event: str, _argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if path.is_absolute() and path.resolve().is_relative_to(ROOT):
            name = path.resolve().relative_to(ROOT)
            if name.parts[0] in PARTS:
                found[name.as_posix()] = None

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.uvl"
        path.write_text(MODEL, encoding="utf-8")
        write_dimacs(compile_model(str(path)))  # imports, and results cached on the first call, do not count
        sys.settrace(note)
        try:
            write_dimacs(compile_model(str(path)))
        finally:
            sys.settrace(None)
    return list(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print the list of the last result")
    if parser.parse_args().show:
        result = json.loads(RESULTS.read_text(encoding="utf-8"))
    else:
        result = {"command": "python benchmarks/constraint_trip.py", "model": MODEL, "files": files_on_the_way()}
        write_file(RESULTS, json.dumps(result, indent=2) + "\n", force=True)
    print(*result["files"], f"{len(result['files'])} files", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
