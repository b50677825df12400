"""The commands of the program, and what each call of one returns."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from featurenet_uvl import __version__
from featurenet_uvl.cli.commands.analyse import analyse, check, count
from featurenet_uvl.cli.commands.architectures import architectures
from featurenet_uvl.cli.commands.compile import compile_to_dimacs
from featurenet_uvl.cli.commands.configurations import configurations
from featurenet_uvl.cli.commands.convert import convert
from featurenet_uvl.cli.commands.decode import decode
from featurenet_uvl.cli.commands.diversity import diversity
from featurenet_uvl.cli.commands.experiments import experiments
from featurenet_uvl.cli.commands.sample import sample
from featurenet_uvl.cli.commands.train import train
from featurenet_uvl.cli.console.streams import put
from featurenet_uvl.cli.failure import PROGRAM, report, silence_stdout
from featurenet_uvl.system import signals

app = typer.Typer(name=PROGRAM, add_completion=False, pretty_exceptions_enable=False)
app.command("convert")(convert)
app.command("check")(check)
app.command("compile")(compile_to_dimacs)
app.command("analyse")(analyse)
app.command("count")(count)
app.command("sample")(sample)
app.command("diversity")(diversity)
app.command("configurations")(configurations)
app.command("decode")(decode)
app.command("train")(train)
app.add_typer(architectures, name="architectures")
app.add_typer(experiments, name="experiments")


def _print_version(wanted: bool) -> None:
    if wanted:
        put(f"{PROGRAM} {__version__}\n")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Feature models of deep neural networks: translate, analyse, sample, decode, train.

    Exit codes: 0 done, 1 input at fault, 2 wrong usage, 3 no configuration, 4 limit reached, 70 bug, 130 interrupted,
    143 terminated, 129 hung up.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line, given without the program's name, and return its exit code.

    Raises:
        KeyboardInterrupt: The command was interrupted, or ended by another signal.
    """
    try:
        code = _invoke(list(arguments) or ["--help"])
        if sys.stdout is not None:
            sys.stdout.flush()
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except Exception as error:
        if signals.received() is not None:  # a library made another error of it
            raise KeyboardInterrupt from error
        if isinstance(error, OSError):
            silence_stdout()
        return report(error)
    return code


def _invoke(arguments: list[str]) -> int:
    command = typer.main.get_command(app)
    try:
        with command.make_context(PROGRAM, arguments) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except SystemExit as end:
        # Rich's way to say that the reader of a help text has gone; it has silenced stdout already.
        raise BrokenPipeError from end
    return 0
