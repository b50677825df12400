"""The sampler `pledge`: runs PLEDGE, whose jar the user has, and avoids its pitfalls.

Source: Henard, Papadakis, Perrouin, Klein, Le Traon, "PLEDGE: a product line editor and test generation tool", SPLC,
2013.

PLEDGE never ends if more configurations are requested than exist, and does not always end if all are requested, so this
sampler refuses both. PLEDGE checks its time budget only between steps, a step of a large model takes minutes, and it
writes its answer at the very end. It has no seed: the same call gives other configurations each time.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from featurenet_uvl.errors import ReadError, ToolError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.engines.external import Files, run_tool
from featurenet_uvl.sampling.engines.random_phases import solve_random
from featurenet_uvl.sampling.request import Request, Solutions
from featurenet_uvl.system.archives import Archive

OPTION = "pledge_jar"
"""Name of the option that holds the path of the jar."""
BUDGET_S = 60.0
"""Seconds that PLEDGE may spend on diversity without a time limit: its own default."""
_SHARE = 0.25
"""Share of the time left that PLEDGE gets as its budget: it overruns up to eightfold, and then ends without result."""


_MAX_MANIFEST_BYTES = 1 << 20
"""Bytes of the jar's description of itself, at most."""


def solve_pledge(cnf: Cnf, request: Request) -> Solutions:
    """Return up to `request.count` solutions of PLEDGE.

    Raises:
        UsageError: The request names no jar, or asks for as many configurations as exist, or more.
        UnsatisfiableError: The CNF has no solution.
        ToolError: The jar cannot be run, Java is missing, or the answer is wrong.
    """
    path = request.options.get(OPTION, "")
    if not path:
        raise UsageError(f"sampler pledge: found no jar, expected the option {OPTION} with the path of PLEDGE.jar")
    jar, java = _jar(path), _java()
    exist = solve_random(cnf, replace(request, count=request.count + 1, on_progress=None))
    if exist.stop is Stop.EXHAUSTED:
        raise UsageError(
            f"sampler pledge: found {len(exist.values)} configurations in all, expected more than the {request.count} "
            "asked for: PLEDGE would never end"
        )
    left = request.time_left_s()
    budget_s = BUDGET_S if left is None else left * _SHARE

    def arguments(files: Files) -> Sequence[str]:
        wanted = ("-nbProds", str(request.count), "-timeAllowedMS", str(round(1000 * budget_s)))
        paths = ("-fm", str(files.dimacs), "-o", str(files.out))
        return (java, "-jar", str(jar), "generate_products", "-dimacs", *paths, *wanted)

    return run_tool(cnf, request, "PLEDGE", arguments)


def _jar(path: str) -> Path:
    """Return the path of the jar.

    Raises:
        ToolError: It is missing, or not a Java archive with a program.
    """
    jar = Path(path).absolute()
    if not jar.is_file():
        raise ToolError(f"{path}: found no such file, expected PLEDGE.jar")
    try:
        with Archive(jar, "PLEDGE.jar") as archive:
            manifest = archive.read("META-INF/MANIFEST.MF", _MAX_MANIFEST_BYTES).decode("utf-8", "replace")
    except ReadError as error:
        raise ToolError(f"{path}: found no Java archive, expected PLEDGE.jar") from error
    if "Main-Class:" not in manifest:
        raise ToolError(f"{path}: found a Java archive without a program, expected PLEDGE.jar")
    return jar


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise ToolError("java: found no such program, expected it on the PATH: PLEDGE needs Java 8 or newer")
    return java
