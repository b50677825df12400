"""What is installed is what is in the tree: packages, links, data files, dependencies."""

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
import zipfile
from pathlib import Path

import pytest

from tests.places import ROOT

LINKS = ("translators", "models")
DATA = {"models": (".uvl", ".xml", ".json"), "featurenet_uvl": (".cfg", ".json", ".typed")}


@pytest.fixture(scope="module")
def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def lines(text: str) -> list[str]:
    """The entries of a list option, comments off."""
    entries = (line.split("#")[0].strip() for line in text.splitlines())
    return [entry for entry in entries if entry]


def files_of_package(*suffixes: str) -> list[str]:
    """Files that belong into a wheel, by their path there."""
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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel of the tree as it is, built from a copy so that the tree stays clean."""
    source, target = tmp_path_factory.mktemp("source") / "tree", tmp_path_factory.mktemp("wheel")
    source.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("featurenet_uvl", *LINKS):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check", "--wheel-dir"]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(target.glob("*.whl")))


@pytest.mark.slow
def test_a_wheel_holds_every_module_and_every_data_file(wheel: zipfile.ZipFile) -> None:
    wanted = files_of_package(".py", ".uvl", ".xml", ".toml", ".json", ".cfg", ".typed", ".css", ".js")
    assert "featurenet_uvl/models/dnn.uvl" in wanted
    assert "featurenet_uvl/translators/pipeline.py" in wanted
    assert "featurenet_uvl/experiments/presets/smoke.cfg" in wanted
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert sorted(found) == wanted


@pytest.mark.slow
def test_a_wheel_installs_no_generic_top_level_name(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"featurenet_uvl", next(top for top in tops if top.endswith(".dist-info"))}


def imported_distributions() -> set[str]:
    """Distributions whose modules the package imports, by their normalised names."""
    of_module = importlib.metadata.packages_distributions()
    tops = set()
    for name in files_of_package(".py"):
        path = ROOT / name if (ROOT / name).exists() else ROOT / name.removeprefix("featurenet_uvl/")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                tops |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                tops.add((node.module or "").split(".")[0])
    third_party = tops - set(sys.stdlib_module_names) - {"featurenet_uvl"}
    return {re.sub(r"[-_.]+", "-", of_module.get(top, [top])[0]).lower() for top in sorted(third_party)}


def names(requirements: str) -> set[str]:
    return {re.split(r"[<>=!~ \[]", entry)[0].lower() for entry in lines(requirements)}


def test_dependencies_are_what_is_imported(setup_cfg: configparser.ConfigParser) -> None:
    """No import without a requirement, no requirement without an import; tensorflow is the backend of keras."""
    extras = setup_cfg["options.extras_require"]
    required = names(setup_cfg["options"]["install_requires"])
    optional = names(extras["flamapy"]) | names(extras["ray"])
    imported = imported_distributions()
    assert required - {"tensorflow"} <= imported
    assert imported <= required | optional


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
