"""The sampler `pledge`: PLEDGE, whose jar the user has, with care for its habits.

Source: Henard, Papadakis, Perrouin, Klein, Le Traon, "PLEDGE: a product line editor and test generation tool", SPLC,
2013.

It never ends when it is asked for more configurations than exist, and not always when asked for all of them, so that
is refused. It looks at its time budget between steps only, and a step of a large model takes minutes; its answer is
written at the very end. It has no seed: the same call gives other configurations each time.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from featurenet_uvl.errors import ToolError, UsageError
from featurenet_uvl.ir.cnf import Cnf
from featurenet_uvl.ir.sample import Stop
from featurenet_uvl.sampling.engines.external import Files, run_tool
from featurenet_uvl.sampling.engines.random_phases import solve_random
from featurenet_uvl.sampling.request import Request, Solutions

OPTION = "pledge_jar"
"""The name of the request's option that holds the path of the jar."""
BUDGET_S = 60.0
"""What PLEDGE may spend on making its sample diverse where there is no time limit: its own default."""
_SHARE = 0.25
"""Of a time limit, what PLEDGE is told to spend: it overruns by up to eight times, and is then ended with nothing."""


def solve_pledge(cnf: Cnf, request: Request) -> Solutions:
    """Up to `request.count` solutions of PLEDGE.

    Raises:
        UsageError: No jar, or as many configurations as exist, or more.
        UnsatisfiableError: The CNF has no solution.
        ToolError: No jar that can be run, no Java, or a wrong answer.
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
    """The jar, if it is one.

    Raises:
        ToolError: It is missing, or no Java archive with a program.
    """
    jar = Path(path).absolute()
    if not jar.is_file():
        raise ToolError(f"{path}: found no such file, expected PLEDGE.jar")
    try:
        with zipfile.ZipFile(jar) as archive:
            manifest = archive.read("META-INF/MANIFEST.MF").decode("utf-8", "replace")
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise ToolError(f"{path}: found no Java archive, expected PLEDGE.jar") from error
    if "Main-Class:" not in manifest:
        raise ToolError(f"{path}: found a Java archive without a program, expected PLEDGE.jar")
    return jar


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise ToolError("java: found no such program, expected it on the PATH: PLEDGE needs Java 8 or newer")
    return java
