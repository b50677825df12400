"""The rules of the code base that a reader relies on, checked on the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.places import ROOT
from tests.waiting import PATIENCE_S

LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("system",),  # files, streams, old names: code that knows nothing of feature models
    ("system.processes",),  # signals, supervision, other programs, temporary folders
    ("ir", "models"),
    ("reference",),  # the judge of the translators shares nothing with them
    ("solvers",),
    # translators: from a model file to clauses
    ("translators.limits",),
    ("translators.terms", "translators.encodings", "translators.formats.language", "translators.formats.xml"),
    ("translators.formats.shared", "translators.encodings.pseudo_boolean", "translators.instances"),
    ("translators.formats.configurations", "translators.formats.dimacs"),
    (
        "translators.formats.configurations.registry",
        "translators.formats.featureide",
        "translators.formats.flamapy",
        "translators.formats.sxfm",
        "translators.formats.uvl",
    ),
    ("translators.formats.registry",),
    ("translators.passes", "translators.rules.tensor_shapes"),
    ("translators.domains",),  # runs the passes, and asks a solver about their result
    ("translators.rules.registry",),
    ("translators",),  # the pipeline
    # from clauses to samples
    ("analysis",),
    ("sampling",),  # the request to a sampler, and the check of its answer
    ("sampling.pool",),
    ("sampling.pairs",),
    ("sampling.metrics",),
    ("sampling.engines",),
    ("sampling.registry",),
    # from solutions to networks
    ("decoding", "drawing"),
    ("decoding.placement",),
    ("decoding.keras",),
    # the tasks of users with models, samples and networks: written once, for all that follow
    ("operations",),
    # from networks to results
    ("training.trials",),
    ("training.data",),
    ("training.engines",),
    ("training.engines.registry",),
    ("training",),
    ("report.content",),
    ("report.page",),
    ("report",),
    ("experiments.presets",),
    ("experiments",),
    # the interfaces that users call
    ("api", "testing"),
    ("",),  # featurenet_uvl itself, which exports api
    ("cli.console",),
    ("cli.commands",),
    ("cli",),
    ("__main__",),
)
"""Every folder, from the ground up: a folder imports from folders in layers before its own, and from itself.

A module that stands here is a room of its own beside its folder: a `registry` lists the parts in folders below, and
`translators.limits` serves them.
"""

NOT_BELOW = {
    "reference": ("solvers", "translators"),
    "translators": ("reference", "analysis"),
    "api": ("experiments", "report", "reference"),
    "decoding": ("sampling", "solvers.phases"),
    "training": ("sampling", "translators", "analysis", "reference"),
    "drawing": ("sampling", "translators", "analysis", "reference"),
}
"""Parts of the package that a part must not import, though they stand in a layer before it."""

LIBRARIES = {
    "pysat": ("solvers.",),
    "pycmsgen": ("solvers.",),
    "pyeda": ("translators.encodings.",),
    "keras": ("decoding.keras.", "training."),
    "tensorflow": ("decoding.keras.", "training."),
    "typer": ("cli.",),
    "rich": ("cli.",),
    "lxml": ("translators.formats.",),
    "dd": ("analysis.",),
    "matplotlib": ("report.content.", "drawing."),
}
"""Libraries, and the only parts of the package that import them."""


MOST = 16
"""Entries that a folder holds at most."""


def folder_of(name: str) -> str:
    """Return the folder of a module; a module that LAYERS names counts as its own folder, as a package does."""
    if name in PACKAGES or name in LAYER or "." not in name:
        return name
    return name.rpartition(".")[0]


def modules() -> Iterator[tuple[str, Path]]:
    """Yield every module as (name without `featurenet_uvl.`, file), but not again through the links."""
    for top in ("featurenet_uvl", "translators", "models"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[:2] in (("featurenet_uvl", "translators"), ("featurenet_uvl", "models")):
                continue
            names = parts[1:] if top == "featurenet_uvl" else parts
            yield ".".join(names).removesuffix("__init__").removesuffix("."), path


MODULES = dict(modules())
PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}
LAYER = {folder: number for number, layer in enumerate(LAYERS) for folder in layer}


def imports_of(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield every imported module, and every imported member as MODULE.MEMBER, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def own_imports() -> Iterator[tuple[str, str, int]]:
    """Yield every import of a module of the project as (importer, imported module, line)."""
    for name, path in MODULES.items():
        for found, line in imports_of(parse(path)):
            if found == "featurenet_uvl" or found.startswith("featurenet_uvl."):
                inner = found.removeprefix("featurenet_uvl").removeprefix(".")
                yield name, inner if inner in MODULES else inner.rpartition(".")[0], line


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def test_every_folder_has_a_layer() -> None:
    assert {folder_of(name) for name in MODULES} <= set(LAYER) | PACKAGES
    assert set(LAYER) - PACKAGES == {
        *("errors", "__main__", "translators.limits"),
        *(name for name in MODULES if name.endswith(".registry")),
    }


def test_imports_point_one_way() -> None:
    wrong = [
        f"{importer}:{line} imports {imported}"
        for importer, imported, line in own_imports()
        if folder_of(importer) != folder_of(imported) and LAYER[folder_of(imported)] >= LAYER[folder_of(importer)]
    ]
    assert wrong == []


def test_parts_that_must_not_know_each_other_do_not() -> None:
    wrong = [
        f"{importer}:{line} imports {imported}"
        for importer, imported, line in own_imports()
        for part, others in NOT_BELOW.items()
        if f"{importer}.".startswith(f"{part}.") and f"{imported}.".startswith(tuple(f"{other}." for other in others))
    ]
    assert wrong == []


def test_files_do_not_import_each_other_in_circles() -> None:
    below: dict[str, set[str]] = {name: set() for name in MODULES}
    for importer, imported, _ in own_imports():
        if imported != importer:
            below[importer].add(imported)
    done: set[str] = set()
    while ready := {name for name, names in below.items() if name not in done and names <= done}:
        done |= ready
    assert set(MODULES) - done == set()


def test_no_folder_is_a_heap() -> None:
    """About a dozen entries at eye level; a folder with more hides two kinds of things."""
    crowded = {
        str(folder): len(entries)
        for folder in {path.parent for path in MODULES.values()} - {ROOT / "featurenet_uvl"}  # the parts themselves
        if len(entries := [e for e in folder.iterdir() if e.name not in ("__init__.py", "__pycache__", "py.typed")])
        > MOST
    }
    assert crowded == {}


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_library_has_one_home(library: str) -> None:
    wrong = [
        f"{name}:{line} imports {found}"
        for name, path in MODULES.items()
        for found, line in imports_of(parse(path))
        if found.split(".")[0] == library and not name.startswith((*LIBRARIES[library], "testing."))
    ]
    assert wrong == []


def test_compiling_loads_neither_numpy_nor_diagrams() -> None:
    code = (
        "import sys, featurenet_uvl.translators.pipeline\nprint(*sorted({'numpy', 'dd', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_importing_every_module_loads_neither_keras_nor_tensorflow() -> None:
    names = [f"featurenet_uvl.{name}" for name in MODULES if name not in ("", "__main__")]
    code = (
        f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
        "print(*sorted({'keras', 'tensorflow', 'matplotlib.pyplot'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE_S)
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
    """A part that cannot be decoded is an error: every handler there, and in the stage types, raises."""
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


def patched_constants(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield every name in capitals that a test sets in another module, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "setattr":
            texts = [(arg.value, arg.lineno) for arg in node.args if isinstance(arg, ast.Constant)]
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            texts = [(node.attr, node.lineno)]
        else:
            continue
        for text, line in texts:
            last = text.rpartition(".")[2] if isinstance(text, str) else ""
            if last.isupper():
                yield last, line


def test_no_test_patches_a_constant() -> None:
    """Limits and tables that a test must change are arguments, so that a user can change them, too."""
    for text in ('monkeypatch.setattr(pool, "MOST", 1)', 'setattr(pool, "_MOST", 1)', "pool.MOST = 1",
                 'monkeypatch.setattr("pool.MOST", 1)', "pool.MOST, x = 1, 2"):  # fmt: skip
        assert list(patched_constants(ast.parse(text))), text
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for name, line in patched_constants(parse(path))
    ]
    assert not found, "\n".join(found)
