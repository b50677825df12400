"""The installed package equals the tree: packages, links, data files, dependencies, with symbolic links and without."""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

import featurenet_uvl
from featurenet_uvl.system.extras import EXTRAS
from tests.places import ROOT

LINKS = ("translators", "models")
CONTENT = (".py", ".uvl", ".xml", ".toml", ".json", ".cfg", ".typed", ".css", ".js")
"""Endings of the files that belong in a wheel."""


@pytest.fixture(scope="module")
def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def lines(text: str) -> list[str]:
    """Return the entries of a list option, without comments."""
    entries = (line.split("#")[0].strip() for line in text.splitlines())
    return [entry for entry in entries if entry]


def files_of_package(*suffixes: str) -> list[str]:
    """Return the files that belong in a wheel, by their path there."""
    found = []
    for top in ("featurenet_uvl", *LINKS):
        for path in (ROOT / top).rglob("*"):
            parts = path.relative_to(ROOT).parts
            if path.suffix in suffixes and parts[:2] not in {("featurenet_uvl", link) for link in LINKS}:
                found.append("/".join(parts if top == "featurenet_uvl" else ("featurenet_uvl", *parts)))
    return sorted(set(found))


def test_the_package_list_equals_the_packages_on_disk(setup_cfg: configparser.ConfigParser) -> None:
    on_disk = [path.removesuffix("/__init__.py") for path in files_of_package(".py") if path.endswith("/__init__.py")]
    assert lines(setup_cfg["options"]["packages"]) == [path.replace("/", ".") for path in on_disk]


def test_no_folder_with_modules_lacks_an_init() -> None:
    files = files_of_package(".py")
    assert {path.rsplit("/", 1)[0] for path in files} == {
        path.removesuffix("/__init__.py") for path in files if path.endswith("/__init__.py")
    }


@pytest.mark.parametrize("name", LINKS)
def test_the_links_are_links_and_resolve(name: str) -> None:
    link = ROOT / "featurenet_uvl" / name
    assert link.is_symlink()
    assert link.readlink() == Path("..", name)
    assert (link / "__init__.py").is_file()


@pytest.mark.parametrize("name", LINKS)
def test_git_holds_the_links_as_links(name: str) -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no git checkout")
    command = ["git", "-C", str(ROOT), "ls-files", "--stage", f"featurenet_uvl/{name}"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("git refuses to read this checkout")
    assert listing.stdout.startswith("120000 ")


@pytest.fixture(scope="module", params=["links", "no_links"])
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the tree, so that the tree stays clean: as it is, or as checked out without symbolic links."""
    source = tmp_path_factory.mktemp(request.param) / "tree"
    source.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("featurenet_uvl", *LINKS):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    if request.param == "no_links":
        for name in LINKS:
            link = source / "featurenet_uvl" / name
            text = os.fspath(link.readlink())
            link.unlink()
            link.write_text(text, encoding="utf-8")  # this is how git leaves a link there
    return source


def built_wheel(source: Path, folder: Path) -> Path:
    """Build a wheel of a source tree into a folder and return its path."""
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check", "--wheel-dir"]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def wheel_of_sdist(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel that is built from nothing but the sdist of the source tree."""
    folder = tmp_path_factory.mktemp("sdist")
    build = f"from setuptools.build_meta import build_sdist; build_sdist({os.fspath(folder)!r})"
    done = subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return built_wheel(next(path for path in folder.iterdir() if path.is_dir()), folder)


def check_content(wheel: Path) -> None:
    """Check that a wheel has every module and data file of the tree, and no other top-level name."""
    wanted = files_of_package(*CONTENT)
    assert "featurenet_uvl/models/dnn.uvl" in wanted
    assert "featurenet_uvl/translators/pipeline.py" in wanted
    assert "featurenet_uvl/experiments/presets/smoke.cfg" in wanted
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert sorted(name for name in names if ".dist-info/" not in name) == wanted
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"featurenet_uvl"}


@pytest.mark.slow
def test_a_wheel_holds_every_module_and_every_data_file(wheel: Path) -> None:
    check_content(wheel)


@pytest.mark.slow
def test_a_wheel_of_the_sdist_holds_every_module_and_every_data_file(wheel_of_sdist: Path) -> None:
    check_content(wheel_of_sdist)


def run_alone(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python elsewhere with a folder that comes before the installed packages."""
    environment = {**os.environ, "PYTHONPATH": os.fspath(folder)}
    command = [sys.executable, "-P", *words]
    return subprocess.run(command, cwd=folder.parent, env=environment, capture_output=True, text=True, check=False)


WITHOUT_EXTRAS = """
import importlib, importlib.abc, pkgutil, sys

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in EXTRAS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

EXTRAS = sys.argv[1].split(",")
sys.meta_path.insert(0, Missing())
import featurenet_uvl
for module in pkgutil.walk_packages(featurenet_uvl.__path__, "featurenet_uvl."):
    if module.name != "featurenet_uvl.__main__":
        importlib.import_module(module.name)
networks = featurenet_uvl.FeatureModel.named("small").sample(3, seed=1).decode()
print(featurenet_uvl.__file__, len(networks))
"""
"""Import every module and go from a model to networks, as if the packages named by the first argument were missing."""


@pytest.mark.slow
def test_an_unpacked_wheel_works_without_any_extra(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    done = run_alone(tmp_path / "installed", "-c", WITHOUT_EXTRAS, ",".join(EXTRAS))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [os.fspath(tmp_path / "installed" / "featurenet_uvl" / "__init__.py"), "3"]


@pytest.mark.slow
def test_a_checkout_runs_without_being_installed(source: Path) -> None:
    done = run_alone(source, "-m", "featurenet_uvl", "count", os.fspath(source / "models" / "small.uvl"), "--no-rules")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.replace(",", "").split()[0]) > 1


def test_the_version_is_the_same_everywhere(setup_cfg: configparser.ConfigParser) -> None:
    assert setup_cfg["metadata"]["version"] == featurenet_uvl.__version__
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(featurenet_uvl.__version__)}, \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE)


def distribution_of(module: str, of_module: Mapping[str, list[str]]) -> str:
    """Return the normalised name of the distribution that has a top-level module."""
    return re.sub(r"[-_.]+", "-", of_module.get(module, [module])[0]).lower()


def imported_modules(*, always: bool) -> set[str]:
    """Return the top-level modules that the package imports, but the standard library and itself.

    Args:
        always: Only those whose import is no part of a function and not for the type checker alone.
    """
    tops = set()
    for name in files_of_package(".py"):
        path = ROOT / name if (ROOT / name).exists() else ROOT / name.removeprefix("featurenet_uvl/")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body if always else ast.walk(tree):
            if isinstance(node, ast.Import):
                tops |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                tops.add((node.module or "").split(".")[0])
    return tops - set(sys.stdlib_module_names) - {"featurenet_uvl"}


def names(requirements: str) -> set[str]:
    return {re.split(r"[<>=!~ \[]", entry)[0].lower() for entry in lines(requirements)}


def test_every_dependency_is_imported_and_every_import_has_one(setup_cfg: configparser.ConfigParser) -> None:
    of_module = importlib.metadata.packages_distributions()
    extras = setup_cfg["options.extras_require"]
    required = names(setup_cfg["options"]["install_requires"])
    optional = set().union(*(names(extras[extra]) for extra in set(EXTRAS.values()))) - {"featurenet_uvl"}
    imported = {distribution_of(module, of_module) for module in imported_modules(always=False)}
    assert required <= imported <= required | optional


def test_the_core_imports_nothing_of_an_extra_before_it_is_needed(setup_cfg: configparser.ConfigParser) -> None:
    of_module = importlib.metadata.packages_distributions()
    required = names(setup_cfg["options"]["install_requires"])
    assert {distribution_of(module, of_module) for module in imported_modules(always=True)} <= required


def test_a_missing_package_is_blamed_on_the_extra_that_has_it(setup_cfg: configparser.ConfigParser) -> None:
    of_module = importlib.metadata.packages_distributions()
    for module, extra in EXTRAS.items():
        if extra != "flamapy":  # several distributions share this module
            assert distribution_of(module, of_module) in names(setup_cfg["options.extras_require"][extra]), module


def test_the_gpl_extra_is_no_requirement(setup_cfg: configparser.ConfigParser) -> None:
    assert not any(name.startswith("flamapy") for name in names(setup_cfg["options"]["install_requires"]))


REQUIREMENTS = ROOT / ".ci" / "requirements.py"


def missing(version: tuple[int, int], compiler: str, path: str, include: str, modules: list[str]) -> list[str]:
    spec = importlib.util.spec_from_file_location("requirements", REQUIREMENTS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: list[str] = module.missing(version, compiler, path, include, modules)
    return found


def test_the_installer_says_all_that_the_machine_lacks(tmp_path: Path) -> None:
    problems = missing((3, 10), "cc -pthread", str(tmp_path), str(tmp_path), ["venv"])
    assert [re.search(r"found (.*?)[,:]", problem)[1] for problem in problems] == [  # type: ignore[index]  # each has one
        "python3.10",
        "no C compiler 'cc -pthread'",
        f"no {tmp_path}/Python.h",
        "no module ensurepip",
    ]


def test_the_installer_has_nothing_to_say_on_a_complete_machine(tmp_path: Path) -> None:
    compiler = tmp_path / "cc"
    compiler.touch(mode=0o755)
    (tmp_path / "Python.h").touch()
    assert missing((3, 11), "cc -pthread", str(tmp_path), str(tmp_path), ["venv", "ensurepip"]) == []


def test_make_stops_with_one_clear_line_where_python_is_missing(tmp_path: Path) -> None:
    if shutil.which("make") is None:
        pytest.skip("no make on this machine")
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    for name in ("Makefile", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    command = ["make", "install", "PYTHON=python-that-is-not-there"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "found no python-that-is-not-there, expected Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()


PYTHON_WITHOUT_INDEX = """#!/bin/sh
if [ "$1" = -m ]; then
  mkdir -p "$3/bin"
  printf '#!/bin/sh\\ncase "$*" in *editable*) exit 1;; esac\\n' > "$3/bin/pip"
  chmod +x "$3/bin/pip"
fi
"""


def test_an_install_that_breaks_off_does_not_count(tmp_path: Path) -> None:
    if shutil.which("make") is None:
        pytest.skip("no make on this machine")
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    for name in ("Makefile", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(PYTHON_WITHOUT_INDEX, encoding="utf-8")
    python.chmod(0o755)
    for _ in range(2):
        done = subprocess.run(["make", "install", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode != 0
    assert (tmp_path / ".venv" / "bin" / "pip").exists()
    assert not (tmp_path / ".venv" / ".installed").exists()


def test_make_alone_lists_every_target() -> None:
    if shutil.which("make") is None:
        pytest.skip("no make on this machine")
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # not within `make test`
    done = subprocess.run(["make"], cwd=ROOT, env=alone, capture_output=True, text=True, check=True)
    listed = {line.split()[1] for line in done.stdout.splitlines()}
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony is not None
    assert listed == set(phony[1].split())
