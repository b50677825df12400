"""How are other people's models treated: FeatureIDE's, the UVL parser's, and small ones with published counts?

python benchmarks/corpora.py             compile and count all of them, write benchmarks/corpora.md
python benchmarks/corpora.py --show      print the page instead

The models lie beside the project, in `../shared/corpus`. Their `MANIFEST.tsv` has the results of FeatureIDE 3.12 for
each: features, constraints, variables and clauses of its CNF, core, dead and false-optional features,
configurations.
"""

from __future__ import annotations

import argparse
import csv
import re
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from featurenet_uvl.analysis.core_and_dead import decided_features
from featurenet_uvl.analysis.count import count_solutions
from featurenet_uvl.errors import FeatureNetError, LimitError
from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import Constraint, FeatureModel, GroupKind
from featurenet_uvl.system.files import write_file
from featurenet_uvl.translators.encodings.builder import ClauseBuilder
from featurenet_uvl.translators.encodings.formula import assert_formula
from featurenet_uvl.translators.formats.dimacs.reader import read_dimacs
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs
from featurenet_uvl.translators.pipeline import compile_feature_model, load_model, to_boolean

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "../shared/corpus"
PAGE = ROOT / "benchmarks" / "corpora.md"

MEMORY_BYTES = 6 << 30
TIME_LIMIT_S = 60.0
MAX_NODES = 1_000_000
COUNTER_BITS = 64
"""Bits of the counter behind FeatureIDE's manifest: larger numbers there mean nothing."""

HELPERS = "FeatureIDE makes an abstract feature, with two clauses, of each of several groups below one feature"
NAMES = "a formula whose clauses would multiply gets auxiliary variables, determined by the features"
SIMPLER = "FeatureIDE removes repeated and implied clauses of one constraint"
DEAD = "FeatureIDE calls dead features whose parent is dead, too, false-optional"
ONLY = "FeatureIDE calls the only child of an `or` or `alt` element, not marked mandatory, false-optional"
LARGE = f"more than {COUNTER_BITS} bits, where the manifest's counter overflows"

KEPT = "FeatureIDE keeps a clause that is always true"
KNOWN = {
    "tests/de.ovgu.featureide.fm.core-test/src/analyzefeaturemodels/test_4.xml": KEPT,
    "tests/de.ovgu.featureide.fm.core-test/src/testFeatureModels/model_with_redundant_constraints.xml": KEPT,
}
"""Clause counts whose reason was found by hand: `P <=> G & P` and `B => B` are in these files."""

REFUSED = {
    "guidsl.m": "GUIDSL, which neither we nor FeatureIDE 3.12 read",
    "velvet": "Velvet, which we do not read",
    "sxfm": "malformed: FeatureIDE refuses it, too",
    "uvl": "it imports a file that the corpus lacks",
}
"""Reason for the refusal of a file, per kind."""

READ_OTHERWISE = {"lex/l02_two_block_comments.uvl": 16}
"""Counts of files that the official grammar reads differently: there a comment runs to the last `*/` of the file (count
4), here to the first one.
"""


_FOLDERS = re.compile(r"(?<!\S)(?:[^\s:]*/)+(?=[^\s/:]+:)")
"""The folders of a path that a place or a reason follows."""


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    ours: int
    theirs: int
    reason: str
    """Empty if unexplained."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one file; `error` is set if it was refused, `count` is None if no engine could count."""

    file: str
    kind: str
    loads_in_featureide: bool
    error: str = ""
    features: int = 0
    auxiliaries: int = 0
    clauses: int = 0
    core: int = 0
    dead: int = 0
    false_optional: int = 0
    count: int | None = None
    differences: tuple[Difference, ...] = field(default=())


# FeatureIDE


def featureide_rows() -> list[dict[str, str]]:
    """Return the rows of FeatureIDE's manifest whose files exist."""
    folder = CORPUS / "featureide"
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream, delimiter="\t") if (folder / row["file"]).is_file()]


def judge(row: Mapping[str, str]) -> Verdict:
    """Compile, analyse and count one file of FeatureIDE's, and compare the results with the manifest."""
    file, kind, loads = row["file"], row["kind"], row["loads"] == "True"
    try:
        model = load_model(str(CORPUS / "featureide" / file))
        cnf = compile_feature_model(model, verify_each=True)
    except FeatureNetError as error:
        return Verdict(file, kind, loads, error=_first_line(error))
    boolean = to_boolean(model)
    decided = decided_features(cnf, boolean, time_limit_s=TIME_LIMIT_S)
    names = cnf.variables
    verdict = Verdict(
        file,
        kind,
        loads,
        features=names.feature_count,
        auxiliaries=len(names) - names.feature_count,
        clauses=len(cnf.clauses),
        core=len(decided.core),
        dead=len(decided.dead),
        false_optional=len(decided.false_optional or ()),
        count=_count(cnf),
    )
    if not loads:
        return verdict
    differences = (
        *_differences(row, verdict, model, decided.is_satisfiable),
        *_false_optional(row, verdict, boolean, set(decided.dead)),
    )
    return Verdict(**{name: getattr(verdict, name) for name in Verdict.__slots__} | {"differences": differences})


def _differences(
    row: Mapping[str, str], verdict: Verdict, model: FeatureModel, is_satisfiable: bool
) -> Iterator[Difference]:
    groups = sum(len(feature.groups) for feature in model.features() if len(feature.groups) > 1)
    helpers = int(row["features"]) - verdict.features
    helpers = helpers if helpers <= groups else 0  # only groups beyond a feature's first become features
    ours = {
        "features": verdict.features,
        "constraints": len(model.constraints),
        "variables": verdict.features + verdict.auxiliaries,
        "clauses": verdict.clauses,
        "satisfiable": int(is_satisfiable),
        "core": verdict.core,
        "dead": verdict.dead,
    }
    theirs = {"variables": row["vars"], "satisfiable": str(int(row["sat"] == "True"))}
    for what, value in ours.items():
        other = theirs.get(what, row.get(what, ""))
        if other and int(other) != value:
            yield Difference(what, value, int(other), _reason(what, int(other), verdict, model, helpers))
    if row["configurations"] and verdict.count is not None and int(row["configurations"]) != verdict.count:
        reason = LARGE if verdict.count.bit_length() > COUNTER_BITS else ""
        yield Difference("configurations", verdict.count, int(row["configurations"]), reason)


def _false_optional(
    row: Mapping[str, str], verdict: Verdict, boolean: BooleanModel, dead: set[str]
) -> Iterator[Difference]:
    """Yield a difference in false-optional features; its reason holds only if tree and file explain each feature."""
    theirs = int(row["falseOptional"] or 0)
    if theirs == verdict.false_optional:
        return
    below_dead = sum(
        member.name in dead and parent.name in dead
        for parent in boolean.model.features()
        for group in parent.groups
        for member in group.members
        if group.kind is not GroupKind.MANDATORY
    )
    only = _only_children(CORPUS / "featureide" / row["file"]) if row["format"].startswith("Xml") else 0
    is_explained = theirs == verdict.false_optional + below_dead + only
    reason = "; ".join(text for text, number in ((DEAD, below_dead), (ONLY, only)) if number) if is_explained else ""
    yield Difference("false-optional", verdict.false_optional, theirs, reason)


def _only_children(path: Path) -> int:
    """Count the `or` and `alt` elements of FeatureIDE's XML with one child that is not marked mandatory."""
    groups = (group for tag in ("or", "alt") for group in etree.parse(path).iter(tag))
    members = ([child for child in group if child.tag in ("and", "or", "alt", "feature")] for group in groups)
    return sum(len(found) == 1 and found[0].get("mandatory") != "true" for found in members)


def _reason(what: str, theirs: int, verdict: Verdict, model: FeatureModel, helpers: int) -> str:
    """Return why a number differs from FeatureIDE's, if the numbers bear the reason out."""
    match what:
        case "features" | "core" if helpers > 0 and 0 <= theirs - getattr(verdict, what) <= helpers:
            return HELPERS
        case "variables" if verdict.auxiliaries or theirs - verdict.features == helpers > 0:
            return NAMES if verdict.auxiliaries else HELPERS
        case "clauses" if verdict.auxiliaries:
            return NAMES
        case "clauses" if helpers > 0 and theirs - verdict.clauses == 2 * helpers:
            return HELPERS
        case "clauses" if theirs == verdict.clauses - _repeated(model):
            return SIMPLER
        case "clauses":
            return KNOWN.get(verdict.file, "")
    return ""


def _repeated(model: FeatureModel) -> int:
    """Count the clauses that repeat another clause of their constraint, or follow from one."""
    names = [feature.name for feature in model.features()]
    return sum(_repeated_in(constraint, names) for constraint in model.constraints)


def _repeated_in(constraint: Constraint, names: Sequence[str]) -> int:
    builder = ClauseBuilder(list(names))
    assert_formula(builder, constraint.formula)
    distinct = {frozenset(clause) for clause in builder.clauses}
    minimal = [clause for clause in distinct if not any(other < clause for other in distinct)]
    return len(builder.clauses) - len(minimal)


def _count(cnf: Cnf) -> int | None:
    try:
        return count_solutions(cnf, TIME_LIMIT_S, max_nodes=MAX_NODES).value
    except LimitError:
        return None


def _first_line(error: FeatureNetError) -> str:
    """Return the first problem, with the names of files only: their folders belong to one machine."""
    return _FOLDERS.sub("", str(error).splitlines()[0])


# UVL


def semantics_rows() -> list[tuple[str, int | None]]:
    """Return the small models with their published counts, None for those that must be refused."""
    with (CORPUS / "semantics" / "MANIFEST.tsv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE) if not row[0].startswith("#")]
    return [(row[0], int(row[1]) if row[1].isdecimal() else None) for row in rows]


def uvl_files() -> list[str]:
    folder = CORPUS / "uvl"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.uvl"))


def count_of_dimacs(path: Path) -> int | None:
    """Count the solutions of a model's DIMACS file after reading it back."""
    text = write_dimacs(compile_feature_model(load_model(str(path)), with_rules=False))
    return _count(read_dimacs(text, "model.dimacs"))


def outcome(path: Path) -> str:
    """Return the number of configurations, or the reason why none is known."""
    try:
        count = count_of_dimacs(path)
    except FeatureNetError as error:
        return _first_line(error)
    return "not counted" if count is None else short(count)


# the page


def short(count: int) -> str:
    """
    >>> short(12345), short(3 * 10**20)
    ('12,345', '3.00e20')
    """
    if count < 10**12:
        return f"{count:,}"
    digits = f"{count / 10 ** (len(str(count)) - 1):.2f}"
    return f"{digits}e{len(str(count)) - 1}"


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def difference_line(verdict: Verdict, difference: Difference) -> str:
    numbers = [
        short(n) if difference.what == "configurations" else str(n) for n in (difference.ours, difference.theirs)
    ]
    return f"| {verdict.file} | {difference.what} | {numbers[0]} | {numbers[1]} | {difference.reason} |"


def refusal_line(verdict: Verdict) -> str:
    return f"| {verdict.file} | {cell(verdict.error)} | {REFUSED[verdict.kind]} |"


def loaded_line(verdict: Verdict) -> str:
    count = "not counted" if verdict.count is None else short(verdict.count)
    return f"| {verdict.file} | {verdict.features} | {verdict.clauses} | {count} |"


def uvl_line(file: str) -> str:
    return f"| {file} | {cell(outcome(CORPUS / 'uvl' / file))} |"


def semantics_line(file: str, expected: int | None) -> str:
    found = outcome(CORPUS / "semantics" / file)
    return f"| {file} | {'refused' if expected is None else expected} | {cell(found)} |"


def page() -> str:
    """Return the text of benchmarks/corpora.md."""
    verdicts = []
    for row in featureide_rows():
        verdicts.append(judge(row))
        print(f"{verdicts[-1].file}: {verdicts[-1].error or verdicts[-1].count}", file=sys.stderr)
    loaded = [v for v in verdicts if not v.error]
    compared = [v for v in loaded if v.loads_in_featureide]
    uncounted = [v for v in loaded if v.count is None]
    equal = sum(not v.differences for v in compared)
    lines = [
        "# Models of other people",
        "",
        "The results for the model files in FeatureIDE's repository, the UVL parser's test models, and small"
        " models with published counts. `python benchmarks/corpora.py` writes this page, and"
        " `tests/golden/test_corpora.py` compares the code with it. The files are not part of the project.",
        "",
        "## FeatureIDE's models",
        "",
        f"Of {len(verdicts)} files {len(loaded)} are read. FeatureIDE 3.12 reads {len(compared)} of these, too, and the"
        f" results of {equal} are equal: the numbers of features, constraints, variables, clauses, core features, dead"
        " features, false-optional features and configurations, and whether a configuration exists. The next table has"
        " all differences of the others. If it names the configurations, the counts cannot be compared:"
        f" {LARGE}; everything else agrees in these models.",
        "",
        f"Not counted within {TIME_LIMIT_S:.0f} seconds and {MAX_NODES:,} nodes:"
        f" {', '.join(v.file for v in uncounted) or 'none'}.",
        "",
        "| file | what | here | FeatureIDE | reason |",
        "|---|---|--:|--:|---|",
        *(difference_line(v, d) for v in verdicts for d in v.differences),
        "",
        "Refused:",
        "",
        "| file | message | reason |",
        "|---|---|---|",
        *(refusal_line(v) for v in verdicts if v.error),
        "",
        "Read here, not by FeatureIDE, whose test for SXFM stops at a comment or a byte order mark at the start:",
        "",
        "| file | features | clauses | configurations |",
        "|---|--:|--:|--:|",
        *(loaded_line(v) for v in loaded if not v.loads_in_featureide),
        "",
        "## Small models with published counts",
        "",
        "Found is the number of solutions of the DIMACS file. `l02` differs on purpose: the official grammar lets a"
        " comment run to the last `*/` of the file, here it ends where it says.",
        "",
        "| file | published | found |",
        "|---|--:|---|",
        *(semantics_line(*row) for row in semantics_rows()),
        "",
        "## The UVL parser's test models",
        "",
        "| file | configurations, or why there are none |",
        "|---|---|",
        *(uvl_line(file) for file in uvl_files()),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print the page instead of writing it")
    show = parser.parse_args().show
    if not CORPUS.is_dir():
        sys.exit(f"{CORPUS}: found no corpora, expected them beside the project")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    text = page()
    if show:
        print(text)
    else:
        write_file(PAGE, text, force=True)


if __name__ == "__main__":
    main()
