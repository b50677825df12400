"""Run by test_tutorial.py in a process of its own: the blocks of the page, as a notebook runs cells; prints JSON."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any


def run(block: str, namespace: dict[str, Any]) -> str:
    """Return the output of a cell: everything that it prints, and the value of its last expression."""
    tree = ast.parse(block)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(tree, "tutorial.md", "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "tutorial.md", "eval"), namespace)
            if value is not None:
                print(repr(value))
    return shown.getvalue()


if __name__ == "__main__":
    blocks = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    page: dict[str, Any] = {"__name__": "__main__"}
    print(json.dumps([run(block, page) for block in blocks]))
