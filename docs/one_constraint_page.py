"""Writes docs/one-constraint.md from the pipeline itself: `python docs/one_constraint_page.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from featurenet_uvl.ir.boolean_model import BooleanModel
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.feature_model import Constraint, FeatureModel
from featurenet_uvl.ir.span import SourceKind
from featurenet_uvl.translators.formats.language.printer import format_expression
from featurenet_uvl.translators.formats.uvl.reader import read_uvl
from featurenet_uvl.translators.pipeline import compile_boolean_model, run_passes

PAGE = Path(__file__).resolve().parent / "one-constraint.md"

ORDINARY = """\
features
	Net
		optional
			Drop
			Dense
constraints
	Drop => Dense
"""

EXTENDED = """\
features
	Net {depth {domain [1, 2]}}
		mandatory
			Layer cardinality [1..2] {units {domain [8, 16, 32]}}
				optional
					Drop
constraints
	Layer.units * Net.depth > 32 => Drop
"""

_HEAD = """\
# One constraint, from UVL to clauses

Made by `python docs/one_constraint_page.py` from the pipeline itself; a test compares. It follows one constraint of
each of two small models through every stage of `featurenet_uvl/translators/pipeline.py`. All results of a pass keep
the place of the constraint that they come from. [Architecture](architecture.md) lists the passes,
[semantics](semantics.md) explains constraints.
"""

_ORDINARY = """
## A constraint over features

{model}
The model has no attributes with domains, no feature cardinalities and no comparisons, so no pass has anything to do.
The constraint stays as it is, up to its clause:
"""

_EXTENDED = """
## A constraint over attributes of a multi-feature

{model}
`discretise_attributes` makes features of the values, such as `Net_depth_1`; the constraint still names the attributes.
`unfold_multi_features` writes it for each instance; an instance that does not exist obeys it. `rewrite_constraints`
replaces the comparison by the combinations of values for which it holds.
"""

_TAIL = """
`featurenet-uvl compile --emit-after STAGE` prints a whole model after a stage, `compile --comments` adds the source of
each clause to the DIMACS ([dimacs.md](dimacs.md)). In Python, `Cnf.sources[position]` is the source of a clause.
"""


def page() -> str:
    """Return the text of the page."""
    parts = [_HEAD]
    for intro, text in ((_ORDINARY, ORDINARY), (_EXTENDED, EXTENDED)):
        parts.append(intro.format(model=f"```\n{text.expandtabs(4)}```\n"))
        parts.extend(_stages(text))
    return "".join([*parts, _TAIL])


def _stages(text: str) -> Iterator[str]:
    """Yield the first constraint of a model after each stage, then its clauses."""
    model = read_uvl(text, "net.uvl")
    assert isinstance(model, FeatureModel)
    before: list[str] = []
    result: FeatureModel | BooleanModel = model
    for name, result in run_passes(model):
        after = list(_lines(result.model if isinstance(result, BooleanModel) else result))
        title = "As it is read" if not before else f"After `{name}`"
        yield f"\n{title}{': the same' if after == before else ''}\n"
        yield "" if after == before else _block(after)
        before = after
    assert isinstance(result, BooleanModel)
    cnf = compile_boolean_model(result)
    yield f"\nAfter `to_cnf`, of {len(cnf.clauses)} clauses of the model\n{_block(_clauses(cnf))}"


def _block(lines: list[str]) -> str:
    return "\n```\n" + "\n".join(lines) + "\n```\n"


def _lines(model: FeatureModel) -> Iterator[str]:
    """Yield the text of all that has become of the first constraint."""
    for position, constraint in enumerate(model.constraints):
        if _is_of_first(constraint, position):
            yield format_expression(constraint.formula, indexed=constraint.is_indexed)


def _is_of_first(constraint: Constraint, position: int) -> bool:
    source = constraint.source_at(position)
    return source.kind is SourceKind.CONSTRAINT and source.number == 0


def _clauses(cnf: Cnf) -> list[str]:
    """Return the clauses of the first constraint by name, with their positions in the DIMACS file."""
    assert cnf.sources is not None
    return [
        f"clause {position + 1}: {_named(cnf, cnf.clauses[position])}"
        for source, run in cnf.sources.runs()
        if source.kind is SourceKind.CONSTRAINT and source.number == 0
        for position in run
    ]


def _named(cnf: Cnf, clause: tuple[int, ...]) -> str:
    names = cnf.variables.names
    return " | ".join(("" if literal > 0 else "!") + names[abs(literal) - 1] for literal in clause)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"wrote {PAGE.name}\n")


if __name__ == "__main__":
    main()
