"""The sampler `external`: runs any program that reads DIMACS, and checks its answer."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from featurenet_uvl.analysis.complete_configurations import complete_selections
from featurenet_uvl.analysis.violations import first_duplicate, first_violation
from featurenet_uvl.errors import DecodeError, ReadError, ToolError, UnsatisfiableError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import BoolMatrix, Selections, Stop
from featurenet_uvl.sampling.request import Engine, Request, Solutions
from featurenet_uvl.solvers.session import Session, literals_of
from featurenet_uvl.system.files import decode_text, read_bytes
from featurenet_uvl.system.processes.programs import Outcome, run_program
from featurenet_uvl.system.processes.temporary import TemporaryFolder
from featurenet_uvl.translators.formats.configurations.registry import read_configurations
from featurenet_uvl.translators.formats.dimacs.writer import write_dimacs

OPTION = "command"
"""Name of the option that holds the command."""
_SHOWN = 60
"""Characters of a clause that a message quotes."""

_BYTES_PER_NAME = 16
"""Bytes that a format may add to the name of a variable, such as its number, its sign and a line end."""
_HEADER_ROWS = 4
"""Sizes of a solution that the beginning of an answer may have."""
_ANSWERS_PER_REQUEST = 10
"""Solutions that an answer may hold for each that was asked for; the first ones are taken."""
_LEAST_BYTES = 1 << 20
"""Bytes that any answer may have."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one call, in a fresh folder that is removed after it."""

    folder: Path
    dimacs: Path
    out: Path


def solve_external(cnf: Cnf, request: Request) -> Solutions:
    """Return up to `request.count` solutions of the command in the request's options.

    Raises:
        UsageError: The request names no command, or a wrong one.
        ToolError: As for `external_engine`.
    """
    command = request.options.get(OPTION, "")
    if not command.strip():
        raise UsageError(
            f"sampler external: found no command, expected the option {OPTION} with one,"
            " such as PROGRAM {dimacs} {n} {seed} {out}"
        )
    return external_engine(command)(cnf, request)


def external_engine(command: str) -> Engine:
    """Return an engine that runs a command.

    In its words, `{dimacs}` stands for the path of the CNF, `{n}` for the number of solutions, `{seed}` for the seed
    and `{out}` for the path of the answer. Without `{out}`, the program prints its answer. No shell reads the command,
    but it can be `sh -c '...'`. In the CNF, names have only letters, digits and `_`, and clauses forbid known
    configurations.

    The engine raises ToolError if the program cannot be run, fails, gives no answer or one that cannot be read, an
    invalid solution, or the same one twice. If it gives too many, the engine takes the first ones and says so.

    Raises:
        UsageError: The command cannot be split into words, or does not mention `{dimacs}`.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(
            f"sampler external: found the command {command!r}, which is no command: {str(error).lower()}"
        ) from error
    if "{dimacs}" not in command or not words:
        raise UsageError(
            f"sampler external: found the command {command!r}, expected {{dimacs}} in it, for the path of the CNF"
        )

    def arguments(files: Files, request: Request) -> Sequence[str]:
        values = {"{dimacs}": files.dimacs, "{n}": request.count, "{seed}": request.seed, "{out}": files.out}
        return [_filled(word, {key: str(value) for key, value in values.items()}) for word in words]

    def run(cnf: Cnf, request: Request) -> Solutions:
        return run_tool(cnf, request, words[0], lambda files: arguments(files, request), "{out}" in command)

    return run


def _filled(word: str, values: dict[str, str]) -> str:
    for placeholder, value in values.items():
        word = word.replace(placeholder, value)
    return word


def run_tool(
    cnf: Cnf, request: Request, name: str, arguments: Callable[[Files], Sequence[str]], has_file: bool = True
) -> Solutions:
    """Run a program once and check its answer.

    Args:
        cnf: The formula.
        request: Number of solutions, and the time limit.
        name: Name of the program, for messages.
        arguments: Gives the command line for the files of the call.
        has_file: Whether the program writes its answer to `Files.out`; else it prints it.

    Raises:
        ToolError: As for `external_engine`.
    """
    with TemporaryFolder() as folder:
        files = Files(folder, folder / "model.dimacs", folder / "answer")
        files.dimacs.write_text(write_dimacs(_without_known(cnf, request), safe_names=True), encoding="utf-8")
        try:
            outcome = run_program(
                arguments(files),
                folder,
                request.time_left_s(),
                answer=files.out if has_file else None,
                max_bytes=_max_bytes(cnf, request),
            )
        except KeyboardInterrupt:
            return _nothing(cnf, Stop.INTERRUPTED)
        answer = files.out if has_file else outcome.stdout
        if not answer.is_file() or not answer.stat().st_size:
            return _no_answer(cnf, request, name, outcome)
        if outcome.code not in (0, None):
            raise ToolError(f"{name}: ended with exit code {outcome.code}, expected 0; {outcome.words()}")
        return _checked(cnf, request, name, answer, outcome)


def _max_bytes(cnf: Cnf, request: Request) -> int:
    """Return the bytes that the answer may have: in no format does a solution take more per variable."""
    row = sum(len(name.encode()) + _BYTES_PER_NAME for name in cnf.variables.names)
    return _LEAST_BYTES + row * (_HEADER_ROWS + _ANSWERS_PER_REQUEST * request.count)


def _without_known(cnf: Cnf, request: Request) -> Cnf:
    forbidden = [tuple(-literal for literal in literals_of(row)) for row in request.known_rows(cnf)]
    return cnf.with_clauses(forbidden)


def _nothing(cnf: Cnf, stop: Stop) -> Solutions:
    return Solutions(np.zeros((0, len(cnf.variables)), dtype=np.bool_), stop)


def _no_answer(cnf: Cnf, request: Request, name: str, outcome: Outcome) -> Solutions:
    """Return or raise the reason why a program left no answer, first of all that no more configurations exist."""
    if outcome.code is None:
        request.note(f"{name}: was ended at the time limit, and had written no answer")
        return _nothing(cnf, Stop.TIME)
    with Session(_without_known(cnf, request).clauses, len(cnf.variables)) as session:
        is_exhausted = not session.solve()
    if is_exhausted and len(request.known):
        return _nothing(cnf, Stop.EXHAUSTED)
    if is_exhausted:
        raise UnsatisfiableError("no configuration exists: the CNF is unsatisfiable")
    raise ToolError(f"{name}: ended with exit code {outcome.code} and no answer; {outcome.words()}")


def _checked(cnf: Cnf, request: Request, name: str, answer: Path, outcome: Outcome) -> Solutions:
    """Return the answer as solutions; raise ToolError if it is not a right one."""
    place = f"the answer of {name}"
    try:
        text = decode_text(read_bytes(answer), place)
        whole = text[: text.rfind("\n") + 1] if outcome.code is None else text  # the last line may have been cut off
        selections = read_configurations(whole, place, replace(cnf.variables, numbers=()))  # those of the file above
    except ReadError as error:
        if outcome.code is None:
            request.note(f"{name}: was ended at the time limit, and its answer is not whole")
            return _nothing(cnf, Stop.TIME)
        others = len(error.problems) - 1
        more = f" and {others} more problem{'s' if others > 1 else ''}" if others else ""
        raise ToolError(f"{error.problems[0]}{more}") from error
    found = selections.selected
    if len(found) > request.count:
        request.note(f"{name}: answered {len(found):,} solutions, of which the first {request.count:,} are taken")
        found = found[: request.count]
    values = (
        found if selections.names == cnf.variables.names else _completed(cnf, replace(selections, selected=found), name)
    )
    _check(cnf, values, request, name)
    if len(values) == request.count:
        return Solutions(values, Stop.COMPLETE)
    if outcome.code is not None:
        request.note(f"{name}: answered {len(values):,} solutions of the {request.count:,} it was asked for")
    return Solutions(values, Stop.TIME if outcome.code is None else Stop.GAVE_UP)


def _completed(cnf: Cnf, selections: Selections, name: str) -> BoolMatrix:
    """Return the solutions over all variables: the features determine the auxiliaries."""
    if selections.names != cnf.variables.feature_names:  # such as a .config file, which leaves abstract features out
        try:
            selections = complete_selections(selections, cnf, f"the answer of {name}")
        except DecodeError as error:
            raise ToolError(str(error)) from error
    rows = []
    with Session(cnf.clauses, len(cnf.variables)) as session:
        for number, row in enumerate(selections.selected, 1):
            if not session.solve(literals_of(row)):
                raise ToolError(f"{name}: solution {number} violates the CNF, expected valid ones")
            rows.append(np.array(session.model(), dtype=np.int64) > 0)
    return np.array(rows, dtype=np.bool_).reshape(len(rows), len(cnf.variables))


def _check(cnf: Cnf, values: BoolMatrix, request: Request, name: str) -> None:
    """Raise ToolError for a solution that is invalid, known or repeated."""
    violation = first_violation(cnf, values)
    if violation is not None:
        row, clause = violation
        shown = " ".join(map(str, cnf.clauses[clause]))[:_SHOWN]
        raise ToolError(f"{name}: solution {row + 1} violates clause {clause + 1} ({shown}), expected valid ones")
    known = request.known_rows(cnf)
    duplicate = first_duplicate(np.concatenate([known, values[:, : cnf.variables.feature_count]]))
    if duplicate is not None:
        earlier, row = (place - len(known) + 1 for place in duplicate)
        what = f"solution {earlier}" if earlier > 0 else "a known configuration"
        raise ToolError(f"{name}: solution {row} repeats {what}, expected distinct ones")
