"""Assumptions about features, as people write them: `Feature` is selected, `!Feature` is not."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from featurenet_uvl.errors import UsageError
from featurenet_uvl.ir.cnf import Cnf, VarMap
from featurenet_uvl.ir.sample import BoolMatrix

_NOT = "!"


def parse_assumptions(texts: Iterable[str], variables: VarMap) -> tuple[int, ...]:
    """Return the literals that the texts stand for, each once.

    Raises:
        UsageError: A text names no feature of the model, or a feature is assumed both selected and not selected.

    >>> parse_assumptions(["Log", "!Net"], VarMap.from_names(["App", "Log", "Net"]))
    (2, -3)
    """
    numbers = {name: number for number, name in enumerate(variables.feature_names, 1)}
    literals: list[int] = []
    for text in texts:
        name = text if text in numbers else text.removeprefix(_NOT).strip()
        if name not in numbers:
            near = get_close_matches(name, numbers, n=1)
            hint = f", such as {near[0]!r}" if near else ""
            raise UsageError(
                f"found the assumption {text!r}, expected a feature of the model{hint}, or ! and a feature"
            )
        literal = numbers[name] if name == text else -numbers[name]
        if -literal in literals:
            raise UsageError(f"found the assumptions {name!r} and '!{name}', expected one of them")
        if literal not in literals:
            literals.append(literal)
    return tuple(literals)


def format_assumptions(literals: Iterable[int], variables: VarMap) -> str:
    """Return the texts that stand for these literals.

    >>> format_assumptions((2, -3), VarMap.from_names(["App", "Log", "Net"]))
    'Log, !Net'
    """
    return ", ".join(("" if literal > 0 else _NOT) + variables.names[abs(literal) - 1] for literal in literals)


def under_assumptions(cnf: Cnf, literals: Iterable[int]) -> Cnf:
    """Return the formula of the configurations that keep the assumptions: limits of their samples are limits of it.

    >>> under_assumptions(Cnf(VarMap.from_names(["App", "Log"]), ((1,),)), (-2,)).clauses
    ((1,), (-2,))
    """
    return cnf.with_clauses((literal,) for literal in literals)


def keep_assumptions(selected: BoolMatrix, literals: Iterable[int]) -> bool:
    """Whether every configuration keeps the assumptions: one row per configuration, one column per feature."""
    return all(bool((selected[:, abs(literal) - 1] == (literal > 0)).all()) for literal in literals)
