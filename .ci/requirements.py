"""Report everything that this machine lacks before anything is installed; exit 1 if anything is missing.

pyeda comes as source, so building it needs a C compiler and Python's headers. This file runs on any Python from 3.6
on, to be able to say so.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig

OLDEST = (3, 11)


def missing(version, compiler, path, include, modules):
    """Return one line per problem: the thing found, the thing needed, the way out.

    Args:
        version: Version of the running Python.
        compiler: The command, with or without arguments.
        path: The folders to search for it, as in PATH.
        include: The folder of Python's headers.
        modules: The modules of the standard library that can be imported.
    """
    name = f"python{version[0]}.{version[1]}"
    problems = []
    if version[:2] < OLDEST:
        problems.append(f"found {name}, expected Python 3.11 or newer: make PYTHON=python3.11 ...")
    words = compiler.split()
    if not words or shutil.which(words[0], path=path) is None:
        problems.append(f"found no C compiler {compiler!r}, which building pyeda needs: apt-get install gcc, or set CC")
    if not os.path.exists(os.path.join(include, "Python.h")):
        problems.append(f"found no {include}/Python.h, which building pyeda needs: apt-get install {name}-dev")
    problems += [
        f"found no module {module}, which make install needs: apt-get install {name}-venv"
        for module in ("venv", "ensurepip")
        if module not in modules
    ]
    return problems


def main():
    found = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name)]
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    problems = missing(sys.version_info, compiler, os.environ.get("PATH", ""), sysconfig.get_path("include"), found)
    for problem in problems:
        sys.stderr.write(f"make install: {problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
