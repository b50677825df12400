"""Packages of the optional extras: import one when it is needed, or say in one line how to install it.

The core of featurenet_uvl works without them. Whoever needs one calls `require` first, inside the function that needs
it, and then imports as usual:

    require("keras", "building a network")
    import keras
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from featurenet_uvl.errors import ToolError

EXTRAS: Mapping[str, str] = {
    "flamapy": "flamapy",
    "keras": "networks",
    "PIL": "networks",
    "matplotlib": "figures",
    "psutil": "networks",
    "ray": "ray",
    "scipy": "bounds",
    "sklearn": "networks",
    "tensorboard": "tensorboard",
    "tensorflow": "networks",
}
"""The extra that installs each optional module, by the name under which the module is imported."""

_DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn"}
"""The name to install of each module whose own name differs from it."""

_REINSTALLED = {"flamapy": "flamapy-bdd flamapy-fm flamapy-fw"}
"""The distributions that share a module; the meta package flamapy would bring an old python-sat."""


def require(module: str, purpose: str) -> Any:
    """Import a module of an extra and return it.

    Args:
        module: Its name, such as `keras` or `sklearn.datasets`; its first part is a key of `EXTRAS`.
        purpose: The work that needs it, such as `training`, for the message.

    Raises:
        ToolError: The module is not installed, or its import fails.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in EXTRAS:  # not always the module itself: Keras imports TensorFlow
            raise ToolError(_missing(missing, purpose)) from error
        raise ToolError(_broken(module, purpose, error)) from error
    except ImportError as error:
        raise ToolError(_broken(module, purpose, error)) from error


def check_installed(purpose: str, *modules: str) -> None:
    """Check that modules of the extras are installed, without importing them.

    Args:
        purpose: The work that needs them, for the message.
        modules: Keys of `EXTRAS`.

    Raises:
        ToolError: The first of them that is not installed.
    """
    for module in modules:
        if find_spec(module) is None:
            raise ToolError(_missing(module, purpose))


def _missing(module: str, purpose: str) -> str:
    name = _DISTRIBUTIONS.get(module, module)
    return f"found no {name}, which {purpose} needs: pip install 'featurenet_uvl[{EXTRAS[module]}]'"


def _broken(module: str, purpose: str, error: ImportError) -> str:
    top = module.partition(".")[0]
    reason = " ".join(str(error).split())[:300]
    name = _DISTRIBUTIONS.get(top, top)
    return (
        f"found a {name} that cannot be imported ({reason}), which {purpose} needs: pip install --force-reinstall"
        f" {_REINSTALLED.get(top, name)}"
    )
