"""Every way in which a command can end badly, as lines on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback

import typer

from featurenet_uvl.cli import PROGRAM as PROGRAM
from featurenet_uvl.cli.console.streams import say
from featurenet_uvl.cli.console.wording import in_options
from featurenet_uvl.errors import FeatureNetError, ReadError

DEBUG_VARIABLE = "FEATURENET_DEBUG"

INPUT_AT_FAULT = 1
WRONG_USAGE = 2
LIMIT_REACHED = 4
INTERNAL_ERROR = 70
"""A mistake of the program; the number is that of BSD's sysexits."""

_WRONG_USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]
"""Typer's own, which it exports under no name: unknown options, missing arguments."""


def report(error: Exception) -> int:
    """Print an error on stderr, one line per problem, and return the exit code."""
    if os.environ.get(DEBUG_VARIABLE) and not isinstance(error, BrokenPipeError):
        traceback.print_exception(error)
    code, lines = _explain(error)
    for line in lines:
        say(f"{PROGRAM}: error: {line}")
    return code


def _explain(error: Exception) -> tuple[int, tuple[str, ...]]:
    match error:
        case ReadError(problems=problems):
            return error.exit_code, tuple(map(in_options, problems))
        case FeatureNetError():
            return error.exit_code, tuple(map(in_options, str(error).splitlines())) or ("failed without a reason",)
        case _ if isinstance(error, _WRONG_USAGE_ERROR):
            return WRONG_USAGE, (_wrong_usage(error),)
        case BrokenPipeError():
            return 0, ()  # the reader of the output, such as `head`, has ended
        case MemoryError():
            return LIMIT_REACHED, ("found too little memory for this input",)
        case RecursionError():
            return LIMIT_REACHED, ("found an input that is nested too deeply",)
        case OSError():
            return INPUT_AT_FAULT, (_system_error(error),)
        case _:
            what = f"{type(error).__name__}: {error}".strip().splitlines()[0]
            hint = f"this is a bug of {PROGRAM}; {DEBUG_VARIABLE}=1 shows where, for a report"
            return INTERNAL_ERROR, (f"internal error ({what}): {hint}",)


def _wrong_usage(error: Exception) -> str:
    message = getattr(error, "format_message", error.__str__)()
    context = getattr(error, "ctx", None)
    command = PROGRAM if context is None else context.command_path
    return f"{' '.join(str(message).split()).rstrip('.')}; see {command} --help"


def _system_error(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    place = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    if not place and error.errno == errno.ENOSPC:
        place = "<stdout>: "
    return place + reason[:1].lower() + reason[1:]


def silence_stdout() -> None:
    """Drop the text that stdout still holds, so that the interpreter's own flush at the end cannot fail."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        return
