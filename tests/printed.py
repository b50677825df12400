"""Every command line that the documentation or the program prints, found in the pages and in the source."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.places import DOCS, ROOT

PAGES = [path for folder in (ROOT, DOCS, ROOT / "benchmarks") for path in sorted(folder.glob("*.md"))]
SOURCES = [
    path
    for folder in ("featurenet_uvl", "translators", "models", "docs", "benchmarks", ".ci")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.relative_to(ROOT).parts[:2] not in (("featurenet_uvl", "translators"), ("featurenet_uvl", "models"))
]
PROGRAM = "featurenet-uvl"
HOLE = "1"
"""What stands for a value that a message computes: a number, a name or a file, whichever the place needs."""

_BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_INDENTED = re.compile(rf"^    ({PROGRAM} .*)$", re.MULTILINE)
_FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`]+)`")
_IN_TEXT = re.compile(rf"{PROGRAM}(?: +(?![—|])[^\s`'\";,:()]+| +'[^']*')+")


@dataclass(frozen=True)
class Printed:
    """A command line, and its place; `is_line` if it stands alone in a block, so that it must be complete."""

    text: str
    place: str
    is_line: bool = False

    def words(self) -> list[str]:
        """Return the words as a shell splits them, without comments."""
        return shlex.split(self.text.replace("<", "").replace(">", ""), comments=True)


def lines_of_blocks(text: str) -> list[str]:
    """Return the lines of all shell blocks of a page."""
    return [line for _, block in _BLOCK.findall(text) for line in block.splitlines() if line.strip()]


def in_page(path: Path) -> Iterator[Printed]:
    """Yield the commands of a page: lines of shell blocks, indented lines, and code within the text."""
    text, place = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
    yield from (Printed(line.strip(), place, True) for line in lines_of_blocks(text))
    yield from (Printed(line, place, True) for line in _INDENTED.findall(_FENCE.sub("", text)))
    prose = " ".join(_FENCE.sub("", text).split())
    yield from (Printed(span, place) for span in _SPAN.findall(prose))


def in_source(path: Path) -> Iterator[Printed]:
    """Yield the commands in the texts of a module: those after the program's name, and code in backticks."""
    for node, text in texts_of(ast.parse(path.read_text(encoding="utf-8"))):
        place, prose = f"{path.relative_to(ROOT)}:{node.lineno}", " ".join(text.split())
        spans = _SPAN.findall(prose)
        yield from (Printed(span, place) for span in spans)
        yield from (Printed(found.rstrip("."), place) for found in _IN_TEXT.findall(_SPAN.sub("", prose)))


def texts_of(tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Yield every text of a module, docstrings included; one with computed parts as a whole, with `HOLE` for each."""
    parts: set[int] = set()
    for node in ast.walk(tree):
        if id(node) in parts:
            continue
        if isinstance(node, ast.JoinedStr):
            parts |= {id(part) for part in ast.walk(node) if part is not node}
            yield node, "".join(str(v.value) if isinstance(v, ast.Constant) else HOLE for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value
