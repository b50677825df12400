r"""FeatureIDE's `.config` files: the names of the selected concrete features of one configuration.

Blanks and line ends separate names; a name with blanks stands in quotation marks; a line that starts with `#` is a
comment. FeatureIDE leaves abstract features out, as the concrete ones decide them, but takes them from files that
name them, and so does this reader: a file that names none says nothing about them, and the model decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from featurenet_uvl.ir.sample import Selections
from featurenet_uvl.translators.formats.configurations.rows import Problems, check_names, only_row, shown

_HOLDER = "a .config file"
_FORBIDDEN = '"\n\r\0'
_TOKEN = re.compile(r'"(?P<quoted>[^"]*)"(?=\s|$)|(?P<plain>[^\s"]+)(?=\s|$)|(?P<broken>\S.*)')
_NEEDS_QUOTES = re.compile(r"\s|\A[#\ufeff]")


def is_config(text: str, names: Collection[str]) -> bool:
    r"""Whether the first name in a text is one of these features.

    >>> is_config('# by hand\n"Log file"\n', ("App", "Log file")), is_config("Hello\n", ("App",))
    (True, False)
    """
    for line in text.split("\n"):
        match = None if line.startswith("#") else _TOKEN.search(line)
        if match is not None:
            return _name(match) in names
    return False


def names_in(text: str) -> set[str]:
    r"""Return the names in a text, in so far as their quotation marks match.

    >>> sorted(names_in('# by hand\n"Log file" App\n'))
    ['App', 'Log file']
    """
    lines = (line for line in text.split("\n") if not line.startswith("#"))
    found = (_name(match) for line in lines for match in _TOKEN.finditer(line))
    return {name for name in found if name is not None}


def write_config(selections: Selections, abstract: Collection[str] = ()) -> str:
    """Return the text of a `.config` file: one selected concrete feature per line, in order.

    Args:
        selections: One configuration.
        abstract: Names of the abstract features, which the file leaves out.

    Raises:
        UnsupportedError: There is not exactly one configuration, or a name that the format cannot hold.

    >>> write_config(Selections.of(("App", "Log file", "Net"), [{"App", "Log file"}]))
    'App\\n"Log file"\\n'
    """
    row = only_row(selections, _HOLDER)
    check_names(selections.names, _FORBIDDEN, _HOLDER)
    left_out = set(abstract)
    chosen = [name for name, value in zip(selections.names, row, strict=True) if value and name not in left_out]
    return "".join(f'"{name}"\n' if _NEEDS_QUOTES.search(name) else f"{name}\n" for name in chosen)


def read_config(text: str, path: str, names: Sequence[str], abstract: Collection[str] = ()) -> Selections:
    """Return the one configuration of a `.config` file, over the concrete features and the abstract ones that it names.

    Args:
        text: The file's content.
        path: Name of the file in messages.
        names: The features of the model.
        abstract: The abstract ones among them, which the file may leave out.

    Raises:
        ReadError: Every problem with its place: a feature that is unknown or occurs twice, or quotation marks that do
            not match.
    """
    problems = Problems(path)
    known, left_out = set(names), set(abstract)
    places: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            continue
        for match in _TOKEN.finditer(line):
            column = match.start() + 1
            name = _name(match)
            if name is None:
                message = f"found {shown(match[0])}, expected a name, or one in quotation marks, and a blank after it"
                problems.report(number, column, message)
                continue
            first = places.get(name)
            if name not in known:
                problems.report(number, column, f"found unknown feature {shown(name)}, expected one of the model")
            elif first is not None:
                message = f"found feature {shown(name)} a second time, expected it once; the first is at {first}"
                problems.report(number, column, message)
            places.setdefault(name, f"{path}:{number}:{column}")
    problems.raise_any()
    return Selections.of([name for name in names if name not in left_out or name in places], [places])


def _name(match: re.Match[str]) -> str | None:
    """Return the name that a token holds, or None if its quotation marks do not match."""
    if match["broken"] is not None:
        return None
    return match["plain"] if match["quoted"] is None else match["quoted"]
