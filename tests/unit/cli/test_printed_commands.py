"""Every command that the program, a page or a docstring prints is one that the command line takes."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from featurenet_uvl.cli.app import app
from featurenet_uvl.cli.failure import PROGRAM
from tests.places import ROOT
from tests.printed import PAGES, SOURCES, Printed, in_page, in_source, texts_of

VALUES = {"N": "3", "K": "3", "M": "3", "1..N": "1"}
"""A value in place of each placeholder that stands for a number."""

ALL = [printed for path in PAGES for printed in in_page(path)] + [p for path in SOURCES for p in in_source(path)]
"""Everything that looks like code in pages and texts; most of it is no command."""


COMMAND: Any = typer.main.get_command(app)


def command_words(printed: Printed) -> list[str] | None:
    """Return the words after the program's name; None for code that is none of our commands.

    In the text of a page, `experiments status` is short for the whole; a word alone, such as `sample`, may be anything.
    """
    if PROGRAM not in printed.text and printed.text.partition(" ")[0] not in COMMAND.commands:
        return None
    try:
        words = printed.words()
    except ValueError:  # an apostrophe of prose
        return None
    if PROGRAM in words:
        return words[words.index(PROGRAM) + 1 :]
    return (
        words if len(words) > 1 and (words[1].startswith("-") or words[0] in ("architectures", "experiments")) else None
    )


def ours() -> Iterator[tuple[Printed, list[str]]]:
    for printed in ALL:
        words = command_words(printed)
        if words:
            yield printed, [VALUES.get(word, word) for word in words]


def problem(printed: Printed, words: list[str]) -> str | None:
    """Return why the real command line refuses these words; None if it takes them.

    A command named within a text may lack its arguments: `compile --comments` is the command and one option.
    """
    command, words = COMMAND, [word for word in words if word != "..."]
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return f"found no command {words[0]!r}"
        command, words = command.commands[words[0]], words[1:]
    if words == ["--help"] or (not printed.is_line and not words):
        return None
    if hasattr(command, "commands"):
        return "found no command"
    try:
        command.make_context(PROGRAM, words)
    except Exception as error:
        found = str(getattr(error, "format_message", error.__str__)())
        return None if not printed.is_line and re.match(r"Missing |Option .* requires an argument", found) else found
    return None


def test_the_collector_finds_commands_everywhere() -> None:
    found = {printed.place.split(":")[0] for printed, _ in ours()}
    assert {
        "README.md",
        "docs/sampling.md",
        "featurenet_uvl/cli/commands/sample.py",
        "featurenet_uvl/experiments/collect.py",
    } <= found
    assert len(list(ours())) > 80


@pytest.mark.parametrize(
    ("text", "is_line", "message"),
    [
        ("featurenet-uvl sampel m.dimacs", True, "sampel"),
        ("featurenet-uvl sample m.dimacs --counts 3 -o s", True, "--counts"),
        ("featurenet-uvl sample m.dimacs -n many -o s", True, "integer"),
        ("featurenet-uvl sample m.dimacs", True, "output"),
        ("featurenet-uvl architectures", True, "command"),
        ("featurenet-uvl count a.uvl b.uvl", False, "b.uvl"),
        ("compile --comment", False, "--comment"),
        ("experiments state", False, "state"),
    ],
)
def test_a_command_that_does_not_parse_is_found(text: str, is_line: bool, message: str) -> None:
    printed = Printed(text, "page.md", is_line)
    words = command_words(printed)
    assert words is not None
    found = problem(printed, words)
    assert found is not None
    assert message in found


def test_every_printed_command_parses() -> None:
    wrong = [
        f"{printed.place}: {printed.text}: {found}" for printed, words in ours() if (found := problem(printed, words))
    ]
    assert not wrong, "\n".join(wrong)


def test_every_option_in_a_message_exists() -> None:
    known = {"--help", "--version"}
    stack: list[Any] = [COMMAND]
    while stack:
        command = stack.pop()
        known |= {option for parameter in command.params for option in parameter.opts}
        stack += getattr(command, "commands", {}).values()
    named = (
        (f"{path.relative_to(ROOT)}:{node.lineno}: {option}", option)
        for path in SOURCES
        if path.is_relative_to(ROOT / "featurenet_uvl")
        for node, text in texts_of(ast.parse(path.read_text(encoding="utf-8")))
        if not re.search(r"pip install|ray start", text)
        for option in re.findall(r"(?<![\w\\-])--[a-z][a-z-]*[a-z]", text)
    )
    wrong = [place for place, option in named if option not in known]
    assert not wrong, "\n".join(wrong)


def test_every_extra_that_is_named_exists() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    known = set(parser["options.extras_require"]) | {"1"}
    for path in [*PAGES, *SOURCES]:
        for extras in re.findall(r"(?:featurenet_uvl|'\.)\[([\w,]+)\]", path.read_text(encoding="utf-8")):
            assert set(extras.split(",")) <= known, (path, extras)
