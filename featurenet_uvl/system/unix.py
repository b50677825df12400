"""What Linux and macOS have and Windows lacks: locks, forks, limits. Models, formulas and samples do without."""

from __future__ import annotations

import errno
import os
import sys
from types import ModuleType

from featurenet_uvl.errors import ToolError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:
    fcntl = None


def check_unix(purpose: str) -> None:
    """Raise ToolError on a system without locks and forks; `purpose` is what needs them."""
    if fcntl is None or not hasattr(os, "fork"):
        raise ToolError(
            f"{purpose}: found the system {sys.platform}, expected Linux or macOS, whose locks and processes this "
            "needs; on Windows, use WSL"
        )


def exchange(first: str, second: str) -> bool:
    """Exchange the names of two files or folders in one step; return False if the system or the disk cannot.

    Raises:
        OSError: They cannot be exchanged for another reason.
    """
    import ctypes

    at, flag = -100, 2  # AT_FDCWD; RENAME_EXCHANGE, which macOS calls RENAME_SWAP
    try:
        library = ctypes.CDLL(None, use_errno=True)
        paths = os.fsencode(first), os.fsencode(second)
        if sys.platform == "darwin":
            failed = library.renamex_np(*paths, flag)
        else:
            failed = library.renameat2(at, paths[0], at, paths[1], flag)
    except (AttributeError, TypeError, OSError):  # an old C library; Windows
        return False
    code = ctypes.get_errno() if failed else 0
    if code in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP):
        return False
    if failed:
        raise OSError(code, os.strerror(code), first)
    return True
