"""Do damaged files of any kind make the program fail, take long, take much memory, or lose something?

Files of 17 kinds are damaged in bytes, words, values, elements, archive members and rows, and read in workers with
limits: at most 2 CPU s and 300 MB per input, and no exception but an error of the input with its place. What is
accepted is written, read again and compared. After each thousand inputs the counts are on disk; the same command again
goes on.

python -m benchmarks.mutations                   20,000 of each kind, to benchmarks/results/mutations.json
python -m benchmarks.mutations --show            the table of that file
python -m benchmarks.mutations --count 300 --kinds npz uvl -o some.json
python -m benchmarks.mutations --write npz 117 FOLDER    writes input 117 of the kind npz, to look at it
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.pipeline import environment
from featurenet_uvl.system.files import write_file
from tests.robustness.mutations.campaign import Tally, as_commands, campaign, input_of, write_input
from tests.robustness.mutations.kinds import KINDS

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "mutations.json"
SEED, COUNT, COMMANDS = 1, 20_000, 20


def run(path: Path, count: int, commands: int, kinds: Iterable[str]) -> dict[str, Any]:
    """Read the inputs that the journal beside `path` does not have yet, and write the totals to `path`."""
    result: dict[str, Any] = {"command": "python -m benchmarks.mutations", "seed": SEED, "kinds": {}}
    if path.exists():
        result = json.loads(path.read_text(encoding="utf-8"))
    result["environment"] = environment()
    for kind in kinds:
        tally = campaign(kind, SEED, count, ROOT / "build" / "mutations" / f"{kind}.jsonl")
        entry = {**asdict(tally), "seconds": round(tally.seconds, 3)}
        if commands:
            entry["as commands"] = asdict(as_commands(kind, SEED, range(0, count, max(1, count // commands))))
        result["kinds"][kind] = entry
        write_file(path, json.dumps(result, indent=1, sort_keys=True) + "\n", force=True)
        print(row(kind, entry), file=sys.stderr)
    return result


def row(kind: str, entry: dict[str, Any]) -> str:
    """Return a row of the table."""
    inputs, faults = entry["stop"] - entry["start"], sum(entry["counts"].values())
    commands: dict[str, Any] = entry.get("as commands", {})
    ran = commands.get("accepted", 0) + commands.get("refused", 0)
    faults += sum(commands.get("counts", {}).values())
    cells = (inputs, entry["accepted"], ran, faults)
    numbers = " | ".join(f"{cell:,}" for cell in cells)
    return f"| {kind} | {numbers} | {entry['seconds']:.2f} | {entry['megabytes']} |"


def table(result: dict[str, Any]) -> str:
    """Return the results as a Markdown table, with a line for each fault."""
    kinds = result["kinds"]
    lines = [
        "| kind | inputs | of these accepted | also as commands | faults | most CPU s | most MB |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(row(kind, kinds[kind]) for kind in KINDS if kind in kinds),
    ]
    for kind, entry in kinds.items():
        for fault, number in {**entry["counts"], **entry.get("as commands", {}).get("counts", {})}.items():
            first = {**entry["findings"], **entry.get("as commands", {}).get("findings", {})}[fault]
            lines.append(f"- {kind}: {number:,} of {fault}; inputs {', '.join(map(str, first))}")
    return "\n".join(lines)


def total(result: dict[str, Any]) -> Tally:
    """Return the tally of all kinds."""
    everything = Tally("all", 0, 0)
    for entry in result["kinds"].values():
        everything.join(Tally(**{key: value for key, value in entry.items() if key != "as commands"}))
    return everything


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--commands", type=int, default=COMMANDS)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--write", nargs=3, metavar=("KIND", "NUMBER", "FOLDER"))
    parser.add_argument("-o", "--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    if arguments.write:
        kind, number, folder = arguments.write
        print(write_input(kind, input_of(kind, SEED, int(number)), Path(folder)))
        return 0
    if arguments.show:
        result = json.loads(arguments.output.read_text(encoding="utf-8"))
    else:
        result = run(arguments.output, arguments.count, arguments.commands, arguments.kinds)
    print(table(result))
    return 1 if total(result).counts else 0


if __name__ == "__main__":
    sys.exit(main())
