"""The rules of the code base that a reader relies on, checked on the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

IMPORTS = {
    "errors": set(),
    "ir": {"errors"},
    "files": {"errors"},
    "reference": {"errors", "ir"},  # shares nothing with the translators that it judges
    "translators": {"errors", "files", "ir"},
    "analysis": {"errors", "ir"},
    "sampling": {"analysis", "errors", "files", "ir", "translators"},
    "decoding": {"errors", "files", "ir"},
    "drawing": {"errors", "ir"},
    "testing": {"errors", "ir"},
    "training": {"decoding", "errors", "files", "ir"},
    "report": {"drawing", "errors", "files", "ir", "sampling", "training"},
    "experiments": {"decoding", "errors", "files", "ir", "models", "report", "sampling", "training", "translators"},
    "api": {"analysis", "decoding", "drawing", "errors", "files", "ir", "sampling", "training", "translators"},
    "models": set(),
    "__main__": {"cli"},
    "cli": {
        "analysis",
        "decoding",
        "drawing",
        "errors",
        "experiments",
        "files",
        "ir",
        "models",
        "reference",
        "report",
        "sampling",
        "training",
        "translators",
    },
}
"""What each part may import, besides itself; `api` is for callers in Python, `cli` the only one that sees all."""


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package as (name without `featurenet_uvl.`, file), through the links once only."""
    for top in ("featurenet_uvl", "translators", "models"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[:2] in (("featurenet_uvl", "translators"), ("featurenet_uvl", "models")):
                continue
            names = parts[1:] if top == "featurenet_uvl" else parts
            yield ".".join(names).removesuffix(".__init__"), path


MODULES = dict(modules())


def imports_of(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            yield node.module or "", node.lineno


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def test_every_part_is_in_the_table() -> None:
    parts = {name.split(".")[0] for name in MODULES} - {"__init__"}
    assert parts == set(IMPORTS)


@pytest.mark.parametrize("part", sorted(IMPORTS))
def test_imports_point_one_way(part: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {found}"
        for name, path in MODULES.items()
        if name.split(".")[0] == part
        for found, line in imports_of(parse(path))
        if found.startswith("featurenet_uvl.") and found.split(".")[1] not in IMPORTS[part] | {part}
    ]
    assert wrong == []


def test_the_table_has_no_circle() -> None:
    done: set[str] = set()
    while ready := {part for part, below in IMPORTS.items() if part not in done and below <= done}:
        done |= ready
    assert done == set(IMPORTS)


def test_keras_and_tensorflow_are_imported_only_where_networks_are_built() -> None:
    wrong = [
        f"{name}:{line} imports {found}"
        for name, path in MODULES.items()
        for found, line in imports_of(parse(path))
        if found.split(".")[0] in ("keras", "tensorflow")
        and not (name.startswith(("testing.", "training.")) or name in ("decoding.keras_model", "decoding.verify"))
    ]
    assert wrong == []


def test_importing_every_module_loads_neither_keras_nor_tensorflow() -> None:
    names = [f"featurenet_uvl.{name}" for name in MODULES if name != "__init__" and not name.endswith("__main__")]
    code = (
        f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
        "print(*sorted({'keras', 'tensorflow', 'matplotlib.pyplot'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(parse(MODULES[name]))


def silent(handler: ast.ExceptHandler) -> bool:
    return all(isinstance(node, ast.Pass | ast.Continue) for node in handler.body)


def handlers(path: Path) -> Iterator[ast.ExceptHandler]:
    return (node for node in ast.walk(parse(path)) if isinstance(node, ast.ExceptHandler))


def catches_everything(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
    )


def test_no_error_is_swallowed() -> None:
    wrong = [
        f"{name}:{handler.lineno}"
        for name, path in MODULES.items()
        for handler in handlers(path)
        if catches_everything(handler) and silent(handler)
    ]
    assert wrong == []


def test_decoding_has_no_fallback() -> None:
    """What cannot be decoded is an error: every handler there, and in the stage types, raises."""
    wrong = [
        f"{name}:{handler.lineno}"
        for name, path in MODULES.items()
        if name.startswith(("decoding.", "ir."))
        for handler in handlers(path)
        if not isinstance(handler.body[-1], ast.Raise)
    ]
    assert wrong == []


def test_the_library_does_not_print() -> None:
    wrong = [
        f"{name}:{node.lineno}"
        for name, path in MODULES.items()
        if not name.startswith("cli")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert wrong == []
