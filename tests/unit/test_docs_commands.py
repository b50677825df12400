"""The shell blocks of the documentation run as they stand, from top to bottom, or say here why not.

tests/unit/cli/test_printed_commands.py parses every command line, those that do not run included.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT
from tests.printed import PAGES, lines_of_blocks

NOT_RUN = {
    "git clone": "needs the address of a repository",
    "python3 -m venv": "test_packaging.py builds wheels and opens them",
    "pip install": "downloads packages; .ci/bounds.py installs them",
    "venv/bin/pip install": "needs the packages of Ray",
    "make": "test_docs.py looks for the target; each target is run while the project is worked on",
    "ray": "needs a cluster",
    "featurenet-uvl experiments run": "trains for minutes, or needs data sets that the project does not bring",
    "featurenet-uvl train nets --data mnist": "needs a data set that the project does not bring, and a cluster",
}
"""How a line of a shell block may begin, and why no test runs it as it is. All other lines run."""

NETWORKS = """
featurenet-uvl compile models/s1.uvl --bound Block=1 --bound Cell=2 --input-shape 16x16x1 -o nets.dimacs
featurenet-uvl sample nets.dimacs -n {count} --seed 1 -o nets.sample
featurenet-uvl decode nets.sample --model models/s1.uvl --bound Block=1 --bound Cell=2 --input-shape 16x16x1 -o nets
"""

SETUP = {
    "docs/drawing.md": NETWORKS.format(count=12),
    "docs/models.md": f"""'{sys.executable}' -c '
from featurenet_uvl import FeatureModel
(network,) = FeatureModel.named("s1", bounds={{"Block": 1, "Cell": 1}}).sample(1, seed=1).decode()
network.to_keras().save("model.keras")
'
""",
    "docs/own-data.md": f"""'{sys.executable}' -c '
from pathlib import Path
import numpy as np
from PIL import Image
rng = np.random.default_rng(0)
for number, name in enumerate(("circle", "cross", "line", "square")):
    folder = Path("photos", name)
    folder.mkdir(parents=True)
    for image in range(10):
        pixels = rng.integers(0, 60, (18, 20, 3), dtype=np.uint8)
        pixels[4 * number : 4 * number + 4] = 250
        Image.fromarray(pixels).save(folder / (str(image) + ".png"))
'
""",
    "docs/sampling.md": """
featurenet-uvl compile models/s1.uvl --no-rules --bound Block=1 --bound Cell=1 -o model.dimacs
featurenet-uvl compile models/s1.uvl --no-rules --bound Block=1 --bound Cell=1 -o m.dimacs
featurenet-uvl sample m.dimacs -n 10 --sampler random -o pledge.sample
featurenet-uvl configurations pledge.sample -o pledge.pdt
""",
    "docs/training.md": NETWORKS.format(count=1),
    "docs/upgrading.md": """
featurenet-uvl compile models/s1.uvl -o s.dimacs
featurenet-uvl sample s.dimacs -n 1 -o s.txt
""",
}
"""Commands that make the files that a page takes for granted."""

PROGRAMS = {
    "featurenet-uvl": f'exec "{sys.executable}" -m featurenet_uvl "$@"',
    # PLEDGE in Java: its arguments and its format of configurations, with a sampler of our own behind them.
    "java": """
[ "$1 $2 $3 $4 $5 $7" = "-jar PLEDGE.jar generate_products -dimacs -fm -nbProds" ] || exit 1
[ "$9 ${11}" = "-timeAllowedMS -o" ] || exit 1
featurenet-uvl sample "$6" -n "$8" --sampler random -o "${12}.sample" --quiet
featurenet-uvl configurations "${12}.sample" -o "${12}" --force --quiet
""",
    "mysampler": """
featurenet-uvl sample "$1" -n "$2" --seed "$3" --sampler random -o "$4.sample" --quiet
featurenet-uvl configurations "$4.sample" --to literals -o "$4" --force --quiet
""",
}
"""Programs on the path: ours, and stand-ins for those of other people."""

COMPARED = ("README.md", "docs/featureide.md")
"""Pages whose models are at hand, so that the output is the one that the page shows."""

FILE = re.compile(r"`([\w.]+)`[^`\n]*:\n\n```uvl\n(.*?)```", re.DOTALL)
BLOCK = re.compile(r"```sh\n(.*?)```(?:\n```\n(.*?)```)?", re.DOTALL)


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def runs(line: str) -> bool:
    return bool(line.strip()) and not any(f"{line} ".startswith(f"{start} ") for start in NOT_RUN)


WITH_COMMANDS = [page for page in PAGES if any(map(runs, lines_of_blocks(page.read_text(encoding="utf-8"))))]


def unhurried(output: str) -> str:
    """Return an output without its seconds, which differ from run to run."""
    return re.sub(r"\d+\.\d+ s\b", "N s", output)


def test_the_reasons_are_needed() -> None:
    lines = [line for page in PAGES for line in lines_of_blocks(page.read_text(encoding="utf-8"))]
    assert [start for start in NOT_RUN if not any(f"{line} ".startswith(f"{start} ") for line in lines)] == []
    assert {page_id(page) for page in WITH_COMMANDS} >= {*SETUP, *COMPARED}


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=page_id)
def test_commands_of_a_page_run_and_print_what_it_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, name = page.read_text(encoding="utf-8"), page_id(page)
    shutil.copytree(ROOT / "models", tmp_path / "models")
    for file, content in FILE.findall(text):
        (tmp_path / file).write_text(content, encoding="utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    for program, script in PROGRAMS.items():
        (programs / program).write_text(f"#!/bin/sh\nset -eu\n{script}\n", encoding="utf-8")
        (programs / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    shell(SETUP.get(name, ""), tmp_path)
    for block, shown in BLOCK.findall(text):
        printed = shell("\n".join(filter(runs, block.splitlines())), tmp_path)
        if shown and name in COMPARED:
            assert unhurried(printed) == unhurried(shown)


def shell(commands: str, folder: Path) -> str:
    """Run commands, of which each must succeed, and return what they print."""
    command = ["sh", "-eu", "-c", f"exec 2>&1\n{commands}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{commands}\nprints\n{done.stdout}"
    return done.stdout
