"""Writes docs/cli.md from the commands themselves: `python docs/cli_page.py`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from featurenet_uvl.cli.app import app
from featurenet_uvl.cli.failure import PROGRAM

PAGE = Path(__file__).resolve().parent / "cli.md"
_HEAD = f"""\
# Command line

Made by `python docs/cli_page.py` from the commands' own help; a test compares. Results go to stdout or to the file of
`-o`, everything else to stderr; `-` is stdin or stdout. An output that exists is kept, unless `--force` is given, and a
file is written whole or not at all.

| exit code | what |
|---|---|
| 0 | done |
| 1 | the input is at fault: each problem is a line with its place |
| 2 | wrong usage |
| 3 | no configuration exists |
| 4 | a limit of time, memory or size was reached |
| 70 | a bug of {PROGRAM}; `FEATURENET_DEBUG=1` shows where |
| 130, 143, 129 | interrupted (INT), terminated (TERM), hung up (HUP); the last line says which |
| 137 | killed from outside, perhaps for lack of memory |
"""


def page() -> str:
    """The text of the page."""
    parts = [_HEAD]
    for name, command in _commands(typer.main.get_command(app), PROGRAM):
        parts.append(
            f"\n## {name.removeprefix(PROGRAM + ' ')}\n\n```\n{_usage(name, command)}\n```\n\n{_help(command)}\n"
        )
        parts.append("\n| option | what |\n|---|---|\n")
        parts.extend(f"| {spelling} | {text} |\n" for spelling, text in _rows(command))
    return "".join(parts)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its full name."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for child, below in command.commands.items():
        yield from _commands(below, f"{name} {child}")


def _usage(name: str, command: Any) -> str:
    words = [name]
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            words.append(parameter.metavar or parameter.name.upper())
        elif parameter.required:
            words.append(f"{min(parameter.opts, key=len)} {_value(parameter)}")
    return " ".join([*words, "[OPTIONS]"])


def _help(command: Any) -> str:
    return "\n".join(line.strip() for line in str(command.help).strip().splitlines())


def _rows(command: Any) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            spelling = f"`{parameter.metavar or parameter.name.upper()}`"
        else:
            value = "" if isinstance(parameter.default, bool) else f" {_value(parameter)}"
            spelling = ", ".join(f"`{option}`" for option in (*parameter.opts[:-1], parameter.opts[-1] + value))
        yield spelling.replace("|", "\\|"), _described(parameter)


def _value(parameter: Any) -> str:
    """Return the placeholder of the value; without one, derive it from the default, as Typer shows no types."""
    if parameter.metavar:
        return str(parameter.metavar)
    if parameter.opts[0] == "-o":
        return "FILE"
    return {int: "N", float: "NUMBER"}.get(type(parameter.default), "TEXT")


def _described(parameter: Any) -> str:
    text = re.sub(r"\s+", " ", parameter.help or "").replace("|", "\\|")
    default = parameter.default
    is_shown = isinstance(default, int | float | str) and not isinstance(default, bool) and not parameter.required
    return f"{text} Default: `{default}`." if is_shown else text


def main() -> None:
    """Writes the page."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"wrote {PAGE.name}\n")


if __name__ == "__main__":
    main()
