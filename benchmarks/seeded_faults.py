"""Do the laws notice faults? Puts small faults into passes, encodings and rules, each in a copy, and runs the laws.

python benchmarks/seeded_faults.py               try all, write benchmarks/results/seeded_faults.json, print the table
python benchmarks/seeded_faults.py --show        print the table of that file
python benchmarks/seeded_faults.py WORD ...      try those whose file or name holds one of the words; write nothing
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from featurenet_uvl.system.files import write_file

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "seeded_faults.json"
TIMEOUT_S = 120
NOT_EVERYWHERE = "tests/laws/test_known_cases.py::test_the_published_models_keep_the_law"
"""A test that needs files beside the project; the result must not depend on them."""
TESTS = (
    "tests/laws/test_known_cases.py",
    "tests/laws/test_pass_laws.py",
    "tests/laws/test_count_law.py",
    "tests/unit/translators/rules",
    "tests/laws/test_networks.py",
)
FEWER = {"FAST_MODELS = 2_000": "FAST_MODELS = 300", "max_examples=400": "max_examples=100"}
"""Replacements that shorten the count law: 300 seeded models, 75 of each kind of sum, 100 drawn ones."""


class Fault(NamedTuple):
    """A fault: `old`, which the file holds once, becomes `new`."""

    file: str
    what: str
    old: str
    new: str


PASSES, ENCODINGS, RULES = "translators/passes/", "translators/encodings/", "translators/rules/tensor_shapes/"
INSTANCES, TERMS = "translators/instances/", "translators/terms/"

FAULTS = (
    Fault(PASSES + "unfold_multi_features.py", "no chain of instances", "if number - 1 > mandatory:", "if False:"),
    Fault(
        PASSES + "unfold_multi_features.py",
        "chain from one later",
        "if number - 1 > mandatory:",
        "if number - 1 > mandatory + 1:",
    ),
    Fault(
        PASSES + "unfold_multi_features.py",
        "chain the other way",
        "self._implies(child, row[number - 2])",
        "self._implies(row[number - 2], child)",
    ),
    Fault(
        PASSES + "unfold_multi_features.py",
        "lower limit one less",
        "if mandatory < number < lower:",
        "if mandatory < number < lower - 1:",
    ),
    Fault(
        PASSES + "unfold_multi_features.py",
        "optional arrays have a minimum",
        "lower if group.kind is GroupKind.MANDATORY else 0",
        "lower",
    ),
    Fault(
        PASSES + "unfold_multi_features.py",
        "every instance is a choice",
        "elif number == 1 and choice is not None:",
        "elif choice is not None:",
    ),
    Fault(INSTANCES + "names.py", "existence from 0", "all(1 <= index <= self.limits", "all(0 <= index <= self.limits"),
    Fault(
        INSTANCES + "names.py",
        "existence below the limit",
        "all(1 <= index <= self.limits[m]",
        "all(1 <= index < self.limits[m]",
    ),
    Fault(
        INSTANCES + "names.py",
        "an absent configurable attribute is 0",
        "not in self.constants:\n            return MISSING",
        "not in self.constants:\n            return Constant(0)",
    ),
    Fault(
        INSTANCES + "names.py", "an absent text is 0", 'Constant("" if isinstance(value, str) else 0)', "Constant(0)"
    ),
    Fault(INSTANCES + "plain.py", "no guard of instances", "        if guards:\n", "        if False:\n"),
    Fault(
        INSTANCES + "plain.py",
        "a multi-feature is not its own subject",
        "if multi != name))\n            case AttributeRef",
        "))\n            case AttributeRef",
    ),
    Fault(
        INSTANCES + "plain.py",
        "the last instance is not at hand",
        "product(*(range(1, instances.limits[multi] + 1) for multi in multis))",
        "product(*(range(1, max(2, instances.limits[multi])) for multi in multis))",
    ),
    Fault(
        INSTANCES + "plain.py",
        "a sum lacks its first instance",
        "    total: Expression = replace(node, scope=scopes[0])",
        "    total: Expression = replace(node, scope=scopes[-1])",
    ),
    Fault(
        INSTANCES + "indexed.py",
        "an instance out of range is true",
        "return FALSE if indices is None else FeatureRef(",
        "return fold_node(Comparison('==', Constant(1), Constant(1))) if indices is None else FeatureRef(",
    ),
    Fault(
        INSTANCES + "indexed.py",
        "atmost is atleast",
        'lower = 0 if node.quantifier == "atmost" else node.number',
        "lower = node.number",
    ),
    Fault(
        INSTANCES + "indexed.py",
        "exactly has no upper limit",
        'in ("atmost", "exactly") else None',
        'in ("atmost",) else None',
    ),
    Fault(
        INSTANCES + "indexed.py",
        "ranges from 2",
        "return tuple(range(1, limit + 1)) if limit",
        "return tuple(range(2, limit + 1)) if limit > 1",
    ),
    Fault(
        INSTANCES + "indexed.py",
        "the slope's sign is lost",
        "Fraction(target - at[0]) / slope",
        "Fraction(target - at[0])",
    ),
    Fault(TERMS + "simplify.py", "< is <=", '"<": operator.lt', '"<": operator.le'),
    Fault(TERMS + "simplify.py", "different kinds are equal", 'return comparison == "!="', 'return comparison == "=="'),
    Fault(TERMS + "simplify.py", "numbers by floats", "Fraction(str(value))", "Fraction(value)"),
    Fault(
        TERMS + "simplify.py",
        "a count forgets what is true",
        "lower = max(node.lower - true, 0)",
        "lower = node.lower",
    ),
    Fault(TERMS + "simplify.py", "an equivalence with false", "return fold_node(Not(other, span))", "return other"),
    Fault(
        PASSES + "rewrite_constraints.py",
        "a table without owners",
        "return fold(And((*owned, *(",
        "return fold(And((*owned[:0], *(",
    ),
    Fault(
        PASSES + "rewrite_constraints.py",
        "the table of the opposite",
        "(true if held else false).append",
        "(false if held else true).append",
    ),
    Fault(
        PASSES + "rewrite_constraints.py",
        "averages count deselected features",
        "if position != term.default:",
        "if True:",
    ),
    Fault(
        TERMS + "value_sources.py",
        "a deselected constant keeps its value",
        "(Not(selected), absent)), default=1)",
        "(Not(selected), here)), default=1)",
    ),
    Fault(
        TERMS + "value_sources.py",
        "a deselected attribute makes a sum false",
        "        nothing = (Not(FeatureRef(feature)), Fraction(0))\n",
        "        return term\n        nothing = (Not(FeatureRef(feature)), Fraction(0))\n",
    ),
    Fault(
        ENCODINGS + "pseudo_boolean/diagram.py",
        "< is <= in diagrams",
        'case "<":\n            return _at_most(whole, ceil(limit) - 1',
        'case "<":\n            return _at_most(whole, ceil(limit)',
    ),
    Fault(
        ENCODINGS + "pseudo_boolean/diagram.py",
        "negative weights keep the bound",
        "bound += max(-weight, 0)",
        "bound += 0",
    ),
    Fault(
        ENCODINGS + "pseudo_boolean/diagram.py",
        "a diagram's end is one late",
        "if total + rest <= self.bound else below",
        "if total + rest <= self.bound + 1 else below",
    ),
    Fault(
        ENCODINGS + "pseudo_boolean/adder.py",
        "the carry of two digits is or",
        "return definitions.define(And(tuple(digits)))",
        "return definitions.define(Or(tuple(digits)))",
    ),
    Fault(
        TERMS + "linear.py",
        "a difference is a sum",
        'return left.plus(right, Fraction(-1))\n        case "*"',
        'return left.plus(right, Fraction(1))\n        case "*"',
    ),
    Fault(
        TERMS + "typed_domains.py",
        "a closed end is open",
        'below, above = _Interval(None, value, True, operator == "<=")',
        "below, above = _Interval(None, value, True, False)",
    ),
    Fault(
        PASSES + "to_cnf.py",
        "a child without its parent",
        "        builder.add((-member, parent))\n    if",
        "        pass\n    if",
    ),
    Fault(
        PASSES + "to_cnf.py",
        "alternatives do not exclude one another",
        "if group.kind is GroupKind.ALTERNATIVE:",
        "if False:",
    ),
    Fault(
        PASSES + "to_cnf.py",
        "definitions in one direction",
        "    assert_formula(builder, Implies(definition.dual or definition.formula, name))\n",
        "",
    ),
    Fault(
        PASSES + "specialise.py",
        "core for dead",
        "values = {name: number in decided",
        "values = {name: -number in decided",
    ),
    Fault(
        "featurenet_uvl/ir/restriction.py",
        "a bound one too high",
        "Cardinality(feature.cardinality.lower, bounds[feature.name])",
        "Cardinality(feature.cardinality.lower, bounds[feature.name] + 1)",
    ),
    Fault(
        ENCODINGS + "cardinality.py",
        "at least one less",
        "combinations(literals, count - lower + 1)",
        "combinations(literals, count - lower + 2)",
    ),
    Fault(
        ENCODINGS + "cardinality.py",
        "at most one more",
        "combinations(literals, upper + 1))",
        "combinations(literals, upper + 2))",
    ),
    Fault(
        ENCODINGS + "cardinality.py",
        "a counter in one direction",
        "        builder.add((-output, stays, b))\n",
        "        pass\n",
    ),
    Fault(ENCODINGS + "formula.py", "an equivalence in one direction", "            (left, -right, -output),\n", ""),
    Fault(
        ENCODINGS + "formula.py",
        "a single clause drops a sign",
        "literals.append(variable if sign else -variable)",
        "literals.append(variable)",
    ),
    Fault(
        ENCODINGS + "builder.py",
        "and in one direction",
        "        self.add((output, *(-literal for literal in literals)))\n",
        "",
    ),
    Fault(
        RULES + "cell_half.py", "what sets the last axis may set it to less", "self.gates.add(-choice, literal)", "pass"
    ),
    Fault(ENCODINGS + "gates.py", "equal in one direction", "            self.add(*negated, left, -right)\n", ""),
    Fault(
        RULES + "axis.py",
        "a size that does not fit is allowed",
        "gates.add(-condition, -active, -gates.function(claims.bits, _lacks(table)))",
        "pass",
    ),
    Fault(
        RULES + "cell_half.py",
        "vectors pass through convolutions",
        "self.gates.add(-self.gates.either(*(kind.variable for kind in kinds)), -self.active, -shape)",
        "pass",
    ),
    Fault(
        RULES + "cell_half.py",
        "the last axis is not kept",
        "self.gates.equal_if([-setting], literal, tensor.",
        "(tensor.",
    ),
    Fault(
        ENCODINGS + "binary.py", "no carry", "_is_many) if i + 1 < width else FALSE", "_is_many) if i < 0 else FALSE"
    ),
    Fault(
        RULES + "network.py",
        "the second input comes from the first source",
        "_first_of(aims[::-1])",
        "_first_of(aims)",
    ),
    Fault(
        RULES + "network.py",
        "halves of different last axes",
        "require_equal(self.gates, [active, -concat], *counts)",
        "pass",
    ),
    Fault(
        RULES + "network.py",
        "halves of different heights",
        "self._equal_sizes([active, -one.is_vector], one, other, axis)",
        "pass",
    ),
    Fault(
        RULES + "network.py",
        "Concat keeps the channels of the first half",
        "units = plus(self.gates, units, added, max(channels, length))",
        "pass",
    ),
)


def copy_project(target: Path) -> None:
    """Copy the package and its tests as plain files, with a shorter count law."""
    shutil.copytree(ROOT / "translators", target / "translators", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "models", target / "models", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        ROOT / "featurenet_uvl", target / "featurenet_uvl", symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "tests", target / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, target / name)
    law = target / "tests" / "laws" / "test_count_law.py"
    text = law.read_text()
    for old, new in FEWER.items():
        if text.count(old) != 1:
            sys.exit(f"{law}: found {old!r} {text.count(old)} times, expected it once")
        text = text.replace(old, new)
    law.write_text(text)


def run_tests(project: Path) -> tuple[bool, str, float]:
    """Return whether the tests pass, the first failure, and the seconds. Running out of time is no failure.

    If a fault keeps the tests from being imported, this script is wrong, and stops.
    """
    start = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        *TESTS,
        f"--deselect={NOT_EVERYWHERE}",
    ]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [*command, "-m", "not deep"],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return True, f"over {TIMEOUT_S} s", time.monotonic() - start
    if done.returncode not in (0, 1):
        sys.exit(f"found tests that cannot run, expected them to pass or fail:\n{done.stdout[-2_000:]}")
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    first = failed[0].split(" - ")[0].split("::")[-1][:90] if failed else done.stdout[-200:]
    return done.returncode == 0, "" if done.returncode == 0 else first, time.monotonic() - start


def try_fault(fault: Fault) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        copy_project(project)
        path = project / fault.file
        text = path.read_text()
        if text.count(fault.old) != 1:
            sys.exit(f"{fault.file}: found {fault.old!r} {text.count(fault.old)} times, expected it once")
        path.write_text(text.replace(fault.old, fault.new))
        passed, first, seconds = run_tests(project)
    return {
        "file": fault.file,
        "fault": fault.what,
        "caught": not passed,
        "by": first,
        "seconds": round(seconds, 1),
    }


def table(result: dict[str, Any]) -> str:
    rows = result["faults"]
    caught = sum(row["caught"] for row in rows)
    lines = ["| file | fault | caught by |", "|---|---|---|"]
    lines += [f"| {row['file']} | {row['fault']} | {row['by'] if row['caught'] else '**nothing**'} |" for row in rows]
    return "\n".join([*lines, "", f"{caught} of {len(rows)} caught"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    if options.show:
        print(table(json.loads(RESULTS.read_text())))
        return
    chosen = [f for f in FAULTS if not options.words or any(word in f.file + f.what for word in options.words)]
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder))
        passed, first, seconds = run_tests(Path(folder))
        if not passed:
            sys.exit(f"found {first} failing without any fault, expected the tests to pass")
        print(f"without a fault: {seconds:.1f} s", file=sys.stderr, flush=True)
    rows = []
    for fault in chosen:
        rows.append(try_fault(fault))
        print(rows[-1], file=sys.stderr, flush=True)
    result = {"python": platform.python_version(), "machine": platform.machine(), "tests": TESTS, "faults": rows}
    if not options.words:
        write_file(RESULTS, json.dumps(result, indent=2) + "\n", force=True)
    print(table(result))


if __name__ == "__main__":
    main()
